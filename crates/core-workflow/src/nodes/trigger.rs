//! Triggers: roots of runs that no person starts.

pub(crate) mod webhook;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::fields::{self, LooseText};
use crate::graph::NodeSpec;
use crate::node::{Metadata, Node, Outcome, Step, Visit};
use crate::registry::Body;
use crate::run::RunContext;
use crate::value::Map;

/// A trigger that puts out what its run was given.
#[derive(Debug)]
struct Trigger {
    /// Of a plugin: which event it was.
    info: Option<Json>,
}

#[derive(Debug, Deserialize)]
struct PluginFields {
    #[serde(default)]
    provider_id: LooseText,
    #[serde(default)]
    event_name: LooseText,
    #[serde(default)]
    plugin_unique_identifier: LooseText,
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for all nodes")]
pub(crate) fn schedule(_spec: &NodeSpec) -> Result<Body, String> {
    Ok(Body::Leaf(Arc::new(Trigger { info: None })))
}

pub(crate) fn plugin(spec: &NodeSpec) -> Result<Body, String> {
    let fields: PluginFields = fields::read(spec)?;
    let info = json!({
        "provider_id": fields.provider_id.0,
        "event_name": fields.event_name.0,
        "plugin_unique_identifier": fields.plugin_unique_identifier.0,
    });
    Ok(Body::Leaf(Arc::new(Trigger { info: Some(info) })))
}

impl Node for Trigger {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let mut inputs = visit.run.inputs.clone();
        add_system(&mut inputs, visit.run);
        let metadata = Metadata { trigger_info: self.info.clone(), ..Metadata::default() };
        Step::ok(Outcome { outputs: inputs.clone(), inputs, metadata, ..Outcome::default() })
    }
}

/// What the platform tells every run.
fn add_system(values: &mut Map, run: &RunContext) {
    for (name, value) in &run.system {
        values.insert(format!("sys.{name}"), value.clone());
    }
}
