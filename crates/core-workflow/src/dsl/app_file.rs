//! What a file says, and what importing it comes to.

use serde::{Deserialize, Serialize};

use super::dependencies::{self, Dependency};
use super::tree::{ReadError, Tree};
use super::version::Version;
use super::{MAX_BYTES, graph};

/// The version of files that name none.
const OLDEST: &str = "0.1.0";

/// What an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportStatus {
    Completed,
    /// Imported; the file is of an older release.
    CompletedWithWarnings,
    /// Not imported: whoever asked must confirm, because the file is of another release.
    Pending,
    /// Not imported; or imported, but of a version that cannot be compared.
    Failed,
}

/// Why a file cannot be imported. The texts are part of the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("File size exceeds the limit of 10MB")]
    TooLarge,
    #[error("Invalid YAML format: {0}")]
    Yaml(ReadError),
    #[error("Invalid YAML format: content must be a mapping")]
    NoMapping,
    #[error("Missing app data in YAML content")]
    NoApp,
    /// Holds the type's name in the language of the original.
    #[error("Invalid version type, expected str, got <class '{0}'>")]
    VersionType(&'static str),
    #[error("loss app mode")]
    NoMode,
    #[error("'{0}' is not a valid AppMode")]
    UnknownMode(String),
    #[error("Invalid app mode")]
    OtherMode,
    #[error("Missing workflow data for workflow/advanced chat app")]
    NoWorkflow,
    #[error("Missing model_config for chat/agent-chat/completion app")]
    NoModelConfig,
    #[error("Invalid workflow data: {0} has the wrong type")]
    WrongPart(&'static str),
    #[error(transparent)]
    Graph(#[from] graph::GraphError),
}

/// A file that has been read: what it is of, not yet whether all of it makes sense.
#[derive(Debug, Clone)]
pub struct AppFile {
    tree: Tree,
    /// As it stands in the file.
    pub version: String,
    /// How it compares with the importing version.
    pub status: ImportStatus,
}

/// How the app presents itself.
#[derive(Debug, Clone, Copy)]
pub struct AppHead<'a> {
    pub name: &'a str,
    pub description: &'a str,
    pub icon_type: Option<&'a str>,
    pub icon: Option<&'a str>,
    pub icon_background: Option<&'a str>,
    pub use_icon_as_answer_icon: bool,
}

/// What the app does.
#[derive(Debug, Clone)]
pub enum Contents {
    Workflow(Box<WorkflowPart>),
    /// The configuration of a chat, agent or completion app: an object.
    ModelConfig(Tree),
}

/// The workflow of a file.
#[derive(Debug, Clone)]
pub struct WorkflowPart {
    /// An object.
    pub graph: Tree,
    /// An object.
    pub features: Tree,
    pub environment_variables: Vec<Tree>,
    pub conversation_variables: Vec<Tree>,
    pub rag_pipeline_variables: Vec<Tree>,
}

impl AppFile {
    /// Reads a file for an installation of version `current`.
    ///
    /// # Errors
    /// When it is no file of an app at all.
    pub fn read(text: &str, current: &str) -> Result<Self, Refusal> {
        if text.len() > MAX_BYTES {
            return Err(Refusal::TooLarge);
        }
        let tree = Tree::from_yaml(text).map_err(Refusal::Yaml)?;
        if tree.as_map().is_none() {
            return Err(Refusal::NoMapping);
        }
        let version = match tree.get("version") {
            Some(Tree::Text(version)) if !version.is_empty() => version.clone(),
            Some(other) if !other.is_falsy() => return Err(Refusal::VersionType(type_name(other))),
            Some(_) | None => OLDEST.to_owned(),
        };
        if tree.get("app").and_then(Tree::as_map).is_none_or(|app| app.is_empty()) {
            return Err(Refusal::NoApp);
        }
        let status = match (Version::parse(&version), Version::parse(current)) {
            (Some(imported), Some(current)) => imported.status(&current),
            _ => ImportStatus::Failed,
        };
        Ok(Self { tree, version, status })
    }

    fn app(&self) -> &Tree {
        self.tree.get("app").unwrap_or(&Tree::Null)
    }

    /// How the app presents itself; what is missing is empty.
    pub fn head(&self) -> AppHead<'_> {
        let app = self.app();
        AppHead {
            name: app.str_at("name").unwrap_or_default(),
            description: app.str_at("description").unwrap_or_default(),
            icon_type: app.str_at("icon_type"),
            icon: app.str_at("icon"),
            icon_background: app.str_at("icon_background"),
            use_icon_as_answer_icon: app.get("use_icon_as_answer_icon").and_then(Tree::as_bool).unwrap_or(false),
        }
    }

    /// The mode of the app.
    ///
    /// # Errors
    /// `NoMode`.
    pub fn mode(&self) -> Result<String, Refusal> {
        match self.app().get("mode") {
            Some(Tree::Text(mode)) if !mode.is_empty() => Ok(mode.clone()),
            Some(other) if !other.is_falsy() => Ok(other.to_json()),
            Some(_) | None => Err(Refusal::NoMode),
        }
    }

    /// What the app does.
    ///
    /// # Errors
    /// When the mode or what belongs to it is missing or makes no sense.
    pub fn contents(&self) -> Result<Contents, Refusal> {
        match self.mode()?.as_str() {
            "workflow" | "advanced-chat" => self.workflow().map(|part| Contents::Workflow(Box::new(part))),
            "chat" | "agent-chat" | "completion" => {
                let config = self.tree.get("model_config").filter(|c| c.as_map().is_some_and(|map| !map.is_empty()));
                config.cloned().map(Contents::ModelConfig).ok_or(Refusal::NoModelConfig)
            }
            "channel" | "rag-pipeline" => Err(Refusal::OtherMode),
            other => Err(Refusal::UnknownMode(other.to_owned())),
        }
    }

    fn workflow(&self) -> Result<WorkflowPart, Refusal> {
        let workflow = self.tree.get("workflow").filter(|w| w.as_map().is_some_and(|map| !map.is_empty()));
        let workflow = workflow.ok_or(Refusal::NoWorkflow)?;
        let object = |key: &'static str| match workflow.get(key) {
            Some(found @ Tree::Map(_)) => Ok(found.clone()),
            Some(Tree::Null) | None => Ok(Tree::Map(indexmap::IndexMap::new())),
            Some(_) => Err(Refusal::WrongPart(key)),
        };
        let list = |key: &'static str| match workflow.get(key) {
            Some(Tree::List(items)) => Ok(items.clone()),
            Some(Tree::Null) | None => Ok(Vec::new()),
            Some(_) => Err(Refusal::WrongPart(key)),
        };
        let graph = object("graph")?;
        graph::check_graph(&graph)?;
        Ok(WorkflowPart {
            graph,
            features: object("features")?,
            environment_variables: list("environment_variables")?,
            conversation_variables: list("conversation_variables")?,
            rag_pipeline_variables: list("rag_pipeline_variables")?,
        })
    }

    /// What the app depends on: as the file says, or, for old files that say nothing, as its graph shows.
    pub fn dependencies(&self) -> Vec<Dependency> {
        let named = self.tree.get("dependencies").map(Tree::items).unwrap_or_default();
        let old = Version::parse(&self.version).is_some_and(|version| !version.names_dependencies());
        if named.is_empty() && old {
            let graph = self.tree.get("workflow").and_then(|workflow| workflow.get("graph"));
            let config = self.tree.get("model_config");
            return match (graph, config) {
                (Some(graph), _) => dependencies::of_graph(graph),
                (None, Some(config)) => dependencies::of_model_config(config),
                (None, None) => Vec::new(),
            };
        }
        named.iter().filter_map(Dependency::read).collect()
    }
}

/// The type of a value in the language of the original.
fn type_name(tree: &Tree) -> &'static str {
    match tree {
        Tree::Null => "NoneType",
        Tree::Bool(_) => "bool",
        Tree::Number(number) => {
            if number.contains(['.', 'e', 'E']) {
                "float"
            } else {
                "int"
            }
        }
        Tree::Text(_) => "str",
        Tree::List(_) => "list",
        Tree::Map(_) => "dict",
    }
}

#[cfg(test)]
mod tests;
