//! `llm`: asks a language model and streams its answer.

mod context;
mod prompt;
mod structured;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json};

use self::prompt::{Prepared, PromptFields, PromptTemplate};
use super::fields::{self, NamedSelector, OptionalSelector};
use super::model::think::{self, ThinkSplitter};
use super::model::{Answer, MemoryFields, ModelFields, ModelSettings, Refusal, VisionFields, Voice, ask};
use crate::capabilities::{ModelCall, ModelTraits, Models};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Step, Visit};
use crate::registry::Body;
use crate::run::RunContext;
use crate::signal::Signals;
use crate::template::Template;
use crate::value::{ArrayKind, Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    model: ModelFields,
    prompt_template: PromptFields,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    prompt_config: PromptConfig,
    #[serde(default)]
    memory: Option<MemoryFields>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    context: ContextFields,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    vision: VisionFields,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    structured_output_enabled: bool,
    #[serde(default)]
    structured_output: Option<JsonMap<String, Json>>,
    #[serde(default)]
    reasoning_format: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct PromptConfig {
    #[serde(default, deserialize_with = "fields::null_as_default")]
    jinja2_variables: Vec<NamedSelector>,
}

#[derive(Debug, Default, Deserialize)]
struct ContextFields {
    #[serde(default, deserialize_with = "fields::null_as_default")]
    enabled: bool,
    #[serde(default)]
    variable_selector: OptionalSelector,
}

#[derive(Debug)]
struct Llm {
    model: ModelSettings,
    prompt: PromptTemplate,
    memory: Option<MemoryFields>,
    /// The question that follows the earlier turns, when it is not the person's own.
    query: Option<Template>,
    context: ContextFields,
    vision: VisionFields,
    /// `Some(None)`: asked for, but without a schema.
    schema: Option<Option<Json>>,
    /// Thoughts are put out apart from the answer.
    separate_thoughts: bool,
}

/// Errors of this node's own.
const KIND: &str = "LLMNodeError";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let query = fields.memory.as_ref().and_then(|memory| memory.query_prompt_template.as_deref());
    let query = query.filter(|text| !text.is_empty()).map(Template::parse);
    let schema = fields.structured_output_enabled.then(|| {
        let schema = fields.structured_output.as_ref().and_then(|output| output.get("schema"));
        schema.filter(|schema| schema.as_object().is_some_and(|object| !object.is_empty())).cloned()
    });
    let node = Llm {
        model: fields.model.into(),
        prompt: PromptTemplate::build(fields.prompt_template, fields.prompt_config.jinja2_variables)?,
        memory: fields.memory,
        query,
        context: fields.context,
        vision: fields.vision,
        schema,
        separate_thoughts: fields.reasoning_format.as_deref() == Some("separated"),
    };
    Ok(Body::Leaf(Arc::new(node)))
}

impl Node for Llm {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let mut inputs = Map::new();
        let prepared = match self.prepare(visit, &mut inputs) {
            Ok(prepared) => prepared,
            Err(error) => return Step::Done(Err(error.with_inputs(inputs))),
        };
        let asking = Asking {
            prepared,
            model: self.model.clone(),
            schema: self.schema.clone(),
            separate_thoughts: self.separate_thoughts,
            signals: visit.signals(),
            run: Arc::clone(visit.run),
        };
        Step::pending(async move {
            let mut process_data = Map::new();
            match asking.ask(&mut process_data).await {
                Ok((answer, outputs)) => Ok(answer.outcome(inputs, process_data, outputs)),
                Err(error) => Err(error.with_inputs(inputs).with_process_data(process_data)),
            }
        })
    }
}

/// An attempt with everything that it needs of the run.
struct Asking {
    prepared: Prepared,
    model: ModelSettings,
    schema: Option<Option<Json>>,
    separate_thoughts: bool,
    signals: Signals,
    run: Arc<RunContext>,
}

impl Asking {
    async fn ask(mut self, process_data: &mut Map) -> Result<(Answer, Map), NodeError> {
        let models = self.run.capabilities.models.clone();
        let models = models.ok_or_else(|| NodeError::new(KIND, "models are not available here"))?;
        let no_schema = || NodeError::new(KIND, "Please provide a valid structured output schema");
        let schema = self.schema.take().map(|schema| schema.ok_or_else(no_schema)).transpose()?;
        let sources = std::mem::take(&mut self.prepared.sources);
        if !sources.is_empty() {
            self.signals.retriever_resources(sources).await;
        }
        let mut traits = models.traits(&self.model.provider, &self.model.name).await?;
        let answer = loop {
            match self.attempt(models.as_ref(), &traits, schema.as_ref(), process_data).await {
                Ok(answer) => break answer,
                Err(Refusal::Final(error)) => return Err(error),
                Err(Refusal::Away(error)) => traits = self.model.fall_back(models.as_ref()).await.ok_or(error)?,
            }
        };
        let structured = match &schema {
            Some(_) => Some(structured::read(&answer.text).map_err(|error| {
                answer.note(process_data);
                error.with_usage(answer.usage.clone())
            })?),
            None => None,
        };
        let (text, reasoning) =
            if self.separate_thoughts { think::separate(&answer.text) } else { (answer.text.clone(), String::new()) };
        let mut outputs = Map::from_iter([
            ("text".to_owned(), Value::from(text)),
            ("reasoning_content".to_owned(), Value::from(reasoning)),
            ("usage".to_owned(), answer.usage.to_value()),
            ("finish_reason".to_owned(), answer.finish_value()),
        ]);
        if let Some(structured) = structured {
            outputs.insert("structured_output".to_owned(), structured);
        }
        if !answer.files.is_empty() {
            let files = answer.files.iter().map(|file| Value::File(Arc::clone(file))).collect();
            outputs.insert("files".to_owned(), Value::array_of(ArrayKind::File, files));
        }
        Ok((answer, outputs))
    }

    /// Asks the model whose turn it is.
    async fn attempt(
        &mut self,
        models: &dyn Models,
        traits: &ModelTraits,
        schema: Option<&Json>,
        process_data: &mut Map,
    ) -> Result<Answer, Refusal> {
        // Another model may have to be asked the same.
        let prepared = if self.model.has_spares() { self.prepared.clone() } else { std::mem::take(&mut self.prepared) };
        let mut messages = prepared.messages(&self.model, traits, &self.run).await?;
        let is_native = traits.structured_output;
        if let Some(schema) = schema.filter(|_| !is_native) {
            structured::ask_for(&mut messages, schema);
        }
        *process_data = self.model.process_data(&messages);
        let call = ModelCall { schema: schema.filter(|_| is_native).cloned(), ..self.model.call(messages) };
        let thinking = self.separate_thoughts.then(ThinkSplitter::default);
        let voice = Voice { signals: self.signals.clone(), output: "text", thinking };
        ask(models, call, self.run.limits.max_answer_text, Some(voice)).await
    }
}
