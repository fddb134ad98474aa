//! Workspaces that are made from outside.

use actix_web::web;
use chrono::{NaiveDateTime, Timelike};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use models::TenantStatus;
use models::tenant::Tenant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::secrets::TenantKeys;
use services::workspaces::Workspaces;
use utoipa::ToSchema;
use validator::Validate;

const CREATED: &str = "enterprise workspace created.";

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NewWorkspace {
    #[validate(length(min = 1, max = 255))]
    name: String,
    owner_email: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NewOwnerlessWorkspace {
    #[validate(length(min = 1, max = 255))]
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Created<T> {
    message: &'static str,
    tenant: T,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceDto {
    id: String,
    name: String,
    plan: String,
    #[schema(value_type = String)]
    status: TenantStatus,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnerlessWorkspaceDto {
    #[serde(flatten)]
    workspace: WorkspaceDto,
    encrypt_public_key: Option<String>,
    #[schema(value_type = Object)]
    custom_config: Map<String, Value>,
}

impl From<Tenant> for WorkspaceDto {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id.to_string(),
            name: tenant.name,
            plan: tenant.plan,
            status: tenant.status,
            created_at: utc_text(tenant.created_at),
            updated_at: utc_text(tenant.updated_at),
        }
    }
}

impl From<Tenant> for OwnerlessWorkspaceDto {
    fn from(mut tenant: Tenant) -> Self {
        let config = tenant.custom_config.take();
        Self {
            encrypt_public_key: tenant.encrypt_public_key.take(),
            custom_config: config.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
            workspace: tenant.into(),
        }
    }
}

/// `2026-01-31T12:00:00.123456Z`; whole seconds have no fraction.
fn utc_text(time: NaiveDateTime) -> String {
    let format = if time.nanosecond() < 1_000 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%.6fZ" };
    time.format(format).to_string()
}

/// Makes a workspace for an account.
#[utoipa::path(post, path = "/inner/api/enterprise/workspace", tag = "Enterprise", request_body = NewWorkspace,
    responses((status = 200, body = Created<WorkspaceDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    Valid(body): Valid<NewWorkspace>,
    workspaces: web::Data<Workspaces>,
    keys: web::Data<TenantKeys>,
) -> Result<web::Json<Created<WorkspaceDto>>, ApiError> {
    let made = workspaces.create_for_owner_email(&keys, &body.owner_email, &body.name).await?;
    let tenant = made.ok_or_else(|| ApiError::not_found("owner account not found."))?;
    Ok(web::Json(Created { message: CREATED, tenant: tenant.into() }))
}

/// Makes a workspace without members.
#[utoipa::path(post, path = "/inner/api/enterprise/workspace/ownerless", tag = "Enterprise",
    request_body = NewOwnerlessWorkspace,
    responses((status = 200, body = Created<OwnerlessWorkspaceDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create_ownerless(
    Valid(body): Valid<NewOwnerlessWorkspace>,
    workspaces: web::Data<Workspaces>,
    keys: web::Data<TenantKeys>,
) -> Result<web::Json<Created<OwnerlessWorkspaceDto>>, ApiError> {
    let tenant = workspaces.create_ownerless(&keys, &body.name).await?;
    Ok(web::Json(Created { message: CREATED, tenant: tenant.into() }))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn times_are_utc() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        assert_eq!(utc_text(day.and_hms_micro_opt(12, 0, 0, 120).unwrap()), "2026-01-31T12:00:00.000120Z");
        assert_eq!(utc_text(day.and_hms_opt(12, 0, 1).unwrap()), "2026-01-31T12:00:01Z");
    }
}
