//! A guest's conversations.

use models::ConversationId;
use models::conversation::{Scope, Sort};
use serde::Deserialize;
use services::conversations::{Conversations, NewName};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Guest;
use crate::dto::{ConversationDto, Scroll};
use crate::error::ApiError;
use crate::generation::optional_id;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConversationsQuery {
    last_id: Option<String>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<usize>,
    /// Only pinned ones, or only others.
    pinned: Option<bool>,
    /// `created_at`, `-created_at`, `updated_at` or `-updated_at`.
    sort_by: Option<String>,
}

impl ConversationsQuery {
    /// # Errors
    /// `not_chat_app`, an order that nobody knows, or a `last_id` that is not the guest's.
    pub async fn list(self, guest: &Guest, conversations: &Conversations) -> Result<Scroll<ConversationDto>, ApiError> {
        guest.require_chat()?;
        let last = optional_id(self.last_id.as_deref(), "last_id")?.map(ConversationId);
        let sort = self.sort_by.as_deref().unwrap_or("-updated_at");
        let unknown = || ApiError::invalid_field("sort_by", format!("sort_by: `{sort}` is not a known order."));
        let sort = Sort::parse(sort).ok_or_else(unknown)?;
        let scope =
            Scope { app: guest.app.app.id, caller: guest.caller, invoke_from: guest.invoke_from, pinned: self.pinned };
        let limit = self.limit.unwrap_or(20);
        let page = conversations.page(&scope, sort, last, limit).await?;
        Ok(Scroll::of(limit, page, ConversationDto::from))
    }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct RenameRequest {
    #[validate(length(max = 255))]
    name: Option<String>,
    /// Have a model name it.
    auto_generate: Option<bool>,
}

impl RenameRequest {
    /// # Errors
    /// `not_chat_app`, no such conversation, or no name.
    pub async fn rename(
        self,
        guest: &Guest,
        id: ConversationId,
        conversations: &Conversations,
    ) -> Result<ConversationDto, ApiError> {
        guest.require_chat()?;
        let automatic = self.auto_generate.unwrap_or(false);
        let name = if automatic { NewName::Automatic } else { NewName::Given(self.name.unwrap_or_default()) };
        Ok(conversations.rename(&guest.app.app, guest.caller, id, name).await?.into())
    }
}
