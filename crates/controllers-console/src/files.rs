//! What may be uploaded, and what is in it.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::limits::UploadLimits;
use models::UploadFileId;
use serde::Serialize;
use services::file_previews::FilePreviews;
use services::files::Files;
use utoipa::ToSchema;

/// The limits of uploads.
#[utoipa::path(get, path = "/console/api/files/upload", responses((status = 200, body = UploadLimits)))]
pub(crate) async fn limits(_user: ConsoleUser, limits: web::Data<UploadLimits>) -> web::Json<UploadLimits> {
    std::future::ready(web::Json(*limits.get_ref())).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SupportedTypes {
    allowed_extensions: Vec<String>,
}

/// The extensions of documents for datasets, in lower and upper case.
#[utoipa::path(get, path = "/console/api/files/support-type", responses((status = 200, body = SupportedTypes)))]
pub(crate) async fn support_type(_user: ConsoleUser, files: web::Data<Files>) -> web::Json<SupportedTypes> {
    let both = files.limits().document_extensions.iter().flat_map(|e| [(*e).to_owned(), e.to_uppercase()]);
    std::future::ready(web::Json(SupportedTypes { allowed_extensions: both.collect() })).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewedText {
    content: String,
}

/// The beginning of a document's text.
#[utoipa::path(get, path = "/console/api/files/{file_id}/preview", params(("file_id" = String, Path)),
    responses((status = 200, body = PreviewedText), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn preview(
    user: ConsoleUser,
    id: web::Path<UploadFileId>,
    previews: web::Data<FilePreviews>,
) -> Result<web::Json<PreviewedText>, ApiError> {
    Ok(web::Json(PreviewedText { content: previews.text(user.tenant_id(), *id).await? }))
}
