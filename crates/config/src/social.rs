//! Signing in with an account elsewhere: `GITHUB_CLIENT_ID`, `GITHUB_CLIENT_SECRET`, `GOOGLE_CLIENT_ID`,
//! `GOOGLE_CLIENT_SECRET`, and where these are reached: `FERRIFY_GITHUB_URL` and `FERRIFY_GITHUB_API_URL` (for GitHub
//! Enterprise), `FERRIFY_GOOGLE_AUTHORIZE_URL`, `FERRIFY_GOOGLE_TOKEN_URL`, `FERRIFY_GOOGLE_USERINFO_URL`.

use secrecy::SecretString;

use crate::reader::Reader;

/// What a provider knows this installation by.
#[derive(Debug, Clone)]
pub struct SocialClient {
    pub id: String,
    pub secret: SecretString,
}

#[derive(Debug, Clone)]
pub struct SocialSettings {
    /// Set only when id and secret are given.
    pub github: Option<SocialClient>,
    pub google: Option<SocialClient>,
    /// Without a trailing slash.
    pub github_url: String,
    pub github_api_url: String,
    pub google_authorize_url: String,
    pub google_token_url: String,
    pub google_userinfo_url: String,
}

impl SocialSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Self {
        let github = client(reader, "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET");
        let google = client(reader, "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET");
        let mut url = |name, default| reader.text(name, default).trim_end_matches('/').to_owned();
        Self {
            github,
            google,
            github_url: url("FERRIFY_GITHUB_URL", "https://github.com"),
            github_api_url: url("FERRIFY_GITHUB_API_URL", "https://api.github.com"),
            google_authorize_url: url("FERRIFY_GOOGLE_AUTHORIZE_URL", "https://accounts.google.com/o/oauth2/v2/auth"),
            google_token_url: url("FERRIFY_GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token"),
            google_userinfo_url: url("FERRIFY_GOOGLE_USERINFO_URL", "https://openidconnect.googleapis.com/v1/userinfo"),
        }
    }
}

fn client(reader: &mut Reader<'_>, id: &'static str, secret: &'static str) -> Option<SocialClient> {
    let id = reader.text(id, "");
    let secret = reader.secret(secret)?;
    (!id.is_empty()).then_some(SocialClient { id, secret })
}
