//! What a client may know of an app beside its configuration.

use config::UrlSettings;
use models::account::Account;
use models::app::App;
use models::db::{DbError, Pool};
use models::site::Site;
use models::site_placeholder;
use models::tag::{Tag, TagType};
use models::{AppId, TenantId};
use serde_json::{Map, Value, json};

use crate::directory::LiveApp;

/// Cheap to clone.
#[derive(Clone)]
pub struct AppFacts {
    pool: Pool,
    console_url: String,
}

impl AppFacts {
    pub fn new(pool: Pool, urls: &UrlSettings) -> Self {
        Self { pool, console_url: urls.console_api.clone() }
    }

    /// The names of the app's tags, and of who made it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tags_and_author(&self, app: &App) -> Result<(Vec<String>, Option<String>), DbError> {
        let mut conn = self.pool.get().await?;
        let tags = Tag::of_targets(&mut conn, app.tenant_id, TagType::App, &[app.id.0])
            .await?
            .into_iter()
            .map(|(_, tag)| tag.name)
            .collect();
        let author = match app.created_by {
            Some(id) => Account::find(&mut conn, id).await?.map(|a| a.name),
            None => None,
        };
        Ok((tags, author))
    }

    /// The app's site, and what stands in the empty input field of its page.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn site(&self, app: AppId) -> Result<Option<(Site, Option<String>)>, DbError> {
        let mut conn = self.pool.get().await?;
        let Some(site) = Site::find_by_app(&mut conn, app).await? else { return Ok(None) };
        let placeholder = site_placeholder::find(&mut conn, site.id).await?;
        Ok(Some((site, placeholder)))
    }

    /// The icons of an agent's tools: links for built-in tools, stored objects for tools of the workspace's own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tool_icons(&self, app: &LiveApp) -> Result<Map<String, Value>, DbError> {
        let tools = app
            .config
            .as_ref()
            .and_then(|c| c.document.get("agent_mode"))
            .and_then(|a| a.get("tools"))
            .and_then(Value::as_array);
        let mut icons = Map::new();
        for tool in tools.into_iter().flatten() {
            let text = |key: &str| tool.get(key).and_then(Value::as_str);
            let (Some(kind), Some(provider), Some(name)) =
                (text("provider_type"), text("provider_id"), text("tool_name"))
            else {
                continue;
            };
            let icon = match kind {
                "builtin" => json!(format!(
                    "{}/console/api/workspaces/current/tool-provider/builtin/{provider}/icon",
                    self.console_url
                )),
                "api" => self.api_tool_icon(app.app.tenant_id, provider).await?,
                _ => continue,
            };
            icons.insert(name.to_owned(), icon);
        }
        Ok(icons)
    }

    async fn api_tool_icon(&self, tenant: TenantId, provider: &str) -> Result<Value, DbError> {
        let fallback = || json!({"background": "#252525", "content": "😁"});
        let Ok(id) = provider.parse() else { return Ok(fallback()) };
        let icon = models::tool_icon::of_api_provider(&mut *self.pool.get().await?, tenant, id).await?;
        Ok(icon.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(fallback))
    }
}
