//! What the nodes that ask language models share: settings, the answer's pieces, prompts as they are kept.

mod inquiry;
mod prompts;
mod spares;
pub(crate) mod think;

use std::collections::VecDeque;
use std::sync::Arc;

use futures::StreamExt;
use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json};

pub(crate) use self::inquiry::{Brief, Inquiry};
pub(crate) use self::prompts::{conversation, history_text, only_readable, saved, with_files};
pub(crate) use self::spares::Refusal;
use self::think::ThinkSplitter;
use super::fields::{LooseText, OptionalSelector};
use crate::capabilities::{Message, ModelCall, ModelDelta, ModelError, Models, ToolCall};
use crate::node::{NodeError, Outcome};
use crate::pool::{self, Variables};
use crate::run::RunContext;
use crate::signal::Signals;
use crate::tolerant_json;
use crate::usage::Usage;
use crate::value::{File, Map, Value};

/// A node's field `model`.
#[derive(Debug, Deserialize)]
pub(crate) struct ModelFields {
    #[serde(default)]
    provider: LooseText,
    #[serde(default)]
    name: LooseText,
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    completion_params: Option<JsonMap<String, Json>>,
    /// Ferrify's own.
    #[serde(default, rename = "ferrify_fallbacks", deserialize_with = "spares::well_formed")]
    fallbacks: Vec<Self>,
}

/// Which model is asked, and how.
#[derive(Debug, Clone)]
pub(crate) struct ModelSettings {
    pub provider: String,
    pub name: String,
    pub completion_mode: bool,
    pub parameters: JsonMap<String, Json>,
    pub stop: Vec<String>,
    /// Asked, one after the other, where this one is away.
    spares: VecDeque<Self>,
    is_spare: bool,
}

impl From<ModelFields> for ModelSettings {
    fn from(fields: ModelFields) -> Self {
        let mut parameters = fields.completion_params.unwrap_or_default();
        let stop = match parameters.shift_remove("stop") {
            Some(Json::String(text)) => vec![text],
            Some(Json::Array(texts)) => texts.into_iter().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        Self {
            provider: fields.provider.0,
            name: fields.name.0,
            completion_mode: fields.mode.as_deref() == Some("completion"),
            parameters,
            stop,
            spares: fields.fallbacks.into_iter().map(|fields| Self { is_spare: true, ..fields.into() }).collect(),
            is_spare: false,
        }
    }
}

impl ModelSettings {
    pub(crate) fn call(&self, messages: Vec<Message>) -> ModelCall {
        ModelCall {
            provider: self.provider.clone(),
            model: self.name.clone(),
            completion_mode: self.completion_mode,
            parameters: self.parameters.clone(),
            messages,
            tools: Vec::new(),
            stop: self.stop.clone(),
            schema: None,
            is_spare: self.is_spare,
        }
    }

    const fn mode(&self) -> &'static str {
        if self.completion_mode { "completion" } else { "chat" }
    }

    /// What is kept about a call before its answer is known.
    pub(crate) fn process_data(&self, messages: &[Message]) -> Map {
        Map::from_iter([
            ("model_mode".to_owned(), Value::from(self.mode())),
            ("prompts".to_owned(), saved(messages)),
            ("usage".to_owned(), Value::None),
            ("finish_reason".to_owned(), Value::None),
            ("model_provider".to_owned(), Value::from(self.provider.as_str())),
            ("model_name".to_owned(), Value::from(self.name.as_str())),
        ])
    }
}

/// How much of a conversation a model is told again.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct MemoryFields {
    #[serde(default)]
    pub role_prefix: Option<RolePrefix>,
    #[serde(default)]
    pub window: Option<Window>,
    #[serde(default)]
    pub query_prompt_template: Option<String>,
}

/// What stands before the lines of a person and of a model.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RolePrefix {
    #[serde(default, alias = "user_prefix")]
    pub user: String,
    #[serde(default, alias = "assistant_prefix")]
    pub assistant: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Window {
    #[serde(default)]
    pub enabled: bool,
    #[serde(default)]
    pub size: Option<f64>,
}

impl MemoryFields {
    /// Turns at most; `None` for as many as fit.
    pub(crate) fn window(&self) -> Option<usize> {
        let window = self.window.as_ref().filter(|window| window.enabled)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; a count of turns")]
        window.size.filter(|size| *size >= 0.0).map(|size| size as usize)
    }
}

/// Whether, and which, files a model is shown.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct VisionFields {
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    configs: Option<VisionConfig>,
}

#[derive(Debug, Deserialize)]
struct VisionConfig {
    #[serde(default)]
    variable_selector: OptionalSelector,
    #[serde(default)]
    detail: Option<String>,
}

impl VisionFields {
    pub(crate) const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// How closely images are looked at.
    pub(crate) fn detail(&self) -> Option<String> {
        let chosen = self.configs.as_ref().and_then(|configs| configs.detail.clone());
        Some(chosen.unwrap_or_else(|| "high".to_owned()))
    }

    pub(crate) fn files(&self, variables: &Variables<'_>) -> Vec<Arc<File>> {
        if !self.enabled {
            return Vec::new();
        }
        let chosen = self.configs.as_ref().and_then(|configs| configs.variable_selector.0.as_ref());
        match chosen {
            Some(selector) => variables.get(selector).map(|value| value.files()).unwrap_or_default(),
            None => variables.variable(pool::SYSTEM, "files").map(Value::files).unwrap_or_default(),
        }
    }
}

