//! The workspace's models, for nodes that ask one.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use core_model_runtime::{
    AiModel, ChatChunk, ChatRequest, ContentPart as ModelPart, Feature, FinishReason as Finished, ImageDetail,
    InvokeError, MessageContent, ModelRef, ModelType, PromptMessage, Tool,
};
use core_workflow::Usage;
use core_workflow::capabilities::{
    ContentPart, FinishReason, Message, ModelCall, ModelDelta, ModelError, ModelStream, ModelTraits, Models, Role,
    ToolCall,
};
use core_workflow::value::File;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use serde_json::{Value, json};

use super::Beneficiary;
use super::file_store::reference;
use crate::engine::EngineParts;
use crate::error::GenerateError;
use crate::memory::{self, Budget};

pub(super) struct WorkspaceModels {
    pub(super) parts: Arc<EngineParts>,
    pub(super) whom: Beneficiary,
}

/// A model that can be asked.
pub(super) struct Found {
    pub model: ModelRef,
    pub schema: Arc<AiModel>,
}

/// Finds a model of the workspace.
pub(super) async fn find(
    parts: &EngineParts,
    tenant: ::models::TenantId,
    provider: &str,
    name: &str,
) -> Result<Found, ModelError> {
    let model = parts.models.model(tenant, provider, name, ModelType::Llm).await.map_err(|e| fault(&e))?;
    let schema =
        parts.runtime.model_schema(&model.provider, ModelType::Llm, &model.model, &model.credentials).ok_or_else(
            || ModelError { message: format!("Model {name} not exist."), kind: "ModelNotExistError", is_away: true },
        )?;
    Ok(Found { model, schema })
}

#[async_trait]
impl Models for WorkspaceModels {
    async fn traits(&self, provider: &str, model: &str) -> Result<ModelTraits, ModelError> {
        let found = find(&self.parts, self.whom.tenant, provider, model).await?;
        let has = |feature: Feature| found.schema.features.contains(&feature);
        Ok(ModelTraits {
            vision: has(Feature::Vision),
            documents: has(Feature::Document),
            audio: has(Feature::Audio),
            video: has(Feature::Video),
            tool_calls: has(Feature::ToolCall) || has(Feature::MultiToolCall),
            structured_output: has(Feature::StructuredOutput),
        })
    }

    async fn stream(&self, call: ModelCall) -> Result<ModelStream, ModelError> {
        let found = find(&self.parts, self.whom.tenant, &call.provider, &call.model).await?;
        let messages = self.messages(&found.schema, &call.messages).await?;
        let mut parameters = call.parameters;
        if let Some(schema) = call.schema {
            ask_for_object(&found.schema, &schema, &mut parameters);
        }
        let budget = Budget::of(&found.schema, &parameters);
        memory::fit_answer(&self.parts.runtime, &found.schema, budget, &messages, &mut parameters);
        let tools = call.tools.into_iter();
        let request = ChatRequest {
            messages,
            parameters,
            tools: tools
                .map(|tool| Tool { name: tool.name, description: tool.description, parameters: tool.parameters })
                .collect(),
            stop: call.stop,
            user: Some(self.whom.session.clone()),
        };
        let seat = self.parts.runtime.seat(&found.model).ok_or_else(|| full(&found.model))?;
        let chunks = self.parts.runtime.stream_chat(&found.model, request).await.map_err(|e| invoke_fault(&e))?;
        if call.is_spare {
            let provider = found.model.provider.to_string();
            metrics::counter!("ferrify_model_fallbacks_total", "provider" => provider).increment(1);
        }
        // The place is given back when the stream is dropped.
        let chunks = chunks.inspect(move |_chunk| {
            let _held = &seat;
        });
        Ok(deltas(chunks.boxed()))
    }
}

/// Where the model's parameters know of JSON Schemas, it is told to hold itself to one.
fn ask_for_object(model: &AiModel, schema: &Value, parameters: &mut serde_json::Map<String, Value>) {
    let knows = |name: &str| model.parameter_rules.iter().any(|rule| rule.name == name);
    if knows("json_schema") {
        let wanted = json!({"name": "llm_response", "schema": schema});
        parameters.insert("response_format".to_owned(), json!("json_schema"));
        parameters.insert("json_schema".to_owned(), json!(wanted.to_string()));
    }
}

/// Chunks of the runtime as deltas, with one end.
fn deltas(chunks: BoxStream<'static, Result<ChatChunk, InvokeError>>) -> ModelStream {
    struct State {
        chunks: BoxStream<'static, Result<ChatChunk, InvokeError>>,
        waiting: VecDeque<ModelDelta>,
        usage: Option<Usage>,
        reason: Option<Finished>,
        ended: bool,
    }
    let state = State { chunks, waiting: VecDeque::new(), usage: None, reason: None, ended: false };
    stream::unfold(state, |mut state| async move {
        loop {
            if let Some(delta) = state.waiting.pop_front() {
                return Some((Ok(delta), state));
            }
            if state.ended {
                return None;
            }
            match state.chunks.next().await {
                Some(Ok(chunk)) => {
                    if !chunk.text.is_empty() {
                        state.waiting.push_back(ModelDelta::Text(chunk.text));
                    }
                    if !chunk.tool_calls.is_empty() {
                        let calls = chunk.tool_calls.into_iter();
                        let calls = calls.map(|call| ToolCall { name: call.name, arguments: call.arguments });
                        state.waiting.push_back(ModelDelta::ToolCalls(calls.collect()));
                    }
                    state.reason = chunk.finish_reason.or(state.reason);
                    if let Some(used) = chunk.usage {
                        state.usage = Some(usage(used));
                    }
                }
                Some(Err(error)) => {
                    state.ended = true;
                    return Some((Err(invoke_fault(&error)), state));
                }
                None => {
                    state.ended = true;
                    let reason = state.reason.map(|reason| reason_text(reason).to_owned());
                    let usage = Box::new(state.usage.take().unwrap_or_default());
                    state.waiting.push_back(ModelDelta::End { usage, finish_reason: FinishReason(reason) });
                }
            }
        }
    })
    .boxed()
}

