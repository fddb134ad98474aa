//! A chatflow's question that may not be for the workflow: one that is refused, or that a person has answered already.
//! Then the workflow is not run, and no run is written.

use std::sync::Arc;
use std::time::Instant;

use chrono::NaiveDateTime;
use core_model_runtime::Usage;
use core_workflow::value::{Value, map_to_json};
use core_workflow::{Command, RunSetup};
use models::db::{AsyncConnection, AsyncPgConnection, QueryError, QueryResult};
use models::message::Message;
use models::workflow_app_log::WorkflowAppLog;
use models::workflow_run::{NewWorkflowRun, RunOrigin, RunStatus, WorkflowRun};
use models::{AppId, Caller, TenantId, WorkflowRunId};
use runs::Outcome;
use serde_json::{Map as JsonMap, Value as Json};

use super::commands;
use super::drive::Heard;
use super::prepare::Turn;
use super::saved_answer::SavedAnswer;
use super::version::WorkflowVersion;
use crate::annotation_reply::{AnnotationAnswer, AnnotationQuestion};
use crate::engine::finish::{report, save};
use crate::engine::{EngineParts, Interrupt, Sink};
use crate::error::GenerateError;
use crate::event::{Metadata, StreamEvent};
use crate::generation::{Answer, End};
use crate::moderation::{InputVerdict, Judge};
use crate::naming;

/// A question that may be refused or answered, and the run that begins if it is not.
pub(super) struct Undecided {
    pub query: String,
    /// The question as annotations may answer it.
    pub annotated: Option<AnnotationQuestion>,
    pub run: RunRow,
}

/// The row of a run that begins.
pub(super) struct RunRow {
    pub id: WorkflowRunId,
    pub tenant: TenantId,
    pub app: AppId,
    pub version: Arc<WorkflowVersion>,
    pub origin: RunOrigin,
    /// JSON text.
    pub inputs: String,
    pub caller: Caller,
    pub created_at: NaiveDateTime,
    /// Its line in the app's log.
    pub log: Option<WorkflowAppLog>,
}

impl RunRow {
    /// One statement.
    pub(super) async fn write(&self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        let new = NewWorkflowRun {
            id: self.id,
            tenant_id: self.tenant,
            app_id: self.app,
            workflow_id: self.version.id,
            kind: self.version.kind,
            triggered_from: self.origin,
            version: &self.version.version,
            graph: &self.version.graph,
            inputs: &self.inputs,
            status: RunStatus::Running,
            created_by_role: self.caller.role(),
            created_by: self.caller.id(),
            created_at: self.created_at,
        };
        WorkflowRun::begin(conn, &new, self.log.as_ref()).await
    }
}

/// How a turn ends whose workflow is not run.
pub(super) enum Instead {
    Answered(AnnotationAnswer),
    /// With this text.
    Refused(String),
    Stopped,
    Failed(GenerateError),
}

/// Whether the question is for the workflow. `None`: it is to be run, with what the setup says now, and its row is
/// written.
pub(super) async fn instead(
    parts: &EngineParts,
    (turn, setup): (&mut Turn, &mut RunSetup),
    mut undecided: Undecided,
    sink: &Sink,
    heard: &mut Heard,
) -> Option<Instead> {
    let version = Arc::clone(&turn.version);
    if let Some(judge) = Judge::of(parts, turn.tenant, turn.app, &version.config) {
        let inputs = match map_to_json(&setup.inputs) {
            Json::Object(inputs) => inputs,
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => JsonMap::new(),
        };
        match or_told(sink, heard, judge.input(&inputs, &undecided.query)).await {
            Ok(Ok(InputVerdict::Clean)) => {}
            Ok(Ok(InputVerdict::Overridden { inputs, query })) => {
                reword((turn, setup), &mut undecided, inputs, query);
            }
            Ok(Ok(InputVerdict::Refused(preset))) => {
                // A conversation is not named after what must not be asked.
                turn.name_after = None;
                return Some(Instead::Refused(preset));
            }
            Ok(Err(error)) => return Some(Instead::Failed(error)),
            Err(instead) => return Some(instead),
        }
    }
    if let Some(question) = &undecided.annotated {
        match or_told(sink, heard, parts.annotations.answer(turn.tenant, turn.app, question)).await {
            Ok(Some(answer)) => return Some(Instead::Answered(answer)),
            Ok(None) => {}
            Err(instead) => return Some(instead),
        }
    }
    write_run(parts, turn, &undecided.run).await.err().map(Instead::Failed)
}

