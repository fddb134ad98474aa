//! The end of a run: rows first, then the client is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::Utc;
use core_model_runtime::Usage;
use core_workflow::event::{RunEnd, RunStatus, StopCause};
use core_workflow::value::map_to_json;
use models::db::DbError;
use models::human_input_form::HumanInputForm;
use models::message::Message;
use models::workflow_checkpoint::WorkflowCheckpoint;
use models::workflow_node_execution::NodeExecution;
use models::workflow_run::{RunEnd as RunEndRow, RunStatus as StoredStatus, WorkflowRun};
use runs::Outcome;
use serde_json::Value as Json;

use super::draft_values::ValueOwner;
use super::drive::Told;
use super::frames::Frames;
use super::offload::Batch;
use super::prepare::Turn;
use super::records::Records;
use super::saved_answer::{SavedAnswer, usage};
use crate::engine::{EngineParts, Sink};
use crate::error::GenerateError;
use crate::event::{Metadata, StreamEvent};
use crate::generation::{Answer, End, WorkflowResult};
use crate::naming;

/// Pauses between attempts to save a run's end.
pub(super) const SAVE_PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// What a person is told who has stopped a run.
const STOPPED: &str = "Stopped by user.";

/// How a run has ended, in the words of the tables.
struct Ended {
    status: StoredStatus,
    error: Option<String>,
    /// What clients are told.
    shown: RunEnd,
    outcome: Outcome,
}

impl Ended {
    fn of(end: RunEnd) -> Self {
        let (status, outcome) = match end.status {
            RunStatus::Succeeded => (StoredStatus::Succeeded, Outcome::Finished),
            RunStatus::PartialSucceeded => (StoredStatus::PartialSucceeded, Outcome::Finished),
            RunStatus::Failed => (StoredStatus::Failed, Outcome::Failed),
            RunStatus::Stopped => (StoredStatus::Stopped, Outcome::Stopped),
        };
        let mut shown = end;
        match shown.stopped_by {
            Some(StopCause::User) => shown.error = Some(STOPPED.to_owned()),
            // Clients are told of a limit as of a failure; the table says that the run was stopped.
            Some(StopCause::Limit | StopCause::Shutdown) => shown.status = RunStatus::Failed,
            Some(StopCause::Command) | None => {}
        }
        let error = shown.error.as_ref().map(|error| error.replace('\0', ""));
        Self { status, error, shown, outcome }
    }
}

pub(super) async fn finish(
    parts: &Arc<EngineParts>,
    mut turn: Turn,
    (told, replaced): (Told, Option<Bytes>),
    frames: Frames,
    mut records: Records,
    (mut sink, checkpoint_written): (Sink, bool),
    begun: Instant,
) {
    let Told { text, end, resources, files, draft, .. } = told;
    let ended = Ended::of(end);
    records.close(ended.error.as_deref().unwrap_or("the run is over"));
    let mut rows = records.take();
    rows.store(&parts.files).await;
    let usage = usage(&ended.shown.totals);
    let finished = Utc::now();
    let outputs = map_to_json(&ended.shown.outputs).to_string();
    let row = RunEndRow {
        status: ended.status,
        outputs: Some(&outputs),
        error: ended.error.as_deref(),
        elapsed_time: ended.shown.elapsed.as_secs_f64(),
        total_tokens: i64::try_from(ended.shown.totals.usage.total_tokens).unwrap_or(i64::MAX),
        total_steps: i32::try_from(ended.shown.totals.steps).unwrap_or(i32::MAX),
        exceptions_count: i32::try_from(ended.shown.totals.exceptions).unwrap_or(i32::MAX),
        finished_at: Some(finished.naive_utc()),
    };
    let answer = turn.is_chat().then(|| {
        let answer = SavedAnswer::new(&text, &usage, &resources, ended.shown.elapsed.as_secs_f64());
        let failed = ended.shown.status == RunStatus::Failed;
        if failed { answer.failed(run_failed(&ended)) } else { answer }
    });
    let saved = save(parts, &turn, &rows, &row, answer.as_ref()).await;
    if checkpoint_written && saved.is_ok() {
        forget_checkpoint(parts, &turn).await;
    }
    if let Err(error) = &saved {
        tracing::error!(run.id = %turn.run_id, error = %error, "the end of a run could not be saved");
    }
    let owner = ValueOwner { tenant: turn.tenant, app: turn.app, by: turn.caller };
    if let Err(error) = draft.save(parts, owner).await {
        tracing::error!(run.id = %turn.run_id, error = %error, "variables of a tried draft could not be saved");
    }
    let finished_at = finished.timestamp();
    let last = frames.finished_run(&ended.shown, ended.error.as_deref(), finished_at);
    let name_after = turn.name_after.take().filter(|_| ended.outcome != Outcome::Failed);
    // The limits are free for the next request before this one's client hears the end.
    drop(std::mem::replace(&mut turn.guard, Box::new(())));
    if turn.is_chat() {
        sink.emit(last).await;
        if let Some(frame) = replaced {
            sink.emit(frame).await;
        }
        let (frame, end) = message_end(&turn, &ended, text, usage, resources, files);
        sink.tell(frame, end).await;
    } else {
        let data = frames.outcome(&ended.shown, ended.error.as_deref(), finished_at);
        let result = WorkflowResult { run_id: frames.run_id().to_owned(), data: Json::Object(data) };
        sink.tell(last, End::Ran(Box::new(result))).await;
    }
    if saved.is_ok() {
        sink.close(ended.outcome).await;
    } else {
        // Somebody marks the run as ended when its lease is over.
        sink.abandon();
    }
    let mode = turn.envelope.mode;
    metrics::histogram!("ferrify_stream_seconds", "mode" => mode.as_str()).record(begun.elapsed().as_secs_f64());
    if let Some(query) = name_after {
        naming::in_background(parts, turn.tenant, turn.app, turn.envelope.conversation, query);
    }
}

