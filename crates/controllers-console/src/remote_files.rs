//! Files at a URL that the builder names.

use actix_web::{HttpRequest, HttpResponse, web};
use controllers_common::auth::ConsoleUser;
use controllers_common::dto::remote_file::{RemoteFileInfo, TakeRequest, TakenFile, not_seen, url_in_path};
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use models::Caller;
use services::files::Files;
use services::remote_files::RemoteFiles;

/// What is at a URL.
#[utoipa::path(get, path = "/console/api/remote-files/{url}", responses((status = 200, body = RemoteFileInfo)))]
pub(crate) async fn look(
    request: HttpRequest,
    path: web::Path<String>,
    remote: web::Data<RemoteFiles>,
) -> Result<web::Json<RemoteFileInfo>, ApiError> {
    let found = remote.look(&url_in_path(&request, path.into_inner())).await.map_err(not_seen)?;
    Ok(web::Json(found.into()))
}

/// Uploads the file at a URL.
#[utoipa::path(post, path = "/console/api/remote-files/upload", request_body = TakeRequest, responses((status = 201, body = TakenFile)))]
pub(crate) async fn take(
    user: ConsoleUser,
    Lenient(body): Lenient<TakeRequest>,
    remote: web::Data<RemoteFiles>,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let stored = remote.take(user.tenant_id(), Caller::Account(user.account_id()), &body.url).await?;
    Ok(HttpResponse::Created().json(TakenFile::new(&files, stored)))
}
