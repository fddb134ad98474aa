//! Files that questions bring along.

use actix_web::{HttpResponse, web};
use controllers_common::app_token::{AppToken, asker};
use controllers_common::dto::FileDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::upload::Upload;
use services::end_users::EndUsers;
use services::files::Files;

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