/// The last event of a conversation's turn.
fn message_end(
    turn: &Turn,
    ended: &Ended,
    text: String,
    usage: Usage,
    resources: Vec<Json>,
    files: Vec<Json>,
) -> (Bytes, End) {
    if ended.shown.status == RunStatus::Failed {
        let error = GenerateError::InvalidParam(run_failed(ended));
        let frame = StreamEvent::Error(&error.wire()).frame(&turn.envelope);
        return (frame, End::Failed(Box::new(error)));
    }
    let full = Metadata { retriever_resources: resources, ..Metadata::full(usage) };
    let metadata = turn.envelope.stream_metadata(full.clone());
    let frame = StreamEvent::WorkflowMessageEnd { metadata: &metadata, files: &files }.frame(&turn.envelope);
    let answer = Answer { text, metadata: turn.envelope.blocking_metadata(full) };
    (frame, End::Answered(Box::new(answer)))
}

fn run_failed(ended: &Ended) -> String {
    format!("Run failed: {}", ended.error.as_deref().unwrap_or_default())
}

/// A run that has ended needs no checkpoint. One that stays behind does no harm.
async fn forget_checkpoint(parts: &EngineParts, turn: &Turn) {
    let forgotten = async {
        let mut conn = parts.pool.get().await?;
        Ok::<_, DbError>(WorkflowCheckpoint::delete(&mut conn, turn.tenant, turn.run_id).await?)
    };
    if let Err(error) = forgotten.await {
        tracing::warn!(run.id = %turn.run_id, error = %error, "the checkpoint of a run that has ended could not be removed");
    }
}

/// Writes what is left. An outage is worth waiting for: a run that has ended must not look as if it went on.
async fn save(
    parts: &EngineParts,
    turn: &Turn,
    rows: &Batch,
    end: &RunEndRow<'_>,
    answer: Option<&SavedAnswer>,
) -> Result<(), DbError> {
    let mut pauses = SAVE_PAUSES.into_iter();
    loop {
        let error = match save_once(parts, turn, rows, end, answer).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let Some(pause) = pauses.next().filter(|_| !parts.deadline.is_cancelled()) else { return Err(error) };
        tracing::warn!(run.id = %turn.run_id, error = %error, "could not save the end of a run; trying again in {} ms", pause.as_millis());
        tokio::time::sleep(pause).await;
    }
}

async fn save_once(
    parts: &EngineParts,
    turn: &Turn,
    rows: &Batch,
    end: &RunEndRow<'_>,
    answer: Option<&SavedAnswer>,
) -> Result<(), DbError> {
    let mut conn = parts.pool.get().await?;
    rows.write(&mut conn).await?;
    if turn.resumed || turn.forms.are_used() {
        // Nobody waits any more.
        HumanInputForm::close_all(&mut conn, turn.tenant, turn.run_id).await?;
        let error = end.error.unwrap_or("the run is over");
        NodeExecution::abandon(&mut conn, turn.tenant, turn.run_id, error, Utc::now().naive_utc()).await?;
    }
    if let Some(answer) = answer {
        Message::end(&mut conn, turn.envelope.conversation, turn.envelope.message, &answer.row()).await?;
    }
    WorkflowRun::finish(&mut conn, turn.tenant, turn.run_id, end).await?;
    Ok(())
}
