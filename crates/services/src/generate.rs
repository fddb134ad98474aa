//! Answering questions: limits first, then the engine.

mod more_like_this;
mod waking;
mod workflow;

use std::sync::Arc;
use std::time::Duration;

use config::LimitSettings;
use core_app::app_config::{AppConfig, ConfigDocument};
use core_app::speech::AutoPlay;
use core_app::{AppSnapshot, Engine, GenerateError, Generation, Request};
use models::app::App;
use models::db::DbError;
use models::{AppMode, Caller, ConversationId, InvokeFrom, TenantId, WorkflowId};
use rate_limit::{Demand, Permit, RateLimits, Rejection};
use runs::{Owner, RunId, Runs, RunsError, StopBy};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use self::waking::ListenError;
pub use self::workflow::{Recovery, Version, end_user_person};
use crate::directory::LiveApp;
use crate::secrets::TenantKeys;

/// Why a question is not answered.
#[derive(Debug, thiserror::Error)]
pub enum AppGenerateError {
    /// Too many requests of this app or this person at the moment.
    #[error("Too many requests. Please try again later.")]
    TooManyRequests { retry_after: Duration },
    /// The workspace has used up its day.
    #[error("The workspace's daily limit of requests is reached.")]
    QuotaExhausted { retry_after: Duration },
    /// The app's workflow was never published.
    #[error("Workflow not published")]
    NotPublished,
    #[error("Workflow not found")]
    NoSuchWorkflow,
    #[error("Node not found")]
    NoSuchNode,
    #[error("Message Not Exists.")]
    NoSuchMessage,
    #[error("The 'More like this' feature is disabled. Please refresh your page.")]
    MoreLikeThisDisabled,
    #[error("Cannot use draft workflow version")]
    DraftWorkflow,
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error(transparent)]
    Runs(#[from] RunsError),
}

/// One question, however it came in.
#[derive(Debug, Default)]
pub struct Question {
    pub inputs: Map<String, Value>,
    pub query: String,
    pub files: Vec<Map<String, Value>>,
    pub conversation: Option<ConversationId>,
    pub parent_message: Option<Uuid>,
    pub auto_name: bool,
    pub streaming: bool,
    /// A configuration that replaces the saved one: the debugger's.
    pub override_config: Option<ConfigDocument>,
    /// A version of a chatflow other than the latest.
    pub workflow: Option<WorkflowId>,
}

/// Who asks, and from where.
#[derive(Debug, Clone)]
pub struct Asker {
    pub caller: Caller,
    /// A name of the person for the model's provider.
    pub session: String,
    pub invoke_from: InvokeFrom,
}

/// Answers questions to apps. Cheap to clone.
#[derive(Clone)]
pub struct AppGenerateService {
    engine: Engine,
    limits: RateLimits,
    runs: Runs,
    keys: TenantKeys,
    settings: Arc<LimitSettings>,
}

impl From<DbError> for AppGenerateError {
    fn from(e: DbError) -> Self {
        Self::Generate(e.into())
    }
}

