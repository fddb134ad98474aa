//! The first stage, shared by the modes: model, inputs, files, rows.

use std::sync::Arc;

use bigdecimal::BigDecimal;
use chrono::{NaiveDateTime, Utc};
use core_model_runtime::{AiModel, ContentPart, ModelRef, ModelType, Seat};
use models::conversation::{self, Conversation, NewConversation};
use models::message::{Message, NewMessage};
use models::message_file::MessageFile;
use models::{ConversationId, MessageId, MessageStatus};
use runs::RunId;
use serde_json::{Map, Value, json};

use crate::annotation_reply::{self, AnnotationQuestion};
use crate::app_config::ModelChoice;
use crate::engine::EngineParts;
use crate::engine::turn::Turn;
use crate::error::GenerateError;
use crate::event::Envelope;
use crate::files::{self, FileReference};
use crate::inputs::Inputs;
use crate::prompt::{PastTurn, Template};
use crate::request::Request;

/// Characters of a question that name a new conversation.
const NAME_LENGTH: usize = 20;

/// A request whose parts have been checked.
pub(super) struct Checked {
    pub(super) request: Request,
    pub(super) inputs: Inputs,
    pub(super) files: Vec<FileReference>,
    pub(super) choice: ModelChoice,
    pub(super) model: ModelRef,
    pub(super) schema: Arc<AiModel>,
    pub(super) seat: Seat,
}

/// Checks the request against the app's configuration and finds the model.
pub(super) async fn check(parts: &EngineParts, mut request: Request) -> Result<Checked, GenerateError> {
    let config = Arc::clone(&request.app.config);
    let choice = config.model.clone().ok_or(GenerateError::AppUnavailable)?;
    request.query = request.query.replace('\0', "");
    let inputs = Inputs::check(&config.variables, &request.inputs)?;
    let files =
        parts.files.resolve(request.app.tenant, request.caller, config.file_upload.as_ref(), &request.files).await?;
    let model = parts.models.model(request.app.tenant, &choice.provider, &choice.name, ModelType::Llm).await?;
    let schema = schema(parts, &model)?;
    let seat = parts.runtime.seat(&model).ok_or(GenerateError::Overloaded)?;
    Ok(Checked { request, inputs, files, choice, model, schema, seat })
}

/// What is known of a model.
pub(super) fn schema(parts: &EngineParts, model: &ModelRef) -> Result<Arc<AiModel>, GenerateError> {
    parts
        .runtime
        .model_schema(&model.provider, ModelType::Llm, &model.model, &model.credentials)
        .ok_or_else(|| GenerateError::ProviderNotInitialized(format!("Model {} not exist.", model.model)))
}

impl Checked {
    /// The files of the question as the model gets them.
    pub(super) async fn parts(
        &self,
        parts: &EngineParts,
        files: &[FileReference],
    ) -> Result<Vec<ContentPart>, GenerateError> {
        let detail = self.request.app.config.file_upload.as_ref().map(|f| f.image_detail).unwrap_or_default();
        parts.files.parts(&self.schema, detail, files).await
    }

    /// Writes the message, and the conversation if it is new, and hands everything to the run.
    pub(super) async fn begin(
        self,
        parts: &EngineParts,
        existing: Option<&Conversation>,
        history: Vec<PastTurn>,
    ) -> Result<Turn, GenerateError> {
        let files = self.parts(parts, &self.files).await?;
        let now = Utc::now().naive_utc();
        let message = MessageId::random();
        let conversation = existing.map_or_else(ConversationId::random, |c| c.id);
        self.write(parts, existing, conversation, message, now).await?;
        let Self { request, inputs, choice, model, schema, seat, .. } = self;
        let spare = choice.fallbacks.iter().cloned().collect();
        let name_after = (existing.is_none() && request.auto_name && request.app.mode.is_chat_family())
            .then(|| request.query.clone());
        let annotated = (request.app.mode.is_chat_family() && annotation_reply::is_on(&request.app.config))
            .then(|| AnnotationQuestion::new(&request.query, request.caller, request.invoke_from, message));
        let envelope = Envelope {
            task: RunId::random(),
            message,
            conversation,
            created_at: now.and_utc().timestamp(),
            mode: request.app.mode,
            invoke_from: request.invoke_from,
            run: None,
        };
        Ok(Turn {
            request,
            envelope,
            inputs,
            choice,
            model,
            schema,
            spare,
            seat,
            files,
            history,
            annotated,
            name_after,
        })
    }

