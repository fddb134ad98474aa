//! Child chunks of a segment.

use actix_web::{HttpResponse, web};
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::dto::knowledge::ChildChunkDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::full_page::Paging;
use controllers_common::valid::{Valid, ValidQuery};
use models::{ChildChunkId, DatasetId, DocumentId, SegmentId};
use serde::{Deserialize, Serialize};
use services::knowledge::{Knowledge, KnowledgeError};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChildFields {
    #[validate(length(min = 1))]
    content: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneChild {
    data: ChildChunkDto,
}

/// To programs a failing index is a fault of what they sent.
fn fault(error: KnowledgeError) -> ApiError {
    if matches!(error, KnowledgeError::ChildIndex(_) | KnowledgeError::ChildIndexDelete(_)) {
        ApiError::invalid_param(error.to_string())
    } else {
        error.into()
    }
}

/// Add a child to a segment.
#[utoipa::path(post, path = "/v1/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks", params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path)),
    tag = "Segments", request_body = ChildFields,
    responses((status = 200, body = OneChild), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId, SegmentId)>,
    Valid(body): Valid<ChildFields>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<OneChild>, ApiError> {
    let child = knowledge.add_child(&caller, path.into_inner(), body.content).await.map_err(fault)?;
    Ok(web::Json(OneChild { data: child.into() }))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    page: Option<String>,
    limit: Option<String>,
    keyword: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChildPage {
    data: Vec<ChildChunkDto>,
    total: i64,
    total_pages: i64,
    page: i64,
    limit: i64,
}

/// List the children of a segment.
#[utoipa::path(get, path = "/v1/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks",
    tag = "Segments", params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path), ListQuery), responses((status = 200, body = ChildPage), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId, SegmentId)>,
    ValidQuery(query): ValidQuery<ListQuery>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<ChildPage>, ApiError> {
    let paging = Paging::lenient(query.page.as_deref(), query.limit.as_deref());
    let rows = paging.rows().max(1);
    let found = knowledge.children(&caller, path.into_inner(), query.keyword.as_deref(), rows, paging.offset()).await?;
    let (children, total) = found;
    Ok(web::Json(ChildPage {
        data: children.into_iter().map(ChildChunkDto::from).collect(),
        total,
        total_pages: total.saturating_add(rows - 1) / rows,
        page: paging.page,
        limit: rows,
    }))
}

/// Change a child.
#[utoipa::path(patch,
    path = "/v1/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks/{child_chunk_id}", params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path), ("child_chunk_id" = String, Path)),
    tag = "Segments", request_body = ChildFields,
    responses((status = 200, body = OneChild), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId, SegmentId, ChildChunkId)>,
    Valid(body): Valid<ChildFields>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<OneChild>, ApiError> {
    let (dataset, document, segment, child) = path.into_inner();
    let changed = knowledge.change_child(&caller, (dataset, document, segment), child, body.content).await;
    Ok(web::Json(OneChild { data: changed.map_err(fault)?.into() }))
}

/// Remove a child.
#[utoipa::path(delete,
    path = "/v1/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks/{child_chunk_id}", params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path), ("child_chunk_id" = String, Path)),
    tag = "Segments", responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId, SegmentId, ChildChunkId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, document, segment, child) = path.into_inner();
    knowledge.delete_child(&caller, (dataset, document, segment), child).await.map_err(fault)?;
    Ok(HttpResponse::NoContent().finish())
}
