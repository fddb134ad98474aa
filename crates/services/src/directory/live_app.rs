//! An app as public requests see it.

use std::sync::Arc;

use core_app::AppSnapshot;
use core_app::app_config::{AppConfig, ConfigDocument};
use core_app::workflow::WorkflowVersion;
use models::app::{self, App};
use models::app_annotation_setting::AnnotationReply;
use models::app_model_config::AppModelConfig;
use models::{AppMode, TenantStatus};
use serde_json::Value;

use crate::annotation_reply;
use crate::call_rules::CallRules;
use crate::directory::{AccessError, KeptAnswers};
use crate::workflow_versions::VersionError;

/// The row, and its published configuration read once.
#[derive(Debug, Clone)]
pub struct LiveApp {
    pub app: App,
    /// `None` if the workspace is gone.
    pub tenant_status: Option<TenantStatus>,
    /// `None` for workflows that were never published, and for broken apps.
    pub config: Option<Arc<AppConfig>>,
    /// The published workflow, or why it cannot be run; `None` where nothing is published.
    pub workflow: Option<Result<Arc<WorkflowVersion>, VersionError>>,
    /// Whether questions are compared with those of annotations first.
    pub annotated: bool,
    /// What is asked of its callers beside a key.
    pub rules: Arc<CallRules>,
    /// What was answered about it since it was loaded.
    pub answers: Arc<KeptAnswers>,
}

impl LiveApp {
    pub(super) fn new(
        mut app: App,
        tenant_status: Option<TenantStatus>,
        config: Option<&AppModelConfig>,
        reply: Option<&AnnotationReply>,
    ) -> Self {
        let mut document = config.map(ConfigDocument::from_row);
        if let (Some(document), Some(reply)) = (&mut document, reply) {
            document.set("annotation_reply", annotation_reply::shown(reply));
        }
        // Old chat apps with a switched-on agent are agents.
        let agent =
            document.as_ref().and_then(|d| d.get("agent_mode")).and_then(|a| a.get("enabled")).and_then(Value::as_bool);
        if app.mode == AppMode::Chat && agent == Some(true) {
            app.mode = AppMode::AgentChat;
        }
        let config = document.map(|document| Arc::new(AppConfig::read(app.mode, document)));
        Self {
            app,
            tenant_status,
            config,
            workflow: None,
            annotated: reply.is_some(),
            rules: Arc::default(),
            answers: Arc::default(),
        }
    }

    pub(super) fn with_rules(self, rules: CallRules) -> Self {
        Self { rules: Arc::new(rules), ..self }
    }

    /// With its published workflow, whose features are the app's configuration.
    pub(super) fn with_workflow(mut self, workflow: Result<Arc<WorkflowVersion>, VersionError>) -> Self {
        if let Ok(version) = &workflow {
            self.config = Some(Arc::clone(&version.config));
        }
        self.workflow = Some(workflow);
        self
    }

    /// Whether the Service API may be used.
    pub(super) fn check_api(&self) -> Result<(), AccessError> {
        self.check_usable()?;
        if self.app.enable_api { Ok(()) } else { Err(AccessError::ApiDisabled) }
    }

    /// Whether the app may be used at all.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn check_usable(&self) -> Result<(), AccessError> {
        if self.app.status != app::NORMAL {
            return Err(AccessError::AppAbnormal);
        }
        match self.tenant_status {
            Some(TenantStatus::Archive) => Err(AccessError::WorkspaceArchived),
            Some(TenantStatus::Normal | TenantStatus::Unknown) => Ok(()),
            None => Err(AccessError::WorkspaceNotFound),
        }
    }

    /// What the engine needs; `None` if the app has no configuration.
    pub fn snapshot(&self) -> Option<AppSnapshot> {
        let config = Arc::clone(self.config.as_ref()?);
        Some(AppSnapshot {
            id: self.app.id,
            tenant: self.app.tenant_id,
            mode: self.app.mode,
            config,
            config_id: self.app.app_model_config_id,
        })
    }
}
