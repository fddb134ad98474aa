//! The messages of an app as its builders see them, what they think of them, and what to ask next.

use actix_web::web;
use controllers_common::auth::{ConsoleUser, Editor};
use controllers_common::dto::Scroll;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::optional_id;
use controllers_common::valid::{Valid, ValidQuery};
use models::{AppId, Caller, ConversationId, MessageId, Rating};
use serde::Deserialize;
use services::apps::Apps;
use services::debugging::{AppRef, Debugger};
use services::files::Files;
use services::messages::{Messages, Opinion};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::answers::{Data, SUCCESS, Success};
use crate::message_detail::MessageDetail;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    conversation_id: String,
    first_id: Option<String>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<usize>,
}

/// List the messages of a conversation, newest page first, oldest message of a page first.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/chat-messages",
    params(("app_id" = String, Path), ListQuery),
    responses((status = 200, body = Scroll<MessageDetail>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    editor: Editor,
    app: web::Path<AppId>,
    ValidQuery(query): ValidQuery<ListQuery>,
    debugger: web::Data<Debugger>,
    files: web::Data<Files>,
) -> Result<web::Json<Scroll<MessageDetail>>, ApiError> {
    let app = AppRef { tenant: editor.tenant_id(), app: *app };
    let limit = query.limit.unwrap_or(20);
    let first = optional_id(query.first_id.as_deref(), "first_id")?.map(MessageId);
    let Some(conversation) = optional_id(Some(&query.conversation_id), "conversation_id")?.map(ConversationId) else {
        return Err(ApiError::invalid_field("conversation_id", "conversation_id: must not be empty"));
    };
    let page = debugger.messages(app, conversation, first, limit).await?;
    Ok(web::Json(Scroll::of(limit, page, |message| MessageDetail::new(&files, message))))
}

/// One message.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/messages/{message_id}",
    params(("app_id" = String, Path), ("message_id" = String, Path)),
    responses((status = 200, body = MessageDetail), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn get(
    user: ConsoleUser,
    path: web::Path<(AppId, MessageId)>,
    debugger: web::Data<Debugger>,
    files: web::Data<Files>,
) -> Result<web::Json<MessageDetail>, ApiError> {
    let (app, id) = path.into_inner();
    let message = debugger.message(AppRef { tenant: user.tenant_id(), app }, id).await?;
    Ok(web::Json(MessageDetail::new(&files, message)))
}

/// Questions that the builder might ask next.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/chat-messages/{message_id}/suggested-questions",
    params(("app_id" = String, Path), ("message_id" = String, Path)),
    responses((status = 200, body = Data<Vec<String>>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn suggested(
    user: ConsoleUser,
    path: web::Path<(AppId, MessageId)>,
    debugger: web::Data<Debugger>,
) -> Result<web::Json<Data<Vec<String>>>, ApiError> {
    let (app, id) = path.into_inner();
    let app = AppRef { tenant: user.tenant_id(), app };
    let data = debugger.suggestions(app, user.account_id(), id).await?;
    Ok(web::Json(Data { data }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct FeedbackRequest {
    #[schema(value_type = String)]
    message_id: MessageId,
    /// `like`, `dislike`, or null to take it back.
    #[schema(value_type = Option<String>)]
    rating: Option<Rating>,
    content: Option<String>,
}

/// Like or dislike an answer of the app, or take that back.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/feedbacks", params(("app_id" = String, Path)),
    request_body = FeedbackRequest,
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn give_feedback(
    user: ConsoleUser,
    app: web::Path<AppId>,
    Valid(body): Valid<FeedbackRequest>,
    apps: web::Data<Apps>,
    messages: web::Data<Messages>,
) -> Result<web::Json<Success>, ApiError> {
    let app = apps.find(user.tenant_id(), *app).await?;
    let opinion = Opinion { rating: body.rating, content: body.content };
    messages.give_opinion(&app, Caller::Account(user.account_id()), body.message_id, &opinion).await?;
    Ok(web::Json(SUCCESS))
}
