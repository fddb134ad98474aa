//! Runs that wait: written down as they are, and let go of.
//!
//! A run that waits has no task, no lease and no place among its app's. What it needs to go on is an object in the file
//! storage; rows say why it waits and when somebody has to look at it. All rows change in one transaction, with those of
//! the nodes so far. Only then does anybody hear of it, and last of all the client: nobody can go on with a run that this
//! process still has.

use std::sync::Arc;
use std::time::Instant;

use chrono::{NaiveDateTime, Utc};
use core_workflow::event::Pause;
use core_workflow::value::map_to_json;
use core_workflow::{Checkpoint, PauseReason, Run};
use models::NodeExecutionId;
use models::db::{AsyncConnection, AsyncPgConnection, DbError, QueryError, QueryResult};
use models::human_input_form::HumanInputForm;
use models::message::Message;
use models::paused_run::PausedRun;
use models::workflow_checkpoint::WorkflowCheckpoint;
use models::workflow_pause::{PauseReason as ReasonRow, PauseReasonType, WorkflowPause};
use models::workflow_run::{RunEnd, RunStatus, WorkflowRun};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::checkpoints::Context;
use super::draft_values::ValueOwner;
use super::drive::Told;
use super::finish::SAVE_PAUSES;
use super::forms::OpenForm;
use super::frames::{Frames, reasons, waiting};
use super::offload::Batch;
use super::prepare::Turn;
use super::records::Records;
use super::saved_answer::{SavedAnswer, usage};
use crate::engine::{EngineParts, Sink};
use crate::event::Metadata;
use crate::generation::{Answer, End, PausedAnswer, WorkflowResult};

/// A state above this many bytes is not kept; the run fails.
const LARGEST: usize = 64 * 1024 * 1024;

/// What the object of a run that waits holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asleep {
    pub context: Context,
    pub state: Checkpoint,
}

/// Everything of a pause that is written.
struct Written<'a> {
    turn: &'a Turn,
    pause: &'a Pause,
    rows: &'a Batch,
    answer: Option<SavedAnswer>,
    key: &'a str,
    now: NaiveDateTime,
}

/// What a run needs to go on, in bytes.
///
/// # Errors
/// Why there is no keeping it.
pub(super) fn asleep(turn: &Turn, run: &Run, told: &Told) -> Result<Vec<u8>, String> {
    let state = run.checkpoint().map_err(|e| e.to_string())?;
    let asleep = serde_json::to_vec(&Asleep { context: Context::of(turn, told), state }).map_err(|e| e.to_string())?;
    if asleep.len() > LARGEST {
        return Err(format!("its variables take {} bytes, and {LARGEST} may be kept", asleep.len()));
    }
    Ok(asleep)
}

/// Writes the pause of a run.
///
/// # Errors
/// Why it cannot be written; the run then has to end.
pub(super) async fn write_down(
    parts: &EngineParts,
    turn: &Turn,
    asleep: Vec<u8>,
    (told, pause): (&Told, &Pause),
    records: &mut Records,
) -> Result<(), String> {
    let key = format!("workflow_pauses/{}/{}-{}.json", turn.tenant, turn.run_id, Uuid::new_v4().simple());
    parts.files.storage.put(&key, asleep).await.map_err(|e| e.to_string())?;
    records.pause(&pause.nodes);
    let mut rows = records.take();
    rows.store(&parts.files).await;
    let answer = turn.is_chat().then(|| {
        let usage = usage(&pause.totals);
        SavedAnswer::new(&told.text, &usage, &told.resources, pause.elapsed.as_secs_f64()).paused()
    });
    let written = Written { turn, pause, rows: &rows, answer, key: &key, now: Utc::now().naive_utc() };
    match save(parts, &written).await {
        Ok(()) => Ok(()),
        Err(error) => {
            records.put_back(rows);
            if let Err(error) = parts.files.storage.delete(&key).await {
                tracing::warn!(path = key, error = %error, "what a run would have gone on from is left behind");
            }
            Err(error.to_string())
        }
    }
}

/// An outage is worth waiting for: who has to fill in a form may come days later.
async fn save(parts: &EngineParts, written: &Written<'_>) -> Result<(), DbError> {
    let mut pauses = SAVE_PAUSES.into_iter();
    loop {
        let error = match save_once(parts, written).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let Some(pause) = pauses.next().filter(|_| !parts.deadline.is_cancelled()) else { return Err(error) };
        tracing::warn!(run.id = %written.turn.run_id, error = %error, "could not save a pause; trying again in {} ms", pause.as_millis());
        tokio::time::sleep(pause).await;
    }
}

async fn save_once(parts: &EngineParts, written: &Written<'_>) -> Result<(), DbError> {
    let mut conn = parts.pool.get().await?;
    conn.transaction(async |conn| {
        written.rows(conn).await?;
        written.wait(conn).await?;
        Ok::<_, QueryError>(())
    })
    .await?;
    Ok(())
}

