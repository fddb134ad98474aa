//! Trying one node of a draft.

use std::collections::HashMap;
use std::sync::Arc;

use core_workflow::event::NodeEnd;
use core_workflow::graph::NodeSpec;
use core_workflow::value::{Map, Value};
use core_workflow::{Event, NodeType, Run, RunSetup, Selector, Workflow};
use models::db::DbError;
use models::draft_variable::DraftVariable;
use models::workflow_node_execution::{NodeOrigin, SeenExecution};
use models::{AppId, AppMode, Caller, TenantId};
use serde_json::{Map as JsonMap, Value as Json};

use super::capabilities::{Beneficiary, capabilities};
use super::draft_values::ValueOwner;
use super::draft_variables::DraftVariables;
use super::file_values::Lookup;
use super::records::{self, Owner, Records};
use super::version::WorkflowVersion;
use crate::engine::Engine;
use crate::error::GenerateError;

/// A node to be tried.
pub struct SingleStep {
    pub app: AppId,
    pub tenant: TenantId,
    pub mode: AppMode,
    /// The draft.
    pub version: Arc<WorkflowVersion>,
    pub node: String,
    pub caller: Caller,
    pub session: String,
    /// Values by `#node.name#`, `node.name`, or the name that the node itself gives them.
    pub inputs: JsonMap<String, Json>,
    pub query: String,
    pub files: Vec<JsonMap<String, Json>>,
}

impl Engine {
    /// Runs the node with what it was given and what earlier tries have left, and keeps what it did.
    ///
    /// # Errors
    /// If it cannot be run at all; a node that failed is a result.
    pub async fn run_single(&self, step: SingleStep) -> Result<SeenExecution, GenerateError> {
        let _place = self.admit()?;
        let parts = Arc::clone(self.shared_arc());
        let program = Arc::new(step.program()?);
        if program.root().is_some_and(|root| root.kind.starts_rounds()) {
            let message = "the start of an iteration or a loop does nothing that could be tried";
            return Err(GenerateError::InvalidParam(message.to_owned()));
        }
        let setup = Box::pin(step.setup(&parts, &program)).await?;
        let owner = Owner {
            tenant: step.tenant,
            app: step.app,
            workflow: step.version.id,
            run: None,
            origin: NodeOrigin::SingleStep,
            caller: step.caller,
        };
        let mut records = Records::new(owner);
        let mut variables = DraftVariables::default();
        let mut run = Run::new(program, setup);
        let limit = tokio::time::Instant::now() + parts.settings.max_execution;
        let mut first = None;
        while let Ok(Some(event)) = tokio::time::timeout_at(limit, run.next()).await {
            records.note(&event);
            variables.note(step.app, &event);
            if let Event::NodeSucceeded(end) | Event::NodeFailed(end) | Event::NodeException(end) = &event
                && end.execution.node.id.as_ref() == step.node
            {
                first = Some(execution_of(end));
                // Its edges lead nowhere here.
                break;
            }
        }
        drop(run);
        records.close("the node took too long");
        let mut batch = records.take();
        let execution = batch
            .rows
            .iter()
            .find(|row| first.is_some_and(|id| row.id.0 == id) || row.node_id == step.node)
            .cloned()
            .ok_or_else(|| GenerateError::Internal("the node was not run".to_owned()))?;
        let cut = batch.large.kinds_of(execution.id);
        records::write(&parts, &mut batch).await?;
        variables.save(&parts, ValueOwner { tenant: step.tenant, app: step.app, by: step.caller }).await?;
        Ok(SeenExecution { execution, cut })
    }
}

fn execution_of(end: &NodeEnd) -> uuid::Uuid {
    end.execution.id
}

impl SingleStep {
    fn program(&self) -> Result<Workflow, GenerateError> {
        let graph: Json = serde_json::from_str(&self.version.graph)
            .map_err(|e| GenerateError::InvalidParam(format!("the workflow's graph is no JSON: {e}")))?;
        Workflow::compile_single(&graph, &core_workflow::Registry::standard(), &self.node)
            .map_err(|e| GenerateError::InvalidParam(e.to_string()))
    }

