//! Child chunks of a segment.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{ConsoleUser, DatasetEditor};
use controllers_common::dto::knowledge::ChildChunkDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::full_page::Paging;
use controllers_common::valid::{Valid, ValidQuery};
use models::{ChildChunkId, DatasetId, DocumentId, SegmentId};
use serde::{Deserialize, Serialize};
use services::knowledge::{ChildPatch, Knowledge};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::actor;
use super::segments::CountedPage;
use crate::answers::Data;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    page: Option<i64>,
    limit: Option<i64>,
    keyword: Option<String>,
}

/// List the children of a segment.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path), ListQuery),
    responses((status = 200, body = CountedPage<ChildChunkDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId, SegmentId)>,
    ValidQuery(query): ValidQuery<ListQuery>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<CountedPage<ChildChunkDto>>, ApiError> {
    let paging = Paging { page: query.page.unwrap_or(1), limit: query.limit.unwrap_or(20).max(1) };
    let keyword = query.keyword.as_deref();
    let found = knowledge.children(&actor(&user), path.into_inner(), keyword, paging.rows(), paging.offset()).await?;
    let (children, total) = found;
    Ok(web::Json(CountedPage::new(paging, total, children.into_iter().map(ChildChunkDto::from).collect())))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChildFields {
    #[validate(length(min = 1))]
    content: String,
}

/// Add a child to a segment.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path)),
    request_body = ChildFields, responses((status = 200, body = Data<ChildChunkDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId, SegmentId)>,
    Valid(body): Valid<ChildFields>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Data<ChildChunkDto>>, ApiError> {
    let child = knowledge.add_child(&actor(&user), path.into_inner(), body.content).await?;
    Ok(web::Json(Data { data: child.into() }))
}

#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
pub(crate) struct WantedChild {
    /// Left out for a new one.
    #[schema(value_type = Option<String>)]
    id: Option<ChildChunkId>,
    #[validate(length(min = 1))]
    content: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct WantedChildren {
    #[validate(length(max = 1000), nested)]
    chunks: Vec<WantedChild>,
}

/// Make these all the children that a segment has.
#[utoipa::path(patch, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path)),
    request_body = WantedChildren,
    responses((status = 200, body = Data<Vec<ChildChunkDto>>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn set(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId, SegmentId)>,
    Valid(body): Valid<WantedChildren>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Data<Vec<ChildChunkDto>>>, ApiError> {
    let wanted = body.chunks.into_iter().map(|child| ChildPatch { id: child.id, content: child.content }).collect();
    let children = knowledge.set_children(&actor(&user), path.into_inner(), wanted).await?;
    Ok(web::Json(Data { data: children.into_iter().map(ChildChunkDto::from).collect() }))
}

/// Change a child.
#[utoipa::path(patch,
    path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks/{child_chunk_id}",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path), ("child_chunk_id" = String, Path)),
    request_body = ChildFields, responses((status = 200, body = Data<ChildChunkDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId, SegmentId, ChildChunkId)>,
    Valid(body): Valid<ChildFields>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Data<ChildChunkDto>>, ApiError> {
    let (dataset, document, segment, child) = path.into_inner();
    let changed = knowledge.change_child(&actor(&user), (dataset, document, segment), child, body.content).await?;
    Ok(web::Json(Data { data: changed.into() }))
}

/// Remove a child.
#[utoipa::path(delete,
    path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks/{child_chunk_id}",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path), ("child_chunk_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId, SegmentId, ChildChunkId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, document, segment, child) = path.into_inner();
    knowledge.delete_child(&actor(&user), (dataset, document, segment), child).await?;
    Ok(HttpResponse::NoContent().finish())
}
