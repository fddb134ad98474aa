//! Documents of a dataset.

use actix_web::{HttpResponse, web};
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::dto::Success;
use controllers_common::dto::knowledge::{
    DetailPart, DocumentDetailDto, DocumentDto, IndexingStateDto, display_status,
};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::full_page::{FullPage, Paging};
use controllers_common::paging::DataList;
use controllers_common::query::nearest;
use controllers_common::valid::{Valid, ValidQuery};
use models::document_list::DocumentOrder;
use models::{DatasetId, DocumentId};
use serde::Deserialize;
use serde_json::Value;
use services::knowledge::{DocumentAction, DocumentSearch, Knowledge};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    #[serde(default, deserialize_with = "nearest")]
    page: Option<i64>,
    #[serde(default, deserialize_with = "nearest")]
    limit: Option<i64>,
    keyword: Option<String>,
    /// `queuing`, `indexing`, `paused`, `error`, `available`, `disabled` or `archived`; others are ignored.
    status: Option<String>,
}

/// List the documents of a dataset.
#[utoipa::path(get, path = "/v1/datasets/{dataset_id}/documents", tag = "Documents", params(("dataset_id" = String, Path), ListQuery),
    responses((status = 200, body = FullPage<DocumentDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    caller: DatasetCaller,
    dataset: web::Path<DatasetId>,
    ValidQuery(query): ValidQuery<ListQuery>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<FullPage<DocumentDto>>, ApiError> {
    let paging = Paging { page: query.page.unwrap_or(1), limit: query.limit.unwrap_or(20) };
    let search = DocumentSearch {
        keyword: query.keyword,
        status: display_status(query.status.as_deref()),
        order: DocumentOrder::Newest,
        limit: paging.rows(),
        offset: paging.offset(),
    };
    let (found, total) = knowledge.documents(&caller, *dataset, &search).await?;
    Ok(web::Json(FullPage::new(paging, total, found.into_iter().map(DocumentDto::from).collect())))
}

/// How far the documents of a batch have come.
#[utoipa::path(get, path = "/v1/datasets/{dataset_id}/documents/{batch}/indexing-status", params(("dataset_id" = String, Path), ("batch" = String, Path)), tag = "Documents",
    responses((status = 200, body = DataList<IndexingStateDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn indexing_status(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, String)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<DataList<IndexingStateDto>>, ApiError> {
    let (dataset, batch) = path.into_inner();
    let states = knowledge.batch_state(&caller, dataset, &batch).await?;
    Ok(web::Json(DataList { data: states.into_iter().map(IndexingStateDto::from).collect() }))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DetailQuery {
    /// `all`, `only` or `without`.
    metadata: Option<String>,
}

/// Read a document.
#[utoipa::path(get, path = "/v1/datasets/{dataset_id}/documents/{document_id}", tag = "Documents", params(("dataset_id" = String, Path), ("document_id" = String, Path), DetailQuery),
    responses((status = 200, body = DocumentDetailDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn find(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId)>,
    ValidQuery(query): ValidQuery<DetailQuery>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Value>, ApiError> {
    let (dataset, document) = path.into_inner();
    let part = DetailPart::parse(query.metadata.as_deref())?;
    let (view, rules) = knowledge.document(&caller, dataset, document).await?;
    Ok(web::Json(DocumentDetailDto::new(view, &rules).for_programs().part(part)))
}

/// Remove a document with everything in it.
#[utoipa::path(delete, path = "/v1/datasets/{dataset_id}/documents/{document_id}", params(("dataset_id" = String, Path), ("document_id" = String, Path)), tag = "Documents",
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, document) = path.into_inner();
    knowledge.delete_document(&caller, dataset, document).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DocumentIds {
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    document_ids: Vec<DocumentId>,
}

/// Switch documents on or off, or put them into the archive or out of it.
#[utoipa::path(patch, path = "/v1/datasets/{dataset_id}/documents/status/{action}", params(("dataset_id" = String, Path), ("action" = String, Path)), tag = "Documents",
    request_body = DocumentIds, responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn act(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, String)>,
    Valid(body): Valid<DocumentIds>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Success>, ApiError> {
    let (dataset, action) = path.into_inner();
    let action = DocumentAction::parse(&action).ok_or_else(|| {
        let status = actix_web::http::StatusCode::BAD_REQUEST;
        ApiError::new(status, "invalid_action", format!("Invalid action: {action}"))
    })?;
    knowledge.act_on_documents(&caller, dataset, &body.document_ids, action).await?;
    Ok(web::Json(Success::new()))
}
