//! Deleting one's account: a code by mail, the code shown, and what one has to say about it.

use actix_web::{HttpRequest, web};
use controllers_common::auth::{ConsoleUser, SetUp};
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use serde::Deserialize;
use services::people::People;
use utoipa::ToSchema;
use validator::Validate;

use crate::answers::{SUCCESS, Success};
use crate::proofs::{Mailed, address};

/// Mails a code to the owner of the account.
#[utoipa::path(get, path = "/console/api/account/delete/verify", responses((status = 200, body = Mailed)))]
pub(crate) async fn ask(user: ConsoleUser, people: web::Data<People>) -> Result<web::Json<Mailed>, ApiError> {
    Ok(web::Json(Mailed::new(people.ask_to_delete(&user.account).await?)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DeleteBody {
    token: String,
    code: String,
}

/// Deletes the account.
#[utoipa::path(post, path = "/console/api/account/delete", request_body = DeleteBody, responses((status = 200, body = Success)))]
pub(crate) async fn delete(
    user: ConsoleUser,
    Lenient(body): Lenient<DeleteBody>,
    people: web::Data<People>,
) -> Result<web::Json<Success>, ApiError> {
    people.delete_account(&user.account, &body.token, &body.code).await?;
    Ok(web::Json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct FeedbackBody {
    email: String,
    #[validate(length(max = 5000))]
    feedback: String,
}

/// Keeps what somebody says about leaving.
#[utoipa::path(post, path = "/console/api/account/delete/feedback", request_body = FeedbackBody, responses((status = 200, body = Success)))]
pub(crate) async fn feedback(
    _set_up: SetUp,
    request: HttpRequest,
    Lenient(body): Lenient<FeedbackBody>,
    people: web::Data<People>,
) -> Result<web::Json<Success>, ApiError> {
    people.take_feedback(&body.email, &body.feedback, address(&request)).await?;
    Ok(web::Json(SUCCESS))
}
