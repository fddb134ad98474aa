//! Files that builders bring along.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{ConsoleUser, Right};
use controllers_common::dto::FileDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::upload::Upload;
use models::Caller;
use services::files::Files;

/// Upload a file; one for a dataset takes the right to edit datasets.
#[utoipa::path(post, path = "/console/api/files/upload",
    responses((status = 201, body = FileDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn upload(
    user: ConsoleUser,
    upload: Upload,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let received = upload.read(&files).await?;
    if received.form.for_datasets() && !Right::DatasetEditor.allows(user.role) {
        return Err(ApiError::forbidden("You don't have the permission to upload files for datasets."));
    }
    let stored = received.store(&files, user.tenant_id(), Caller::Account(user.account_id())).await?;
    Ok(HttpResponse::Created().json(FileDto::new(&files, stored)))
}
