//! `tool`: one call of a tool of the workspace.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json, json};

use super::fields::{self, LooseText, ParameterFields};
use super::messages::{Gathered, Listener, spent};
use super::parameter::{Filled, Parameter};
use crate::capabilities::{ToolCallRequest, ToolError};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::registry::Body;
use crate::run::RunContext;
use crate::value::Map;

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    provider_id: LooseText,
    #[serde(default)]
    provider_type: LooseText,
    #[serde(default)]
    tool_name: LooseText,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    tool_configurations: IndexMap<String, Json>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    tool_parameters: IndexMap<String, Option<ParameterFields>>,
    #[serde(default)]
    credential_id: Option<String>,
    #[serde(default)]
    plugin_unique_identifier: Option<String>,
    #[serde(default)]
    tool_node_version: LooseText,
}

#[derive(Debug)]
struct Tool {
    provider_id: String,
    provider_type: String,
    tool: String,
    credential_id: Option<String>,
    plugin_unique_identifier: Option<String>,
    configurations: Vec<(String, Parameter)>,
    parameters: Vec<(String, Parameter)>,
}

const KIND: &str = "ToolNodeError";
const PARAMETER: &str = "ToolParameterError";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    // From the second version on, what a person sets up has the form of a parameter.
    let is_second = spec.version != "1" || !fields.tool_node_version.0.is_empty();
    let configuration = |(name, value): (String, Json)| match value {
        Json::Null => Ok(None),
        value @ Json::Object(_) if is_second => {
            let fields: ParameterFields =
                serde_json::from_value(value).map_err(|e| format!("field `tool_configurations.{name}`: {e}"))?;
            Ok(Parameter::build(fields)?.map(|parameter| (name, parameter)))
        }
        value @ (Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_)) => {
            // In the first version braces are no references.
            Ok(Some((name, if is_second { Parameter::constant(value) } else { Parameter::Plain(value) })))
        }
    };
    let configurations = fields.tool_configurations.into_iter().map(configuration);
    let parameters = fields.tool_parameters.into_iter().filter_map(|(name, fields)| Some((name, fields?)));
    let parameters = parameters.map(|(name, fields)| Ok(Parameter::build(fields)?.map(|parameter| (name, parameter))));
    let node = Tool {
        provider_id: fields.provider_id.0,
        provider_type: fields.provider_type.0,
        tool: fields.tool_name.0,
        credential_id: fields.credential_id.filter(|id| !id.is_empty()),
        plugin_unique_identifier: fields.plugin_unique_identifier.filter(|id| !id.is_empty()),
        configurations: configurations.filter_map(Result::transpose).collect::<Result<_, String>>()?,
        parameters: parameters.filter_map(Result::transpose).collect::<Result<_, String>>()?,
    };
    Ok(Body::Leaf(Arc::new(node)))
}

impl Node for Tool {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let variables = &visit.variables;
        let (mut parameters, mut inputs, mut missing) = (Map::new(), Map::new(), Vec::new());
        for (name, parameter) in &self.parameters {
            match parameter.fill(variables) {
                Ok(Filled { value, shown }) => {
                    parameters.insert(name.clone(), value);
                    inputs.insert(name.clone(), shown);
                }
                Err(reason) => missing.push((name.clone(), reason)),
            }
        }
        let mut configurations = Map::new();
        for (name, parameter) in &self.configurations {
            match parameter.fill(variables) {
                Ok(filled) => configurations.insert(name.clone(), filled.value),
                Err(reason) => return Step::Done(Err(NodeError::new(PARAMETER, reason).with_inputs(inputs))),
            };
        }
        let call = ToolCallRequest {
            provider_id: self.provider_id.clone(),
            provider_type: self.provider_type.clone(),
            tool: self.tool.clone(),
            credential_id: self.credential_id.clone(),
            plugin_unique_identifier: self.plugin_unique_identifier.clone(),
            configurations,
            parameters,
            settings: Arc::clone(&visit.spec.data),
        };
        let listener = Listener {
            signals: visit.signals(),
            node: Arc::clone(&visit.spec.id),
            kind: KIND,
            max: visit.run.limits.max_answer_text,
        };
        let info = self.info();
        let run = Arc::clone(visit.run);
        Step::pending(async move {
            match invoke(call, missing, &listener, &run).await {
                Ok(gathered) => Ok(outcome(gathered, info, inputs)),
                Err(error) => Err(error.with_inputs(inputs)),
            }
        })
    }
}

impl Tool {
    /// What is kept of the tool beside its answer.
    fn info(&self) -> Json {
        let mut info = JsonMap::new();
        info.insert("provider_type".to_owned(), json!(self.provider_type));
        info.insert("provider_id".to_owned(), json!(self.provider_id));
        info.insert("plugin_unique_identifier".to_owned(), json!(self.plugin_unique_identifier));
        Json::Object(info)
    }
}

fn outcome(mut gathered: Gathered, info: Json, inputs: Map) -> Outcome {
    let usage = gathered.usage.take();
    let mut outcome = Outcome { inputs, outputs: gathered.outputs(Vec::new()), ..Outcome::default() };
    outcome.metadata.tool_info = Some(info);
    spent(&mut outcome, usage);
    outcome
}

async fn invoke(
    call: ToolCallRequest,
    missing: Vec<(String, String)>,
    listener: &Listener,
    run: &RunContext,
) -> Result<Gathered, NodeError> {
    let no_tools = || NodeError::from(ToolError::NoRuntime("tools are not available here".to_owned()));
    let tools = run.capabilities.tools.as_ref().ok_or_else(no_tools)?;
    if !missing.is_empty() {
        let required = tools.required_parameters(&call).await?;
        if let Some((_, reason)) = missing.into_iter().find(|(name, _)| required.contains(name)) {
            return Err(NodeError::new(PARAMETER, reason));
        }
    }
    listener.gather(tools.invoke(call).await?).await
}

impl From<ToolError> for NodeError {
    fn from(error: ToolError) -> Self {
        let kind = match error {
            ToolError::NoRuntime(_) => KIND,
            ToolError::Failed(_) | ToolError::Refused { .. } => "ToolInvokeError",
        };
        Self::new(kind, error.to_string())
    }
}