    async fn setup(
        &self,
        parts: &Arc<crate::engine::EngineParts>,
        program: &Workflow,
    ) -> Result<RunSetup, GenerateError> {
        let lookup =
            Lookup { files: &parts.files, tenant: self.tenant, caller: self.caller, limit: parts.outside.file_limit };
        let (_, files) = lookup.attached(self.version.config.file_upload.as_ref(), &self.files).await?;
        let is_start = program.root().is_some_and(|root| root.kind == NodeType::Start);
        let inputs = if is_start { lookup.inputs(&self.version.form, &self.inputs).await? } else { Map::new() };
        let mut variables = remembered(parts, self.tenant, self.app, program).await?;
        if !is_start {
            variables.extend(given(program, &self.inputs));
        }
        let whom = Beneficiary {
            tenant: self.tenant,
            app: self.app,
            caller: self.caller,
            session: self.session.clone(),
            conversation: None,
        };
        let mut conversation = Map::new();
        for definition in &self.version.conversation {
            let value = definition.typed().map_err(|e| GenerateError::InvalidParam(e.to_string()))?;
            conversation.insert(definition.name.clone(), value);
        }
        let mut system = Map::from_iter([
            ("files".to_owned(), files),
            ("user_id".to_owned(), Value::from(self.session.as_str())),
            ("app_id".to_owned(), Value::from(self.app.to_string())),
            ("workflow_id".to_owned(), Value::from(self.version.id.to_string())),
        ]);
        if self.mode == AppMode::AdvancedChat {
            system.insert("query".to_owned(), Value::from(self.query.as_str()));
        }
        Ok(RunSetup {
            inputs,
            system,
            environment: self.version.environment.clone(),
            conversation,
            variables,
            capabilities: capabilities(parts, &whom, None),
            limits: parts.outside.limits.clone(),
        })
    }
}

/// What a node that is tried alone finds: what earlier tries have left, and over it what came with the request.
pub(super) async fn seeds(
    parts: &crate::engine::EngineParts,
    tenant: TenantId,
    app: AppId,
    program: &Workflow,
    inputs: &JsonMap<String, Json>,
) -> Result<Vec<(Selector, Value)>, GenerateError> {
    let mut variables = remembered(parts, tenant, app, program).await?;
    variables.extend(given(program, inputs));
    Ok(variables)
}

/// Values that came with the request, for the variables that the node reads.
fn given(program: &Workflow, inputs: &JsonMap<String, Json>) -> Vec<(Selector, Value)> {
    let named: Vec<(String, Selector)> = program
        .root()
        .and_then(|root| root.data.get("variables"))
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|variable| {
            let name = variable.get("variable")?.as_str()?.to_owned();
            let selector: Vec<String> = serde_json::from_value(variable.get("value_selector")?.clone()).ok()?;
            Some((name, Selector::new(selector)?))
        })
        .collect();
    let selector = |key: &str| {
        let own = named.iter().find(|(name, _)| name == key).map(|(_, selector)| selector.clone());
        own.or_else(|| Selector::new(key.trim_matches('#').split('.')))
    };
    inputs.iter().filter_map(|(key, value)| Some((selector(key)?, Value::from_json(value.clone())))).collect()
}

/// What earlier tries have left. Of large values only those are read whole that the node may read.
async fn remembered(
    parts: &crate::engine::EngineParts,
    tenant: TenantId,
    app: AppId,
    program: &Workflow,
) -> Result<Vec<(Selector, Value)>, GenerateError> {
    const MOST: i64 = 10_000;
    let mut conn = parts.pool.get().await?;
    let (rows, _) = DraftVariable::page(&mut conn, app, MOST, 0).await.map_err(DbError::from)?;
    drop(conn);
    let mut whole = if rows.iter().any(|row| row.file_id.is_some()) {
        let written = written(program);
        parts.files.whole_draft_values(tenant, rows.iter().filter(|row| may_read(&written, row))).await?
    } else {
        HashMap::new()
    };
    let value = |row: DraftVariable| {
        let json = match row.file_id.and_then(|file| whole.remove(&file)) {
            Some(json) => json,
            None => serde_json::from_str(&row.value).ok()?,
        };
        let value = Value::from_json(json);
        let declared = core_workflow::value::ValueType::parse(&row.value_type);
        let typed = declared.and_then(|declared| value.clone().of_type(declared).ok());
        Some((Selector::of(row.node_id, row.name), typed.unwrap_or(value)))
    };
    Ok(rows.into_iter().filter_map(value).collect())
}

/// All that a node, or a container with what is in it, is told to do: JSON text.
fn written(program: &Workflow) -> String {
    // JSON that was read is always written.
    let text = |spec: &NodeSpec| serde_json::to_string(&*spec.data).unwrap_or_default();
    match program.root() {
        Some(root) if !root.kind.is_container() => text(root),
        _ => program.nodes().filter_map(|node| program.spec(&node.id)).map(text).collect(),
    }
}

/// Who reads a variable names its node and itself.
fn may_read(written: &str, row: &DraftVariable) -> bool {
    [&row.node_id, &row.name].into_iter().all(|name| {
        let quoted = Json::from(name.as_str()).to_string();
        written.contains(quoted.trim_matches('"'))
    })
}
