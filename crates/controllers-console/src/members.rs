//! Members of the workspace.

use actix_web::web;
use controllers_common::auth::{ConsoleUser, Owner};
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use controllers_common::valid::Lenient;
use models::account::Account;
use models::tenant_member::TenantMember;
use models::{AccountId, AccountStatus, Role};
use serde::{Deserialize, Serialize};
use services::workspaces::{WorkspaceError, Workspaces};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::account::avatar_url;
use crate::answers::{SUCCESS, Success, seconds};
use crate::audit::Remark;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberDto {
    id: String,
    name: String,
    avatar: Option<String>,
    avatar_url: Option<String>,
    email: String,
    last_login_at: Option<i64>,
    last_active_at: i64,
    created_at: i64,
    #[schema(value_type = String)]
    role: Role,
    #[schema(value_type = String)]
    status: AccountStatus,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberList {
    accounts: Vec<MemberDto>,
}

impl MemberDto {
    fn new(member: &TenantMember, account: Account, links: &Links) -> Self {
        Self {
            id: account.id.to_string(),
            avatar_url: avatar_url(account.avatar.as_deref(), links),
            name: account.name,
            avatar: account.avatar,
            email: account.email,
            last_login_at: account.last_login_at.map(seconds),
            last_active_at: seconds(account.last_active_at),
            created_at: seconds(account.created_at),
            role: member.role,
            status: account.status,
        }
    }
}

async fn listed(
    user: &ConsoleUser,
    workspaces: &Workspaces,
    links: &Links,
    wanted: fn(Role) -> bool,
) -> Result<web::Json<MemberList>, ApiError> {
    let members = workspaces.members(user.tenant_id()).await?;
    let members = members.into_iter().filter(|(member, _)| wanted(member.role));
    let accounts = members.map(|(member, account)| MemberDto::new(&member, account, links)).collect();
    Ok(web::Json(MemberList { accounts }))
}

/// Who belongs to the workspace.
#[utoipa::path(get, path = "/console/api/workspaces/current/members", responses((status = 200, body = MemberList)))]
pub(crate) async fn list(
    user: ConsoleUser,
    links: Links,
    workspaces: web::Data<Workspaces>,
) -> Result<web::Json<MemberList>, ApiError> {
    listed(&user, &workspaces, &links, |_| true).await
}

/// Who looks after datasets only.
#[utoipa::path(get, path = "/console/api/workspaces/current/dataset-operators", responses((status = 200, body = MemberList)))]
pub(crate) async fn dataset_operators(
    user: ConsoleUser,
    links: Links,
    workspaces: web::Data<Workspaces>,
) -> Result<web::Json<MemberList>, ApiError> {
    listed(&user, &workspaces, &links, |role| role == Role::DatasetOperator).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Removed {
    result: &'static str,
    tenant_id: String,
}

/// Removes a member.
#[utoipa::path(delete, path = "/console/api/workspaces/current/members/{member_id}", responses((status = 200, body = Removed)))]
pub(crate) async fn remove(
    user: Owner,
    member: web::Path<Uuid>,
    workspaces: web::Data<Workspaces>,
) -> Result<web::Json<Removed>, ApiError> {
    workspaces.remove_member(user.tenant_id(), user.account_id(), AccountId(*member)).await?;
    Ok(web::Json(Removed { result: "success", tenant_id: user.tenant_id().to_string() }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RoleBody {
    role: String,
}

/// Gives a member another role.
#[utoipa::path(put, path = "/console/api/workspaces/current/members/{member_id}/update-role", request_body = RoleBody, responses((status = 200, body = Success)))]
pub(crate) async fn set_role(
    user: Owner,
    member: web::Path<Uuid>,
    Lenient(body): Lenient<RoleBody>,
    workspaces: web::Data<Workspaces>,
    remark: Remark,
) -> Result<web::Json<Success>, ApiError> {
    let role = Role::parse(&body.role).ok_or(WorkspaceError::InvalidRole)?;
    remark.detail("role", role.as_str());
    let changed = workspaces.change_role(user.tenant_id(), user.account_id(), AccountId(*member), role).await;
    match changed {
        // Here, unlike when somebody is removed, acting on oneself is an invalid argument.
        Err(e @ WorkspaceError::Myself) => Err(ApiError::invalid_param(e.to_string())),
        other => Ok(other.map(|()| web::Json(SUCCESS))?),
    }
}
