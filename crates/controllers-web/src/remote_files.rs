//! Files at a URL that the visitor names.

use actix_web::{HttpRequest, HttpResponse, web};
use controllers_common::dto::remote_file::{RemoteFileInfo, TakeRequest, TakenFile, not_seen, url_in_path};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::passport::Visitor;
use controllers_common::valid::Valid;
use services::files::Files;
use services::remote_files::RemoteFiles;

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
    let found = remote.look(&url_in_path(&request, path.into_inner())).await.map_err(not_seen)?;
    Ok(web::Json(found.into()))
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
