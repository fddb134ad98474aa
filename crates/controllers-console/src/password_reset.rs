//! A forgotten password: a code by mail, the code shown, the new password.

use actix_web::{HttpRequest, web};
use controllers_common::auth::SetUp;
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use serde::Deserialize;
use services::people::{NewPassword, People};
use utoipa::ToSchema;
use validator::Validate;

use crate::answers::{SUCCESS, Success};
use crate::audit::Remark;
use crate::proofs::{MailBody, Mailed, ProofBody, Proved, asker};

/// Mails a code to set a new password with. The answer does not say whether there is such an account.
#[utoipa::path(post, path = "/console/api/forgot-password", request_body = MailBody, responses((status = 200, body = Mailed)))]
pub(crate) async fn ask(
    _set_up: SetUp,
    request: HttpRequest,
    Lenient(body): Lenient<MailBody>,
    people: web::Data<People>,
) -> Result<web::Json<Mailed>, ApiError> {
    let token = people.forgot_password(&body.email, asker(&request, body.language.as_deref())).await?;
    Ok(web::Json(Mailed::new(token)))
}

/// The same under another name.
#[utoipa::path(post, path = "/console/api/reset-password", request_body = MailBody, responses((status = 200, body = Mailed)))]
pub(crate) async fn ask_alias(
    set_up: SetUp,
    request: HttpRequest,
    body: Lenient<MailBody>,
    people: web::Data<People>,
) -> Result<web::Json<Mailed>, ApiError> {
    ask(set_up, request, body, people).await
}

/// Shows the code.
#[utoipa::path(post, path = "/console/api/forgot-password/validity", request_body = ProofBody, responses((status = 200, body = Proved)))]
pub(crate) async fn prove(
    _set_up: SetUp,
    Lenient(body): Lenient<ProofBody>,
    people: web::Data<People>,
) -> Result<web::Json<Proved>, ApiError> {
    Ok(web::Json(people.prove_for_reset(body.proof()).await?.into()))
}

#[derive(Deserialize, Validate, ToSchema)]
pub(crate) struct NewPasswordBody {
    /// Of the step before.
    token: String,
    new_password: String,
    password_confirm: String,
}

/// Sets the new password.
#[utoipa::path(post, path = "/console/api/forgot-password/resets", request_body = NewPasswordBody, responses((status = 200, body = Success)))]
pub(crate) async fn reset(
    _set_up: SetUp,
    Lenient(body): Lenient<NewPasswordBody>,
    people: web::Data<People>,
    remark: Remark,
) -> Result<web::Json<Success>, ApiError> {
    let password = NewPassword { password: &body.new_password, repeated: &body.password_confirm };
    remark.account(people.reset_password(&body.token, password).await?);
    Ok(web::Json(SUCCESS))
}
