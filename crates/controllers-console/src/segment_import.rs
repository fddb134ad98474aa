//! Segments from CSV files.

use actix_web::web;
use controllers_common::auth::{ConsoleUser, DatasetEditor};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Lenient;
use models::job_outcome::{JobOutcome, OutcomeStatus};
use models::{DatasetId, DocumentId, UploadFileId};
use serde::{Deserialize, Serialize};
use services::knowledge::Knowledge;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::datasets::actor;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SegmentImportBody {
    #[schema(value_type = String)]
    upload_file_id: UploadFileId,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentImportDto {
    job_id: Uuid,
    /// `waiting`, `processing`, `completed` or `error`.
    #[schema(value_type = String)]
    job_status: OutcomeStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_msg: Option<String>,
}

impl From<JobOutcome> for SegmentImportDto {
    fn from(outcome: JobOutcome) -> Self {
        Self { job_id: outcome.id, job_status: outcome.status, error_msg: outcome.error }
    }
}

/// Has the rows of an uploaded CSV file become segments.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segments/batch_import", tag = "Segments",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)),
    request_body = SegmentImportBody, responses((status = 200, body = SegmentImportDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn begin(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId)>,
    Lenient(body): Lenient<SegmentImportBody>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<SegmentImportDto>, ApiError> {
    let (dataset, document) = path.into_inner();
    let begun = knowledge.import_segments(&actor(&user), dataset, document, body.upload_file_id).await?;
    Ok(web::Json(begun.into()))
}

/// How an import is coming on.
#[utoipa::path(get, path = "/console/api/datasets/batch_import_status/{job_id}", tag = "Segments", params(("job_id" = String, Path)),
    responses((status = 200, body = SegmentImportDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn state(
    user: ConsoleUser,
    job: web::Path<Uuid>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<SegmentImportDto>, ApiError> {
    Ok(web::Json(knowledge.import_state(&actor(&user), *job).await?.into()))
}
