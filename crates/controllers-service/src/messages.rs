//! The messages of a conversation, and what to ask next.

use actix_web::web;
use controllers_common::app_token::{AppToken, asker};
use controllers_common::dto::MessageDto;
use controllers_common::dto::Scroll;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::optional_id;
use controllers_common::valid::ValidQuery;
use models::{ConversationId, MessageId};
use serde::{Deserialize, Serialize};
use services::end_users::EndUsers;
use services::files::Files;
use services::messages::Messages;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    user: Option<String>,
    conversation_id: Option<String>,
    first_id: Option<String>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<usize>,
}

/// List the messages of a conversation, newest page first, oldest message of a page first.
#[utoipa::path(get, path = "/v1/messages", tag = "Chat", params(ListQuery),
    responses((status = 200, body = Scroll<MessageDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    app: AppToken,
    ValidQuery(query): ValidQuery<ListQuery>,
    end_users: web::Data<EndUsers>,
    messages: web::Data<Messages>,
    files: web::Data<Files>,
) -> Result<web::Json<Scroll<MessageDto>>, ApiError> {
    app.require_chat()?;
    let limit = query.limit.unwrap_or(20);
    let Some(conversation) = query.conversation_id.as_deref() else {
        return Err(ApiError::invalid_field("conversation_id", "conversation_id is required"));
    };
    let first = optional_id(query.first_id.as_deref(), "first_id")?.map(MessageId);
    let Some(conversation) = optional_id(Some(conversation), "conversation_id")?.map(ConversationId) else {
        return Ok(web::Json(Scroll { limit, has_more: false, data: Vec::new() }));
    };
    let end_user = app.end_user(&end_users, query.user.as_deref()).await?;
    let page = messages.page(&app.app, asker(&end_user).caller, conversation, first, limit).await?;
    Ok(web::Json(Scroll::of(limit, page, |view| MessageDto::new(&files, view))))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    user: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Suggestions {
    result: &'static str,
    data: Vec<String>,
}

/// Questions that the person might ask next.
#[utoipa::path(get, path = "/v1/messages/{id}/suggested", tag = "Chat", params(("id" = String, Path), UserQuery),
    responses((status = 200, body = Suggestions), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn suggested(
    app: AppToken,
    id: web::Path<MessageId>,
    ValidQuery(query): ValidQuery<UserQuery>,
    end_users: web::Data<EndUsers>,
    messages: web::Data<Messages>,
) -> Result<web::Json<Suggestions>, ApiError> {
    app.require_chat()?;
    let user = query.user.as_deref().filter(|u| !u.is_empty());
    let user = user.ok_or_else(|| ApiError::invalid_field("user", "Arg user must be provided."))?;
    let end_user = app.end_user(&end_users, Some(user)).await?;
    let data = messages.suggestions(&app, asker(&end_user).caller, *id).await?;
    Ok(web::Json(Suggestions { result: "success", data }))
}