    async fn write(
        &self,
        parts: &EngineParts,
        existing: Option<&Conversation>,
        conversation: ConversationId,
        id: MessageId,
        now: NaiveDateTime,
    ) -> Result<(), GenerateError> {
        let request = &self.request;
        let provider = self.model.provider.to_string();
        let inputs = Value::Object(self.inputs.0.clone());
        let overridden = request.override_config.as_deref();
        let message = NewMessage {
            id,
            app_id: request.app.id,
            model_provider: Some(&provider),
            model_id: Some(&self.model.model),
            override_model_configs: overridden,
            conversation_id: conversation,
            inputs: inputs.clone(),
            query: &request.query,
            message: json!([]),
            message_unit_price: BigDecimal::from(0),
            answer: "",
            answer_unit_price: BigDecimal::from(0),
            parent_message_id: request.parent_message,
            total_price: BigDecimal::from(0),
            currency: "USD",
            status: MessageStatus::Normal,
            invoke_from: request.invoke_from,
            from_source: request.invoke_from.source(),
            from_end_user_id: request.caller.end_user(),
            from_account_id: request.caller.account(),
            created_at: now,
            updated_at: now,
            agent_based: false,
            app_mode: request.app.mode,
            workflow_run_id: None,
        };
        let files = files::rows(&self.files, id, request.caller, now);
        let mut conn = parts.pool.get().await?;
        if existing.is_some() {
            Message::begin(&mut conn, &message).await?;
        } else {
            let name = name(&request.query);
            let introduction = introduction(&request.app.config, &self.inputs.0);
            let new = NewConversation {
                id: conversation,
                app_id: request.app.id,
                app_model_config_id: request.app.config_id,
                model_provider: Some(&provider),
                override_model_configs: overridden,
                model_id: Some(&self.model.model),
                mode: request.app.mode,
                name: &name,
                inputs,
                introduction: introduction.as_deref(),
                system_instruction: Some(""),
                status: conversation::NORMAL,
                invoke_from: request.invoke_from,
                from_source: request.invoke_from.source(),
                from_end_user_id: request.caller.end_user(),
                from_account_id: request.caller.account(),
                dialogue_count: 1,
                created_at: now,
                updated_at: now,
            };
            Message::begin_conversation(&mut conn, &new, &message).await?;
        }
        MessageFile::insert_all(&mut conn, &files).await?;
        Ok(())
    }
}

/// The name of a conversation until a better one is found.
pub fn name(query: &str) -> String {
    if query.is_empty() {
        return "New conversation".to_owned();
    }
    let mut name: String = query.chars().take(NAME_LENGTH).collect();
    if query.chars().nth(NAME_LENGTH).is_some() {
        name.push('…');
    }
    name
}

pub(crate) fn introduction(config: &crate::app_config::AppConfig, inputs: &Map<String, Value>) -> Option<String> {
    let opening = config.features.opening_statement.as_deref()?;
    let inputs = Inputs(inputs.clone());
    Some(Template(opening).fill(|name| inputs.text(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversations_are_named_after_their_question() {
        assert_eq!(name("short"), "short");
        assert_eq!(name("äbcdefghijklmnopqrst"), "äbcdefghijklmnopqrst");
        assert_eq!(name("äbcdefghijklmnopqrstu"), "äbcdefghijklmnopqrst…");
        assert_eq!(name(""), "New conversation");
    }
}
