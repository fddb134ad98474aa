//! What a conversation of a chatflow remembers.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::paging::{Page, PageQuery};
use controllers_common::valid::ValidQuery;
use models::{AppId, AppMode, ConversationId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::apps::Apps;
use services::conversation_variables::{ConversationVariables, VariableView};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::answers::seconds;

/// As many as are shown; nobody asks for more.
const LIMIT: u8 = 100;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfConversation {
    conversation_id: String,
}

/// A variable of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationVariableDto {
    id: String,
    name: String,
    value_type: String,
    /// Of any type.
    #[schema(value_type = Object)]
    value: Value,
    description: String,
    created_at: i64,
    updated_at: i64,
}

impl From<VariableView> for ConversationVariableDto {
    fn from(view: VariableView) -> Self {
        Self {
            id: view.id.to_string(),
            name: view.name,
            value_type: view.value_type,
            value: view.value,
            description: view.description,
            created_at: seconds(view.created_at),
            updated_at: seconds(view.updated_at),
        }
    }
}

/// What a conversation of a chatflow remembers.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/conversation-variables",
    params(("app_id" = String, Path), OfConversation),
    responses((status = 200, body = Page<ConversationVariableDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_conversation_variables(
    user: ConsoleUser,
    app: web::Path<AppId>,
    ValidQuery(query): ValidQuery<OfConversation>,
    apps: web::Data<Apps>,
    variables: web::Data<ConversationVariables>,
) -> Result<web::Json<Page<ConversationVariableDto>>, ApiError> {
    let app = apps.find_in(user.tenant_id(), *app, &[AppMode::AdvancedChat]).await?;
    let fault = |_no_id| ApiError::invalid_field("conversation_id", "conversation_id: must be a UUID");
    let conversation: ConversationId = query.conversation_id.parse().map_err(fault)?;
    let views = variables.of_conversation(&app, conversation).await?;
    let data: Vec<_> = views.into_iter().take(LIMIT.into()).map(ConversationVariableDto::from).collect();
    let total = i64::try_from(data.len()).unwrap_or(i64::MAX);
    Ok(web::Json(Page::new(PageQuery { page: 1, limit: LIMIT.into() }, total, data)))
}
