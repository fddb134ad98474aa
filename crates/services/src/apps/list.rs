//! A page of apps: six queries, however many apps.

use std::collections::HashMap;

use models::account::Account;
use models::app::App;
use models::app_list::{self, AppFilter};
use models::app_model_config::AppModelConfig;
use models::app_workflow::AppWorkflow;
use models::tag::{Tag, TagType};
use models::workflow::Workflow;
use models::{AccountId, AppMode, TenantId};
use uuid::Uuid;

use super::read::StoredConfig;
use super::{AppError, Apps};
use crate::workflows::WORKFLOW_MODES;

/// Which page of which apps.
#[derive(Debug, Default)]
pub struct ListRequest<'a> {
    pub mode: Option<AppMode>,
    pub name: Option<&'a str>,
    /// Apps with any of these tags, if any is given.
    pub tags: &'a [Uuid],
    pub created_by: Option<AccountId>,
    pub page: i64,
    pub limit: i64,
}

/// An app as its card shows it.
#[derive(Debug, Clone)]
pub struct AppCard {
    pub app: App,
    pub config: Option<StoredConfig>,
    pub workflow: Option<AppWorkflow>,
    pub tags: Vec<Tag>,
    /// Whether the draft begins by itself; `None` for apps without workflows.
    pub has_draft_trigger: Option<bool>,
    /// Of who made it.
    pub author_name: Option<String>,
}

impl Apps {
    /// A page, newest first, and how many there are in all.
    pub async fn list(&self, tenant: TenantId, request: &ListRequest<'_>) -> Result<(Vec<AppCard>, i64), AppError> {
        let mut conn = self.pool.get().await?;
        let tagged = match request.tags {
            [] => None,
            tags => Some(Tag::targets_of(&mut conn, tenant, TagType::App, tags).await?),
        };
        if tagged.as_ref().is_some_and(Vec::is_empty) {
            return Ok((Vec::new(), 0));
        }
        let filter = AppFilter {
            mode: request.mode,
            name: request.name,
            among: tagged.as_deref(),
            created_by: request.created_by,
        };
        let offset = request.page.saturating_sub(1).saturating_mul(request.limit);
        let (apps, total) = app_list::page(&mut conn, tenant, &filter, request.limit, offset).await?;
        if apps.is_empty() {
            return Ok((Vec::new(), total));
        }
        let configs: Vec<_> = apps.iter().filter_map(|a| a.app_model_config_id).collect();
        let workflows: Vec<_> = apps.iter().filter_map(|a| a.workflow_id).collect();
        let authors: Vec<_> = apps.iter().filter_map(|a| a.created_by).collect();
        let targets: Vec<_> = apps.iter().map(|a| a.id.0).collect();
        let configs = AppModelConfig::find_all(&mut conn, &configs).await?;
        let mut configs: HashMap<_, _> = configs.into_iter().map(|row| (row.id, row)).collect();
        let workflows = AppWorkflow::find_all(&mut conn, &workflows).await?;
        let mut workflows: HashMap<_, _> = workflows.into_iter().map(|row| (row.id, row)).collect();
        let authors = Account::find_all(&mut conn, &authors).await?;
        let authors: HashMap<_, _> = authors.into_iter().map(|a| (a.id, a.name)).collect();
        let mut tags: HashMap<Uuid, Vec<Tag>> = HashMap::new();
        for (target, tag) in Tag::of_targets(&mut conn, tenant, TagType::App, &targets).await? {
            if let Some(target) = target {
                tags.entry(target).or_default().push(tag);
            }
        }
        let flows: Vec<_> = apps.iter().filter(|a| WORKFLOW_MODES.contains(&a.mode)).map(|a| a.id).collect();
        let triggered = match flows.as_slice() {
            [] => Vec::new(),
            flows => Workflow::drafts_with_trigger(&mut conn, tenant, flows).await?,
        };
        let cards = apps.into_iter().map(|app| {
            let config = app.app_model_config_id.and_then(|id| configs.remove(&id));
            AppCard {
                config: config.filter(|row| row.app_id == app.id).map(StoredConfig::read),
                workflow: app.workflow_id.and_then(|id| workflows.remove(&id)),
                has_draft_trigger: WORKFLOW_MODES.contains(&app.mode).then(|| triggered.contains(&app.id)),
                tags: tags.remove(&app.id.0).unwrap_or_default(),
                author_name: app.created_by.and_then(|id| authors.get(&id).cloned()),
                app,
            }
        });
        Ok((cards.collect(), total))
    }
}
