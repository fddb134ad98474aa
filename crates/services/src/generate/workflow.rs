//! Running workflows: the published one, one of its versions, or a draft.

use std::sync::Arc;

use chrono::Utc;
use core_app::speech::AutoPlay;
use core_app::workflow::{LostRun, Person, SingleStep, WorkflowRequest, WorkflowVersion};
use core_app::{GenerateError, Generation};
use core_workflow::NodeType;
use models::db::DbError;
use models::human_input_form::HumanInputForm;
use models::workflow::Workflow;
use models::workflow_checkpoint::WorkflowCheckpoint;
use models::workflow_node_execution::SeenExecution;
use models::workflow_run::{RunOrigin, RunStatus, WorkflowRun};
use models::{AppMode, Caller, InvokeFrom, WorkflowId};
use runs::{Owner, RunId};

use super::{AppGenerateError, AppGenerateService, Asker, Question, rejected};
use crate::directory::LiveApp;
use crate::workflow_versions::{self, VersionError};

/// What has become of a run whose process died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// It goes on here.
    Resumed,
    /// It is marked as failed.
    Abandoned,
    /// It waits for somebody.
    Waiting,
    /// It had ended after all.
    Over,
}

/// Why a run failed whose process died.
const DIED: &str = "The process that was running the workflow died.";
const TOO_OFTEN: &str = "The processes that were running the workflow died again and again.";
const GONE: &str = "The process that was running the workflow died, and the workflow has been deleted.";
/// How often a run is gone on with: it may be what its processes die of.
const MOST_RECOVERIES: i32 = 3;

/// Which version of an app's workflow is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Published,
    /// A published one by its id.
    Named(WorkflowId),
    Draft,
}

impl From<VersionError> for GenerateError {
    fn from(e: VersionError) -> Self {
        match e {
            VersionError::Workflow(error) => Self::InvalidParam(error.to_string()),
            VersionError::Secrets(text) => Self::Internal(text.to_string()),
        }
    }
}

impl AppGenerateService {
    /// Begins a run of an app's workflow.
    ///
    /// # Errors
    /// What keeps it from beginning; later faults are in the generation.
    pub async fn run_workflow(
        &self,
        app: &LiveApp,
        asker: Asker,
        person: Person,
        version: Version,
        question: Question,
    ) -> Result<Generation, AppGenerateError> {
        self.check_room()?;
        let version = self.version(app, version).await?;
        self.begin(app, asker, person, version, question, false).await
    }

    /// Tries a container of the draft, with its rounds.
    ///
    /// # Errors
    /// If there is no draft or no such node, or what keeps the run from beginning.
    pub async fn run_container(
        &self,
        app: &LiveApp,
        asker: Asker,
        person: Person,
        (kind, node): (NodeType, &str),
        question: Question,
    ) -> Result<Generation, AppGenerateError> {
        let draft = self.version(app, Version::Draft).await?;
        if !draft.program.spec(node).is_some_and(|spec| spec.kind == kind && kind.is_container()) {
            return Err(AppGenerateError::NoSuchNode);
        }
        let only = draft.only(node).map_err(|e| GenerateError::InvalidParam(e.to_string()))?;
        self.begin(app, asker, person, Arc::new(only), question, true).await
    }

    async fn begin(
        &self,
        app: &LiveApp,
        asker: Asker,
        person: Person,
        version: Arc<WorkflowVersion>,
        question: Question,
        tried: bool,
    ) -> Result<Generation, AppGenerateError> {
        let permit = self.limits.admit(&self.demands(app, &asker)).await.map_err(rejected)?;
        let origin = if asker.invoke_from == InvokeFrom::Debugger { RunOrigin::Debugging } else { RunOrigin::AppRun };
        let speaks = AutoPlay::of(&version.config.document).filter(|_| question.streaming);
        let request = WorkflowRequest {
            app: app.app.id,
            tenant: app.app.tenant_id,
            mode: app.app.mode,
            version,
            caller: asker.caller,
            session: asker.session,
            person,
            invoke_from: asker.invoke_from,
            origin,
            inputs: question.inputs,
            query: question.query,
            conversation: question.conversation,
            parent_message: question.parent_message,
            auto_name: question.auto_name,
            annotated: app.annotated && !tried && app.app.mode == AppMode::AdvancedChat,
            tried,
            files: question.files,
            streaming: question.streaming,
            guard: Box::new(permit),
        };
        let generation = self.engine.start_workflow(request).await?;
        Ok(self.perhaps_spoken(app.app.tenant_id, speaks, generation))
    }

