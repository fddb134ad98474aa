//! Documents of a dataset.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use controllers_common::auth::{ConsoleUser, DatasetEditor};
use controllers_common::dto::knowledge::{DetailPart, DocumentDetailDto, DocumentDto, display_status};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::full_page::{FullPage, Paging};
use controllers_common::valid::{Valid, ValidQuery};
use models::document_list::DocumentOrder;
use models::{DatasetId, DocumentId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::knowledge::{DocumentAction, DocumentSearch, Knowledge};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::actor;
use crate::answers::{SUCCESS, Success};

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    page: Option<i64>,
    limit: Option<i64>,
    keyword: Option<String>,
    /// `-created_at`, `created_at`, `-hit_count` or `hit_count`.
    sort: Option<String>,
    /// `queuing`, `indexing`, `paused`, `error`, `available`, `disabled` or `archived`; others are ignored.
    status: Option<String>,
    /// With the rule of each and how far it has come; `true`, or anything else.
    fetch: Option<String>,
}

fn order(name: Option<&str>) -> DocumentOrder {
    match name {
        Some("created_at") => DocumentOrder::Oldest,
        Some("-hit_count") => DocumentOrder::MostHit,
        Some("hit_count") => DocumentOrder::LeastHit,
        Some(_) | None => DocumentOrder::Newest,
    }
}

/// List the documents of a dataset.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/documents", params(("dataset_id" = String, Path), ListQuery),
    responses((status = 200, body = FullPage<DocumentDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    ValidQuery(query): ValidQuery<ListQuery>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<FullPage<DocumentDto>>, ApiError> {
    let paging = Paging { page: query.page.unwrap_or(1), limit: query.limit.unwrap_or(20) };
    let search = DocumentSearch {
        keyword: query.keyword,
        status: display_status(query.status.as_deref()),
        order: order(query.sort.as_deref()),
        limit: paging.rows(),
        offset: paging.offset(),
    };
    let (found, total) = knowledge.documents(&actor(&user), *dataset, &search).await?;
    let fetch = query.fetch.is_some_and(|fetch| matches!(fetch.to_ascii_lowercase().as_str(), "true" | "1" | "yes"));
    let shown = if fetch { DocumentDto::with_progress } else { DocumentDto::from };
    Ok(web::Json(FullPage::new(paging, total, found.into_iter().map(shown).collect())))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Named {
    /// Repeated.
    #[serde(default)]
    #[param(value_type = Vec<String>)]
    #[validate(length(max = 1000))]
    document_id: Vec<DocumentId>,
}

/// Remove documents with everything in them.
#[utoipa::path(delete, path = "/console/api/datasets/{dataset_id}/documents", params(("dataset_id" = String, Path), Named),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete_several(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    ValidQuery(named): ValidQuery<Named>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    knowledge.delete_documents(&actor(&user), *dataset, &named.document_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DetailQuery {
    /// `all`, `only` or `without`.
    metadata: Option<String>,
}

/// Read a document.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/documents/{document_id}",
    params(("dataset_id" = String, Path), ("document_id" = String, Path), DetailQuery),
    responses((status = 200, body = DocumentDetailDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn find(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId)>,
    ValidQuery(query): ValidQuery<DetailQuery>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Value>, ApiError> {
    let (dataset, document) = path.into_inner();
    let part = DetailPart::parse(query.metadata.as_deref())?;
    let (view, rules) = knowledge.document(&actor(&user), dataset, document).await?;
    Ok(web::Json(DocumentDetailDto::new(view, &rules).part(part)))
}

/// Remove a document with everything in it.
#[utoipa::path(delete, path = "/console/api/datasets/{dataset_id}/documents/{document_id}",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, document) = path.into_inner();
    knowledge.delete_document(&actor(&user), dataset, document).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Switch documents on or off, or put them into the archive or out of it.
#[utoipa::path(patch, path = "/console/api/datasets/{dataset_id}/documents/status/{action}/batch",
    params(("dataset_id" = String, Path), ("action" = String, Path), Named),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn act(
    user: DatasetEditor,
    path: web::Path<(DatasetId, String)>,
    ValidQuery(named): ValidQuery<Named>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Success>, ApiError> {
    let (dataset, action) = path.into_inner();
    let action = DocumentAction::parse(&action)
        .ok_or_else(|| ApiError::new(StatusCode::BAD_REQUEST, "invalid_action", format!("Invalid action: {action}")))?;
    knowledge.act_on_documents(&actor(&user), dataset, &named.document_id, action).await?;
    Ok(web::Json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Rename {
    #[validate(length(min = 1, max = 255))]
    name: String,
}

/// Give a document another name.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/rename",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)), request_body = Rename,
    responses((status = 200, body = DocumentDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn rename(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId)>,
    Valid(body): Valid<Rename>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<DocumentDto>, ApiError> {
    let (dataset, document) = path.into_inner();
    Ok(web::Json(knowledge.rename(&actor(&user), dataset, document, &body.name).await?.into()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Described {
    /// `book`, `web_page`, `paper` and so on.
    doc_type: String,
    #[schema(value_type = Object)]
    doc_metadata: Map<String, Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DescribedAnswer {
    result: &'static str,
    message: &'static str,
}

/// Say what kind of document it is.
#[utoipa::path(put, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/metadata",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)), request_body = Described,
    responses((status = 200, body = DescribedAnswer), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn describe(
    user: DatasetEditor,
    path: web::Path<(DatasetId, DocumentId)>,
    Valid(body): Valid<Described>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<DescribedAnswer>, ApiError> {
    let (dataset, document) = path.into_inner();
    knowledge.describe(&actor(&user), dataset, document, &body.doc_type, body.doc_metadata).await?;
    Ok(web::Json(DescribedAnswer { result: "success", message: "Document metadata updated." }))
}
