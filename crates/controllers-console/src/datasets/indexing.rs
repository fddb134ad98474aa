//! How far documents have come, and what people do about that.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use controllers_common::auth::ConsoleUser;
use controllers_common::dto::knowledge::IndexingStateDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use models::{DatasetId, DocumentId};
use serde::{Deserialize, Serialize};
use services::knowledge::{IndexingState, Knowledge, Pause};
use utoipa::ToSchema;
use validator::Validate;

use super::actor;
use crate::answers::Data;

type States = Data<Vec<IndexingStateDto>>;

fn shown(states: Vec<IndexingState>) -> Vec<IndexingStateDto> {
    states.into_iter().map(IndexingStateDto::from).collect()
}

/// How far the documents of a dataset have come.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/indexing-status", params(("dataset_id" = String, Path)),
    responses((status = 200, body = Data<Vec<IndexingStateDto>>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn of_dataset(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<States>, ApiError> {
    Ok(web::Json(Data { data: shown(knowledge.dataset_state(&actor(&user), *dataset, false).await?) }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failed {
    data: Vec<IndexingStateDto>,
    total: usize,
}

/// The documents of a dataset that could not be indexed.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/error-docs", params(("dataset_id" = String, Path)),
    responses((status = 200, body = Failed), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn failed(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Failed>, ApiError> {
    let data = shown(knowledge.dataset_state(&actor(&user), *dataset, true).await?);
    Ok(web::Json(Failed { total: data.len(), data }))
}

/// How far the documents have come that were made together.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/batch/{batch}/indexing-status",
    params(("dataset_id" = String, Path), ("batch" = String, Path)),
    responses((status = 200, body = Data<Vec<IndexingStateDto>>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn of_batch(
    user: ConsoleUser,
    path: web::Path<(DatasetId, String)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<States>, ApiError> {
    let (dataset, batch) = path.into_inner();
    Ok(web::Json(Data { data: shown(knowledge.batch_state(&actor(&user), dataset, &batch).await?) }))
}

/// How far one document has come.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/indexing-status",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)),
    responses((status = 200, body = IndexingStateDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn of_document(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<IndexingStateDto>, ApiError> {
    let (dataset, document) = path.into_inner();
    Ok(web::Json(knowledge.document_state(&actor(&user), dataset, document).await?.into()))
}

/// Halt a document's way to the index, or let it go on.
#[utoipa::path(patch, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/processing/{action}",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ("action" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn pause(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId, String)>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, document, action) = path.into_inner();
    let pause = match action.as_str() {
        "pause" => Pause::Halt,
        "resume" => Pause::GoOn,
        _ => return Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_action", format!("Invalid action: {action}"))),
    };
    knowledge.pause(&actor(&user), dataset, document, pause).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Retried {
    #[schema(value_type = Vec<String>)]
    #[validate(length(max = 1000))]
    document_ids: Vec<DocumentId>,
}

/// Try documents again that could not be indexed.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/retry", params(("dataset_id" = String, Path)),
    request_body = Retried, responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn retry(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    Valid(body): Valid<Retried>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    knowledge.retry(&actor(&user), *dataset, &body.document_ids).await?;
    Ok(HttpResponse::NoContent().finish())
}
