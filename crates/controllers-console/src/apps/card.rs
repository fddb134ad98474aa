//! `GET /apps`.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use controllers_common::paging::{Page, PageQuery};
use controllers_common::valid::ValidQuery;
use models::{AppMode, IconType};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::apps::{AppCard, Apps, ListRequest, StoredConfig, shown_mode};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::body::{Stamps, TagLine, WorkflowLine, icon_url};

const LONGEST_NAME: usize = 30;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AppsQuery {
    #[validate(range(min = 1, max = 99999))]
    page: i64,
    #[validate(range(min = 1, max = 100))]
    limit: i64,
    /// A mode, or `all`.
    mode: String,
    /// Part of the name; the first 30 characters count.
    name: String,
    /// Tag ids, joined by commas: apps with any of them.
    tag_ids: String,
    is_created_by_me: bool,
}

impl Default for AppsQuery {
    fn default() -> Self {
        let PageQuery { page, limit } = PageQuery::default();
        let (name, tag_ids) = (String::new(), String::new());
        Self { page, limit, mode: "all".to_owned(), name, tag_ids, is_created_by_me: false }
    }
}

impl AppsQuery {
    fn mode(&self) -> Result<Option<AppMode>, ApiError> {
        match self.mode.as_str() {
            "" | "all" => Ok(None),
            mode => match AppMode::parse(mode) {
                None | Some(AppMode::RagPipeline) => {
                    Err(ApiError::invalid_field("mode", format!("{mode} is not a valid app mode")))
                }
                known => Ok(known),
            },
        }
    }

    fn tags(&self) -> Result<Vec<Uuid>, ApiError> {
        let ids = self.tag_ids.split(',').map(str::trim).filter(|id| !id.is_empty());
        let parsed: Result<Vec<Uuid>, uuid::Error> = ids.map(str::parse).collect();
        parsed.map_err(|_unreadable| ApiError::invalid_field("tag_ids", "Invalid UUID format in tag_ids."))
    }
}

/// An app in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppCardDto {
    id: String,
    name: String,
    max_active_requests: Option<i32>,
    description: String,
    #[schema(value_type = String)]
    mode: AppMode,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    icon: Option<String>,
    icon_background: Option<String>,
    icon_url: Option<String>,
    model_config: Option<CardConfig>,
    workflow: Option<WorkflowLine>,
    use_icon_as_answer_icon: bool,
    #[serde(flatten)]
    stamps: Stamps,
    tags: Vec<TagLine>,
    access_mode: Option<String>,
    create_user_name: Option<String>,
    author_name: Option<String>,
    has_draft_trigger: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CardConfig {
    #[schema(value_type = Object)]
    model: Option<Value>,
    pre_prompt: Option<String>,
    #[serde(flatten)]
    stamps: Stamps,
}

impl From<&StoredConfig> for CardConfig {
    fn from(config: &StoredConfig) -> Self {
        let row = &config.row;
        Self {
            model: config.document.get("model").cloned(),
            pre_prompt: row.pre_prompt.clone(),
            stamps: Stamps::new(row.created_by, row.created_at, row.updated_by, row.updated_at),
        }
    }
}

impl AppCardDto {
    fn new(card: AppCard, links: &Links) -> Self {
        let AppCard { app, config, workflow, tags, has_draft_trigger, author_name } = card;
        let prompt = config.as_ref().and_then(|c| c.row.pre_prompt.clone());
        Self {
            id: app.id.to_string(),
            mode: shown_mode(&app, config.as_ref()),
            icon_url: icon_url(app.icon_type, app.icon.as_deref(), links),
            stamps: Stamps::of_app(&app),
            model_config: config.as_ref().map(CardConfig::from),
            name: app.name,
            max_active_requests: app.max_active_requests,
            description: if app.description.is_empty() { prompt.unwrap_or_default() } else { app.description },
            icon_type: app.icon_type,
            icon: app.icon,
            icon_background: app.icon_background,
            workflow: workflow.map(WorkflowLine::from),
            use_icon_as_answer_icon: app.use_icon_as_answer_icon,
            tags: tags.into_iter().map(TagLine::from).collect(),
            access_mode: None,
            create_user_name: None,
            author_name,
            has_draft_trigger,
        }
    }
}

/// The apps of the workspace, newest first.
#[utoipa::path(get, path = "/console/api/apps", params(AppsQuery), responses((status = 200, body = Page<AppCardDto>)))]
pub(crate) async fn list(
    user: ConsoleUser,
    links: Links,
    ValidQuery(query): ValidQuery<AppsQuery>,
    apps: web::Data<Apps>,
) -> Result<web::Json<Page<AppCardDto>>, ApiError> {
    let name: String = query.name.chars().take(LONGEST_NAME).collect();
    let tags = query.tags()?;
    let request = ListRequest {
        mode: query.mode()?,
        name: Some(name.as_str()).filter(|n| !n.is_empty()),
        tags: &tags,
        created_by: query.is_created_by_me.then(|| user.account_id()),
        page: query.page,
        limit: query.limit,
    };
    let (cards, total) = apps.list(user.tenant_id(), &request).await?;
    let page = PageQuery { page: query.page, limit: query.limit };
    Ok(web::Json(Page::new(page, total, cards.into_iter().map(|card| AppCardDto::new(card, &links)).collect())))
}
