//! Google: a token for the code, then the `OpenID` Connect userinfo.

use config::SocialClient;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::{AccessToken, Identity, Social, SocialError, SocialProvider, read};

#[derive(Serialize)]
struct Exchange<'a> {
    client_id: &'a str,
    client_secret: &'a str,
    code: &'a str,
    grant_type: &'static str,
    redirect_uri: &'a str,
}

#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
}

pub(super) async fn identify(
    social: &Social,
    client: &SocialClient,
    code: &str,
    callback: &str,
) -> Result<Identity, SocialError> {
    let form = Exchange {
        client_id: &client.id,
        client_secret: client.secret.expose_secret(),
        code,
        grant_type: "authorization_code",
        redirect_uri: callback,
    };
    let answer: AccessToken = read(social.http.post(&social.settings.google_token_url)?.form(&form)).await?;
    let token = answer.access_token.ok_or_else(|| SocialError::Failed("Google gave no token".to_owned()))?;
    let asked = social.http.get(&social.settings.google_userinfo_url)?.bearer_auth(token.expose_secret());
    let info: UserInfo = read(asked).await?;
    let verified = info.email.filter(|_| info.email_verified);
    let email = verified.ok_or_else(|| SocialError::Failed("Google knows no verified address".to_owned()))?;
    let name = info.name.unwrap_or_default();
    Ok(Identity { provider: SocialProvider::Google, open_id: info.sub, email, name })
}
