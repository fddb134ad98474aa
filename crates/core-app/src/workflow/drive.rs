//! The run itself: events, frames, rows.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use core_workflow::event::{Chunk, Execution, Pause, RunEnd, RunStatus, StopCause, Totals};
use core_workflow::value::{Map, Value};
use core_workflow::{Command, Event, NodeType, Run, Write, pool};
use models::conversation_variable::ConversationVariable;
use models::db::DbError;
use models::workflow_node_execution::NodeOrigin;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::before;
use super::checkpoints::Checkpoints;
use super::commands;
use super::draft_variables::DraftVariables;
use super::finish::finish;
use super::frames::{Frames, Reason};
use super::moderated;
use super::pause;
use super::prepare::{Fresh, Prepared, Turn};
use super::records::{Owner, Records};
use crate::engine::{EngineParts, Interrupt, Sink};
use crate::moderation::{Judge, Speech};

/// What a run has said and come to.
pub(super) struct Told {
    /// The text that was streamed: the answer of a conversation.
    pub text: String,
    /// Executions that are under way and may stream text.
    working: HashSet<Uuid>,
    /// One of them that has said a part of its text, and where that begins.
    partial: Option<(Uuid, usize)>,
    pub end: RunEnd,
    /// Sources that the answer may cite.
    pub resources: Vec<Json>,
    /// Files of the answer.
    pub files: Vec<Json>,
    /// For the inspector, when a draft is tried.
    pub draft: DraftVariables,
    /// It waits.
    pub pause: Option<Box<Pause>>,
}

impl Told {
    /// What a run had said before its process died.
    pub(super) fn so_far(text: String, resources: Vec<Json>, files: Vec<Json>) -> Self {
        let working = HashSet::new();
        let (end, draft) = (nothing(), DraftVariables::default());
        Self { text, working, partial: None, end, resources, files, draft, pause: None }
    }

    /// The text without the piece of a node that has not said all of it: should its process die, the node is run again.
    pub(super) fn whole_text(&self) -> &str {
        self.partial.and_then(|(_, begin)| self.text.get(..begin)).unwrap_or(&self.text)
    }

    /// Something else is shown instead.
    pub(super) fn replace(&mut self, text: String) {
        self.text = text;
        // Where a part of the old text began means nothing in the new one.
        self.partial = None;
    }

    fn started(&mut self, execution: &Execution) {
        if !matches!(execution.node.kind, NodeType::Answer | NodeType::End) {
            self.working.insert(execution.id);
        }
    }

    fn ended(&mut self, execution: &Execution) {
        self.working.remove(&execution.id);
        self.partial = self.partial.filter(|(node, _)| *node != execution.id);
    }

    fn add(&mut self, chunk: &Chunk) {
        let streaming = chunk.execution.filter(|node| !chunk.is_final && self.working.contains(node));
        self.partial = match (streaming, self.partial) {
            (Some(node), Some((before, begin))) if node == before => Some((node, begin)),
            (Some(node), _) => Some((node, self.text.len())),
            (None, _) => None,
        };
        self.text.push_str(&chunk.text.replace('\0', ""));
    }
}

/// What a run is told from outside.
pub(super) struct Heard {
    pub commands: mpsc::Receiver<String>,
    /// What it was told before it could hear.
    pub earlier: Vec<String>,
}

impl Heard {
    fn from(sink: &Sink, earlier: Vec<String>) -> Self {
        Self { commands: sink.commands(), earlier }
    }
}

pub(super) async fn drive(parts: &Arc<EngineParts>, fresh: Fresh, mut sink: Sink, begun: Instant) {
    let Fresh { mut turn, mut setup, undecided } = fresh;
    let mut heard = Heard::from(&sink, Vec::new());
    if let Some(undecided) = undecided
        && let Some(instead) = before::instead(parts, (&mut turn, &mut setup), *undecided, &sink, &mut heard).await
    {
        return before::finish(parts, turn, instead, sink, begun).await;
    }
    let run = Run::new(Arc::clone(&turn.version.program), setup);
    let prepared = Prepared { turn, run };
    if sink.is_listened_to() {
        let started = Frames::new(&prepared.turn).started(&prepared.turn.shown_inputs, Reason::Initial);
        sink.emit(started).await;
    }
    let told = Told::so_far(String::new(), Vec::new(), Vec::new());
    run_to_end(parts, prepared, (told, heard), Checkpoints::new(false), sink, begun).await;
}

/// A run that was taken over from a process that died.
pub(super) async fn go_on(parts: &Arc<EngineParts>, prepared: Prepared, told: Told, sink: Sink, begun: Instant) {
    let heard = Heard::from(&sink, Vec::new());
    run_to_end(parts, prepared, (told, heard), Checkpoints::new(true), sink, begun).await;
}

