//! Inviting people, and what they do with the invitation.

use actix_web::{HttpResponse, web};
use controllers_common::auth::ConsoleUser;
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use controllers_common::valid::{Lenient, ValidQuery};
use serde::{Deserialize, Serialize};
use services::people::{Activation, Invited, Invitees, People};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::answers::{SUCCESS, Success};
use crate::audit::Remark;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct InviteBody {
    emails: Vec<String>,
    /// Any but `owner`.
    role: String,
    language: Option<String>,
}

/// What became of one address.
#[derive(Debug, Serialize, ToSchema)]
struct InvitationResult {
    /// `success` or `failed`.
    status: &'static str,
    email: String,
    /// Where its owner is to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationList {
    result: &'static str,
    invitation_results: Vec<InvitationResult>,
    tenant_id: String,
}

fn result_of(invited: Invited) -> InvitationResult {
    let Invited { email, outcome } = invited;
    match outcome {
        Ok(url) => InvitationResult { status: "success", email, url: Some(url), message: None },
        Err(e) => {
            // A fault of ours is logged and told without its causes.
            let message = ApiError::from(e).body().message;
            InvitationResult { status: "failed", email, url: None, message: Some(message) }
        }
    }
}

/// Invites people into the workspace.
#[utoipa::path(post, path = "/console/api/workspaces/current/members/invite-email", request_body = InviteBody, responses((status = 201, body = InvitationList)))]
pub(crate) async fn invite(
    user: ConsoleUser,
    links: Links,
    Lenient(body): Lenient<InviteBody>,
    people: web::Data<People>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    let invitees = Invitees {
        emails: &body.emails,
        role: &body.role,
        language: body.language.as_deref(),
        console_web: links.console_web(),
    };
    let invited = people.invite(&user, invitees).await?;
    let went: Vec<&str> = invited.iter().filter(|i| i.outcome.is_ok()).map(|i| i.email.as_str()).collect();
    remark.detail("emails", went);
    remark.detail("role", body.role.as_str());
    Ok(HttpResponse::Created().json(InvitationList {
        result: "success",
        invitation_results: invited.into_iter().map(result_of).collect(),
        tenant_id: user.tenant_id().to_string(),
    }))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckQuery {
    token: String,
    workspace_id: Option<String>,
    email: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Invitation {
    workspace_name: String,
    workspace_id: String,
    email: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationCheck {
    is_valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Invitation>,
}

/// Whether an invitation still holds.
#[utoipa::path(get, path = "/console/api/activate/check", params(CheckQuery), responses((status = 200, body = InvitationCheck)))]
pub(crate) async fn check(
    ValidQuery(query): ValidQuery<CheckQuery>,
    people: web::Data<People>,
) -> Result<web::Json<InvitationCheck>, ApiError> {
    let found = people.invitation(&query.token, query.workspace_id.as_deref(), query.email.as_deref()).await?;
    let data = found.map(|invitee| Invitation {
        workspace_name: invitee.tenant.name,
        workspace_id: invitee.tenant.id.to_string(),
        email: invitee.email,
    });
    Ok(web::Json(InvitationCheck { is_valid: data.is_some(), data }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ActivateBody {
    token: String,
    name: String,
    interface_language: String,
    timezone: String,
    workspace_id: Option<String>,
    email: Option<String>,
}

/// Finishes an invited account.
#[utoipa::path(post, path = "/console/api/activate", request_body = ActivateBody, responses((status = 200, body = Success)))]
pub(crate) async fn activate(
    Lenient(body): Lenient<ActivateBody>,
    people: web::Data<People>,
) -> Result<web::Json<Success>, ApiError> {
    let activation = Activation {
        token: &body.token,
        name: &body.name,
        language: &body.interface_language,
        timezone: &body.timezone,
        workspace: body.workspace_id.as_deref(),
        email: body.email.as_deref(),
    };
    people.activate(activation).await?;
    Ok(web::Json(SUCCESS))
}
