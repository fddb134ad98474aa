//! Signing in with a code by mail.

use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use controllers_common::auth::SetUp;
use controllers_common::cookies::SessionCookies;
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use serde::Deserialize;
use services::people::{CodeSignIn, People, PeopleError, Proof};
use utoipa::ToSchema;
use validator::Validate;

use crate::answers::Success;
use crate::audit::Remark;
use crate::proofs::{MailBody, Mailed, asker};
use crate::session::signed_in;

/// Mails a code to sign in with.
#[utoipa::path(post, path = "/console/api/email-code-login", request_body = MailBody, responses((status = 200, body = Mailed)))]
pub(crate) async fn ask(
    _set_up: SetUp,
    request: HttpRequest,
    Lenient(body): Lenient<MailBody>,
    people: web::Data<People>,
) -> Result<web::Json<Mailed>, ApiError> {
    let token = people.ask_to_sign_in(&body.email, asker(&request, body.language.as_deref())).await?;
    Ok(web::Json(Mailed::new(token)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SignInCodeBody {
    email: String,
    /// base64 of the six digits.
    code: String,
    token: String,
    /// Of an account that is made by this.
    language: Option<String>,
}

/// Signs in with the code.
#[utoipa::path(post, path = "/console/api/email-code-login/validity", request_body = SignInCodeBody, responses((status = 200, body = Success)))]
pub(crate) async fn sign_in(
    _set_up: SetUp,
    request: HttpRequest,
    Lenient(body): Lenient<SignInCodeBody>,
    people: web::Data<People>,
    cookies: web::Data<SessionCookies>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    remark.tried(&body.email);
    let code = STANDARD.decode(&body.code).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let code = code.ok_or(PeopleError::WrongCode)?;
    let proof = Proof { email: &body.email, code: &code, token: &body.token };
    let asker = asker(&request, body.language.as_deref());
    let tokens = people.sign_in_with_code(CodeSignIn { proof, asker }).await?;
    remark.account(tokens.account);
    Ok(signed_in(&cookies, tokens))
}
