//! Running a case, whole or cut.

use std::sync::Arc;

use async_trait::async_trait;
use core_sandbox::{Call, Language, Sandbox, SandboxError};
use core_workflow::capabilities::{CodeCall, CodeError, CodeLanguage, CodeRunner};
use core_workflow::nodes::start::Form;
use core_workflow::value::{ArrayKind, Map, Value};
use core_workflow::{
    Capabilities, Event, Limits, NodeType, Registry, Run, RunSetup, Selector, Workflow, WorkflowFile, pool,
};

use crate::case::Case;
use crate::mock;
use crate::transcript::Transcript;

/// Code nodes run in the real sandbox.
struct Code(Sandbox);

#[async_trait]
impl CodeRunner for Code {
    async fn call_main(&self, call: CodeCall) -> Result<serde_json::Value, CodeError> {
        let language = match call.language {
            CodeLanguage::Python3 => Language::Python3,
            CodeLanguage::JavaScript => Language::JavaScript,
        };
        let call = Call { language, code: call.code, arguments: call.arguments };
        let returned = self.0.call_main(call).await;
        returned.map(|returned| returned.value).map_err(|error: SandboxError| {
            let text = error.to_string();
            if error.is_scripts_fault() { CodeError::Failed(text) } else { CodeError::Unavailable(text) }
        })
    }
}

/// There is no sandbox; why not.
struct NoCode(String);

#[async_trait]
impl CodeRunner for NoCode {
    async fn call_main(&self, _call: CodeCall) -> Result<serde_json::Value, CodeError> {
        Err(CodeError::Unavailable(self.0.clone()))
    }
}

/// What runs of cases have in common.
pub struct World {
    capabilities: Capabilities,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// Without a sandbox only the cases with code fail, and say why.
    pub fn new() -> Self {
        let code: Arc<dyn CodeRunner> = match Sandbox::new(core_sandbox::SandboxSettings::default()) {
            Ok(sandbox) => Arc::new(Code(sandbox)),
            Err(error) => Arc::new(NoCode(error.to_string())),
        };
        Self { capabilities: Capabilities { code: Some(code), ..Capabilities::default() } }
    }
}

/// A case that can be run.
struct Prepared {
    workflow: Arc<Workflow>,
    setup: RunSetup,
}

fn prepare(world: &World, text: &str, case: &Case, limits: Limits) -> Result<Prepared, String> {
    let file = WorkflowFile::parse(text).map_err(|e| e.to_string())?;
    let mut registry = Registry::standard();
    for (id, mock) in &case.mocks {
        registry.replace(id.clone(), mock::node(mock));
    }
    let workflow = Workflow::compile(&file.graph, &registry).map_err(|e| e.to_string())?;
    let inputs = match workflow.root() {
        Some(root) if root.kind == NodeType::Start => {
            let form = Form::of(root)?;
            // Values that no field declares are kept: files may be older than their forms.
            let mut inputs = form.values(&case.inputs).map_err(|e| e.to_string())?;
            for (name, value) in &case.inputs {
                inputs.entry(name.clone()).or_insert_with(|| Value::from_json(value.clone()));
            }
            inputs
        }
        _ => Map::new(),
    };
    let system = Map::from_iter([
        ("query".to_owned(), Value::from(case.query.as_str())),
        ("files".to_owned(), Value::array_of(ArrayKind::File, Vec::new())),
    ]);
    let setup = RunSetup {
        inputs,
        system,
        environment: file.environment_values().map_err(|e| e.to_string())?,
        conversation: file.conversation_values().map_err(|e| e.to_string())?,
        capabilities: world.capabilities.clone(),
        limits,
        ..RunSetup::default()
    };
    Ok(Prepared { workflow: Arc::new(workflow), setup })
}

/// Limits of a run in which so many nodes may run at the same time.
pub fn limits(workers: usize) -> Limits {
    Limits { workers, round_workers: workers, ..Limits::default() }
}

/// Runs a case, whose file holds this text, to its end.
pub async fn run(world: &World, text: &str, case: &Case, workers: usize) -> Transcript {
    let prepared = match prepare(world, text, case, limits(workers)) {
        Ok(prepared) => prepared,
        Err(error) => return Transcript::invalid(error),
    };
    let mut run = Run::new(prepared.workflow, prepared.setup);
    let mut transcript = Transcript::default();
    while let Some(event) = run.next().await {
        transcript.note(&event);
    }
    transcript
}

/// Where a run is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// After every event with which a node ends or a round begins.
    EveryBoundary,
    /// Once, after so many events.
    Once(usize),
}

impl Cut {
    fn is_here(self, event: &Event, count: usize) -> bool {
        match self {
            Self::Once(after) => count == after,
            Self::EveryBoundary => matches!(
                event,
                Event::NodeSucceeded(_)
                    | Event::NodeFailed(_)
                    | Event::NodeException(_)
                    | Event::NodeRetry { .. }
                    | Event::RoundNext { .. }
                    | Event::RoundsSucceeded(_)
            ),
        }
    }
}

/// Runs a case; where it is cut, the run is written down, dropped, and goes on from what was written: as if its process
/// had died there.
pub async fn run_cut(world: &World, text: &str, case: &Case, cut: Cut) -> Transcript {
    let prepared = match prepare(world, text, case, limits(1)) {
        Ok(prepared) => prepared,
        Err(error) => return Transcript::invalid(error),
    };
    let workflow = Arc::clone(&prepared.workflow);
    let environment: Vec<_> = prepared
        .setup
        .environment
        .iter()
        .map(|(name, value)| (Selector::of(pool::ENVIRONMENT, name.as_str()), value.clone()))
        .collect();
    let mut run = Run::new(prepared.workflow, prepared.setup);
    let mut transcript = Transcript::default();
    let mut count = 0;
    while let Some(event) = run.next().await {
        transcript.note(&event);
        count += 1;
        if !cut.is_here(&event, count) {
            continue;
        }
        let written = match run.checkpoint().map(|checkpoint| serde_json::to_string(&checkpoint)) {
            Ok(Ok(written)) => written,
            Ok(Err(error)) => return Transcript::invalid(error),
            Err(error) => return Transcript::invalid(error),
        };
        drop(run);
        let resumed = serde_json::from_str(&written).map_err(Into::into).and_then(|checkpoint| {
            Run::resume(Arc::clone(&workflow), checkpoint, world.capabilities.clone(), limits(1), environment.clone())
        });
        run = match resumed {
            Ok(run) => run,
            Err(error) => return Transcript::invalid(error),
        };
    }
    transcript
}