    /// A version, ready to be run.
    ///
    /// # Errors
    /// If there is none, or it cannot be run.
    pub async fn version(&self, app: &LiveApp, version: Version) -> Result<Arc<WorkflowVersion>, AppGenerateError> {
        match version {
            Version::Published => match &app.workflow {
                None => Err(AppGenerateError::NotPublished),
                Some(Ok(version)) => Ok(Arc::clone(version)),
                Some(Err(error)) => Err(GenerateError::from(error.clone()).into()),
            },
            Version::Draft => {
                let mut conn = self.engine.pool().get().await.map_err(DbError::from)?;
                let row = Workflow::draft(&mut conn, app.app.tenant_id, app.app.id).await.map_err(DbError::from)?;
                drop(conn);
                let row = row.ok_or(AppGenerateError::NoSuchWorkflow)?;
                Ok(workflow_versions::read(&self.keys, row, app.app.mode).await.map_err(GenerateError::from)?)
            }
            Version::Named(id) => {
                if let Some(Ok(published)) = &app.workflow
                    && published.id == id
                {
                    return Ok(Arc::clone(published));
                }
                let mut conn = self.engine.pool().get().await.map_err(DbError::from)?;
                let row = Workflow::find(&mut conn, app.app.tenant_id, app.app.id, id).await.map_err(DbError::from)?;
                drop(conn);
                let row = row.ok_or(AppGenerateError::NoSuchWorkflow)?;
                if row.is_draft() {
                    return Err(AppGenerateError::DraftWorkflow);
                }
                Ok(workflow_versions::read(&self.keys, row, app.app.mode).await.map_err(GenerateError::from)?)
            }
        }
    }

    /// Tries one node of the draft.
    ///
    /// # Errors
    /// If there is no draft or no such node, or its inputs cannot be used; a node that failed is a result.
    pub async fn run_node(
        &self,
        app: &LiveApp,
        asker: Asker,
        node: String,
        question: Question,
    ) -> Result<SeenExecution, AppGenerateError> {
        let version = self.version(app, Version::Draft).await?;
        if version.program.spec(&node).is_none() {
            return Err(AppGenerateError::NoSuchNode);
        }
        let _permit = self.limits.admit(&self.demands(app, &asker)).await.map_err(rejected)?;
        let step = SingleStep {
            app: app.app.id,
            tenant: app.app.tenant_id,
            mode: app.app.mode,
            version,
            node,
            caller: asker.caller,
            session: asker.session,
            inputs: question.inputs,
            query: question.query,
            files: question.files,
        };
        Ok(self.engine.run_single(step).await?)
    }

    /// Goes on with a run whose process has died, if it was written down; otherwise marks it as failed.
    ///
    /// # Errors
    /// When the database cannot be asked; somebody will try again.
    pub async fn recover(&self, lost: LostRun, run: (RunId, Owner, AppMode)) -> Result<Recovery, DbError> {
        let pool = self.engine.pool();
        let mut conn = pool.get().await?;
        let row = WorkflowRun::find(&mut conn, lost.tenant, lost.app, lost.run).await?;
        if row.as_ref().is_some_and(|row| row.status == RunStatus::Paused) {
            return Ok(Recovery::Waiting);
        }
        let Some(row) = row.filter(|row| row.status == RunStatus::Running) else { return Ok(Recovery::Over) };
        let written = WorkflowCheckpoint::take(&mut conn, lost.tenant, lost.run).await?;
        let version = Workflow::find(&mut conn, lost.tenant, lost.app, row.workflow_id).await?;
        drop(conn);
        let reason = match (written, version) {
            (None, _) => DIED.to_owned(),
            (Some(written), _) if written.attempts > MOST_RECOVERIES => TOO_OFTEN.to_owned(),
            (Some(_), None) => GONE.to_owned(),
            (Some(written), Some(version)) => {
                // It goes on in the graph it began in.
                let version = Workflow { graph: row.graph.unwrap_or(version.graph), ..version };
                match self.resume(lost, run, version, written).await {
                    Ok(()) => return Ok(Recovery::Resumed),
                    Err(error) => {
                        tracing::warn!(run.id = %lost.run, error = %error, "a run cannot be gone on with");
                        format!("{DIED} It could not be gone on with: {error}")
                    }
                }
            }
        };
        let mut conn = pool.get().await?;
        WorkflowRun::abandon(&mut conn, lost.tenant, lost.run, &reason, Utc::now().naive_utc()).await?;
        HumanInputForm::close_all(&mut conn, lost.tenant, lost.run).await?;
        WorkflowCheckpoint::delete(&mut conn, lost.tenant, lost.run).await?;
        Ok(Recovery::Abandoned)
    }

    async fn resume(
        &self,
        lost: LostRun,
        run: (RunId, Owner, AppMode),
        version: Workflow,
        written: WorkflowCheckpoint,
    ) -> Result<(), GenerateError> {
        let version = workflow_versions::read(&self.keys, version, run.2).await?;
        self.engine.resume_workflow(lost, run, version, written).await
    }

    /// Stops a run of the app, whoever has started it.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn stop_in_app(&self, app: &LiveApp, task: RunId) -> Result<(), AppGenerateError> {
        self.runs.request_stop_in_app(app.app.tenant_id.0, app.app.id.0, task).await?;
        self.stop_waiting(&app.app, None, task).await
    }
}

/// The person behind an end user's question.
pub fn end_user_person(asker: &Asker) -> Person {
    debug_assert!(matches!(asker.caller, Caller::EndUser(_)), "members have names");
    Person::EndUser(asker.session.clone())
}
