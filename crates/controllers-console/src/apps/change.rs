//! Making, changing, copying and removing apps.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{Admin, Editor};
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use controllers_common::valid::Lenient;
use models::{AppId, AppMode, IconType};
use serde::Deserialize;
use services::apps::{AppUpdate, Apps, CopyRequest, NewAppRequest};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::detail::{AppDto, AppWithSiteDto};

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CreateApp {
    #[validate(length(min = 1, max = 255))]
    name: String,
    #[schema(value_type = String)]
    mode: AppMode,
    #[validate(length(max = 400))]
    description: Option<String>,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    #[validate(length(max = 255))]
    icon: Option<String>,
    #[validate(length(max = 255))]
    icon_background: Option<String>,
}

/// Makes an app.
#[utoipa::path(post, path = "/console/api/apps", request_body = CreateApp, responses((status = 201, body = AppDto)))]
pub(crate) async fn create(
    user: Editor,
    Lenient(body): Lenient<CreateApp>,
    apps: web::Data<Apps>,
) -> Result<HttpResponse, ApiError> {
    if matches!(body.mode, AppMode::Channel | AppMode::RagPipeline) {
        return Err(ApiError::invalid_field("mode", format!("{} is not a mode that apps are made in", body.mode)));
    }
    let request = NewAppRequest {
        name: &body.name,
        mode: body.mode,
        description: body.description.as_deref().unwrap_or_default(),
        icon_type: body.icon_type,
        icon: body.icon.as_deref(),
        icon_background: body.icon_background.as_deref(),
    };
    let detail = apps.create(user.tenant_id(), &user.account, &request).await?;
    Ok(HttpResponse::Created().json(AppDto::from(detail)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct UpdateApp {
    #[validate(length(min = 1, max = 255))]
    name: String,
    #[validate(length(max = 400))]
    description: Option<String>,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    #[validate(length(max = 255))]
    icon: Option<String>,
    #[validate(length(max = 255))]
    icon_background: Option<String>,
    use_icon_as_answer_icon: Option<bool>,
    #[validate(range(min = 0))]
    max_active_requests: Option<i32>,
}

/// Changes an app; what is missing becomes empty.
#[utoipa::path(put, path = "/console/api/apps/{app_id}", request_body = UpdateApp, responses((status = 200, body = AppWithSiteDto)))]
pub(crate) async fn update(
    user: Editor,
    app: web::Path<Uuid>,
    links: Links,
    Lenient(body): Lenient<UpdateApp>,
    apps: web::Data<Apps>,
) -> Result<web::Json<AppWithSiteDto>, ApiError> {
    let update = AppUpdate {
        name: &body.name,
        description: body.description.as_deref().unwrap_or_default(),
        icon_type: body.icon_type,
        icon: Some(body.icon.as_deref().unwrap_or_default()),
        icon_background: Some(body.icon_background.as_deref().unwrap_or_default()),
        use_icon_as_answer_icon: body.use_icon_as_answer_icon.unwrap_or(false),
        max_active_requests: Some(body.max_active_requests.unwrap_or(0)),
    };
    let detail = apps.update(user.tenant_id(), &user.account, AppId(*app), &update).await?;
    Ok(web::Json(AppWithSiteDto::new(detail, &links)))
}

/// Removes an app.
#[utoipa::path(delete, path = "/console/api/apps/{app_id}", responses((status = 204)))]
pub(crate) async fn delete(
    user: Editor,
    app: web::Path<Uuid>,
    apps: web::Data<Apps>,
) -> Result<HttpResponse, ApiError> {
    apps.delete(user.tenant_id(), AppId(*app)).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CopyApp {
    #[validate(length(max = 255))]
    name: Option<String>,
    #[validate(length(max = 400))]
    description: Option<String>,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    #[validate(length(max = 255))]
    icon: Option<String>,
    #[validate(length(max = 255))]
    icon_background: Option<String>,
}

/// Copies an app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/copy", request_body = CopyApp, responses((status = 201, body = AppWithSiteDto)))]
pub(crate) async fn copy(
    user: Editor,
    app: web::Path<Uuid>,
    links: Links,
    Lenient(body): Lenient<CopyApp>,
    apps: web::Data<Apps>,
) -> Result<HttpResponse, ApiError> {
    let request = CopyRequest {
        name: body.name.as_deref(),
        description: body.description.as_deref(),
        icon_type: body.icon_type,
        icon: body.icon.as_deref(),
        icon_background: body.icon_background.as_deref(),
    };
    let detail = apps.copy(user.tenant_id(), &user.account, AppId(*app), &request).await?;
    Ok(HttpResponse::Created().json(AppWithSiteDto::new(detail, &links)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct AppNameBody {
    #[validate(length(min = 1, max = 255))]
    name: String,
}

/// Renames an app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/name", request_body = AppNameBody, responses((status = 200, body = AppDto)))]
pub(crate) async fn rename(
    user: Editor,
    app: web::Path<Uuid>,
    Lenient(body): Lenient<AppNameBody>,
    apps: web::Data<Apps>,
) -> Result<web::Json<AppDto>, ApiError> {
    let detail = apps.rename(user.tenant_id(), &user.account, AppId(*app), &body.name).await?;
    Ok(web::Json(detail.into()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct IconBody {
    #[serde(default)]
    #[validate(length(max = 255))]
    icon: String,
    #[serde(default)]
    #[validate(length(max = 255))]
    icon_background: String,
}

/// Changes the icon of an app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/icon", request_body = IconBody, responses((status = 200, body = AppDto)))]
pub(crate) async fn set_icon(
    user: Editor,
    app: web::Path<Uuid>,
    Lenient(body): Lenient<IconBody>,
    apps: web::Data<Apps>,
) -> Result<web::Json<AppDto>, ApiError> {
    let (tenant, app) = (user.tenant_id(), AppId(*app));
    let detail = apps.set_icon(tenant, &user.account, app, &body.icon, &body.icon_background).await?;
    Ok(web::Json(detail.into()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct EnableSite {
    enable_site: bool,
}

/// Opens or closes the page of an app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/site-enable", request_body = EnableSite, responses((status = 200, body = AppDto)))]
pub(crate) async fn enable_site(
    user: Editor,
    app: web::Path<Uuid>,
    Lenient(body): Lenient<EnableSite>,
    apps: web::Data<Apps>,
) -> Result<web::Json<AppDto>, ApiError> {
    let detail = apps.enable_site(user.tenant_id(), &user.account, AppId(*app), body.enable_site).await?;
    Ok(web::Json(detail.into()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct EnableApi {
    enable_api: bool,
}

/// Opens or closes the API of an app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/api-enable", request_body = EnableApi, responses((status = 200, body = AppDto)))]
pub(crate) async fn enable_api(
    user: Admin,
    app: web::Path<Uuid>,
    Lenient(body): Lenient<EnableApi>,
    apps: web::Data<Apps>,
) -> Result<web::Json<AppDto>, ApiError> {
    let detail = apps.enable_api(user.tenant_id(), &user.account, AppId(*app), body.enable_api).await?;
    Ok(web::Json(detail.into()))
}
