//! Apps that are workflows: `workflow` and `advanced-chat`.
//!
//! [`Engine::start_workflow`] checks what a run is given, writes its row (and, in a conversation, its message), and
//! spawns the run's task. The task asks the engine for one event after the other ([`drive`]), turns each into a frame
//! for the client and a row for the tables, and ends by writing what is left and how it ended ([`finish`]). A client
//! that goes away does not end the run. A run that has to wait for somebody is written down instead ([`pause`]), and goes
//! on from there whenever it is woken ([`wake`]).

mod before;
mod capabilities;
mod checkpoints;
mod commands;
mod draft_values;
mod draft_variables;
mod drive;
mod dropped_files;
mod file_values;
mod finish;
mod form_files;
mod forms;
mod frames;
mod moderated;
mod offload;
mod pause;
mod prepare;
mod records;
mod request;
mod resume;
mod saved_answer;
mod single;
mod truncation;
mod version;
mod wake;

use std::sync::Arc;
use std::time::Instant;

use models::{Caller, TenantId};
use runs::NewRun;
use tokio::sync::mpsc;
use tracing::Instrument;

pub use capabilities::{Outside, code_runner};
pub use checkpoints::LostRun;
pub use draft_values::{StoredValue, ValueOwner};
pub use dropped_files::{DropFiles, forget_draft_files};
pub use forms::{FieldDefault, FormButton, FormDefinition, FormField, told_form};
pub use request::{Person, WorkflowRequest};
pub use single::SingleStep;
pub use version::{StoredWorkflow, WorkflowError, WorkflowVersion};
pub use wake::WakeError;

use crate::engine::{Engine, FRAMES_IN_FLIGHT, Sink};
use crate::error::GenerateError;
use crate::generation::Generation;

impl Engine {
    /// Begins a run. Faults that are found before its first node are returned here; later ones end the run.
    ///
    /// # Errors
    /// Whatever [`GenerateError`] describes.
    pub async fn start_workflow(&self, request: WorkflowRequest) -> Result<Generation, GenerateError> {
        let place = self.admit()?;
        let begun = Instant::now();
        let parts = Arc::clone(self.shared_arc());
        let prepared = Box::pin(prepare::prepare(&parts, request)).await?;
        let turn = &prepared.turn;
        let envelope = turn.envelope.clone();
        let new = NewRun {
            id: envelope.task,
            tenant: turn.tenant.0,
            app: turn.app.0,
            owner: turn.owner,
            alias: Some(turn.run_id.0),
            mode: envelope.mode.to_string(),
            subject: turn.subject(),
        };
        let live = parts.runs.start_from(new, place).await.map_err(|e| GenerateError::Internal(e.to_string()))?;
        let (sender, frames) = mpsc::channel(FRAMES_IN_FLIGHT);
        let settings = &parts.settings;
        let sink = Sink::new(sender, live, turn.streaming, parts.deadline.clone(), settings.max_execution);
        let span = tracing::error_span!("workflow run", task.id = %envelope.task, run.id = %turn.run_id, app.id = %turn.app, tenant.id = %turn.tenant, mode = %envelope.mode);
        let owned = Arc::clone(&parts);
        let task = async move { Box::pin(drive::drive(&owned, prepared, sink, begun)).await };
        parts.tasks.spawn_on(server_timing::carried(task.instrument(span)), self.handle());
        Ok(Generation { envelope, frames })
    }

    /// Files that somebody names as requests name them, as values; what is not there is a fault.
    ///
    /// # Errors
    /// `InvalidParam` for a file that is none, or that is not the workspace's.
    pub async fn file_values(
        &self,
        tenant: TenantId,
        caller: Caller,
        files: &[serde_json::Map<String, serde_json::Value>],
    ) -> Result<Vec<Arc<core_workflow::value::File>>, GenerateError> {
        let parts = self.shared_arc();
        let limit = parts.outside.file_limit;
        let lookup = file_values::Lookup { files: &parts.files, tenant, caller, limit };
        let (_, value) = lookup.attached(None, files).await?;
        Ok(value.files())
    }
}
