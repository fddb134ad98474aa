//! What a client asks about the app before it asks the app anything.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use config::UploadSettings;
use controllers_common::app_token::{AppToken, app_unavailable};
use controllers_common::dto::ParametersDto;
use controllers_common::dto::SiteDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::rules::kept;
use models::AppMode;
use serde::Serialize;
use serde_json::{Map, Value};
use services::app_facts::AppFacts;
use services::files::Files;
use utoipa::ToSchema;

// What answers are kept about.
const PARAMETERS: &str = "parameters";
const META: &str = "meta";
const SITE: &str = "site";

#[derive(Serialize, ToSchema)]
pub(crate) struct Index {
    welcome: &'static str,
    api_version: &'static str,
    server_version: &'static str,
}

/// Who answers here; needs no key.
#[utoipa::path(get, path = "/v1/", tag = "Application", responses((status = 200, body = Index)))]
pub(crate) async fn index() -> web::Json<Index> {
    web::Json(Index { welcome: "Dify OpenAPI", api_version: "v1", server_version: services::VERSION })
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Info {
    name: String,
    description: String,
    tags: Vec<String>,
    #[schema(value_type = String)]
    mode: AppMode,
    author_name: Option<String>,
}

/// Name, description, tags and mode of the app.
#[utoipa::path(get, path = "/v1/info", tag = "Application", responses((status = 200, body = Info), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn info(app: AppToken, facts: web::Data<AppFacts>) -> Result<web::Json<Info>, ApiError> {
    let (tags, author_name) = facts.tags_and_author(&app.app).await?;
    let row = &app.app;
    Ok(web::Json(Info {
        name: row.name.clone(),
        description: row.description.clone(),
        tags,
        mode: row.mode,
        author_name,
    }))
}

/// The form and the features of the app.
#[utoipa::path(get, path = "/v1/parameters", tag = "Application", responses((status = 200, body = Object), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn parameters(app: AppToken, limits: web::Data<UploadSettings>) -> Result<HttpResponse, ApiError> {
    if let Some(known) = kept::known(&app, PARAMETERS) {
        return Ok(known);
    }
    let config = app.config.as_ref().ok_or_else(app_unavailable)?;
    kept::keep(&app, PARAMETERS, &ParametersDto::new(config, &limits))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Meta {
    /// Tool name to icon.
    #[schema(value_type = Object)]
    tool_icons: Map<String, Value>,
}

/// Icons of the app's tools.
#[utoipa::path(get, path = "/v1/meta", tag = "Application", responses((status = 200, body = Meta), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn meta(app: AppToken, facts: web::Data<AppFacts>) -> Result<HttpResponse, ApiError> {
    if let Some(known) = kept::known(&app, META) {
        return Ok(known);
    }
    kept::keep(&app, META, &Meta { tool_icons: facts.tool_icons(&app).await? })
}

/// How the published page of the app looks.
#[utoipa::path(get, path = "/v1/site", tag = "Application", responses((status = 200, body = SiteDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn site(
    app: AppToken,
    facts: web::Data<AppFacts>,
    files: web::Data<Files>,
) -> Result<HttpResponse, ApiError> {
    if let Some(known) = kept::known(&app, SITE) {
        return Ok(known);
    }
    let (site, placeholder) = facts
        .site(app.app.id)
        .await?
        .ok_or_else(|| ApiError::new(StatusCode::FORBIDDEN, "forbidden", "The app has no site."))?;
    let shown = SiteDto::new(&site, placeholder, &files);
    // Links to pictures hold for a while only.
    if shown.icon_url.is_some() {
        return Ok(HttpResponse::Ok().json(shown));
    }
    kept::keep(&app, SITE, &shown)
}
