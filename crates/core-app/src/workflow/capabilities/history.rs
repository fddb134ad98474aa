//! Earlier turns of the conversation, for nodes that remember.

use std::sync::Arc;

use ::models::message::{Message, PastMessage};
use ::models::{ConversationId, FileType, TenantId};
use async_trait::async_trait;
use core_model_runtime::PromptMessage;
use core_workflow::capabilities::{History, ModelCall, ModelError, Role, Turn};
use uuid::Uuid;

use super::models::{fault, find};
use crate::engine::EngineParts;
use crate::error::GenerateError;
use crate::memory::{self, Budget};
use crate::prompt::PastTurn;
use crate::workflow::file_values::file_value;

pub(super) struct ConversationHistory {
    pub(super) parts: Arc<EngineParts>,
    pub(super) tenant: TenantId,
    pub(super) conversation: ConversationId,
    pub(super) parent: Option<Uuid>,
}

#[async_trait]
impl History for ConversationHistory {
    async fn turns(&self, window: Option<usize>, call: &ModelCall) -> Result<Vec<Turn>, ModelError> {
        let mut branch = self.branch().await.map_err(|e| fault(&e))?;
        let keep = match window {
            Some(window) => window.min(branch.len()),
            None => self.fitting(&branch, call).await?,
        };
        branch.drain(..branch.len() - keep);
        self.with_files(branch).await.map_err(|e| fault(&e))
    }
}

impl ConversationHistory {
    /// The messages before this one, oldest first.
    async fn branch(&self) -> Result<Vec<PastMessage>, GenerateError> {
        let Some(parent) = self.parent else { return Ok(Vec::new()) };
        let mut conn = self.parts.pool.get().await?;
        let past = Message::past(&mut conn, self.conversation, memory::MOST_MESSAGES).await?;
        Ok(memory::thread(past, Some(parent)))
    }

    /// How many of the latest fit beside the prompt.
    async fn fitting(&self, branch: &[PastMessage], call: &ModelCall) -> Result<usize, ModelError> {
        if branch.is_empty() {
            return Ok(0);
        }
        let found = find(&self.parts, self.tenant, &call.provider, &call.model).await?;
        let prompt: Vec<PromptMessage> = call
            .messages
            .iter()
            .map(|message| match message.role {
                Role::System => PromptMessage::system(message.plain_text()),
                Role::User => PromptMessage::user(message.plain_text()),
                Role::Assistant => PromptMessage::assistant(message.plain_text()),
            })
            .collect();
        let turns = branch.iter().map(|message| PastTurn {
            query: message.query.clone(),
            files: Vec::new(),
            answer: message.answer.clone(),
        });
        let budget = Budget::of(&found.schema, &call.parameters);
        Ok(memory::cut(&self.parts.runtime, budget, &prompt, turns.collect()).len())
    }

    async fn with_files(&self, branch: Vec<PastMessage>) -> Result<Vec<Turn>, GenerateError> {
        let ids: Vec<_> = branch.iter().map(|message| message.id).collect();
        let files = if ids.is_empty() { Vec::new() } else { self.parts.files.of_messages(self.tenant, &ids).await? };
        let turn = |message: PastMessage| {
            // Pictures stay in view; other kinds of files were read when they came.
            let own = files.iter().filter(|(id, file)| *id == message.id && file.kind == FileType::Image);
            let files = own.map(|(_, file)| Arc::new(file_value(&self.parts.files, self.tenant, file))).collect();
            Turn { query: message.query, files, answer: message.answer }
        };
        Ok(branch.into_iter().map(turn).collect())
    }
}
