//! What was done in the workspace that matters for security. This route is Ferrify's own.

use actix_web::web;
use controllers_common::auth::Admin;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::paging::{Page, PageQuery};
use controllers_common::valid::ValidQuery;
use models::audit_entry::{AuditAction, AuditEntry};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::audit::Audit;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::answers::seconds;

/// One thing that was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntryDto {
    id: String,
    #[schema(value_type = String)]
    action: AuditAction,
    /// Who acted, or whose account it was tried on.
    account_id: Option<String>,
    /// What it was done to.
    subject: Option<String>,
    client_address: Option<String>,
    request_id: Option<String>,
    #[schema(value_type = Object)]
    detail: Value,
    created_at: i64,
}

impl From<AuditEntry> for AuditEntryDto {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id.to_string(),
            action: entry.action,
            account_id: entry.account_id.map(|account| account.to_string()),
            subject: entry.subject,
            client_address: entry.client_address,
            request_id: entry.request_id,
            detail: entry.detail,
            created_at: seconds(entry.created_at),
        }
    }
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    #[validate(range(min = 1, max = 99999))]
    page: i64,
    #[validate(range(min = 1, max = 100))]
    limit: i64,
    /// Only this.
    action: Option<String>,
}

impl Default for AuditQuery {
    fn default() -> Self {
        let PageQuery { page, limit } = PageQuery::default();
        Self { page, limit, action: None }
    }
}

/// What was done, newest first.
#[utoipa::path(get, path = "/console/api/workspaces/current/audit-log", params(AuditQuery),
    responses((status = 200, body = Page<AuditEntryDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    user: Admin,
    ValidQuery(query): ValidQuery<AuditQuery>,
    audit: web::Data<Audit>,
) -> Result<web::Json<Page<AuditEntryDto>>, ApiError> {
    let action = match query.action.as_deref().filter(|action| !action.is_empty()) {
        None => None,
        Some(text) => {
            let unknown = || ApiError::invalid_field("action", "There is no such action.");
            Some(AuditAction::parse(text).ok_or_else(unknown)?)
        }
    };
    let (entries, total) = audit.page(user.tenant_id(), action, (query.page, query.limit)).await?;
    let data = entries.into_iter().map(AuditEntryDto::from).collect();
    Ok(web::Json(Page::new(PageQuery { page: query.page, limit: query.limit }, total, data)))
}
