//! A workflow file, as far as running it goes: its graph and its variables. Importing and exporting files is the
//! business of [`dsl`](crate::dsl).

use serde::Deserialize;
use serde_json::Value as Json;

use crate::definition::{Definition, DefinitionError};
use crate::dsl::Tree;
use crate::value::Map;

/// What a file holds.
#[derive(Debug, Clone)]
pub struct WorkflowFile {
    /// `workflow`, `advanced-chat`, ...; bare graphs have none.
    pub mode: Option<String>,
    pub graph: Json,
    pub environment: Vec<Definition>,
    pub conversation: Vec<Definition>,
}

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("Invalid YAML format: {0}")]
    Yaml(String),
    #[error("the file holds no workflow: neither `workflow.graph` nor `nodes` and `edges`")]
    NoWorkflow,
    #[error("the file cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    #[error(transparent)]
    Definition(#[from] DefinitionError),
}

impl WorkflowFile {
    /// Reads YAML: an app that was exported, or a graph alone.
    ///
    /// # Errors
    /// If it is no YAML, or there is no workflow in it.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let tree = Tree::from_yaml(text).map_err(|e| FileError::Yaml(e.to_string()))?;
        let file: Json = serde_json::from_str(&tree.to_json())?;
        let mode = file.get("app").and_then(|app| app.get("mode")).and_then(Json::as_str).map(str::to_owned);
        let Some(workflow) = file.get("workflow") else {
            if file.get("nodes").is_none() || file.get("edges").is_none() {
                return Err(FileError::NoWorkflow);
            }
            return Ok(Self { mode, graph: file, environment: Vec::new(), conversation: Vec::new() });
        };
        let graph = workflow.get("graph").cloned().ok_or(FileError::NoWorkflow)?;
        let definitions = |key: &str| match workflow.get(key) {
            None | Some(Json::Null) => Ok(Vec::new()),
            Some(list) => Vec::<Definition>::deserialize(list),
        };
        Ok(Self {
            mode,
            environment: definitions("environment_variables")?,
            conversation: definitions("conversation_variables")?,
            graph,
        })
    }

    /// It answers in a conversation.
    pub fn is_chat(&self) -> bool {
        self.mode.as_deref() == Some("advanced-chat")
    }

    /// First values of the environment's variables.
    ///
    /// # Errors
    /// If one is not of its type.
    pub fn environment_values(&self) -> Result<Map, FileError> {
        typed(&self.environment)
    }

    /// First values of the conversation's variables.
    ///
    /// # Errors
    /// If one is not of its type.
    pub fn conversation_values(&self) -> Result<Map, FileError> {
        typed(&self.conversation)
    }
}

fn typed(definitions: &[Definition]) -> Result<Map, FileError> {
    definitions.iter().map(|definition| Ok((definition.name.clone(), definition.typed()?))).collect()
}