/// Waits for a step, or for whatever ends the turn before it.
async fn or_told<T>(sink: &Sink, heard: &mut Heard, step: impl Future<Output = T>) -> Result<T, Instead> {
    let mut step = Box::pin(step);
    let done = loop {
        tokio::select! {
            biased;
            Some(command) = heard.commands.recv() => {
                if matches!(commands::read(&command), Some(Command::Stop { .. })) {
                    return Err(Instead::Stopped);
                }
                // For the run, if there is one.
                heard.earlier.push(command);
            }
            done = sink.or_interrupt(&mut step) => break done,
        }
    };
    done.map_err(|interrupt| match interrupt {
        Interrupt::Stopped => Instead::Stopped,
        Interrupt::Shutdown => Instead::Failed(GenerateError::ShuttingDown),
    })
}

/// Goes on with other words. Files, lists and objects stay as they were, like whatever is not named; so does what the message has stored.
fn reword(
    (turn, setup): (&mut Turn, &mut RunSetup),
    undecided: &mut Undecided,
    inputs: Option<JsonMap<String, Json>>,
    query: Option<String>,
) {
    for (name, value) in inputs.into_iter().flatten() {
        let Some(known) = setup.inputs.get_mut(&name).filter(|known| known.files().is_empty()) else { continue };
        let value = match value {
            // What looks like a file here was not checked as one.
            Json::Array(_) | Json::Object(_) => continue,
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Value::from_json(value),
        };
        turn.shown_inputs.insert(name, value.clone());
        *known = value;
    }
    if let Some(query) = query {
        let value = Value::from(query.as_str());
        setup.system.insert("query".to_owned(), value.clone());
        turn.shown_inputs.insert("sys.query".to_owned(), value);
        if let Some(question) = &mut undecided.annotated {
            question.query.clone_from(&query);
        }
        if let Some(name_after) = &mut turn.name_after {
            name_after.clone_from(&query);
        }
        undecided.query = query;
    }
    undecided.run.inputs = map_to_json(&turn.shown_inputs).to_string();
}

async fn write_run(parts: &EngineParts, turn: &Turn, run: &RunRow) -> Result<(), GenerateError> {
    let mut conn = parts.pool.get().await?;
    let written: Result<(), QueryError> = conn
        .transaction(async |conn| {
            run.write(conn).await?;
            Message::set_run(conn, turn.app, turn.envelope.message, turn.run_id).await
        })
        .await;
    Ok(written?)
}

/// The message's end, and what the client is told. Nothing is said of a workflow.
pub(super) async fn finish(parts: &Arc<EngineParts>, mut turn: Turn, instead: Instead, mut sink: Sink, begun: Instant) {
    let (text, shown, result, outcome) = match instead {
        Instead::Answered(answer) => (answer.text, Some(answer.shown), Ok(()), Outcome::Finished),
        Instead::Refused(text) => (text, None, Ok(()), Outcome::Finished),
        Instead::Stopped => (String::new(), None, Ok(()), Outcome::Stopped),
        Instead::Failed(error) => (String::new(), None, Err(error), Outcome::Failed),
    };
    if !text.is_empty() && sink.is_listened_to() {
        sink.emit(StreamEvent::Message { answer: &text }.frame(&turn.envelope)).await;
    }
    let answer = SavedAnswer::without_run(&text, shown.as_ref(), begun.elapsed().as_secs_f64());
    let answer = match &result {
        Ok(()) => answer,
        Err(error) => answer.failed(error.wire().message.replace('\0', "")),
    };
    let saved = save(parts, &turn.envelope, &answer.row()).await;
    let is_saved = saved.is_ok();
    let result = result.and(saved);
    if let Err(error) = &result {
        report(error);
    }
    // The limits are free for the next request before this one's client hears the end.
    drop(std::mem::replace(&mut turn.guard, Box::new(())));
    let name_after = turn.name_after.take().filter(|_| result.is_ok());
    let (frame, end) = match result {
        Ok(()) => answered(&turn, text, shown.as_ref()),
        Err(error) => (StreamEvent::Error(&error.wire()).frame(&turn.envelope), End::Failed(Box::new(error))),
    };
    sink.tell(frame, end).await;
    if is_saved {
        sink.close(outcome).await;
    } else {
        // Somebody ends the message when the run's lease is over.
        sink.abandon();
    }
    let mode = turn.envelope.mode;
    metrics::histogram!("ferrify_stream_seconds", "mode" => mode.as_str()).record(begun.elapsed().as_secs_f64());
    if let Some(query) = name_after {
        naming::in_background(parts, turn.tenant, turn.app, turn.envelope.conversation, query);
    }
}

/// Clients of chatflows are not told which annotation it was: the contract leaves the key out.
fn answered(turn: &Turn, text: String, shown: Option<&Json>) -> (bytes::Bytes, End) {
    let annotation_reply = if shown.is_some() { None } else { Some(None) };
    let full = Metadata { annotation_reply, ..Metadata::full(Usage::empty()) };
    let metadata = turn.envelope.stream_metadata(full.clone());
    let frame = StreamEvent::WorkflowMessageEnd { metadata: &metadata, files: &[] }.frame(&turn.envelope);
    (frame, End::Answered(Box::new(Answer { text, metadata: turn.envelope.blocking_metadata(full) })))
}
