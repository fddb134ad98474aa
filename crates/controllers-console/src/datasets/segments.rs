//! Segments of a document.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{ConsoleUser, DatasetEditor};
use controllers_common::dto::knowledge::SegmentDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::full_page::Paging;
use controllers_common::valid::{Valid, ValidQuery};
use models::{DatasetId, DocForm, DocumentId, SegmentId, SegmentStatus, UploadFileId};
use serde::{Deserialize, Serialize};
use services::files::Files;
use services::knowledge::{Knowledge, KnowledgeError, NewSegment, SegmentPatch, SegmentSearch, SegmentView};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::actor;
use crate::answers::{SUCCESS, Success};

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    page: Option<i64>,
    limit: Option<i64>,
    /// Repeated.
    #[serde(default)]
    #[validate(length(max = 20))]
    status: Vec<String>,
    hit_count_gte: Option<i32>,
    /// `all`, `true` or `false`.
    enabled: Option<String>,
    keyword: Option<String>,
}

/// A page of a list whose pages are counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountedPage<T> {
    data: Vec<T>,
    total: i64,
    total_pages: i64,
    page: i64,
    limit: i64,
}

impl<T> CountedPage<T> {
    pub(super) fn new(paging: Paging, total: i64, data: Vec<T>) -> Self {
        let limit = paging.rows().max(1);
        Self { data, total, total_pages: total.saturating_add(limit - 1) / limit, page: paging.page, limit }
    }
}

/// List the segments of a document.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segments",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ListQuery),
    responses((status = 200, body = CountedPage<SegmentDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId)>,
    ValidQuery(query): ValidQuery<ListQuery>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<CountedPage<SegmentDto>>, ApiError> {
    let (dataset, document) = path.into_inner();
    let paging = Paging { page: query.page.unwrap_or(1), limit: query.limit.unwrap_or(20).max(1) };
    let enabled = match query.enabled.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) | None => None,
    };
    let search = SegmentSearch {
        status: query.status.iter().map(|s| SegmentStatus::parse(s).unwrap_or(SegmentStatus::Unknown)).collect(),
        keyword: query.keyword,
        enabled,
        hit_count_gte: query.hit_count_gte,
        limit: paging.rows(),
        offset: paging.offset(),
    };
    let (found, total, _) = knowledge.segments(&actor(&user), dataset, document, &search).await?;
    let data = found.into_iter().map(|view| SegmentDto::new(&files, view)).collect();
    Ok(web::Json(CountedPage::new(paging, total, data)))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneSegment {
    data: SegmentDto,
    doc_form: String,
}

impl OneSegment {
    fn new(files: &Files, view: SegmentView, form: DocForm) -> web::Json<Self> {
        web::Json(Self { data: SegmentDto::new(files, view), doc_form: form.to_string() })
    }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CreateSegment {
    content: String,
    answer: Option<String>,
    #[validate(length(max = 1000))]
    keywords: Option<Vec<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    #[validate(length(max = 100))]
    attachment_ids: Option<Vec<UploadFileId>>,
}

/// Add a segment at the end of a document.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segment",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)), request_body = CreateSegment,
    responses((status = 200, body = OneSegment), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId)>,
    Valid(body): Valid<CreateSegment>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<OneSegment>, ApiError> {
    let (dataset, document) = path.into_inner();
    let new = NewSegment {
        content: body.content,
        answer: body.answer,
        keywords: body.keywords,
        attachments: body.attachment_ids.unwrap_or_default(),
    };
    let (mut made, form) = knowledge.add_segments(&actor(&user), dataset, document, vec![new]).await?;
    let view = made.pop().ok_or(KnowledgeError::NoSuchSegment)?;
    Ok(OneSegment::new(&files, view, form))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChangeSegment {
    content: Option<String>,
    answer: Option<String>,
    #[validate(length(max = 1000))]
    keywords: Option<Vec<String>>,
    #[serde(default)]
    regenerate_child_chunks: bool,
    #[schema(value_type = Option<Vec<String>>)]
    #[validate(length(max = 100))]
    attachment_ids: Option<Vec<UploadFileId>>,
    summary: Option<String>,
}

/// Change a segment, in the index, too.
#[utoipa::path(patch, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path)),
    request_body = ChangeSegment, responses((status = 200, body = OneSegment), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId, SegmentId)>,
    Valid(body): Valid<ChangeSegment>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<OneSegment>, ApiError> {
    let (dataset, document, segment) = path.into_inner();
    let patch = SegmentPatch {
        content: body.content,
        answer: body.answer,
        keywords: body.keywords,
        enabled: None,
        regenerate_children: body.regenerate_child_chunks,
        attachments: body.attachment_ids,
        summary: body.summary,
    };
    let (view, form) = knowledge.change_segment(&actor(&user), dataset, document, segment, patch).await?;
    Ok(OneSegment::new(&files, view, form))
}

/// Remove a segment.
#[utoipa::path(delete, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId, SegmentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, document, segment) = path.into_inner();
    knowledge.delete_segment(&actor(&user), dataset, document, segment).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Named {
    /// Repeated.
    #[serde(default)]
    #[param(value_type = Vec<String>)]
    #[validate(length(max = 1000))]
    segment_id: Vec<SegmentId>,
}

/// Remove segments.
#[utoipa::path(delete, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segments",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), Named),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete_several(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId)>,
    ValidQuery(named): ValidQuery<Named>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, document) = path.into_inner();
    knowledge.delete_segments(&actor(&user), dataset, document, &named.segment_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Switch segments on or off.
#[utoipa::path(patch, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/segment/{action}",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ("action" = String, Path), Named),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn act(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId, String)>,
    ValidQuery(named): ValidQuery<Named>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Success>, ApiError> {
    let (dataset, document, action) = path.into_inner();
    let enabled = match action.as_str() {
        "enable" => true,
        "disable" => false,
        _ => return Err(KnowledgeError::InvalidAction(format!("Invalid action: {action}")).into()),
    };
    knowledge.enable_segments(&actor(&user), dataset, document, &named.segment_id, enabled).await?;
    Ok(web::Json(SUCCESS))
}
