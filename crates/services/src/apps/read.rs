//! One app with what its pages need.

use core_app::app_config::ConfigDocument;
use models::app::App;
use models::app_annotation_setting::AnnotationReply;
use models::app_model_config::AppModelConfig;
use models::app_workflow::AppWorkflow;
use models::db::Conn;
use models::site::Site;
use models::site_placeholder;
use models::tag::{Tag, TagType};
use models::{AppId, AppMode, TenantId};

use super::{AppError, Apps};
use crate::annotation_reply;

/// A saved configuration: who saved it when, and what it says.
#[derive(Debug, Clone)]
pub struct StoredConfig {
    pub row: AppModelConfig,
    pub document: ConfigDocument,
}

impl StoredConfig {
    pub(crate) fn read(row: AppModelConfig) -> Self {
        let document = ConfigDocument::from_row(&row);
        Self { row, document }
    }

    fn is_agent(&self) -> bool {
        let agent = self.document.get("agent_mode");
        let on = agent.and_then(|a| a.get("enabled")).and_then(serde_json::Value::as_bool).unwrap_or(false);
        let strategy = agent.and_then(|a| a.get("strategy")).and_then(serde_json::Value::as_str);
        on && matches!(strategy, Some("function_call" | "react"))
    }
}

/// An app with its configuration, page, tags and published workflow.
#[derive(Debug, Clone)]
pub struct AppDetail {
    pub app: App,
    pub config: Option<StoredConfig>,
    pub workflow: Option<AppWorkflow>,
    pub site: Option<Site>,
    /// What stands in the empty input field of the page.
    pub input_placeholder: Option<String>,
    pub tags: Vec<Tag>,
}

/// The mode as shown: chat apps from before agent apps existed are agent apps when their agent is on.
pub fn shown_mode(app: &App, config: Option<&StoredConfig>) -> AppMode {
    let is_agent = app.mode == AppMode::Chat && config.is_some_and(StoredConfig::is_agent);
    if is_agent { AppMode::AgentChat } else { app.mode }
}

impl Apps {
    /// An app of the workspace.
    pub async fn find(&self, tenant: TenantId, id: AppId) -> Result<App, AppError> {
        App::find(&mut *self.pool.get().await?, tenant, id).await?.ok_or(AppError::NotFound)
    }

    /// An app of the workspace in one of these modes; in another mode it counts as missing.
    pub async fn find_in(&self, tenant: TenantId, id: AppId, modes: &[AppMode]) -> Result<App, AppError> {
        let app = self.find(tenant, id).await?;
        if modes.contains(&app.mode) { Ok(app) } else { Err(AppError::NotFound) }
    }

    /// Whether an app of the workspace answers from annotations, and how.
    pub async fn annotation_reply(&self, tenant: TenantId, id: AppId) -> Result<Option<AnnotationReply>, AppError> {
        let mut conn = self.pool.get().await?;
        App::find(&mut conn, tenant, id).await?.ok_or(AppError::NotFound)?;
        Ok(AnnotationReply::of_app(&mut conn, id).await?)
    }

    /// An app of the workspace with everything.
    pub async fn detail(&self, tenant: TenantId, id: AppId) -> Result<AppDetail, AppError> {
        let mut conn = self.pool.get().await?;
        let app = App::find(&mut conn, tenant, id).await?.ok_or(AppError::NotFound)?;
        detail_of(&mut conn, app).await
    }
}

pub(super) async fn detail_of(conn: &mut Conn, app: App) -> Result<AppDetail, AppError> {
    let config = match app.app_model_config_id {
        Some(config) => AppModelConfig::find(conn, app.id, config).await?.map(StoredConfig::read),
        None => None,
    };
    let config = match config {
        Some(mut config) => {
            if let Some(reply) = AnnotationReply::of_app(conn, app.id).await? {
                config.document.set("annotation_reply", annotation_reply::shown(&reply));
            }
            Some(config)
        }
        None => None,
    };
    let workflow = match app.workflow_id {
        Some(workflow) => AppWorkflow::find_all(conn, &[workflow]).await?.pop(),
        None => None,
    };
    let site = Site::find_by_app(conn, app.id).await?;
    let input_placeholder = match &site {
        Some(site) => site_placeholder::find(conn, site.id).await?,
        None => None,
    };
    let tags = Tag::of_targets(conn, app.tenant_id, TagType::App, &[app.id.0]).await?;
    let tags = tags.into_iter().map(|(_, tag)| tag).collect();
    Ok(AppDetail { app, config, workflow, site, input_placeholder, tags })
}