impl Written<'_> {
    /// What the run has done so far.
    async fn rows(&self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        let Self { turn, pause, .. } = self;
        self.rows.write(conn).await?;
        if let Some(answer) = &self.answer {
            Message::end(conn, turn.envelope.conversation, turn.envelope.message, &answer.row()).await?;
        }
        let outputs = map_to_json(&pause.outputs).to_string();
        let row = RunEnd {
            status: RunStatus::Paused,
            outputs: Some(&outputs),
            error: None,
            elapsed_time: pause.elapsed.as_secs_f64(),
            total_tokens: i64::try_from(pause.totals.usage.total_tokens).unwrap_or(i64::MAX),
            total_steps: i32::try_from(pause.totals.steps).unwrap_or(i32::MAX),
            exceptions_count: i32::try_from(pause.totals.exceptions).unwrap_or(i32::MAX),
            finished_at: None,
        };
        WorkflowRun::finish(conn, turn.tenant, turn.run_id, &row).await?;
        // It goes on from the pause, not from where it was before.
        WorkflowCheckpoint::delete(conn, turn.tenant, turn.run_id).await
    }

    /// What it waits for.
    async fn wait(&self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        let turn = self.turn;
        let row = WorkflowPause {
            id: Uuid::now_v7(),
            created_at: self.now,
            updated_at: self.now,
            workflow_id: turn.version.id,
            workflow_run_id: turn.run_id,
            resumed_at: None,
            state_object_key: self.key.to_owned(),
        };
        let why: Vec<ReasonRow> = self.pause.reasons.iter().map(|reason| self.reason(row.id, reason)).collect();
        WorkflowPause::insert(conn, &row, &why).await?;
        let executions: Vec<_> = self.pause.nodes.iter().map(|execution| NodeExecutionId(execution.id)).collect();
        let waiting = PausedRun {
            run_id: turn.run_id,
            tenant_id: turn.tenant,
            app_id: turn.app,
            task_id: turn.envelope.task.0,
            mode: turn.envelope.mode,
            owner: turn.owner.to_string(),
            paused_at: self.now,
            // Before the row that is woken: a submission comes either before both or after both.
            wake_at: HumanInputForm::next_wake(conn, turn.tenant, &executions, self.now).await?,
            claimed_until: None,
        };
        PausedRun::upsert(conn, &waiting).await
    }

    fn reason(&self, pause: Uuid, reason: &PauseReason) -> ReasonRow {
        let (kind, form_id, node_id, message) = match reason {
            PauseReason::HumanInputRequired { form_id, node_id } => {
                (PauseReasonType::HumanInputRequired, form_id.clone(), node_id.clone(), String::new())
            }
            PauseReason::ScheduledPause { message } => {
                let message = message.replace('\0', "").chars().take(MESSAGE).collect();
                (PauseReasonType::ScheduledPause, String::new(), String::new(), message)
            }
        };
        ReasonRow {
            id: Uuid::now_v7(),
            created_at: self.now,
            updated_at: self.now,
            pause_id: pause,
            kind,
            form_id,
            message,
            node_id,
        }
    }
}

/// Characters of a reason that the table takes.
const MESSAGE: usize = 255;

/// Lets go of a run whose pause is written, and tells its client.
pub(super) async fn let_go(
    parts: &EngineParts,
    mut turn: Turn,
    (told, pause): (Told, Pause),
    frames: &Frames,
    sink: Sink,
    begun: Instant,
) {
    let owner = ValueOwner { tenant: turn.tenant, app: turn.app, by: turn.caller };
    if let Err(error) = told.draft.save(parts, owner).await {
        tracing::error!(run.id = %turn.run_id, error = %error, "variables of a tried draft could not be saved");
    }
    let open: Vec<OpenForm> = pause.nodes.iter().filter_map(|execution| turn.forms.of(execution.id)).collect();
    let why = reasons(&pause, &open);
    let forms = open.iter().map(|form| frames.form_required(form)).collect();
    let last = frames.paused(&pause, &why);
    drop(std::mem::replace(&mut turn.guard, Box::new(())));
    let run_id = frames.run_id().to_owned();
    let end = if turn.is_chat() {
        let full = Metadata { retriever_resources: told.resources, ..Metadata::full(usage(&pause.totals)) };
        let answer = Answer { text: told.text, metadata: turn.envelope.blocking_metadata(full) };
        End::Paused(Box::new(PausedAnswer { run_id, answer, data: waiting(&pause, &why) }))
    } else {
        End::Ran(Box::new(WorkflowResult { run_id, data: frames.paused_outcome(&pause, &why) }))
    };
    sink.rest(forms, last, end).await;
    let mode = turn.envelope.mode;
    metrics::counter!("ferrify_workflow_pauses_total", "mode" => mode.as_str()).increment(1);
    metrics::histogram!("ferrify_stream_seconds", "mode" => mode.as_str()).record(begun.elapsed().as_secs_f64());
    tracing::info!(run.id = %turn.run_id, forms = open.len(), "a run waits");
}

/// Removes what a run has gone on from. One that stays behind does no harm.
pub(super) async fn forget(parts: &Arc<EngineParts>, key: &str) {
    if let Err(error) = parts.files.storage.delete(key).await {
        tracing::warn!(path = key, error = %error, "what a run has gone on from is left behind");
    }
}
