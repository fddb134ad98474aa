//! Files that questions bring along.

use actix_web::{HttpResponse, web};
use controllers_common::dto::FileDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::passport::Visitor;
use controllers_common::upload::Upload;
use services::files::Files;

/// Upload a file.
#[utoipa::path(post, path = "/api/files/upload", tag = "Files",
    responses((status = 201, body = FileDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn upload(
    visitor: Visitor,
    upload: Upload,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let received = upload.read(&files).await?;
    let stored = received.store(&files, visitor.app.app.tenant_id, visitor.caller()).await?;
    Ok(HttpResponse::Created().json(FileDto::new(&files, stored)))
}
