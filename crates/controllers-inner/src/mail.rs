//! Mails that other programs of the installation have sent.

use actix_web::web;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::outgoing_mail::{MailDesk, OutgoingMail};
use utoipa::ToSchema;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct MailRequest {
    /// Each gets a mail of its own.
    #[validate(length(min = 1))]
    to: Vec<String>,
    subject: String,
    /// HTML; `{{ name }}` is the place of a substitution.
    body: String,
    /// Values by name; escaped.
    #[schema(value_type = Option<Object>)]
    substitutions: Option<Map<String, Value>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sent {
    message: &'static str,
}

async fn send(body: MailRequest, desk: &MailDesk) -> Result<web::Json<Sent>, ApiError> {
    let substitutions = body.substitutions.unwrap_or_default();
    let mail = OutgoingMail { to: &body.to, subject: &body.subject, body: &body.body, substitutions: &substitutions };
    desk.send(mail).await?;
    Ok(web::Json(Sent { message: "success" }))
}

/// Sends a mail, in the background.
#[utoipa::path(post, path = "/inner/api/enterprise/mail", tag = "Enterprise", request_body = MailRequest,
    responses((status = 200, body = Sent), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn enterprise(
    Valid(body): Valid<MailRequest>,
    desk: web::Data<MailDesk>,
) -> Result<web::Json<Sent>, ApiError> {
    send(body, &desk).await
}

/// The same under another name.
#[utoipa::path(post, path = "/inner/api/billing/mail", tag = "Billing", request_body = MailRequest,
    responses((status = 200, body = Sent), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn billing(
    Valid(body): Valid<MailRequest>,
    desk: web::Data<MailDesk>,
) -> Result<web::Json<Sent>, ApiError> {
    send(body, &desk).await
}