/// A run that has waited. It does first what it was told meanwhile.
pub(super) async fn wake(
    parts: &Arc<EngineParts>,
    prepared: Prepared,
    (told, commands): (Told, Vec<String>),
    mut sink: Sink,
    begun: Instant,
) {
    let started = Frames::new(&prepared.turn).started(&prepared.turn.shown_inputs, Reason::Resumption);
    sink.emit(started).await;
    let heard = Heard::from(&sink, commands);
    run_to_end(parts, prepared, (told, heard), Checkpoints::new(true), sink, begun).await;
}

async fn run_to_end(
    parts: &Arc<EngineParts>,
    prepared: Prepared,
    (mut told, heard): (Told, Heard),
    mut checkpoints: Checkpoints,
    mut sink: Sink,
    begun: Instant,
) {
    let Prepared { turn, mut run } = prepared;
    let version = Arc::clone(&turn.version);
    let judge = Judge::of(parts, turn.tenant, turn.app, &version.config).filter(|_| turn.is_chat());
    let mut speech = Speech::after(judge, &told.text);
    let frames = Frames::new(&turn);
    let owner = Owner {
        tenant: turn.tenant,
        app: turn.app,
        workflow: turn.version.id,
        run: Some(turn.run_id),
        origin: NodeOrigin::WorkflowRun,
        caller: turn.caller,
    };
    let mut records = Records::new(owner);
    let noted = (&mut told, &mut speech, &mut records, &mut checkpoints);
    events(parts, &turn, (&mut run, heard), &mut sink, &frames, noted).await;
    records.settle().await;
    let replaced = moderated::settle(&turn, &mut told, speech, &sink).await;
    if let Some(pause) = told.pause.take() {
        let asleep = pause::asleep(&turn, &run, &told);
        drop(run);
        let kept = match asleep {
            Ok(asleep) => pause::write_down(parts, &turn, asleep, (&told, &pause), &mut records).await,
            Err(error) => Err(error),
        };
        match kept {
            Ok(()) => {
                if let Some(frame) = replaced {
                    sink.emit(frame).await;
                }
                return pause::let_go(parts, turn, (told, *pause), &frames, sink, begun).await;
            }
            Err(error) => told.end = cannot_wait(*pause, &error),
        }
    }
    finish(parts, turn, (told, replaced), frames, records, (sink, checkpoints.written), begun).await;
}

