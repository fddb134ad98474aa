//! The logo of a workspace's published pages.

use actix_web::{HttpResponse, web};
use controllers_common::download::download;
use controllers_common::error::{ApiError, ErrorBody};
use models::TenantId;
use services::branding::Branding;

/// The logo, if the workspace has one.
#[utoipa::path(get, path = "/files/workspaces/{tenant_id}/webapp-logo", tag = "Files",
    params(("tenant_id" = String, Path)),
    responses((status = 200, description = "The picture"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn show(tenant: web::Path<TenantId>, branding: web::Data<Branding>) -> Result<HttpResponse, ApiError> {
    let (file, bytes) = branding.logo(*tenant).await?;
    Ok(download(&file, bytes, false))
}
