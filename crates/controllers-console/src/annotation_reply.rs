//! Whether an app answers from annotations.

use actix_web::web;
use controllers_common::auth::Editor;
use controllers_common::dto::annotation::{
    AnnotationJobDto, AnnotationJobStateDto, AnnotationReplyBody, AnnotationSettingDto, switch,
};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Lenient;
use serde::Deserialize;
use services::annotations::{Annotations, Switch};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::annotations::of;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Threshold {
    score_threshold: f64,
}

/// Sets how similar questions have to be.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/annotation-settings/{setting_id}", tag = "Annotations",
    params(("app_id" = String, Path), ("setting_id" = String, Path)),
    request_body = Threshold, responses((status = 200, body = AnnotationSettingDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn set_threshold(
    user: Editor,
    path: web::Path<(Uuid, Uuid)>,
    Lenient(body): Lenient<Threshold>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationSettingDto>, ApiError> {
    let (app, setting) = path.into_inner();
    Ok(web::Json(annotations.set_threshold(of(&user, app), setting, body.score_threshold).await?.into()))
}

/// Has the app answer from annotations (`enable`), or no longer (`disable`).
#[utoipa::path(post, path = "/console/api/apps/{app_id}/annotation-reply/{action}", tag = "Annotations",
    params(("app_id" = String, Path), ("action" = String, Path)),
    request_body = AnnotationReplyBody, responses((status = 200, body = AnnotationJobDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn switch_reply(
    user: Editor,
    path: web::Path<(Uuid, String)>,
    Lenient(body): Lenient<AnnotationReplyBody>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationJobDto>, ApiError> {
    let (app, action) = path.into_inner();
    let of = of(&user, app);
    let job = match switch(&action)? {
        Switch::On => annotations.switch_on(of, body.switch_on()?).await?,
        Switch::Off => annotations.switch_off(of).await?,
    };
    Ok(web::Json(AnnotationJobDto::new(job)))
}

/// How switching is coming on.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/annotation-reply/{action}/status/{job_id}", tag = "Annotations",
    params(("app_id" = String, Path), ("action" = String, Path), ("job_id" = String, Path)),
    responses((status = 200, body = AnnotationJobStateDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn switch_state(
    user: Editor,
    path: web::Path<(Uuid, String, Uuid)>,
    annotations: web::Data<Annotations>,
) -> Result<web::Json<AnnotationJobStateDto>, ApiError> {
    let (app, action, job) = path.into_inner();
    Ok(web::Json(annotations.switch_state(of(&user, app), switch(&action)?, job).await?.into()))
}
