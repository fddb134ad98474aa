//! Workspaces of the signed-in person.

use actix_web::web;
use controllers_common::auth::{AdminKey, ConsoleUser};
use controllers_common::dto::CustomConfigDto;
use controllers_common::error::ApiError;
use controllers_common::links::Addresses;
use controllers_common::paging::{Page, PageQuery};
use controllers_common::valid::{Lenient, ValidQuery};
use models::tenant::Tenant;
use models::{Role, TenantId, TenantStatus};
use serde::{Deserialize, Serialize};
use services::branding::Branding;
use services::workspaces::Workspaces;
use utoipa::ToSchema;
use validator::Validate;

use crate::answers::seconds;

/// The workspace that somebody works in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceDto {
    id: String,
    name: String,
    plan: String,
    #[schema(value_type = String)]
    status: TenantStatus,
    created_at: i64,
    #[schema(value_type = String)]
    role: Role,
    in_trial: Option<bool>,
    trial_end_reason: Option<String>,
    custom_config: Option<CustomConfigDto>,
    trial_credits: Option<i64>,
    trial_credits_used: Option<i64>,
    next_credit_reset_date: Option<i64>,
}

/// How rows become answers.
pub(crate) struct Shown<'a> {
    pub(crate) branding: &'a Branding,
    pub(crate) addresses: &'a Addresses,
}

impl WorkspaceDto {
    pub(crate) fn new(tenant: Tenant, role: Role, shown: &Shown<'_>) -> Self {
        let brand = shown.branding.of_row(&tenant);
        let custom_config = CustomConfigDto::new(&brand, &shown.addresses.urls.files, tenant.id);
        Self {
            id: tenant.id.to_string(),
            name: tenant.name,
            plan: tenant.plan,
            status: tenant.status,
            created_at: seconds(tenant.created_at),
            role,
            in_trial: None,
            trial_end_reason: None,
            custom_config,
            trial_credits: None,
            trial_credits_used: None,
            next_credit_reset_date: None,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceLine {
    id: String,
    name: String,
    plan: String,
    #[schema(value_type = String)]
    status: TenantStatus,
    created_at: i64,
    current: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceList {
    workspaces: Vec<WorkspaceLine>,
}

/// The workspaces that one belongs to.
#[utoipa::path(get, path = "/console/api/workspaces", responses((status = 200, body = WorkspaceList)))]
pub(crate) async fn list(
    user: ConsoleUser,
    workspaces: web::Data<Workspaces>,
) -> Result<web::Json<WorkspaceList>, ApiError> {
    let current = user.tenant_id();
    let all = workspaces.list(user.account_id()).await?;
    let lines = all.into_iter().map(|(_, tenant)| WorkspaceLine {
        current: tenant.id == current,
        id: tenant.id.to_string(),
        name: tenant.name,
        plan: tenant.plan,
        status: tenant.status,
        created_at: seconds(tenant.created_at),
    });
    Ok(web::Json(WorkspaceList { workspaces: lines.collect() }))
}

/// The workspace that one works in; an archived one is left for the first that is not.
#[utoipa::path(post, path = "/console/api/workspaces/current", responses((status = 200, body = WorkspaceDto)))]
pub(crate) async fn current(
    user: ConsoleUser,
    workspaces: web::Data<Workspaces>,
    branding: web::Data<Branding>,
    addresses: web::Data<Addresses>,
) -> Result<web::Json<WorkspaceDto>, ApiError> {
    let signed_in = user.0;
    let (tenant, role) = match signed_in.tenant.status {
        TenantStatus::Archive => workspaces.leave_archived(signed_in.account.id).await?,
        TenantStatus::Normal | TenantStatus::Unknown => (signed_in.tenant, signed_in.role),
    };
    Ok(web::Json(WorkspaceDto::new(tenant, role, &Shown { branding: &branding, addresses: &addresses })))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SwitchBody {
    #[schema(value_type = String)]
    tenant_id: TenantId,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Switched {
    result: &'static str,
    new_tenant: WorkspaceDto,
}

/// Moves to another workspace.
#[utoipa::path(post, path = "/console/api/workspaces/switch", request_body = SwitchBody, responses((status = 200, body = Switched)))]
pub(crate) async fn switch(
    user: ConsoleUser,
    Lenient(body): Lenient<SwitchBody>,
    workspaces: web::Data<Workspaces>,
    branding: web::Data<Branding>,
    addresses: web::Data<Addresses>,
) -> Result<web::Json<Switched>, ApiError> {
    let (tenant, role) = workspaces.switch(user.account_id(), body.tenant_id).await?;
    Ok(web::Json(Switched {
        result: "success",
        new_tenant: WorkspaceDto::new(tenant, role, &Shown { branding: &branding, addresses: &addresses }),
    }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct WorkspaceNameBody {
    #[validate(length(min = 1, max = 255))]
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Renamed {
    result: &'static str,
    tenant: WorkspaceDto,
}

/// Renames the workspace.
#[utoipa::path(post, path = "/console/api/workspaces/info", request_body = WorkspaceNameBody, responses((status = 200, body = Renamed)))]
pub(crate) async fn rename(
    user: ConsoleUser,
    Lenient(body): Lenient<WorkspaceNameBody>,
    workspaces: web::Data<Workspaces>,
    branding: web::Data<Branding>,
    addresses: web::Data<Addresses>,
) -> Result<web::Json<Renamed>, ApiError> {
    let tenant = workspaces.rename(user.tenant_id(), &body.name).await?;
    Ok(web::Json(Renamed {
        result: "success",
        tenant: WorkspaceDto::new(tenant, user.role, &Shown { branding: &branding, addresses: &addresses }),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnyWorkspace {
    id: String,
    name: String,
    #[schema(value_type = String)]
    status: TenantStatus,
    created_at: i64,
}

/// All workspaces of the installation.
#[utoipa::path(get, path = "/console/api/all-workspaces", params(PageQuery), responses((status = 200, body = Page<AnyWorkspace>)))]
pub(crate) async fn all(
    _key: AdminKey,
    ValidQuery(query): ValidQuery<PageQuery>,
    workspaces: web::Data<Workspaces>,
) -> Result<web::Json<Page<AnyWorkspace>>, ApiError> {
    let (tenants, total) = workspaces.page(query.limit, (query.page - 1) * query.limit).await?;
    let lines = tenants.into_iter().map(|tenant| AnyWorkspace {
        id: tenant.id.to_string(),
        name: tenant.name,
        status: tenant.status,
        created_at: seconds(tenant.created_at),
    });
    Ok(web::Json(Page::new(query, total, lines.collect())))
}
