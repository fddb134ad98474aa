//! Signing in and out.

use actix_web::{HttpRequest, HttpResponse, web};
use controllers_common::auth::SetUp;
use controllers_common::client_address::client_address;
use controllers_common::cookies::SessionCookies;
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use serde::{Deserialize, Serialize};
use services::accounts::{Accounts, LoginError, LoginRequest, SessionError, TokenPair};
use utoipa::ToSchema;
use validator::Validate;

use crate::answers::{SUCCESS, Success};
use crate::audit::Remark;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct LoginBody {
    email: String,
    /// base64 of the UTF-8 text.
    password: String,
    /// Of an invitation.
    invite_token: Option<String>,
}

/// A refusal that is answered with success, as the frontend expects it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refused {
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The answer to who has just signed in.
pub(crate) fn signed_in(cookies: &SessionCookies, tokens: TokenPair) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    for cookie in cookies.signed_in(tokens) {
        answer.cookie(cookie);
    }
    answer.json(SUCCESS)
}

/// Signs in with e-mail address and password.
#[utoipa::path(post, path = "/console/api/login", request_body = LoginBody, responses((status = 200, body = Success)))]
pub(crate) async fn login(
    _set_up: SetUp,
    request: HttpRequest,
    Lenient(body): Lenient<LoginBody>,
    accounts: web::Data<Accounts>,
    cookies: web::Data<SessionCookies>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    let client_address = client_address(&request).map(|a| a.to_string()).unwrap_or_default();
    let LoginBody { email, password, invite_token } = body;
    remark.tried(&email);
    let login = LoginRequest { email, password, client_address, invite_token };
    match accounts.login(login).await {
        Ok(tokens) => {
            remark.account(tokens.account);
            Ok(signed_in(&cookies, tokens))
        }
        Err(e @ LoginError::NoWorkspace) => {
            remark.refused("no_workspace");
            let refused = Refused { result: "fail", data: Some(e.to_string()), message: None };
            Ok(HttpResponse::Ok().json(refused))
        }
        Err(other) => Err(other.into()),
    }
}

/// Ends the session, if there is one.
#[utoipa::path(post, path = "/console/api/logout", responses((status = 200, body = Success)))]
pub(crate) async fn logout(
    _set_up: SetUp,
    request: HttpRequest,
    accounts: web::Data<Accounts>,
    cookies: web::Data<SessionCookies>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    if let Some(account) = cookies.access(&request).and_then(|token| accounts.peek(&token)) {
        accounts.logout(account).await?;
        remark.account(account);
    }
    let mut answer = HttpResponse::Ok();
    for cookie in cookies.signed_out() {
        answer.cookie(cookie);
    }
    Ok(answer.json(SUCCESS))
}

/// Renews the session by its refresh token.
#[utoipa::path(post, path = "/console/api/refresh-token", responses((status = 200, body = Success), (status = 401, body = Refused)))]
pub(crate) async fn refresh(
    request: HttpRequest,
    accounts: web::Data<Accounts>,
    cookies: web::Data<SessionCookies>,
) -> Result<HttpResponse, ApiError> {
    let refused = |message: String| {
        HttpResponse::Unauthorized().json(Refused { result: "fail", data: None, message: Some(message) })
    };
    let Some(token) = cookies.refresh(&request) else { return Ok(refused("No refresh token provided".to_owned())) };
    match accounts.refresh(&token).await {
        Ok(tokens) => Ok(signed_in(&cookies, tokens)),
        Err(e @ SessionError::Unauthorized(_)) => Ok(refused(e.to_string())),
        Err(other) => Err(other.into()),
    }
}
