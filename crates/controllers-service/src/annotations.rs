//! Answers that people wrote, and whether the app gives them.

use actix_web::{HttpResponse, web};
use controllers_common::app_token::AppToken;
use controllers_common::dto::annotation::{
    AnnotationDto, AnnotationJobDto, AnnotationJobStateDto, AnnotationPage, AnnotationReplyBody, AnnotationsQuery,
    switch,
};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::{Valid, ValidQuery};
use serde::Deserialize;
use services::annotations::{Annotated, Annotations, Switch};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

fn of(token: &AppToken) -> Annotated {
    Annotated { tenant: token.app.tenant_id, app: token.app.id, by: None }
}

/// List the annotations of the app, newest first.
#[utoipa::path(get, path = "/v1/apps/annotations", tag = "Annotations", params(AnnotationsQuery),
    responses((status = 200, body = AnnotationPage<AnnotationDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    token: AppToken,
    ValidQuery(query): ValidQuery<AnnotationsQuery>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationPage<AnnotationDto>>, ApiError> {
    let (limit, offset) = query.rows();
    Ok(web::Json(query.page(annotations.list(of(&token), query.keyword(), limit, offset).await?)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct AnnotationBody {
    question: String,
    answer: String,
}

/// Write an annotation.
#[utoipa::path(post, path = "/v1/apps/annotations", tag = "Annotations", request_body = AnnotationBody,
    responses((status = 201, body = AnnotationDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    token: AppToken,
    Valid(body): Valid<AnnotationBody>,
    annotations: web::Data<Annotations>,
) -> Result<HttpResponse, ApiError> {
    let made = annotations.add(of(&token), &body.question, &body.answer).await?;
    Ok(HttpResponse::Created().json(AnnotationDto::from(made)))
}

/// Change an annotation.
#[utoipa::path(put, path = "/v1/apps/annotations/{annotation_id}", tag = "Annotations", params(("annotation_id" = String, Path)),
    request_body = AnnotationBody, responses((status = 200, body = AnnotationDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    token: AppToken,
    id: web::Path<Uuid>,
    Valid(body): Valid<AnnotationBody>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationDto>, ApiError> {
    let changed = annotations.change(of(&token), *id, Some(&body.question), Some(&body.answer)).await?;
    Ok(web::Json(changed.into()))
}

/// Remove an annotation.
#[utoipa::path(delete, path = "/v1/apps/annotations/{annotation_id}", tag = "Annotations", params(("annotation_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    token: AppToken,
    id: web::Path<Uuid>,
    annotations: web::Data<Annotations>,
) -> Result<HttpResponse, ApiError> {
    annotations.delete(of(&token), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Have the app answer from annotations (`enable`), or no longer (`disable`).
#[utoipa::path(post, path = "/v1/apps/annotation-reply/{action}", tag = "Annotations", params(("action" = String, Path)),
    request_body = AnnotationReplyBody, responses((status = 200, body = AnnotationJobDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn switch_reply(
    token: AppToken,
    action: web::Path<String>,
    Valid(body): Valid<AnnotationReplyBody>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationJobDto>, ApiError> {
    let way = switch(&action)?;
    let how = body.switch_on()?.in_range();
    let job = match way {
        Switch::On => annotations.switch_on(of(&token), how).await?,
        Switch::Off => annotations.switch_off(of(&token)).await?,
    };
    Ok(web::Json(AnnotationJobDto::new(job)))
}

/// How switching is coming on.
#[utoipa::path(get, path = "/v1/apps/annotation-reply/{action}/status/{job_id}", tag = "Annotations",
    params(("action" = String, Path), ("job_id" = String, Path)),
    responses((status = 200, body = AnnotationJobStateDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn switch_state(
    token: AppToken,
    path: web::Path<(String, Uuid)>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationJobStateDto>, ApiError> {
    let (action, job) = path.into_inner();
    Ok(web::Json(annotations.switch_state(of(&token), switch(&action)?, job).await?.into()))
}
