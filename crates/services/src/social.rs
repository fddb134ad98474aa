//! Who somebody is at GitHub or Google, by the authorization-code grant (RFC 6749, section 4.1).
//!
//! The browser is sent to the provider with a state that this installation made, and comes back with the state and a
//! code. What must stay true: a state is good once, for a few minutes, for the provider and the browser that it was
//! made for; an address counts only if the provider says that it was verified, because an account may be found by it.

mod github;
mod google;
mod state;

use std::sync::Arc;
use std::time::Duration;

use config::{SocialClient, SocialSettings};
use egress::{Client, EgressError, RequestBuilder, next_chunk};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sessions::{Sessions, SessionsError};
use url::Url;

pub use state::Begun;

/// The longest wait for a provider's answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// More than any of their answers.
const LONGEST_ANSWER: usize = 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocialProvider {
    GitHub,
    Google,
}

impl SocialProvider {
    pub const ALL: [Self; 2] = [Self::GitHub, Self::Google];

    /// As in paths and in `account_integrates.provider`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::Google => "google",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == name)
    }
}

/// Somebody, as a provider knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub provider: SocialProvider,
    pub open_id: String,
    /// Verified by the provider.
    pub email: String,
    /// Empty if not told.
    pub name: String,
}

#[derive(Debug, thiserror::Error)]
pub enum SocialError {
    /// This installation is not registered there.
    #[error("Invalid provider")]
    NotConfigured,
    /// Not begun here, or not by this browser, or too long ago.
    #[error("The sign-in was not begun here, or took too long. Please try again.")]
    WrongState,
    /// The provider did not say who it is; the cause is logged, not told.
    #[error("OAuth process failed")]
    Failed(String),
    #[error(transparent)]
    Sessions(#[from] SessionsError),
}

impl From<EgressError> for SocialError {
    fn from(e: EgressError) -> Self {
        Self::Failed(e.to_string())
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Social {
    http: Client,
    sessions: Sessions,
    settings: Arc<SocialSettings>,
}

#[derive(Deserialize)]
struct AccessToken {
    access_token: Option<secrecy::SecretString>,
}

impl Social {
    pub fn new(http: Client, sessions: Sessions, settings: SocialSettings) -> Self {
        Self { http, sessions, settings: Arc::new(settings) }
    }

    pub fn is_configured(&self, provider: SocialProvider) -> bool {
        self.client(provider).is_ok()
    }

    fn client(&self, provider: SocialProvider) -> Result<&SocialClient, SocialError> {
        let client = match provider {
            SocialProvider::GitHub => &self.settings.github,
            SocialProvider::Google => &self.settings.google,
        };
        client.as_ref().ok_or(SocialError::NotConfigured)
    }

    /// Where to send the browser, which comes back to `callback`.
    ///
    /// # Errors
    /// `NotConfigured`, or Redis.
    pub async fn begin(
        &self,
        provider: SocialProvider,
        callback: &str,
        invite_token: Option<String>,
    ) -> Result<Begun, SocialError> {
        let client = self.client(provider)?;
        let state = self.new_state(provider, invite_token).await?;
        let (base, scope) = match provider {
            SocialProvider::GitHub => (format!("{}/login/oauth/authorize", self.settings.github_url), "user:email"),
            SocialProvider::Google => (self.settings.google_authorize_url.clone(), "openid email profile"),
        };
        let mut url = Url::parse(&base).map_err(|e| SocialError::Failed(format!("{base}: {e}")))?;
        url.query_pairs_mut()
            .append_pair("client_id", &client.id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", callback)
            .append_pair("scope", scope)
            .append_pair("state", &state);
        Ok(Begun { url: url.into(), state })
    }

    /// Who came back with a code.
    ///
    /// # Errors
    /// `NotConfigured` or `Failed`.
    pub async fn identify(
        &self,
        provider: SocialProvider,
        code: &str,
        callback: &str,
    ) -> Result<Identity, SocialError> {
        let client = self.client(provider)?;
        match provider {
            SocialProvider::GitHub => github::identify(self, client, code, callback).await,
            SocialProvider::Google => google::identify(self, client, code, callback).await,
        }
    }
}

/// Reads a JSON answer of bounded size; anything but success is a failure.
async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, SocialError> {
    let mut response = request.timeout(PATIENCE).send().await?;
    let status = response.status();
    if !status.is_success() {
        return Err(SocialError::Failed(format!("the provider answered {}", status.as_u16())));
    }
    let mut body = Vec::new();
    while let Some(piece) = next_chunk(&mut response).await? {
        if body.len() + piece.len() > LONGEST_ANSWER {
            return Err(SocialError::Failed("the provider's answer is too long".to_owned()));
        }
        body.extend_from_slice(&piece);
    }
    serde_json::from_slice(&body).map_err(|e| SocialError::Failed(format!("the provider's answer is unreadable: {e}")))
}
