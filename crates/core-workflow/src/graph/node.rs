//! One node as it is stored, with the fields that every node may have.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map as JsonMap, Value as Json};

use super::GraphError;
use crate::node_type::NodeType;
use crate::value::{Map, Value, ValueType};

/// A node of a graph.
#[derive(Debug, Clone)]
pub struct NodeSpec {
    pub id: Arc<str>,
    pub kind: NodeType,
    /// Of the implementation; `1` when a file names none.
    pub version: String,
    pub title: Arc<str>,
    /// All of `data`, for the node itself.
    pub data: Arc<JsonMap<String, Json>>,
    pub strategy: Strategy,
    pub retry: Option<Retry>,
}

/// What happens when a node has failed for good.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Strategy {
    /// The run fails.
    #[default]
    None,
    /// The run goes on along the edges of the handle `fail-branch`.
    FailBranch,
    /// The run goes on with outputs that were written down beforehand.
    DefaultValue(DefaultOutputs),
}

/// Outputs that stand in for those of a failed node.
pub type DefaultOutputs = Arc<Map>;

/// How often a failed node is run again, and after how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    pub max: u32,
    pub interval: Duration,
}

/// More attempts than anyone means.
const MAX_RETRIES: u64 = 100;
/// A longer pause is cut to this.
const MAX_INTERVAL: Duration = Duration::from_mins(5);

impl NodeSpec {
    pub(super) fn parse(position: usize, node: &Json) -> Result<Self, GraphError> {
        let id: Arc<str> = match node.get("id") {
            Some(Json::String(id)) if !id.is_empty() => id.as_str().into(),
            _ => return Err(GraphError::NoId { index: position }),
        };
        let empty = JsonMap::new();
        let data = node.get("data").and_then(Json::as_object).unwrap_or(&empty);
        let text = |key: &str| data.get(key).and_then(Json::as_str);
        let name = text("type").unwrap_or_default();
        let Some(kind) = NodeType::parse(name) else {
            let node = id.to_string();
            return Err(match name {
                "" => GraphError::NoType { node },
                name => GraphError::UnknownType { node, kind: name.to_owned() },
            });
        };
        let version = match data.get("version") {
            Some(Json::String(version)) => version.clone(),
            Some(Json::Number(version)) => version.to_string(),
            _ => "1".to_owned(),
        };
        let strategy = strategy(data).map_err(|message| GraphError::Node { node: id.to_string(), kind, message })?;
        let retry = if kind.retries() { retry(data) } else { None };
        let title = text("title").unwrap_or_default().into();
        Ok(Self { id, kind, version, title, data: Arc::new(data.clone()), strategy, retry })
    }

    /// It chooses among its handles.
    pub fn branches(&self) -> bool {
        self.kind.is_branch() || self.strategy == Strategy::FailBranch
    }
}

fn retry(data: &JsonMap<String, Json>) -> Option<Retry> {
    let config = data.get("retry_config")?.as_object()?;
    let enabled = config.get("retry_enabled").and_then(Json::as_bool).unwrap_or(false);
    let number = |key: &str| config.get(key).and_then(Json::as_f64).filter(|n| *n > 0.0).unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; cut to the limits")]
    let (max, millis) = ((number("max_retries") as u64).min(MAX_RETRIES) as u32, number("retry_interval") as u64);
    (enabled && max > 0).then(|| Retry { max, interval: Duration::from_millis(millis).min(MAX_INTERVAL) })
}

fn strategy(data: &JsonMap<String, Json>) -> Result<Strategy, String> {
    match data.get("error_strategy") {
        None | Some(Json::Null) => Ok(Strategy::None),
        Some(Json::String(name)) => match name.as_str() {
            "" | "none" => Ok(Strategy::None),
            "fail-branch" => Ok(Strategy::FailBranch),
            "default-value" => default_outputs(data).map(Strategy::DefaultValue),
            other => Err(format!("unknown error_strategy `{other}`")),
        },
        Some(other) => Err(format!("error_strategy must be a text, not {other}")),
    }
}

fn default_outputs(data: &JsonMap<String, Json>) -> Result<DefaultOutputs, String> {
    let entries = match data.get("default_value") {
        None | Some(Json::Null) => return Ok(DefaultOutputs::default()),
        Some(Json::Array(entries)) => entries,
        Some(_) => return Err("default_value must be a list".to_owned()),
    };
    let mut outputs = Map::new();
    for entry in entries {
        let key = entry.get("key").and_then(Json::as_str).ok_or("an entry of default_value has no key")?;
        let name = entry.get("type").and_then(Json::as_str).unwrap_or("string");
        let declared = ValueType::parse(name).ok_or_else(|| format!("default_value `{key}`: unknown type `{name}`"))?;
        let value = default_value(declared, entry.get("value").unwrap_or(&Json::Null))
            .map_err(|reason| format!("default_value `{key}`: {reason}"))?;
        outputs.insert(key.to_owned(), value);
    }
    Ok(Arc::new(outputs))
}

/// A text for another type than text holds the value as JSON.
fn default_value(declared: ValueType, value: &Json) -> Result<Value, String> {
    let decoded = match value {
        Json::String(text) if declared == ValueType::Number => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Value::Float(number),
            _ => return Err(format!("`{text}` is no number")),
        },
        Json::String(text) if declared != ValueType::String => {
            Value::from_json(serde_json::from_str(text).map_err(|e| format!("`{text}` is no JSON: {e}"))?)
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => {
            Value::from_json(value.clone())
        }
    };
    decoded.of_type(declared).map_err(|e| e.to_string())
}
