//! A version of an app's workflow, read and compiled once and then run any number of times.

use std::sync::Arc;

use core_workflow::graph::GraphError;
use core_workflow::nodes::start::Form;
use core_workflow::value::Map;
use core_workflow::{Definition, NodeType, Registry, Workflow};
use models::workflow::WorkflowType;
use models::{AppMode, WorkflowId};
use serde_json::Value;

use crate::app_config::{AppConfig, ConfigDocument};

/// The contents of a row, with secrets decrypted.
#[derive(Debug, Clone)]
pub struct StoredWorkflow {
    pub id: WorkflowId,
    pub version: String,
    pub kind: WorkflowType,
    /// JSON text.
    pub graph: String,
    /// JSON text.
    pub features: String,
    /// JSON text: name -> variable.
    pub conversation_variables: String,
    pub environment: Vec<Definition>,
}

/// Why a version cannot be run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WorkflowError {
    #[error("the workflow's graph is no JSON: {0}")]
    Json(String),
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error("the workflow's start node: {0}")]
    Form(String),
    #[error("the workflow's variables: {0}")]
    Variables(String),
}

/// A version that can be run.
#[derive(Debug)]
pub struct WorkflowVersion {
    pub id: WorkflowId,
    pub version: String,
    pub kind: WorkflowType,
    /// JSON text, as it is stored.
    pub graph: String,
    pub program: Arc<Workflow>,
    /// What the start node asks for.
    pub form: Form,
    pub config: Arc<AppConfig>,
    /// Decrypted.
    pub environment: Map,
    pub conversation: Vec<Definition>,
    /// The node that is tried alone.
    pub only: Option<String>,
}

impl WorkflowVersion {
    /// One node of it alone, for trying it.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn only(&self, node: &str) -> Result<Self, WorkflowError> {
        let graph: Value = serde_json::from_str(&self.graph).map_err(|e| WorkflowError::Json(e.to_string()))?;
        Ok(Self {
            id: self.id,
            version: self.version.clone(),
            kind: self.kind,
            graph: self.graph.clone(),
            program: Arc::new(Workflow::compile_single(&graph, &Registry::standard(), node)?),
            form: self.form.clone(),
            config: Arc::clone(&self.config),
            environment: self.environment.clone(),
            conversation: self.conversation.clone(),
            only: Some(node.to_owned()),
        })
    }

    /// Reads and compiles.
    ///
    /// # Errors
    /// What is wrong with the workflow, for the person who drew it.
    pub fn read(stored: StoredWorkflow, mode: AppMode) -> Result<Self, WorkflowError> {
        let graph: Value = serde_json::from_str(&stored.graph).map_err(|e| WorkflowError::Json(e.to_string()))?;
        let program = Workflow::compile(&graph, &Registry::standard())?;
        let form = match program.root() {
            Some(root) if root.kind == NodeType::Start => Form::of(root).map_err(WorkflowError::Form)?,
            _ => Form::default(),
        };
        let variables = |text: &str| definitions(text).map_err(|e| WorkflowError::Variables(e.to_string()));
        let environment = stored
            .environment
            .iter()
            .map(|definition| {
                let value = definition.typed().map_err(|e| WorkflowError::Variables(e.to_string()))?;
                Ok((definition.name.clone(), value))
            })
            .collect::<Result<Map, WorkflowError>>()?;
        Ok(Self {
            id: stored.id,
            version: stored.version,
            kind: stored.kind,
            config: Arc::new(config(mode, &stored.features, &graph)),
            conversation: variables(&stored.conversation_variables)?,
            graph: stored.graph,
            program: Arc::new(program),
            form,
            environment,
            only: None,
        })
    }
}

/// Variables of a column: a map from names to variables, or (in files) a list of them.
pub(crate) fn definitions(text: &str) -> Result<Vec<Definition>, serde_json::Error> {
    match serde_json::from_str(text)? {
        Value::Object(map) => map.into_iter().map(|(_, variable)| serde_json::from_value(variable)).collect(),
        Value::Array(list) => list.into_iter().map(serde_json::from_value).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Vec::new()),
    }
}

/// The features as the configuration of an app, with the form that the start node describes.
fn config(mode: AppMode, features: &str, graph: &Value) -> AppConfig {
    let features = match serde_json::from_str(features) {
        Ok(Value::Object(features)) => features,
        _ => serde_json::Map::new(),
    };
    let mut document = ConfigDocument(features);
    let nodes = graph.get("nodes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let start = nodes
        .iter()
        .filter_map(|node| node.get("data"))
        .find(|data| data.get("type").and_then(Value::as_str) == Some(NodeType::Start.as_str()));
    let fields = start.and_then(|data| data.get("variables")).and_then(Value::as_array).cloned().unwrap_or_default();
    let form = fields.into_iter().filter_map(|field| {
        let kind = field.get("type").and_then(Value::as_str)?.to_owned();
        Some(Value::Object([(kind, field)].into_iter().collect()))
    });
    document.set("user_input_form", Value::Array(form.collect()));
    AppConfig::read(mode, document)
}
