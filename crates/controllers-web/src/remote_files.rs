//! Files at a URL that the visitor names.

use actix_web::{HttpRequest, HttpResponse, web};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::passport::Visitor;
use controllers_common::valid::Valid;
use models::upload_file::UploadFile;
use serde::{Deserialize, Serialize};
use services::files::Files;
use services::remote_files::{RemoteFileError, RemoteFiles};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemoteFileInfo {
    file_type: String,
    /// -1 if unknown.
    file_length: i64,
}

/// What is at a URL.
#[utoipa::path(get, path = "/api/remote-files/{url}", tag = "Files",
    params(("url" = String, Path, description = "Percent-encoded")),
    responses((status = 200, body = RemoteFileInfo), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn look(
    _visitor: Visitor,
    request: HttpRequest,
    path: web::Path<String>,
    remote: web::Data<RemoteFiles>,
) -> Result<web::Json<RemoteFileInfo>, ApiError> {
    // A query that was not encoded is the URL's, not ours.
    let url = match request.query_string() {
        "" => path.into_inner(),
        query => format!("{path}?{query}"),
    };
    let found = remote.look(&url).await.map_err(|e| match e {
        RemoteFileError::Unreachable(e) => ApiError::invalid_param(format!("The file cannot be reached: {e}")),
        RemoteFileError::File(e) => e.into(),
    })?;
    let file_length = found.length.and_then(|length| i64::try_from(length).ok()).unwrap_or(-1);
    Ok(web::Json(RemoteFileInfo { file_type: found.mime_type, file_length }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct TakeRequest {
    #[validate(url)]
    url: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TakenFile {
    id: Uuid,
    name: String,
    size: i32,
    extension: String,
    /// Signed.
    url: String,
    mime_type: Option<String>,
    created_by: Uuid,
    /// Unix seconds.
    created_at: i64,
}

impl TakenFile {
    fn new(files: &Files, file: UploadFile) -> Self {
        Self {
            url: files.preview_url(file.id),
            id: file.id.0,
            name: file.name,
            size: file.size,
            extension: file.extension,
            mime_type: file.mime_type,
            created_by: file.created_by,
            created_at: file.created_at.and_utc().timestamp(),
        }
    }
}

/// Upload the file at a URL.
#[utoipa::path(post, path = "/api/remote-files/upload", tag = "Files", request_body = TakeRequest,
    responses((status = 201, body = TakenFile), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn take(
    visitor: Visitor,
    Valid(body): Valid<TakeRequest>,
    remote: web::Data<RemoteFiles>,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let stored = remote.take(visitor.app.app.tenant_id, visitor.caller(), &body.url).await?;
    Ok(HttpResponse::Created().json(TakenFile::new(&files, stored)))
}
