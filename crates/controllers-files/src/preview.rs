//! Uploads behind a signed link.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use controllers_common::download::{download, download_tool_file};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::ValidQuery;
use models::UploadFileId;
use serde::Deserialize;
use services::files::{FileError, Files, IMAGES};
use storage::signed_links::{LinkKind, Signature};
use utoipa::IntoParams;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SignedQuery {
    timestamp: String,
    nonce: String,
    sign: String,
    #[serde(default)]
    as_attachment: bool,
}

impl SignedQuery {
    fn signature(self) -> Signature {
        Signature { timestamp: self.timestamp, nonce: self.nonce, sign: self.sign }
    }
}

/// A file.
#[utoipa::path(get, path = "/files/{id}/file-preview", tag = "Files", params(("id" = String, Path), SignedQuery),
    responses((status = 200, description = "The file"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn file(
    id: web::Path<UploadFileId>,
    ValidQuery(query): ValidQuery<SignedQuery>,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let as_attachment = query.as_attachment;
    let (file, bytes) = files.open_signed(LinkKind::FilePreview, *id, &query.signature()).await?;
    Ok(download(&file, bytes, as_attachment))
}

/// A picture, as older answers link to it.
#[utoipa::path(get, path = "/files/{id}/image-preview", tag = "Files", params(("id" = String, Path), SignedQuery),
    responses((status = 200, description = "The picture"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn image(
    id: web::Path<UploadFileId>,
    ValidQuery(query): ValidQuery<SignedQuery>,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let (file, bytes) = files.open_signed(LinkKind::ImagePreview, *id, &query.signature()).await?;
    if !IMAGES.contains(&file.extension.as_str()) {
        let message = "File type not allowed.";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_file_type", message));
    }
    Ok(download(&file, bytes, false))
}

/// A file that a tool or a node made; its name is its id, with an extension or without.
#[utoipa::path(get, path = "/files/tools/{file}", tag = "Files", params(("file" = String, Path), SignedQuery),
    responses((status = 200, description = "The file"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn tool_file(
    file: web::Path<String>,
    ValidQuery(query): ValidQuery<SignedQuery>,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let id = file.split('.').next().unwrap_or_default();
    let id = id.parse().map_err(|_no_id| ApiError::from(FileError::NotFound))?;
    let as_attachment = query.as_attachment;
    let (file, bytes) = files.open_signed_tool_file(id, &query.signature()).await?;
    Ok(download_tool_file(&file, bytes, as_attachment))
}
