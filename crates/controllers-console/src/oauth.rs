//! Signing in with GitHub or Google: away to the provider, and back.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use controllers_common::cookies::SessionCookies;
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use controllers_common::valid::ValidQuery;
use serde::{Deserialize, Serialize};
use services::people::{Arrival, Invitee, People};
use services::social::{Identity, Social, SocialError, SocialProvider};
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::audit::Remark;
use crate::proofs::asker;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OauthRefused {
    error: String,
}

fn refused(error: impl ToString) -> HttpResponse {
    HttpResponse::BadRequest().json(OauthRefused { error: error.to_string() })
}

fn found(location: &str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Found();
    answer.insert_header((header::LOCATION, location));
    answer
}

/// A page of the Console with one argument.
fn page(links: &Links, path: &str, name: &str, value: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    format!("{}{path}?{query}", links.console_web())
}

/// Where the provider sends the browser back to.
fn callback(links: &Links, provider: SocialProvider) -> String {
    format!("{}/console/api/oauth/authorize/{}", links.console_api(), provider.as_str())
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BeginQuery {
    /// Of an invitation that is to be accepted by this sign-in.
    invite_token: Option<String>,
}

/// Sends the browser to the provider.
#[utoipa::path(get, path = "/console/api/oauth/login/{provider}", params(BeginQuery),
    responses((status = 302), (status = 400, body = OauthRefused)))]
pub(crate) async fn begin(
    provider: web::Path<String>,
    ValidQuery(query): ValidQuery<BeginQuery>,
    links: Links,
    social: web::Data<Social>,
    cookies: web::Data<SessionCookies>,
) -> Result<HttpResponse, ApiError> {
    let Some(provider) = SocialProvider::from_name(&provider) else { return Ok(refused(SocialError::NotConfigured)) };
    let invite = query.invite_token.filter(|token| !token.is_empty());
    match social.begin(provider, &callback(&links, provider), invite).await {
        Ok(begun) => Ok(found(&begun.url).cookie(cookies.social_state(begun.state, social.state_life())).finish()),
        Err(e @ SocialError::NotConfigured) => Ok(refused(e)),
        Err(e) => Err(ApiError::internal(&e)),
    }
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ComeBackQuery {
    code: Option<String>,
    state: Option<String>,
}

/// Signs in whoever comes back from the provider.
#[utoipa::path(get, path = "/console/api/oauth/authorize/{provider}", params(ComeBackQuery),
    responses((status = 302), (status = 400, body = OauthRefused)))]
#[expect(clippy::too_many_arguments, reason = "each is one thing that coming back needs")]
pub(crate) async fn come_back(
    request: HttpRequest,
    provider: web::Path<String>,
    ValidQuery(query): ValidQuery<ComeBackQuery>,
    links: Links,
    social: web::Data<Social>,
    people: web::Data<People>,
    cookies: web::Data<SessionCookies>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    let Some(provider) = SocialProvider::from_name(&provider).filter(|p| social.is_configured(*p)) else {
        return Ok(refused(SocialError::NotConfigured));
    };
    let mine = cookies.social_state_of(&request);
    let state = query.state.unwrap_or_default();
    let invite = match social.end(provider, &state, mine.as_deref()).await {
        Ok(invite) => invite,
        Err(e @ SocialError::WrongState) => return Ok(found(&message(&links, &e.to_string())).finish()),
        Err(e) => return Err(ApiError::internal(&e)),
    };
    // A person who said no at the provider's comes back without a code.
    let code = query.code.unwrap_or_default();
    let identity = match social.identify(provider, &code, &callback(&links, provider)).await {
        Ok(identity) => identity,
        Err(e @ (SocialError::NotConfigured | SocialError::WrongState)) => return Ok(refused(e)),
        Err(SocialError::Sessions(e)) => return Err(ApiError::internal(&e)),
        Err(SocialError::Failed(cause)) => {
            tracing::info!(provider = provider.as_str(), cause, "a provider did not say who it is");
            return Ok(refused("OAuth process failed"));
        }
    };
    let invitee = match &invite {
        Some(token) => people.invitation(token, None, None).await?,
        None => None,
    };
    let mut answer = match (invitee, invite) {
        (Some(invitee), Some(token)) => found(&invitation(&links, &invitee, &identity, &token)),
        _ => match people.sign_in_as(&identity, asker(&request, None)).await {
            Ok(arrival) => {
                remark.account(arrival.tokens.account);
                welcome(&links, &cookies, arrival)
            }
            Err(e) => {
                let fault = ApiError::from(e);
                if fault.status().is_server_error() {
                    return Err(fault);
                }
                remark.tried(&identity.email);
                remark.refused(fault.code());
                found(&message(&links, &fault.body().message))
            }
        },
    };
    Ok(answer.cookie(cookies.no_social_state()).finish())
}

fn message(links: &Links, text: &str) -> String {
    page(links, "/signin", "message", text)
}

/// Whoever accepts an invitation must be whom it was sent to.
fn invitation(links: &Links, invitee: &Invitee, identity: &Identity, token: &str) -> String {
    if invitee.email.to_lowercase() == identity.email.to_lowercase() {
        page(links, "/signin/invite-settings", "invite_token", token)
    } else {
        message(links, "Invalid invitation token.")
    }
}

fn welcome(links: &Links, cookies: &SessionCookies, arrival: Arrival) -> HttpResponseBuilder {
    let mut answer = found(&page(links, "", "oauth_new_user", if arrival.is_new { "true" } else { "false" }));
    for cookie in cookies.signed_in(arrival.tokens) {
        answer.cookie(cookie);
    }
    answer
}
