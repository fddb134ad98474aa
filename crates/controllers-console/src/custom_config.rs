//! The workspace's own brand.

use actix_web::{HttpResponse, web};
use controllers_common::auth::ConsoleUser;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::links::Addresses;
use controllers_common::upload::Upload;
use controllers_common::valid::Lenient;
use models::Caller;
use serde::{Deserialize, Serialize};
use services::branding::{BrandChange, Branding};
use services::files::{Files, Incoming};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::workspaces::{Shown, WorkspaceDto};

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct BrandBody {
    remove_webapp_brand: Option<bool>,
    /// Id of an uploaded picture; empty for the installation's logo.
    replace_webapp_logo: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Branded {
    result: &'static str,
    tenant: WorkspaceDto,
}

/// Changes the brand.
#[utoipa::path(post, path = "/console/api/workspaces/custom-config", request_body = BrandBody, responses((status = 200, body = Branded)))]
pub(crate) async fn change(
    user: ConsoleUser,
    Lenient(body): Lenient<BrandBody>,
    branding: web::Data<Branding>,
    addresses: web::Data<Addresses>,
) -> Result<web::Json<Branded>, ApiError> {
    let change = BrandChange { remove_brand: body.remove_webapp_brand, logo: body.replace_webapp_logo };
    let tenant = branding.change(user.tenant_id(), change).await?;
    let shown = Shown { branding: &branding, addresses: &addresses };
    Ok(web::Json(Branded { result: "success", tenant: WorkspaceDto::new(tenant, user.role, &shown) }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadedLogo {
    id: Uuid,
}

/// Uploads a picture that may become the logo.
#[utoipa::path(post, path = "/console/api/workspaces/custom-config/webapp-logo/upload",
    responses((status = 201, body = UploadedLogo), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn upload_logo(
    user: ConsoleUser,
    upload: Upload,
    branding: web::Data<Branding>,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let received = upload.read(&files).await?;
    let incoming = Incoming {
        tenant: user.tenant_id(),
        owner: Caller::Account(user.account_id()),
        name: received.name,
        mime_type: received.mime_type,
        for_datasets: false,
    };
    let stored = branding.upload_logo(incoming, received.bytes).await?;
    Ok(HttpResponse::Created().json(UploadedLogo { id: stored.id.0 }))
}