const fn reason_text(reason: Finished) -> &'static str {
    match reason {
        Finished::Stop => "stop",
        Finished::Length => "length",
        Finished::ToolCalls => "tool_calls",
        Finished::ContentFilter => "content_filter",
    }
}

pub(super) fn usage(used: core_model_runtime::Usage) -> Usage {
    Usage {
        prompt_tokens: u64::from(used.prompt_tokens),
        prompt_unit_price: used.prompt_unit_price,
        prompt_price_unit: used.prompt_price_unit,
        prompt_price: used.prompt_price,
        completion_tokens: u64::from(used.completion_tokens),
        completion_unit_price: used.completion_unit_price,
        completion_price_unit: used.completion_price_unit,
        completion_price: used.completion_price,
        total_tokens: u64::from(used.total_tokens),
        total_price: used.total_price,
        currency: used.currency,
        latency: used.latency,
        time_to_first_token: used.time_to_first_token,
        time_to_generate: used.time_to_generate,
    }
}

impl WorkspaceModels {
    async fn messages(&self, schema: &AiModel, messages: &[Message]) -> Result<Vec<PromptMessage>, ModelError> {
        let mut prompt = Vec::with_capacity(messages.len());
        for message in messages {
            let content = self.content(schema, message).await?;
            let role = match message.role {
                Role::System => core_model_runtime::Role::System,
                Role::User => core_model_runtime::Role::User,
                Role::Assistant => core_model_runtime::Role::Assistant,
            };
            prompt.push(PromptMessage { role, content, name: None, tool_calls: Vec::new(), tool_call_id: None });
        }
        Ok(prompt)
    }

    async fn content(&self, schema: &AiModel, message: &Message) -> Result<MessageContent, ModelError> {
        if let [ContentPart::Text(text)] = message.content.as_slice() {
            return Ok(MessageContent::Text(text.clone()));
        }
        let mut parts = Vec::new();
        for part in &message.content {
            match part {
                ContentPart::Text(text) => parts.push(ModelPart::Text(text.clone())),
                ContentPart::File { file, detail } => parts.extend(self.file(schema, file, detail.as_deref()).await?),
            }
        }
        Ok(MessageContent::Parts(parts))
    }

    async fn file(&self, schema: &AiModel, file: &File, detail: Option<&str>) -> Result<Vec<ModelPart>, ModelError> {
        let detail = if detail == Some("low") { ImageDetail::Low } else { ImageDetail::High };
        let reference = reference(&self.parts, self.whom.tenant, file).await.map_err(|e| fault(&e))?;
        self.parts.files.parts(schema, detail, &[reference]).await.map_err(|e| fault(&e))
    }
}

/// Faults by the names of Dify's classes, which workflows compare.
fn invoke_fault(error: &InvokeError) -> ModelError {
    let kind = match error {
        InvokeError::Connection { .. } => "InvokeConnectionError",
        InvokeError::ServerUnavailable { .. } | InvokeError::BreakerOpen { .. } => "InvokeServerUnavailableError",
        InvokeError::RateLimited { .. } => "InvokeRateLimitError",
        InvokeError::Unauthorized { .. } => "InvokeAuthorizationError",
        InvokeError::BadRequest { .. } => "InvokeBadRequestError",
        InvokeError::InvalidParameter { .. } => "ValueError",
        InvokeError::ModelNotFound { .. } => "ModelNotExistError",
    };
    ModelError { message: error.to_string(), kind, is_away: error.is_outage() }
}

/// All places among the calls to the model's provider are taken. Another provider may have one.
fn full(model: &ModelRef) -> ModelError {
    let message = format!("The provider {} is busy with other answers; please try again.", model.provider);
    ModelError { message, kind: "InvokeRateLimitError", is_away: true }
}

pub(super) fn fault(error: &GenerateError) -> ModelError {
    let kind = match error {
        GenerateError::Invoke(error) => return invoke_fault(error),
        GenerateError::ProviderNotInitialized(_) => "ProviderTokenNotInitError",
        GenerateError::QuotaExceeded => "QuotaExceededError",
        GenerateError::ModelNotSupported(_) => "ModelCurrentlyNotSupportError",
        GenerateError::InvalidParam(_)
        | GenerateError::ConversationNotFound
        | GenerateError::ConversationCompleted
        | GenerateError::AppUnavailable
        | GenerateError::ShuttingDown
        | GenerateError::Overloaded
        | GenerateError::Store(_)
        | GenerateError::Retrieval(_)
        | GenerateError::Database(_)
        | GenerateError::Storage(_)
        | GenerateError::Internal(_) => "LLMNodeError",
    };
    // Faults of ours have a text that hides them.
    ModelError { message: error.wire().message, kind, is_away: false }
}
