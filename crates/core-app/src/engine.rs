//! The engine: what every generation shares, and the way of one turn through its three stages.

mod before;
mod call;
mod chat;
mod completion;
pub(crate) mod finish;
mod knowledge;
pub(crate) mod prepare;
pub(crate) mod prices;
mod run;
mod sink;
mod turn;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use core_model_runtime::Runtime;
use models::AppMode;
use models::db::Pool;
use runs::{NewRun, Runs};
use server_timing::carried;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::annotation_reply::AnnotationMatcher;
pub(crate) use crate::engine::sink::{Interrupt, Sink};
use crate::engine::turn::Turn;
use crate::error::GenerateError;
use crate::extensions::Extensions;
use crate::files::Files;
use crate::generation::Generation;
use crate::knowledge::AppKnowledge;
use crate::ports::ModelSource;
use crate::request::Request;
use crate::workflow::Outside;

/// Frames that may wait for a client. A client that is slower holds its own run back, no other.
pub(crate) const FRAMES_IN_FLIGHT: usize = 64;

#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// A run that takes longer is stopped as by its user.
    pub max_execution: Duration,
    /// Generations of this process at once.
    pub max_streams: usize,
    /// Characters of an answer between two looks at it, where answers are moderated.
    pub moderation_every: usize,
}

/// What an engine is made of.
pub struct EngineParts {
    pub pool: Pool,
    pub runtime: Runtime,
    pub runs: Runs,
    pub models: Arc<dyn ModelSource>,
    pub files: Files,
    /// What datasets say.
    pub knowledge: AppKnowledge,
    /// Answers that people wrote.
    pub annotations: AnnotationMatcher,
    /// Whom workspaces have asked to moderate, or to know things.
    pub extensions: Extensions,
    /// What only workflows need.
    pub outside: Outside,
    pub settings: EngineSettings,
    /// Runs are spawned here, on the runtime that calls [`Engine::new`].
    pub tasks: TaskTracker,
    /// Cancelled when a shutdown will wait no longer: runs then end with an error.
    pub deadline: CancellationToken,
}

/// Makes answers. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    parts: Arc<EngineParts>,
    runtime: tokio::runtime::Handle,
    /// Runs that were let in and are not registered yet.
    starting: Arc<AtomicUsize>,
}

