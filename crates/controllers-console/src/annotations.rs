//! Answers that people wrote for an app.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{ConsoleUser, Editor};
use controllers_common::dto::annotation::{
    AnnotationDto, AnnotationHitDto, AnnotationJobStateDto, AnnotationPage, AnnotationsQuery,
};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::paging::DataList;
use controllers_common::upload::Upload;
use controllers_common::valid::{Lenient, ValidQuery};
use models::{AppId, MessageId};
use serde::{Deserialize, Serialize};
use services::accounts::SignedIn;
use services::annotations::{Annotated, AnnotationError, Annotations, FromMessage};
use services::files::Files;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

pub(crate) fn of(user: &SignedIn, app: Uuid) -> Annotated {
    Annotated { tenant: user.tenant_id(), app: AppId(app), by: Some(user.account_id()) }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationCount {
    count: i64,
}

/// How many annotations an app has.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/annotations/count", tag = "Annotations", params(("app_id" = String, Path)),
    responses((status = 200, body = AnnotationCount), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn count(
    user: ConsoleUser,
    app: web::Path<Uuid>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationCount>, ApiError> {
    Ok(web::Json(AnnotationCount { count: annotations.count(of(&user, *app)).await? }))
}

/// The annotations of an app, newest first.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/annotations", tag = "Annotations", params(("app_id" = String, Path), AnnotationsQuery),
    responses((status = 200, body = AnnotationPage<AnnotationDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    user: Editor,
    app: web::Path<Uuid>,
    ValidQuery(query): ValidQuery<AnnotationsQuery>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationPage<AnnotationDto>>, ApiError> {
    let (limit, offset) = query.rows();
    Ok(web::Json(query.page(annotations.list(of(&user, *app), query.keyword(), limit, offset).await?)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct AnnotationBody {
    question: Option<String>,
    answer: Option<String>,
    /// Another name of the answer.
    content: Option<String>,
    /// The message whose answer it is to be.
    message_id: Option<Uuid>,
}

/// Writes an annotation, or writes the answer of a message anew.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/annotations", tag = "Annotations", params(("app_id" = String, Path)),
    request_body = AnnotationBody, responses((status = 200, body = AnnotationDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    user: Editor,
    app: web::Path<Uuid>,
    Lenient(body): Lenient<AnnotationBody>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationDto>, ApiError> {
    let of = of(&user, *app);
    let answer = body.answer.or(body.content);
    let answer = answer.ok_or_else(|| ApiError::invalid_field("answer", "answer or content is required"))?;
    let made = match (body.message_id, body.question) {
        (Some(message), question) => {
            annotations.put_for_message(of, FromMessage { message: MessageId(message), question, answer }).await?
        }
        (None, Some(question)) => annotations.add(of, &question, &answer).await?,
        (None, None) => return Err(ApiError::invalid_field("question", "question is required without a message_id")),
    };
    Ok(web::Json(made.into()))
}

/// The annotations that `annotation_id` names, as often as it stands in the query.
fn named(query: &str) -> Result<Vec<Uuid>, ApiError> {
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "annotation_id")
        .map(|(_, id)| {
            let bad = |_| ApiError::invalid_field("annotation_id", format!("{id} is no id"));
            Uuid::parse_str(&id).map_err(bad)
        })
        .collect()
}

/// Removes annotations: those that the query names, or all.
#[utoipa::path(delete, path = "/console/api/apps/{app_id}/annotations", tag = "Annotations",
    params(("app_id" = String, Path), ("annotation_id" = Option<Vec<String>>, Query)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete_all(
    user: Editor,
    app: web::Path<Uuid>,
    request: actix_web::HttpRequest,
    annotations: web::Data<Annotations>,
) -> Result<HttpResponse, ApiError> {
    let ids = named(request.query_string())?;
    annotations.delete_all(of(&user, *app), Some(ids.as_slice()).filter(|ids| !ids.is_empty())).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Changes an annotation.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/annotations/{annotation_id}", tag = "Annotations",
    params(("app_id" = String, Path), ("annotation_id" = String, Path)),
    request_body = AnnotationBody, responses((status = 200, body = AnnotationDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    user: Editor,
    path: web::Path<(Uuid, Uuid)>,
    Lenient(body): Lenient<AnnotationBody>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationDto>, ApiError> {
    let (app, id) = path.into_inner();
    let answer = body.answer.or(body.content);
    Ok(web::Json(annotations.change(of(&user, app), id, body.question.as_deref(), answer.as_deref()).await?.into()))
}

/// Removes an annotation.
#[utoipa::path(delete, path = "/console/api/apps/{app_id}/annotations/{annotation_id}", tag = "Annotations",
    params(("app_id" = String, Path), ("annotation_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    user: Editor,
    path: web::Path<(Uuid, Uuid)>,
    annotations: web::Data<Annotations>,
) -> Result<HttpResponse, ApiError> {
    let (app, id) = path.into_inner();
    annotations.delete(of(&user, app), id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// All annotations of an app.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/annotations/export", tag = "Annotations", params(("app_id" = String, Path)),
    responses((status = 200, body = DataList<AnnotationDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn export(
    user: Editor,
    app: web::Path<Uuid>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<DataList<AnnotationDto>>, ApiError> {
    let (all, _) = annotations.list(of(&user, *app), None, i64::MAX, 0).await?;
    Ok(web::Json(DataList { data: all.into_iter().map(AnnotationDto::from).collect() }))
}

/// What an annotation was the answer to, newest first.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/annotations/{annotation_id}/hit-histories", tag = "Annotations",
    params(("app_id" = String, Path), ("annotation_id" = String, Path), AnnotationsQuery),
    responses((status = 200, body = AnnotationPage<AnnotationHitDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn hits(
    user: Editor,
    path: web::Path<(Uuid, Uuid)>,
    ValidQuery(query): ValidQuery<AnnotationsQuery>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationPage<AnnotationHitDto>>, ApiError> {
    let (app, id) = path.into_inner();
    let (limit, offset) = query.rows();
    Ok(web::Json(query.page(annotations.hits(of(&user, app), id, limit, offset).await?)))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportBegun {
    job_id: Uuid,
    /// `waiting`.
    job_status: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportRefused {
    error_msg: String,
}

/// Imports questions and answers from a CSV file.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/annotations/batch-import", tag = "Annotations", params(("app_id" = String, Path)),
    responses((status = 200, body = ImportBegun), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn import(
    user: Editor,
    app: web::Path<Uuid>,
    upload: Upload,
    files: web::Data<Files>,
    annotations: web::Data<Annotations>,
) -> Result<HttpResponse, ApiError> {
    let received = upload.read(&files).await?;
    match annotations.import(of(&user, *app), &received.name, &received.bytes).await {
        Ok(outcome) => Ok(HttpResponse::Ok().json(ImportBegun { job_id: outcome.id, job_status: "waiting" })),
        // What is wrong with the table is told in an answer, which the page shows.
        Err(AnnotationError::Invalid(told)) => Ok(HttpResponse::Ok().json(ImportRefused { error_msg: told })),
        Err(e) => Err(e.into()),
    }
}

/// How an import is coming on.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/annotations/batch-import-status/{job_id}", tag = "Annotations",
    params(("app_id" = String, Path), ("job_id" = String, Path)),
    responses((status = 200, body = AnnotationJobStateDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn import_state(
    user: Editor,
    path: web::Path<(Uuid, Uuid)>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationJobStateDto>, ApiError> {
    let (app, job) = path.into_inner();
    Ok(web::Json(annotations.import_state(of(&user, app), job).await?.into()))
}
