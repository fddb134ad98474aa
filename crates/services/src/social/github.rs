//! GitHub: a token for the code, then the profile and its addresses.

use config::SocialClient;
use egress::header::HeaderName;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{AccessToken, Identity, Social, SocialError, SocialProvider, read};

#[derive(Serialize)]
struct Exchange<'a> {
    client_id: &'a str,
    client_secret: &'a str,
    code: &'a str,
    redirect_uri: &'a str,
}

#[derive(Deserialize)]
struct Profile {
    id: u64,
    login: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

fn accept(request: egress::RequestBuilder) -> egress::RequestBuilder {
    request.header(HeaderName::from_static("accept"), "application/json")
}

pub(super) async fn identify(
    social: &Social,
    client: &SocialClient,
    code: &str,
    callback: &str,
) -> Result<Identity, SocialError> {
    let url = format!("{}/login/oauth/access_token", social.settings.github_url);
    let form =
        Exchange { client_id: &client.id, client_secret: client.secret.expose_secret(), code, redirect_uri: callback };
    let answer: AccessToken = read(accept(social.http.post(&url)?.form(&form))).await?;
    let token = answer.access_token.ok_or_else(|| SocialError::Failed("GitHub gave no token".to_owned()))?;
    let profile: Profile = ask(social, "/user", &token).await?;
    let addresses: Vec<Address> = ask(social, "/user/emails", &token).await?;
    let primary = addresses.into_iter().find(|address| address.primary && address.verified);
    // Who shows no address gets the one that GitHub itself uses for them.
    let email = primary
        .map_or_else(|| format!("{}+{}@users.noreply.github.com", profile.id, profile.login), |address| address.email);
    Ok(Identity {
        provider: SocialProvider::GitHub,
        open_id: profile.id.to_string(),
        email,
        name: profile.name.unwrap_or_default(),
    })
}

async fn ask<T: serde::de::DeserializeOwned>(
    social: &Social,
    path: &str,
    token: &SecretString,
) -> Result<T, SocialError> {
    let url = format!("{}{path}", social.settings.github_api_url);
    read(accept(social.http.get(&url)?.bearer_auth(token.expose_secret()))).await
}