impl AppGenerateService {
    pub fn new(engine: Engine, limits: RateLimits, runs: Runs, keys: TenantKeys, settings: LimitSettings) -> Self {
        Self { engine, limits, runs, keys, settings: Arc::new(settings) }
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether this process takes another question. Asked before anything is done for one.
    ///
    /// # Errors
    /// `Generate`, with `ShuttingDown` or `Overloaded`.
    pub fn check_room(&self) -> Result<(), AppGenerateError> {
        Ok(self.engine.check_room()?)
    }

    /// Begins an answer.
    ///
    /// # Errors
    /// What keeps it from beginning; later faults are in the generation.
    pub async fn generate(
        &self,
        app: &LiveApp,
        asker: Asker,
        question: Question,
    ) -> Result<Generation, AppGenerateError> {
        if app.app.mode == AppMode::AdvancedChat {
            let person = end_user_person(&asker);
            let version = question.workflow.map_or(Version::Published, Version::Named);
            return self.run_workflow(app, asker, person, version, question).await;
        }
        self.check_room()?;
        let snapshot = snapshot(app, question.override_config.as_ref())?;
        let permit = self.limits.admit(&self.demands(app, &asker)).await.map_err(rejected)?;
        self.answer(snapshot, asker, question, permit).await
    }

    /// Begins an answer that is within the limits.
    async fn answer(
        &self,
        snapshot: AppSnapshot,
        asker: Asker,
        question: Question,
        permit: Permit,
    ) -> Result<Generation, AppGenerateError> {
        let speaks = AutoPlay::of(&snapshot.config.document).filter(|_| question.streaming);
        let tenant = snapshot.tenant;
        let request = Request {
            app: snapshot,
            override_config: question.override_config.map(|document| Value::Object(document.0).to_string()),
            caller: asker.caller,
            session: asker.session,
            invoke_from: asker.invoke_from,
            inputs: question.inputs,
            query: question.query,
            files: question.files,
            conversation: question.conversation,
            parent_message: question.parent_message,
            auto_name: question.auto_name,
            streaming: question.streaming,
            guard: Box::new(permit),
        };
        let generation = self.engine.start(request).await?;
        Ok(self.perhaps_spoken(tenant, speaks, generation))
    }

    /// Where the app speaks by itself, so does the answer.
    fn perhaps_spoken(&self, tenant: TenantId, speaks: Option<AutoPlay>, generation: Generation) -> Generation {
        match speaks {
            Some(how) => self.engine.spoken(tenant, how, generation),
            None => generation,
        }
    }

    /// Stops the caller's own run; any other id is silently ignored.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn stop(&self, app: &App, caller: Caller, task: RunId) -> Result<(), AppGenerateError> {
        let by = if app.mode.is_workflow() { StopBy::Command } else { StopBy::Flag };
        self.runs.request_stop(task, &owner(caller), by).await?;
        if by == StopBy::Command {
            self.stop_waiting(app, Some(caller), task).await?;
        }
        Ok(())
    }

    fn demands(&self, app: &LiveApp, asker: &Asker) -> Vec<Demand> {
        let settings = &self.settings;
        let (tenant, id) = (app.app.tenant_id.0, app.app.id.0);
        let per_minute = u32::try_from(settings.end_user_per_minute).unwrap_or(u32::MAX);
        let window = Duration::from_secs(60);
        let mut demands = vec![
            Demand::DailyQuota { tenant, limit: settings.workspace_daily, cost: 1 },
            Demand::Concurrency { app: id, max: self.concurrency(app), request_id: Uuid::new_v4() },
        ];
        if let Some(user) = asker.caller.end_user() {
            demands.push(Demand::SlidingWindow { scope: format!("end-user:{user}"), limit: per_minute, window });
        }
        demands
    }

    /// The smallest positive of the app's own number (or the default) and the upper bound; 0 = no limit.
    fn concurrency(&self, app: &LiveApp) -> u32 {
        let own = app.app.max_active_requests.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        let own = own.unwrap_or(self.settings.app_default_active);
        [own, self.settings.app_max_active].into_iter().filter(|n| *n > 0).min().unwrap_or(0)
    }
}

/// Who may stop a run.
fn owner(caller: Caller) -> Owner {
    match caller {
        Caller::EndUser(id) => Owner::EndUser(id.0),
        Caller::Account(id) => Owner::Account(id.0),
    }
}

fn snapshot(app: &LiveApp, overridden: Option<&ConfigDocument>) -> Result<AppSnapshot, GenerateError> {
    match overridden {
        None => app.snapshot().ok_or(GenerateError::AppUnavailable),
        Some(document) => Ok(AppSnapshot {
            id: app.app.id,
            tenant: app.app.tenant_id,
            mode: app.app.mode,
            config: Arc::new(AppConfig::read(app.app.mode, document.clone())),
            config_id: None,
        }),
    }
}

fn rejected(rejection: Rejection) -> AppGenerateError {
    match rejection {
        Rejection::Limited { limiter: "daily_quota", retry_after } => AppGenerateError::QuotaExhausted { retry_after },
        Rejection::Limited { retry_after, .. } => AppGenerateError::TooManyRequests { retry_after },
        Rejection::Unavailable => AppGenerateError::TooManyRequests { retry_after: Duration::from_secs(1) },
    }
}
