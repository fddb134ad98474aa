//! What the advanced prompt editor begins with.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::ApiError;
use controllers_common::valid::ValidQuery;
use core_app::prompt::Starter;
use core_model_runtime::{ModelMode, Role};
use models::AppMode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TemplateQuery {
    /// `chat`, `agent-chat` or `completion`.
    #[param(value_type = String)]
    app_mode: AppMode,
    /// `chat` or `completion`.
    #[param(value_type = String)]
    model_mode: ModelMode,
    /// Asked for by the frontend; the templates are the same for all models.
    #[expect(dead_code, reason = "part of the contract, checked for being there")]
    model_name: String,
    /// `true` unless it is another text.
    #[serde(default = "yes")]
    has_context: String,
}

fn yes() -> String {
    "true".to_owned()
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PromptTemplates {
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_prompt_config: Option<ChatPrompt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_prompt_config: Option<CompletionPrompt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<Vec<String>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ChatPrompt {
    prompt: Vec<ChatPart>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ChatPart {
    #[schema(value_type = String)]
    role: Role,
    text: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct CompletionPrompt {
    prompt: CompletionText,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_histories_role: Option<HistoryRoles>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CompletionText {
    text: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct HistoryRoles {
    user_prefix: String,
    assistant_prefix: String,
}

impl From<Starter> for PromptTemplates {
    fn from(starter: Starter) -> Self {
        match starter {
            Starter::Chat { role, text } => Self {
                chat_prompt_config: Some(ChatPrompt { prompt: vec![ChatPart { role, text }] }),
                completion_prompt_config: None,
                stop: None,
            },
            Starter::Completion { text, prefixes, stop } => Self {
                chat_prompt_config: None,
                completion_prompt_config: Some(CompletionPrompt {
                    prompt: CompletionText { text },
                    conversation_histories_role: prefixes
                        .map(|p| HistoryRoles { user_prefix: p.user, assistant_prefix: p.assistant }),
                }),
                stop: Some(stop),
            },
        }
    }
}

/// A prompt to begin with, by kind of app and model.
#[utoipa::path(get, path = "/console/api/app/prompt-templates", params(TemplateQuery), responses((status = 200, body = PromptTemplates)))]
pub(crate) async fn get(
    _user: ConsoleUser,
    ValidQuery(query): ValidQuery<TemplateQuery>,
) -> Result<web::Json<PromptTemplates>, ApiError> {
    let is_chat = match query.app_mode {
        AppMode::Chat | AppMode::AgentChat => true,
        AppMode::Completion => false,
        AppMode::AdvancedChat | AppMode::Workflow | AppMode::Channel | AppMode::RagPipeline | AppMode::Unknown => {
            return Err(ApiError::invalid_field("app_mode", "app_mode must be chat, agent-chat or completion"));
        }
    };
    let starter = Starter::new(is_chat, query.model_mode, query.has_context == "true");
    std::future::ready(Ok(web::Json(starter.into()))).await
}
