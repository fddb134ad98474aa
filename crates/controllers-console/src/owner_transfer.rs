//! Giving the workspace to another member. The services ask who owns it, because the refusal has a code of its own.

use actix_web::{HttpRequest, web};
use controllers_common::auth::ConsoleUser;
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use models::AccountId;
use serde::Deserialize;
use services::people::People;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::answers::{SUCCESS, Success};
use crate::proofs::{Mailed, Proved, asker};

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct TransferMailBody {
    language: Option<String>,
}

/// Mails a code to the owner.
#[utoipa::path(post, path = "/console/api/workspaces/current/members/send-owner-transfer-confirm-email", request_body = TransferMailBody, responses((status = 200, body = Mailed)))]
pub(crate) async fn ask(
    user: ConsoleUser,
    request: HttpRequest,
    Lenient(body): Lenient<TransferMailBody>,
    people: web::Data<People>,
) -> Result<web::Json<Mailed>, ApiError> {
    let token = people.ask_to_transfer(&user, asker(&request, body.language.as_deref())).await?;
    Ok(web::Json(Mailed::new(token)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct TransferCodeBody {
    code: String,
    token: String,
}

/// Shows the code.
#[utoipa::path(post, path = "/console/api/workspaces/current/members/owner-transfer-check", request_body = TransferCodeBody, responses((status = 200, body = Proved)))]
pub(crate) async fn prove(
    user: ConsoleUser,
    Lenient(body): Lenient<TransferCodeBody>,
    people: web::Data<People>,
) -> Result<web::Json<Proved>, ApiError> {
    Ok(web::Json(people.prove_for_transfer(&user, &body.code, &body.token).await?.into()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct TransferBody {
    token: String,
}

/// Makes a member the owner.
#[utoipa::path(post, path = "/console/api/workspaces/current/members/{member_id}/owner-transfer", request_body = TransferBody, responses((status = 200, body = Success)))]
pub(crate) async fn transfer(
    user: ConsoleUser,
    member: web::Path<Uuid>,
    Lenient(body): Lenient<TransferBody>,
    people: web::Data<People>,
) -> Result<web::Json<Success>, ApiError> {
    people.transfer(&user, AccountId(*member), &body.token).await?;
    Ok(web::Json(SUCCESS))
}
