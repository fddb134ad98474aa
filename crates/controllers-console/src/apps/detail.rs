//! One app, with and without its page.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use models::{AppId, AppMode, IconType};
use serde::Serialize;
use serde_json::{Map, Value};
use services::apps::{AppDetail, Apps, StoredConfig, shown_mode};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Stamps, TagLine, WorkflowLine, icon_url};
use super::site::ConsoleSiteDto;

use crate::answers::Nothing;

/// A saved configuration, whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfigDto {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    document: Map<String, Value>,
    #[serde(flatten)]
    stamps: Stamps,
}

impl From<StoredConfig> for ConfigDto {
    fn from(config: StoredConfig) -> Self {
        let row = config.row;
        let stamps = Stamps::new(row.created_by, row.created_at, row.updated_by, row.updated_at);
        Self { document: config.document.0, stamps }
    }
}

/// An app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppDto {
    id: String,
    name: String,
    description: String,
    #[schema(value_type = String)]
    mode: AppMode,
    icon: Option<String>,
    icon_background: Option<String>,
    enable_site: bool,
    enable_api: bool,
    model_config: Option<ConfigDto>,
    workflow: Option<WorkflowLine>,
    /// JSON text.
    tracing: Option<String>,
    use_icon_as_answer_icon: bool,
    #[serde(flatten)]
    stamps: Stamps,
    access_mode: Option<String>,
    tags: Vec<TagLine>,
}

/// An app with its page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppWithSiteDto {
    #[serde(flatten)]
    app: AppDto,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    icon_url: Option<String>,
    api_base_url: String,
    max_active_requests: Option<i32>,
    /// Tools that the configuration names and that are gone; there are no tools.
    deleted_tools: Vec<Nothing>,
    site: Option<ConsoleSiteDto>,
}

impl From<AppDetail> for AppDto {
    fn from(detail: AppDetail) -> Self {
        let AppDetail { app, config, workflow, tags, site: _, input_placeholder: _ } = detail;
        Self {
            id: app.id.to_string(),
            mode: shown_mode(&app, config.as_ref()),
            stamps: Stamps::of_app(&app),
            name: app.name,
            description: app.description,
            icon: app.icon,
            icon_background: app.icon_background,
            enable_site: app.enable_site,
            enable_api: app.enable_api,
            model_config: config.map(ConfigDto::from),
            workflow: workflow.map(WorkflowLine::from),
            tracing: app.tracing,
            use_icon_as_answer_icon: app.use_icon_as_answer_icon,
            access_mode: None,
            tags: tags.into_iter().map(TagLine::from).collect(),
        }
    }
}

impl AppWithSiteDto {
    pub(super) fn new(mut detail: AppDetail, links: &Links) -> Self {
        let placeholder = detail.input_placeholder.take();
        let site = detail.site.take().map(|site| ConsoleSiteDto::new(site, placeholder, links));
        let app = &detail.app;
        Self {
            icon_type: app.icon_type,
            icon_url: icon_url(app.icon_type, app.icon.as_deref(), links),
            api_base_url: links.service_api(),
            max_active_requests: app.max_active_requests,
            deleted_tools: Vec::new(),
            site,
            app: detail.into(),
        }
    }
}

/// One app with its page.
#[utoipa::path(get, path = "/console/api/apps/{app_id}", responses((status = 200, body = AppWithSiteDto)))]
pub(crate) async fn get(
    user: ConsoleUser,
    app: web::Path<Uuid>,
    links: Links,
    apps: web::Data<Apps>,
) -> Result<web::Json<AppWithSiteDto>, ApiError> {
    let detail = apps.detail(user.tenant_id(), AppId(*app)).await?;
    Ok(web::Json(AppWithSiteDto::new(detail, &links)))
}
