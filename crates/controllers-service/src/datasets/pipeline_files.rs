//! Files for knowledge pipelines.

use actix_web::{HttpResponse, web};
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::upload::Upload;
use models::Caller;
use serde::Serialize;
use services::files::Files;
use utoipa::ToSchema;
use uuid::Uuid;

/// A file as pipelines take it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PipelineFile {
    id: Uuid,
    name: String,
    /// Bytes.
    size: i32,
    extension: String,
    mime_type: Option<String>,
    created_by: Uuid,
    /// Unix seconds.
    created_at: i64,
}

/// Upload a file for a knowledge pipeline.
#[utoipa::path(post, path = "/v1/datasets/pipeline/file-upload", tag = "Knowledge pipeline",
    responses((status = 201, body = PipelineFile), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn upload(
    caller: DatasetCaller,
    upload: Upload,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let received = upload.read(&files).await?;
    let file = received.store(&files, caller.tenant, Caller::Account(caller.account)).await?;
    Ok(HttpResponse::Created().json(PipelineFile {
        id: file.id.0,
        name: file.name,
        size: file.size,
        extension: file.extension,
        mime_type: file.mime_type,
        created_by: file.created_by,
        created_at: file.created_at.and_utc().timestamp(),
    }))
}