/// The place of a run that was let in, until the run is registered.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Engine {
    /// Must be called on the multi-threaded runtime that is to do the work.
    pub fn new(parts: EngineParts) -> Self {
        Self { parts: Arc::new(parts), runtime: tokio::runtime::Handle::current(), starting: Arc::default() }
    }

    pub fn runtime(&self) -> &Runtime {
        &self.parts.runtime
    }

    pub fn models(&self) -> &dyn ModelSource {
        self.parts.models.as_ref()
    }

    pub fn files(&self) -> &Files {
        &self.parts.files
    }

    /// Whether another run may begin in this process: for callers that would rather not do anything first.
    ///
    /// # Errors
    /// `ShuttingDown` or `Overloaded`.
    pub fn check_room(&self) -> Result<(), GenerateError> {
        self.room_beside(self.starting.load(Ordering::Acquire))
    }

    /// Takes a place for a run. Keep it until the run is registered: questions that come at once would otherwise all
    /// find the same last place free, and wait for the database together.
    pub(crate) fn admit(&self) -> Result<Place, GenerateError> {
        let others = self.starting.fetch_add(1, Ordering::AcqRel);
        let place = Place(Arc::clone(&self.starting));
        self.room_beside(others)?;
        Ok(place)
    }

    fn room_beside(&self, starting: usize) -> Result<(), GenerateError> {
        if self.parts.deadline.is_cancelled() || self.parts.tasks.is_closed() {
            return Err(GenerateError::ShuttingDown);
        }
        if self.parts.runs.live_count().saturating_add(starting) >= self.parts.settings.max_streams {
            return Err(GenerateError::Overloaded);
        }
        Ok(())
    }

    pub(crate) fn shared_arc(&self) -> &Arc<EngineParts> {
        &self.parts
    }

    /// The runtime that does the work.
    pub(crate) fn handle(&self) -> &tokio::runtime::Handle {
        &self.runtime
    }

    pub(crate) fn shared(&self) -> &EngineParts {
        &self.parts
    }

    /// Does something beside the caller, as part of what generations do: a shutdown waits for it.
    pub fn spawn_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.parts.tasks.spawn_on(work.in_current_span(), &self.runtime);
    }

    pub fn pool(&self) -> &Pool {
        &self.parts.pool
    }

    /// Begins an answer. Faults of the request are returned here; those of datasets and models end the generation.
    ///
    /// # Errors
    /// Whatever [`GenerateError`] describes.
    pub async fn start(&self, request: Request) -> Result<Generation, GenerateError> {
        let place = self.admit()?;
        let begun = Instant::now();
        let mode = request.app.mode;
        let turn = Box::pin(in_stage("prepare", mode, prepare(&self.parts, request))).await?;
        self.spawn(turn, place, begun).await
    }

    async fn spawn(&self, turn: Turn, place: Place, begun: Instant) -> Result<Generation, GenerateError> {
        let envelope = turn.envelope.clone();
        let new = NewRun {
            id: envelope.task,
            tenant: turn.request.app.tenant.0,
            app: turn.request.app.id.0,
            owner: turn.request.owner(),
            alias: None,
            mode: envelope.mode.to_string(),
            subject: serde_json::json!({"message_id": envelope.message, "conversation_id": envelope.conversation}),
        };
        let live = self.parts.runs.start_from(new, place).await.map_err(|e| GenerateError::Internal(e.to_string()))?;
        let (sender, frames) = mpsc::channel(FRAMES_IN_FLIGHT);
        let streaming = turn.request.streaming;
        let sink = Sink::new(sender, live, streaming, self.parts.deadline.clone(), self.parts.settings.max_execution);
        let span = tracing::error_span!("generation", task.id = %envelope.task, app.id = %turn.request.app.id, tenant.id = %turn.request.app.tenant, mode = %envelope.mode);
        let parts = Arc::clone(&self.parts);
        let task = async move { drive(&parts, turn, sink, begun).await };
        self.parts.tasks.spawn_on(carried(task.instrument(span)), &self.runtime);
        Ok(Generation { envelope, frames })
    }
}

/// The first stage: everything that can be refused, then the message's row.
async fn prepare(parts: &EngineParts, request: Request) -> Result<Turn, GenerateError> {
    match request.app.mode {
        AppMode::Chat => chat::prepare(parts, request).await,
        AppMode::Completion => completion::prepare(parts, request).await,
        AppMode::AgentChat
        | AppMode::AdvancedChat
        | AppMode::Workflow
        | AppMode::Channel
        | AppMode::RagPipeline
        | AppMode::Unknown => Err(GenerateError::AppUnavailable),
    }
}

/// The second and third stage, in the run's own task.
async fn drive(parts: &Arc<EngineParts>, mut turn: Turn, mut sink: Sink, begun: Instant) {
    let mode = turn.envelope.mode;
    let ended = in_stage("run", mode, run::run(parts, &mut turn, &mut sink)).await;
    in_stage("finish", mode, finish::finish(parts, turn, ended, sink, begun)).await;
}

/// A stage of the pipeline: a span, and a figure of how long it took.
async fn in_stage<T>(name: &'static str, mode: AppMode, work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let span = tracing::info_span!("stage", stage.name = name);
    let done = work.instrument(span.clone()).await;
    let seconds = begun.elapsed().as_secs_f64();
    metrics::histogram!("ferrify_stage_seconds", "stage" => name, "mode" => mode.as_str()).record(seconds);
    span.in_scope(|| tracing::debug!(latency_ms = seconds * 1000.0, "a stage ended"));
    done
}
