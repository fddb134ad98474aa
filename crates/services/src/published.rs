//! Published pages: passports for their visitors.
//!
//! A passport is a JWT that names app, site code and end user. For public apps it never expires; whether it still opens
//! anything is checked against app, site and end user on every use.

use std::sync::Arc;

use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use models::end_user::EndUser;
use models::{AppId, EndUserId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::directory::{AccessError, Directory, LiveApp, LivePage};
use crate::end_users::EndUsers;

const SUBJECT: &str = "Web API Passport";

/// Why a visitor is turned away.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PassportError {
    #[error("X-App-Code header is missing.")]
    MissingCode,
    #[error("No passport was sent.")]
    Missing,
    #[error("Invalid token.")]
    Invalid,
    /// There is no such published app.
    #[error("App not found.")]
    NotFound,
    #[error("Site is disabled.")]
    SiteDisabled,
    #[error(transparent)]
    Access(#[from] AccessError),
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    app_id: AppId,
    app_code: String,
    end_user_id: EndUserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
}

/// A visitor with everything that was looked up on the way.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub app: Arc<LiveApp>,
    pub page: Arc<LivePage>,
    pub end_user: Arc<EndUser>,
}

/// Issues and checks passports. Cheap to clone.
#[derive(Clone)]
pub struct Published {
    directory: Directory,
    end_users: EndUsers,
    key: SecretString,
}

impl Published {
    pub fn new(directory: Directory, end_users: EndUsers, secret_key: SecretString) -> Self {
        Self { directory, end_users, key: secret_key }
    }

    /// A passport for the page with that code; `session` is who the embedding page says the visitor is.
    ///
    /// # Errors
    /// `NotFound` unless the page is published.
    pub async fn passport(&self, code: &str, session: Option<&str>) -> Result<String, PassportError> {
        let page = self.directory.page(code).await?.ok_or(PassportError::NotFound)?;
        let app = self.directory.app(page.site.app_id).await?.ok_or(PassportError::NotFound)?;
        if app.app.status != models::app::NORMAL || !app.app.enable_site {
            return Err(PassportError::NotFound);
        }
        let end_user = self.end_users.of_page(&app.app, session).await?;
        let claims = Claims {
            iss: app.app.id.to_string(),
            sub: SUBJECT.to_owned(),
            app_id: app.app.id,
            app_code: code.to_owned(),
            end_user_id: end_user.id,
            token_source: None,
            exp: None,
        };
        let key = EncodingKey::from_secret(self.key.expose_secret().as_bytes());
        jsonwebtoken::encode(&Header::default(), &claims, &key)
            .map_err(|e| AccessError::Internal(e.to_string().into()).into())
    }

    /// Who shows this passport, if it still opens the page.
    ///
    /// # Errors
    /// One variant per check, in the contract's order.
    pub async fn visitor(&self, passport: &str) -> Result<Visitor, PassportError> {
        let mut validation = Validation::default();
        validation.required_spec_claims.clear();
        validation.validate_aud = false;
        let key = DecodingKey::from_secret(self.key.expose_secret().as_bytes());
        let claims =
            jsonwebtoken::decode::<Claims>(passport, &key, &validation).map_err(|_any| PassportError::Invalid)?.claims;
        // Other tokens are signed with the same key.
        if claims.sub != SUBJECT || claims.token_source.is_some() {
            return Err(PassportError::Invalid);
        }
        let app = self.directory.app(claims.app_id).await?.ok_or(PassportError::NotFound)?;
        if app.app.status != models::app::NORMAL {
            return Err(PassportError::NotFound);
        }
        let page = self.directory.page(&claims.app_code).await?.filter(|page| page.site.app_id == app.app.id);
        let page = page.filter(|_| app.app.enable_site).ok_or(PassportError::SiteDisabled)?;
        let end_user = self.end_users.find(&app.app, claims.end_user_id).await?.ok_or(PassportError::NotFound)?;
        Ok(Visitor { app, page, end_user })
    }
}