async fn events(
    parts: &Arc<EngineParts>,
    turn: &Turn,
    (run, heard): (&mut Run, Heard),
    sink: &mut Sink,
    frames: &Frames,
    (told, speech, records, checkpoints): (&mut Told, &mut Speech<'_>, &mut Records, &mut Checkpoints),
) {
    let mut interrupted = false;
    let Heard { mut commands, earlier } = heard;
    let mut earlier = earlier.into_iter();
    loop {
        let next = if interrupted {
            // A run that was told to stop only has to say so.
            Ok(run.next().await)
        } else {
            let wanted = checkpoints.is_wanted();
            tokio::select! {
                biased;
                Some(command) = commands.recv() => {
                    obey(run, &command);
                    continue;
                }
                () = speech.objection() => {
                    moderated::object(turn, run, told, speech, sink).await;
                    continue;
                }
                next = sink.or_interrupt(run.next()) => next,
                // A node may take its time; what has ended before it is not to be lost.
                () = async { records.settle().await; checkpoints.until_due().await }, if wanted => {
                    write_down(parts, turn, run, told, records, checkpoints);
                    continue;
                }
            }
        };
        let event = match next {
            Ok(Some(event)) => event,
            Ok(None) => break,
            Err(interrupt) => {
                interrupted = true;
                run.obey(stop(interrupt));
                continue;
            }
        };
        if let Event::Chunk(chunk) = &event
            && speech.is_judged()
        {
            if speech.is_refused() {
                continue;
            }
            speech.add(&chunk.text.replace('\0', ""));
        }
        records.note(&event);
        note(told, turn.version.config.features.retriever_resource.0, &event);
        if turn.envelope.invoke_from == models::InvokeFrom::Debugger {
            told.draft.note(turn.app, &event);
        }
        if let Event::NodeSucceeded(end) = &event
            && turn.is_chat()
            && let Err(error) = remember(parts, turn, &end.writes).await
        {
            tracing::error!(error = %error, "conversation variables could not be saved");
        }
        if sink.is_listened_to() {
            if let Event::NodeSucceeded(end) = &event
                && let Some(frame) = frames.form_answered(end, &turn.forms)
            {
                sink.emit(frame).await;
            }
            if let Some(frame) = frames.of(&event) {
                sink.emit(frame).await;
            }
        }
        // A run has to say that it has begun before it can hear.
        for command in earlier.by_ref() {
            obey(run, &command);
        }
        checkpoints.note(&event);
        write_down(parts, turn, run, told, records, checkpoints);
    }
}

/// Writes what is due beside the run, unless a write is under way.
fn write_down(
    parts: &Arc<EngineParts>,
    turn: &Turn,
    run: &Run,
    told: &Told,
    records: &mut Records,
    checkpoints: &mut Checkpoints,
) {
    if records.is_writing() {
        return;
    }
    let checkpoint = checkpoints.due(run, turn, told);
    if checkpoint.is_some() || records.is_due() {
        records.write_beside(parts, checkpoint);
    }
}

fn obey(run: &mut Run, command: &str) {
    if let Some(command) = commands::read(command) {
        run.obey(command);
    }
}

/// A run that should wait and cannot be kept.
fn cannot_wait(pause: Pause, error: &str) -> RunEnd {
    tracing::error!(error, "a run that has to wait could not be kept");
    RunEnd {
        status: RunStatus::Failed,
        outputs: pause.outputs,
        error: Some(format!("the run has to wait and could not be kept: {error}")),
        stopped_by: None,
        totals: pause.totals,
        elapsed: pause.elapsed,
    }
}

/// Until the run has said how it ended.
fn nothing() -> RunEnd {
    RunEnd {
        status: RunStatus::Failed,
        outputs: Map::new(),
        error: Some("the run ended without a result".to_owned()),
        stopped_by: None,
        totals: Totals::default(),
        elapsed: std::time::Duration::ZERO,
    }
}

fn stop(interrupt: Interrupt) -> Command {
    match interrupt {
        Interrupt::Stopped => Command::Stop { cause: StopCause::User, reason: "User requested stop".to_owned() },
        Interrupt::Shutdown => {
            Command::Stop { cause: StopCause::Shutdown, reason: "The server is shutting down".to_owned() }
        }
    }
}

/// `cites`: whether the app shows its sources.
fn note(told: &mut Told, cites: bool, event: &Event) {
    match event {
        Event::NodeStarted(execution) => told.started(execution),
        Event::Chunk(chunk) => told.add(chunk),
        Event::RetrieverResources { resources, .. } if cites => {
            for resource in resources {
                let mut resource = resource.clone();
                // Each model numbers its own from one.
                if let Some(cited) = resource.as_object_mut() {
                    cited.insert("position".to_owned(), Json::from(told.resources.len() + 1));
                }
                told.resources.push(resource);
            }
        }
        Event::NodeSucceeded(end) => {
            told.ended(&end.execution);
            if shows_files(end.execution.node.kind) {
                let files = end.outputs.values().flat_map(Value::files);
                told.files.extend(files.map(|file| file.to_json()));
            }
        }
        Event::NodeFailed(end) | Event::NodeException(end) => told.ended(&end.execution),
        Event::RunEnded(end) => told.end = end.as_ref().clone(),
        Event::RunPaused(pause) => told.pause = Some(pause.clone()),
        Event::RunStarted { .. }
        | Event::RetrieverResources { .. }
        | Event::Reasoning { .. }
        | Event::AgentLog { .. }
        | Event::NodeRetry { .. }
        | Event::RoundsStarted(_)
        | Event::RoundNext { .. }
        | Event::RoundsSucceeded(_)
        | Event::RoundsFailed(_) => {}
    }
}

const fn shows_files(kind: NodeType) -> bool {
    matches!(kind, NodeType::Answer | NodeType::End | NodeType::Llm)
}

/// Keeps what a node has written into the conversation.
async fn remember(parts: &EngineParts, turn: &Turn, writes: &[Write]) -> Result<(), DbError> {
    let now = chrono::Utc::now().naive_utc();
    let mut rows: Vec<ConversationVariable> = Vec::new();
    for write in writes.iter().filter(|write| write.selector.node().as_ref() == pool::CONVERSATION) {
        let name = write.selector.name();
        let definition = turn.version.conversation.iter().find(|definition| definition.name == name.as_ref());
        let Some(definition) = definition else { continue };
        let data = core_workflow::Definition { value: write.value.to_json(), ..definition.clone() };
        rows.push(ConversationVariable {
            id: models::conversation_variable::row_id(&definition.id),
            conversation_id: turn.envelope.conversation,
            app_id: turn.app,
            data: json!(data).to_string(),
            created_at: now,
            updated_at: now,
        });
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut conn = parts.pool.get().await?;
    Ok(ConversationVariable::upsert_all(&mut conn, &rows).await?)
}
