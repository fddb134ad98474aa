//! Files that questions bring along.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use controllers_common::app_token::{AppToken, asker};
use controllers_common::download::download;
use controllers_common::dto::FileDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::upload::Upload;
use controllers_common::valid::ValidQuery;
use models::UploadFileId;
use serde::Deserialize;
use services::end_users::EndUsers;
use services::files::Files;
use utoipa::IntoParams;
use validator::Validate;

/// Upload a file for a person.
#[utoipa::path(post, path = "/v1/files/upload", tag = "Files", responses((status = 201, body = FileDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn upload(
    app: AppToken,
    upload: Upload,
    end_users: web::Data<EndUsers>,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let received = upload.read(&files).await?;
    let end_user = app.end_user(&end_users, received.form.user.as_deref()).await?;
    let stored = received.store(&files, app.app.tenant_id, asker(&end_user).caller).await?;
    Ok(HttpResponse::Created().json(FileDto::new(&files, stored)))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewQuery {
    user: Option<String>,
    #[serde(default)]
    as_attachment: bool,
}

/// A file that came with one of the app's messages.
#[utoipa::path(get, path = "/v1/files/{file_id}/preview", tag = "Files", params(("file_id" = String, Path), PreviewQuery),
    responses((status = 200, description = "The file"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn preview(
    app: AppToken,
    id: web::Path<UploadFileId>,
    ValidQuery(query): ValidQuery<PreviewQuery>,
    end_users: web::Data<EndUsers>,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    app.end_user(&end_users, query.user.as_deref()).await?;
    let (file, bytes) = files.open_of_app(app.app.tenant_id, app.app.id, *id).await?;
    let mut response = download(&file, bytes, query.as_attachment);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Ok(response)
}
