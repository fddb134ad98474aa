//! Documents that come from elsewhere. This release reads uploads only, and says so.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::{ApiError, ErrorBody};
use models::{DataSourceType, DatasetId, DocumentId};
use serde::Serialize;
use serde_json::Value;
use services::knowledge::Knowledge;
use utoipa::ToSchema;

use super::actor;
use super::knowledge_config::not_read;
use crate::answers::Success;

/// Read the page of a document again.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/website-sync",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn sync_website(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Success>, ApiError> {
    let (dataset, document) = path.into_inner();
    let (view, _) = knowledge.document(&actor(&user), dataset, document).await?;
    if view.document.data_source_type != DataSourceType::WebsiteCrawl {
        return Err(ApiError::invalid_param("Document is not a website document."));
    }
    Err(not_read("Web sites"))
}

/// Read the Notion page of a document again.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/notion/sync",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn sync_notion(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Success>, ApiError> {
    let (dataset, document) = path.into_inner();
    let (view, _) = knowledge.document(&actor(&user), dataset, document).await?;
    if view.document.data_source_type != DataSourceType::NotionImport {
        return Err(ApiError::invalid_param("Document is not a Notion document."));
    }
    Err(not_read("Notion pages"))
}

/// Read all Notion pages of a dataset again.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/notion/sync", params(("dataset_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn sync_all_notion(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Success>, ApiError> {
    knowledge.require(&actor(&user), *dataset).await?;
    Err(not_read("Notion pages"))
}

/// How a pipeline made a document: nothing, where no pipeline did.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct PipelineLog {
    #[schema(value_type = Option<Object>)]
    datasource_info: Option<Value>,
    datasource_type: Option<String>,
    #[schema(value_type = Option<Object>)]
    input_data: Option<Value>,
    datasource_node_id: Option<String>,
}

/// How a pipeline made a document.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/pipeline-execution-log",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)),
    responses((status = 200, body = PipelineLog), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn pipeline_log(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<PipelineLog>, ApiError> {
    let (dataset, document) = path.into_inner();
    knowledge.document_state(&actor(&user), dataset, document).await?;
    Ok(web::Json(PipelineLog::default()))
}
