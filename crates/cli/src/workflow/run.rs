//! Running a workflow file.

use std::path::PathBuf;
use std::sync::Arc;

use core_workflow::event::{Pause, RunEnd, RunStatus, StopCause};
use core_workflow::nodes::start::Form;
use core_workflow::value::{ArrayKind, Map, Value, map_to_json};
use core_workflow::{Command, Event, Limits, NodeType, Run, RunSetup, Workflow, WorkflowFile, problems};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::inputs::Given;
use super::progress::Progress;
use super::{open, outside};
use crate::error::CliError;
use crate::output::{line, piece};

/// How a run has come to its end.
enum End {
    Over(Box<RunEnd>),
    Waits(Box<Pause>),
}

pub(crate) async fn run(path: PathBuf, given: Given, quiet: bool) -> Result<(), CliError> {
    let run = prepare(&path, &given)?;
    match drive(run, quiet).await? {
        End::Over(end) => {
            line(serde_json::to_string_pretty(&described(&end)).map_err(CliError::failed)?);
            match end.status {
                RunStatus::Succeeded | RunStatus::PartialSucceeded => Ok(()),
                RunStatus::Failed | RunStatus::Stopped => {
                    let reason = end.error.unwrap_or_else(|| end.status.as_str().to_owned());
                    Err(CliError::Failed(format!("the workflow has not succeeded: {reason}")))
                }
            }
        }
        End::Waits(pause) => {
            let shown = json!({
                "status": "paused",
                "outputs": map_to_json(&pause.outputs),
                "reasons": serde_json::to_value(&pause.reasons).map_err(CliError::failed)?,
            });
            line(serde_json::to_string_pretty(&shown).map_err(CliError::failed)?);
            let text = "the workflow waits, and only a server can go on with it later: start one with `ferrify up`";
            Err(CliError::Failed(text.to_owned()))
        }
    }
}

fn prepare(path: &std::path::Path, given: &Given) -> Result<Run, CliError> {
    let file = open(path)?.file;
    let registry = outside::registry();
    let wrong: Vec<String> = problems(&file, &registry)
        .iter()
        .filter(|problem| problem.prevents_runs())
        .map(|problem| format!("\n  {problem}"))
        .collect();
    let shown = path.display();
    if !wrong.is_empty() {
        return Err(CliError::Usage(format!("{shown} cannot be run:{}", wrong.concat())));
    }
    let workflow = Workflow::compile(&file.graph, &registry).map_err(|e| CliError::Usage(format!("{shown}: {e}")))?;
    let form = match workflow.root() {
        Some(root) if root.kind == NodeType::Start => {
            Form::of(root).map_err(|e| CliError::Usage(format!("{shown}: node `{}`: {e}", root.id)))?
        }
        Some(_) | None => Form::default(),
    };
    let fault = |e: core_workflow::FileError| CliError::Usage(format!("{shown}: {e}"));
    let setup = RunSetup {
        inputs: given.values(&form)?,
        system: system(&file, &given.query),
        environment: file.environment_values().map_err(fault)?,
        conversation: file.conversation_values().map_err(fault)?,
        capabilities: outside::capabilities().map_err(CliError::failed)?,
        limits: Limits::default(),
        ..RunSetup::default()
    };
    Ok(Run::new(Arc::new(workflow), setup))
}

/// `sys.*`, with names of their own for what a server would have.
fn system(file: &WorkflowFile, query: &str) -> Map {
    let id = || Value::from(Uuid::now_v7().to_string());
    let mut system = Map::from_iter([
        ("files".to_owned(), Value::array_of(ArrayKind::File, Vec::new())),
        ("user_id".to_owned(), Value::from("command-line")),
        ("app_id".to_owned(), id()),
        ("workflow_id".to_owned(), id()),
        ("workflow_run_id".to_owned(), id()),
    ]);
    if file.is_chat() || !query.is_empty() {
        system.insert("query".to_owned(), Value::from(query));
    }
    if file.is_chat() {
        system.insert("conversation_id".to_owned(), id());
        system.insert("dialogue_count".to_owned(), Value::Integer(1));
    } else {
        system.insert("timestamp".to_owned(), Value::Integer(chrono::Utc::now().timestamp()));
    }
    system
}

/// To the end, or until the person at the terminal has enough.
async fn drive(mut run: Run, quiet: bool) -> Result<End, CliError> {
    let handle = run.handle();
    let mut progress = Progress::default();
    let mut stopped = false;
    loop {
        let event = tokio::select! {
            event = run.next() => event,
            asked = tokio::signal::ctrl_c(), if !stopped => {
                asked?;
                stopped = true;
                handle.send(Command::Stop { cause: StopCause::User, reason: "User requested stop".to_owned() }).await;
                continue;
            }
        };
        let Some(event) = event else {
            return Err(CliError::Failed("the run has ended without a result".to_owned()));
        };
        if !quiet {
            piece(&progress.show(&event));
        }
        if let Event::RunEnded(end) = event {
            return Ok(End::Over(end));
        }
        if let Event::RunPaused(pause) = event {
            return Ok(End::Waits(pause));
        }
    }
}

fn described(end: &RunEnd) -> Json {
    json!({
        "status": end.status.as_str(),
        "outputs": map_to_json(&end.outputs),
        "error": end.error,
        "elapsed_time": end.elapsed.as_secs_f64(),
        "total_steps": end.totals.steps,
        "total_tokens": end.totals.usage.total_tokens,
        "exceptions_count": end.totals.exceptions,
    })
}
