//! The state of a sign-in that is under way.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sessions::TokenKind;
use subtle::ConstantTimeEq;

use super::{Social, SocialError, SocialProvider};

const KIND: TokenKind = TokenKind("social_sign_in");
/// How long somebody may take at the provider's.
const LIFE: Duration = Duration::from_secs(600);

/// A sign-in that was begun.
#[derive(Debug)]
pub struct Begun {
    /// The provider's page.
    pub url: String,
    /// For a cookie: the browser that comes back must be the one that was sent.
    pub state: String,
}

#[derive(Serialize, Deserialize)]
struct Held {
    provider: String,
    invite_token: Option<String>,
}

impl Social {
    pub(super) async fn new_state(
        &self,
        provider: SocialProvider,
        invite_token: Option<String>,
    ) -> Result<String, SocialError> {
        let held = Held { provider: provider.as_str().to_owned(), invite_token };
        Ok(self.sessions.issue_one_time(KIND, &held, LIFE).await?.expose().to_owned())
    }

    /// How long the browser keeps its copy of the state.
    pub fn state_life(&self) -> Duration {
        LIFE
    }

    /// Uses a state up; the invitation that the sign-in was begun with, if any.
    ///
    /// # Errors
    /// `WrongState`, or Redis.
    pub async fn end(
        &self,
        provider: SocialProvider,
        state: &str,
        of_browser: Option<&str>,
    ) -> Result<Option<String>, SocialError> {
        let same = of_browser.is_some_and(|mine| bool::from(mine.as_bytes().ct_eq(state.as_bytes())));
        if !same {
            return Err(SocialError::WrongState);
        }
        let held: Option<Held> = self.sessions.take_one_time(KIND, state).await?;
        let held = held.filter(|held| held.provider == provider.as_str()).ok_or(SocialError::WrongState)?;
        Ok(held.invite_token)
    }
}
