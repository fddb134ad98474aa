//! `agent`: a strategy that lets a model use tools in rounds of its own.

use std::sync::Arc;

use bigdecimal::BigDecimal;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json, json};

use super::fields::{self, LooseText, ParameterFields};
use super::messages::{Gathered, Listener, spent};
use super::model::MemoryFields;
use super::parameter::{Filled, Parameter};
use crate::capabilities::{AgentCall, AgentError, Message, ModelCall, Role, Turn};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::pool;
use crate::registry::Body;
use crate::run::RunContext;
use crate::usage::Usage;
use crate::value::{Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    agent_strategy_provider_name: LooseText,
    #[serde(default)]
    agent_strategy_name: LooseText,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    agent_parameters: IndexMap<String, Option<ParameterFields>>,
    #[serde(default)]
    memory: Option<MemoryFields>,
}

#[derive(Debug)]
struct Agent {
    provider: String,
    strategy: String,
    parameters: Vec<(String, Parameter)>,
    memory: Option<MemoryFields>,
}

const KIND: &str = "AgentInvocationError";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let parameters = fields.agent_parameters.into_iter().filter_map(|(name, fields)| Some((name, fields?)));
    let parameters = parameters.map(|(name, fields)| Ok(Parameter::build(fields)?.map(|parameter| (name, parameter))));
    let node = Agent {
        provider: fields.agent_strategy_provider_name.0,
        strategy: fields.agent_strategy_name.0,
        parameters: parameters.filter_map(Result::transpose).collect::<Result<_, String>>()?,
        memory: fields.memory,
    };
    Ok(Body::Leaf(Arc::new(node)))
}

impl Node for Agent {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let variables = &visit.variables;
        let (mut parameters, mut inputs) = (Map::new(), Map::new());
        for (name, parameter) in &self.parameters {
            match parameter.fill(variables) {
                Ok(Filled { value, shown }) => {
                    parameters.insert(name.clone(), value);
                    inputs.insert(name.clone(), shown);
                }
                Err(reason) => {
                    let error = NodeError::new("AgentVariableNotFoundError", reason);
                    return Step::Done(Err(error.with_inputs(inputs)));
                }
            }
        }
        let call = AgentCall {
            strategy_provider: self.provider.clone(),
            strategy: self.strategy.clone(),
            parameters,
            history: Vec::new(),
            settings: Arc::clone(&visit.spec.data),
        };
        let listener = Listener {
            signals: visit.signals(),
            node: Arc::clone(&visit.spec.id),
            kind: KIND,
            max: visit.run.limits.max_answer_text,
        };
        let question = variables.variable(pool::SYSTEM, "query").map(Value::text).unwrap_or_default();
        let memory = self.memory.clone();
        let run = Arc::clone(visit.run);
        Step::pending(async move {
            let icon = call.settings.get("icon").cloned().unwrap_or(Json::Null);
            let info = json!({"icon": icon, "agent_strategy": call.strategy});
            match invoke(call, memory, question, &listener, &run).await {
                Ok(gathered) => Ok(outcome(gathered, info, inputs)),
                Err(error) => Err(error.with_inputs(inputs)),
            }
        })
    }
}

async fn invoke(
    mut call: AgentCall,
    memory: Option<MemoryFields>,
    question: String,
    listener: &Listener,
    run: &RunContext,
) -> Result<Gathered, NodeError> {
    let no_agents = || NodeError::from(AgentError::NoStrategy("agents are not available here".to_owned()));
    let agents = run.capabilities.agents.as_ref().ok_or_else(no_agents)?;
    if let Some(memory) = memory {
        call.history = history(&memory, &call.parameters, question, run).await?;
    }
    listener.gather(agents.invoke(call).await?).await
}

/// Earlier turns, as many as the agent's model has room for.
async fn history(
    memory: &MemoryFields,
    parameters: &Map,
    question: String,
    run: &RunContext,
) -> Result<Vec<Turn>, NodeError> {
    let Some(history) = &run.capabilities.history else { return Ok(Vec::new()) };
    let model = parameters.get("model").and_then(Value::as_object);
    let text = |key: &str| model.and_then(|model| model.get(key)).map(Value::text).unwrap_or_default();
    let completion_params = model.and_then(|model| model.get("completion_params")).map(Value::to_json);
    let draft = ModelCall {
        provider: text("provider"),
        model: text("model"),
        completion_mode: false,
        parameters: completion_params.as_ref().and_then(Json::as_object).cloned().unwrap_or_default(),
        messages: vec![Message::text(Role::User, question)],
        tools: Vec::new(),
        stop: Vec::new(),
        schema: None,
        is_spare: false,
    };
    Ok(history.turns(memory.window(), &draft).await?)
}

fn outcome(mut gathered: Gathered, info: Json, inputs: Map) -> Outcome {
    let told = executions(&mut gathered.json);
    if gathered.usage.is_none()
        && let Some(usage) = told
    {
        gathered.spend(&usage);
    }
    let usage = gathered.usage.take();
    let log: Vec<Json> = std::mem::take(&mut gathered.log).into_values().collect();
    let mut outputs = gathered.outputs(log.clone());
    outputs.insert("usage".to_owned(), usage.clone().unwrap_or_default().to_value());
    let mut outcome = Outcome { inputs, outputs, ..Outcome::default() };
    outcome.metadata.tool_info = Some(info);
    outcome.metadata.agent_log = Some(Json::Array(log));
    spent(&mut outcome, usage);
    outcome
}

/// Strategies tell what they have cost in their JSON, under `execution_metadata`. It is taken out of there.
fn executions(json: &mut Vec<Json>) -> Option<Usage> {
    let mut found = None;
    json.retain_mut(|message| {
        let Some(object) = message.as_object_mut() else { return true };
        if let Some(Json::Object(metadata)) = object.shift_remove("execution_metadata") {
            found = Some(usage(&metadata));
            return !object.is_empty();
        }
        true
    });
    found
}

fn usage(metadata: &JsonMap<String, Json>) -> Usage {
    let number = |key: &str| metadata.get(key).and_then(Json::as_u64).unwrap_or_default();
    let price = |key: &str| -> BigDecimal {
        let text = match metadata.get(key) {
            Some(Json::String(text)) => text.clone(),
            Some(Json::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        text.parse().unwrap_or_default()
    };
    let currency = metadata.get("currency").and_then(Json::as_str).unwrap_or("USD").to_owned();
    Usage {
        prompt_tokens: number("prompt_tokens"),
        prompt_price: price("prompt_price"),
        completion_tokens: number("completion_tokens"),
        completion_price: price("completion_price"),
        total_tokens: number("total_tokens"),
        total_price: price("total_price"),
        currency,
        ..Usage::default()
    }
}

impl From<AgentError> for NodeError {
    fn from(error: AgentError) -> Self {
        let kind = match error {
            AgentError::NoStrategy(_) => "AgentStrategyError",
            AgentError::Failed(_) => KIND,
        };
        Self::new(kind, error.to_string())
    }
}
