//! Segments of a document.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::dto::knowledge::SegmentDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::full_page::{FullPage, Paging};
use controllers_common::valid::{Valid, ValidQuery};
use models::{DatasetId, DocumentId, SegmentId, SegmentStatus, UploadFileId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use services::files::Files;
use services::knowledge::{Knowledge, NewSegment, SegmentPatch, SegmentSearch};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NewSegmentFields {
    content: Option<String>,
    answer: Option<String>,
    keywords: Option<Vec<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    attachment_ids: Option<Vec<UploadFileId>>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CreateSegments {
    segments: Option<Vec<NewSegmentFields>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Segments {
    data: Vec<SegmentDto>,
    doc_form: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneSegment {
    data: SegmentDto,
    doc_form: String,
}

/// Add segments at the end of a document.
#[utoipa::path(post, path = "/v1/datasets/{dataset_id}/documents/{document_id}/segments", params(("dataset_id" = String, Path), ("document_id" = String, Path)), tag = "Segments",
    request_body = CreateSegments, responses((status = 200, body = Segments), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId)>,
    Valid(body): Valid<CreateSegments>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, document) = path.into_inner();
    let Some(segments) = body.segments else {
        // The one fault of this API that has another shape.
        return Ok(HttpResponse::build(StatusCode::BAD_REQUEST).json(json!({"error": "Segments is required"})));
    };
    let new = segments.into_iter().map(|segment| NewSegment {
        content: segment.content.unwrap_or_default(),
        answer: segment.answer,
        keywords: segment.keywords,
        attachments: segment.attachment_ids.unwrap_or_default(),
    });
    let (made, form) = knowledge.add_segments(&caller, dataset, document, new.collect()).await?;
    let data = made.into_iter().map(|view| SegmentDto::new(&files, view)).collect();
    Ok(HttpResponse::Ok().json(Segments { data, doc_form: form.to_string() }))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    page: Option<String>,
    limit: Option<String>,
    /// Repeated.
    #[serde(default)]
    status: Vec<String>,
    keyword: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentPage {
    #[serde(flatten)]
    page: FullPage<SegmentDto>,
    doc_form: String,
}

/// List the segments of a document.
#[utoipa::path(get, path = "/v1/datasets/{dataset_id}/documents/{document_id}/segments", tag = "Segments",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), ListQuery), responses((status = 200, body = SegmentPage), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId)>,
    ValidQuery(query): ValidQuery<ListQuery>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<SegmentPage>, ApiError> {
    let (dataset, document) = path.into_inner();
    let paging = Paging::lenient(query.page.as_deref(), query.limit.as_deref());
    let search = SegmentSearch {
        status: query.status.iter().map(|s| SegmentStatus::parse(s).unwrap_or(SegmentStatus::Unknown)).collect(),
        keyword: query.keyword,
        enabled: None,
        hit_count_gte: None,
        limit: paging.rows(),
        offset: paging.offset(),
    };
    let (found, total, form) = knowledge.segments(&caller, dataset, document, &search).await?;
    let data = found.into_iter().map(|view| SegmentDto::new(&files, view)).collect();
    Ok(web::Json(SegmentPage { page: FullPage::new(paging, total, data), doc_form: form.to_string() }))
}

/// Read a segment.
#[utoipa::path(get, path = "/v1/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}", params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path)),
    tag = "Segments", responses((status = 200, body = OneSegment), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn find(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId, SegmentId)>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<OneSegment>, ApiError> {
    let (dataset, document, segment) = path.into_inner();
    let (view, form) = knowledge.segment(&caller, dataset, document, segment).await?;
    Ok(web::Json(OneSegment { data: SegmentDto::new(&files, view), doc_form: form.to_string() }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SegmentFields {
    content: Option<String>,
    answer: Option<String>,
    keywords: Option<Vec<String>>,
    enabled: Option<bool>,
    #[serde(default)]
    regenerate_child_chunks: bool,
    #[schema(value_type = Option<Vec<String>>)]
    attachment_ids: Option<Vec<UploadFileId>>,
    summary: Option<String>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChangeSegment {
    segment: SegmentFields,
}

/// Change a segment, in the index, too.
#[utoipa::path(post, path = "/v1/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}", params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path)),
    tag = "Segments", request_body = ChangeSegment,
    responses((status = 200, body = OneSegment), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId, SegmentId)>,
    Valid(body): Valid<ChangeSegment>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<OneSegment>, ApiError> {
    let (dataset, document, segment) = path.into_inner();
    let fields = body.segment;
    let patch = SegmentPatch {
        content: fields.content,
        answer: fields.answer,
        keywords: fields.keywords,
        enabled: fields.enabled,
        regenerate_children: fields.regenerate_child_chunks,
        attachments: fields.attachment_ids,
        summary: fields.summary,
    };
    let (view, form) = knowledge.change_segment(&caller, dataset, document, segment, patch).await?;
    Ok(web::Json(OneSegment { data: SegmentDto::new(&files, view), doc_form: form.to_string() }))
}

/// Remove a segment.
#[utoipa::path(delete, path = "/v1/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}", params(("dataset_id" = String, Path), ("document_id" = String, Path), ("segment_id" = String, Path)),
    tag = "Segments", responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId, SegmentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, document, segment) = path.into_inner();
    knowledge.delete_segment(&caller, dataset, document, segment).await?;
    Ok(HttpResponse::NoContent().finish())
}