/// A whole answer of a model.
#[derive(Debug)]
pub(crate) struct Answer {
    pub text: String,
    pub tool_calls: Vec<ToolCall>,
    pub files: Vec<Arc<File>>,
    pub usage: Usage,
    pub finish_reason: Option<String>,
}

/// Who hears an answer while it is made.
pub(crate) struct Voice {
    pub signals: Signals,
    pub output: &'static str,
    /// Thoughts are told apart from the answer, too.
    pub thinking: Option<ThinkSplitter>,
}

impl Voice {
    async fn say(&mut self, text: String) {
        if let Some(splitter) = &mut self.thinking {
            let thought = splitter.thought_of(&text);
            if !thought.is_empty() {
                self.signals.reasoning(thought, false).await;
            }
        }
        self.signals.chunk(self.output, text).await;
    }

    async fn end(&mut self) {
        if let Some(splitter) = &mut self.thinking {
            let rest = splitter.finish();
            if splitter.has_thought() {
                self.signals.reasoning(rest, true).await;
            }
        }
        self.signals.finish(self.output).await;
    }
}

/// The JSON object of an answer, read as models write them: after thoughts and prose, in fences, nearly right. Of a list
/// its first object.
pub(crate) fn answer_object(text: &str) -> Option<JsonMap<String, Json>> {
    let answer = think::strip(text);
    match tolerant_json::parse(&answer) {
        Some(Json::Object(object)) => Some(object),
        Some(Json::Array(items)) => items.into_iter().find_map(|item| match item {
            Json::Object(object) => Some(object),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => None,
        }),
        Some(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) | None => {
            tolerant_json::first_object(&answer)
        }
    }
}

/// Earlier turns as text for prompts that are not conversations; empty without memory.
pub(crate) async fn remembered(
    memory: Option<&MemoryFields>,
    run: &RunContext,
    call: &ModelCall,
) -> Result<String, ModelError> {
    let (Some(memory), Some(history)) = (memory, &run.capabilities.history) else { return Ok(String::new()) };
    let turns = history.turns(memory.window(), call).await?;
    Ok(history_text(&turns, memory.role_prefix.as_ref()))
}

/// Asks a model and waits for all of its answer. `max`: bytes of text.
pub(crate) async fn ask(
    models: &dyn Models,
    call: ModelCall,
    max: usize,
    mut voice: Option<Voice>,
) -> Result<Answer, Refusal> {
    let mut stream = models.stream(call).await?;
    let mut answer = Answer {
        text: String::new(),
        tool_calls: Vec::new(),
        files: Vec::new(),
        usage: Usage::default(),
        finish_reason: None,
    };
    while let Some(delta) = stream.next().await {
        let text = match delta.map_err(|error| answer.broken_off(error))? {
            ModelDelta::Text(text) => text,
            ModelDelta::ToolCalls(calls) => {
                answer.tool_calls.extend(calls);
                continue;
            }
            ModelDelta::File(file) => {
                let shown = file.markdown();
                answer.files.push(file);
                shown
            }
            ModelDelta::End { usage, finish_reason } => {
                answer.usage = *usage;
                answer.finish_reason = finish_reason.0;
                if let Some(voice) = &mut voice {
                    voice.end().await;
                }
                return Ok(answer);
            }
        };
        if answer.text.len() + text.len() > max {
            let message = format!("the model's answer is longer than {max} bytes");
            return Err(Refusal::Final(NodeError::new("InvokeError", message)));
        }
        answer.text.push_str(&text);
        if let Some(voice) = &mut voice {
            voice.say(text).await;
        }
    }
    let message = "the model's answer broke off".to_owned();
    Err(answer.broken_off(ModelError { message, kind: "InvokeConnectionError", is_away: true }))
}

impl Answer {
    /// What has been said was said by this model: another one cannot go on with it.
    fn broken_off(&self, error: ModelError) -> Refusal {
        let is_silent = self.text.is_empty() && self.tool_calls.is_empty() && self.files.is_empty();
        if is_silent { error.into() } else { Refusal::Final(error.into()) }
    }

    /// Notes what the answer has cost and how it has ended.
    pub(crate) fn note(&self, process_data: &mut Map) {
        process_data.insert("usage".to_owned(), self.usage.to_value());
        process_data.insert("finish_reason".to_owned(), self.finish_value());
    }

    pub(crate) fn finish_value(&self) -> Value {
        self.finish_reason.as_deref().map_or(Value::None, Value::from)
    }

    /// The end of a node that asked once.
    pub(crate) fn outcome(&self, inputs: Map, mut process_data: Map, outputs: Map) -> Outcome {
        self.note(&mut process_data);
        let mut outcome = Outcome { inputs, process_data, outputs, ..Outcome::default() };
        outcome.metadata.cost(&self.usage);
        outcome.usage = Some(self.usage.clone());
        outcome
    }
}

impl From<ModelError> for NodeError {
    fn from(error: ModelError) -> Self {
        Self::new(error.kind, error.message)
    }
}
