//! Workflows made of chat and completion apps: a new app beside the old one, which stays as it is.

mod graph;

use core_app::app_config::AppConfig;
use core_workflow::dsl::Tree;
use models::account::Account;
use models::{AppId, AppMode, TenantId};

use super::create::{NewAppParts, NewAppRequest};
use super::icon::Icon;
use super::read::AppDetail;
use super::{AppError, Apps, CopyRequest};
use crate::workflows::{CheckedDraft, Environment, WorkflowError, check_parts};

impl Apps {
    /// Makes a workflow that does what a chat or completion app does. Keys, conversations and statistics stay.
    ///
    /// # Errors
    /// When the app is of another mode, has no model, or uses what workflows do not have.
    #[tracing::instrument(skip_all, fields(tenant.id = %tenant, app.id = %original))]
    pub async fn convert_to_workflow(
        &self,
        tenant: TenantId,
        author: &Account,
        original: AppId,
        request: &CopyRequest<'_>,
    ) -> Result<AppDetail, AppError> {
        self.find_in(tenant, original, &[AppMode::Chat, AppMode::Completion]).await?;
        let original = self.detail(tenant, original).await?;
        let app = &original.app;
        let config = original.config.as_ref().ok_or(AppError::CannotConvert("it has no configuration"))?;
        let config = AppConfig::read(app.mode, config.document.clone());
        let made = graph::of(&config).map_err(AppError::CannotConvert)?;
        let draft = checked(&made)?;
        let mode = if app.mode == AppMode::Completion { AppMode::Workflow } else { AppMode::AdvancedChat };
        let given = request.name.filter(|name| !name.is_empty()).map(str::to_owned);
        let name = given.unwrap_or_else(|| format!("{}(workflow)", app.name));
        let new = NewAppRequest {
            // As long as the column takes.
            name: &name.chars().take(255).collect::<String>(),
            mode,
            description: &app.description,
            icon_type: request.icon_type.or(app.icon_type),
            icon: request.icon.or(app.icon.as_deref()),
            icon_background: request.icon_background.or(app.icon_background.as_deref()),
        };
        Icon::asked(&new).require_changed(&mut *self.pool.get().await?, tenant, Icon::of(app)).await?;
        let parts = NewAppParts {
            draft: Some(draft),
            page: original.site.as_ref(),
            use_icon_as_answer_icon: app.use_icon_as_answer_icon,
            ..NewAppParts::default()
        };
        self.insert(tenant, author, &new, parts).await
    }
}

fn checked(made: &graph::Made) -> Result<CheckedDraft, AppError> {
    let read = |part: &'static str, value: &serde_json::Value| {
        Tree::from_json(&value.to_string()).map_err(|reason| WorkflowError::Unreadable { part, reason })
    };
    let parts = read("graph", &made.graph)
        .and_then(|graph| read("features", &made.features).map(|features| (graph, features)))
        .and_then(|(graph, features)| check_parts(&graph, &features));
    let (graph, features) = parts.map_err(Box::new)?;
    Ok(CheckedDraft { graph, features, environment: Environment::Kept, conversation: None, rag_pipeline: None })
}
