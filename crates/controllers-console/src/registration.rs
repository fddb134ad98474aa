//! Registering with an e-mail address: a code by mail, the code shown, a password.

use actix_web::{HttpRequest, HttpResponse, web};
use controllers_common::auth::SetUp;
use controllers_common::cookies::SessionCookies;
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use serde::{Deserialize, Serialize};
use services::people::{NewPassword, People};
use utoipa::ToSchema;
use validator::Validate;

use crate::audit::Remark;
use crate::proofs::{MailBody, Mailed, ProofBody, Proved, asker};

/// Mails a code to register with. The answer does not say whether there is such an account.
#[utoipa::path(post, path = "/console/api/email-register/send-email", request_body = MailBody, responses((status = 200, body = Mailed)))]
pub(crate) async fn ask(
    _set_up: SetUp,
    request: HttpRequest,
    Lenient(body): Lenient<MailBody>,
    people: web::Data<People>,
) -> Result<web::Json<Mailed>, ApiError> {
    let token = people.ask_to_register(&body.email, asker(&request, body.language.as_deref())).await?;
    Ok(web::Json(Mailed::new(token)))
}

/// Shows the code.
#[utoipa::path(post, path = "/console/api/email-register/validity", request_body = ProofBody, responses((status = 200, body = Proved)))]
pub(crate) async fn prove(
    _set_up: SetUp,
    Lenient(body): Lenient<ProofBody>,
    people: web::Data<People>,
) -> Result<web::Json<Proved>, ApiError> {
    Ok(web::Json(people.prove_for_registration(body.proof()).await?.into()))
}

#[derive(Deserialize, Validate, ToSchema)]
pub(crate) struct RegistrationBody {
    /// Of the step before.
    token: String,
    new_password: String,
    password_confirm: String,
    language: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Tokens {
    access_token: String,
    refresh_token: String,
    csrf_token: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Registered {
    result: &'static str,
    data: Tokens,
}

/// Makes the account and its workspace. The tokens are in the answer, as in Dify, and in cookies, as after any sign-in.
#[utoipa::path(post, path = "/console/api/email-register", request_body = RegistrationBody, responses((status = 200, body = Registered)))]
pub(crate) async fn register(
    _set_up: SetUp,
    request: HttpRequest,
    Lenient(body): Lenient<RegistrationBody>,
    people: web::Data<People>,
    cookies: web::Data<SessionCookies>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    let password = NewPassword { password: &body.new_password, repeated: &body.password_confirm };
    let asker = asker(&request, body.language.as_deref());
    let tokens = people.finish_registration(&body.token, password, asker).await?;
    remark.account(tokens.account);
    let data = Tokens {
        access_token: tokens.access.clone(),
        refresh_token: tokens.refresh.clone(),
        csrf_token: tokens.csrf.clone(),
    };
    let mut answer = HttpResponse::Ok();
    for cookie in cookies.signed_in(tokens) {
        answer.cookie(cookie);
    }
    Ok(answer.json(Registered { result: "success", data }))
}
