//! What people think of answers.

use actix_web::web;
use chrono::{NaiveDateTime, SecondsFormat};
use controllers_common::app_token::{AppToken, asker, required_user};
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::query::nearest;
use controllers_common::valid::{Valid, ValidQuery};
use models::message_feedback::MessageFeedback;
use models::{AccountId, AppId, ConversationId, EndUserId, MessageId, Rating};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::end_users::EndUsers;
use services::messages::{Messages, Opinion};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct FeedbackRequest {
    /// `like`, `dislike`, or null to take it back.
    #[schema(value_type = Option<String>)]
    rating: Option<Rating>,
    content: Option<String>,
    #[schema(value_type = String)]
    user: Option<Value>,
}

/// Like or dislike an answer.
#[utoipa::path(post, path = "/v1/messages/{id}/feedbacks", tag = "Feedback", params(("id" = String, Path)), request_body = FeedbackRequest,
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn give(
    app: AppToken,
    id: web::Path<MessageId>,
    Valid(body): Valid<FeedbackRequest>,
    end_users: web::Data<EndUsers>,
    messages: web::Data<Messages>,
) -> Result<web::Json<Success>, ApiError> {
    let user = required_user(body.user.as_ref())?;
    let end_user = app.end_user(&end_users, Some(&user)).await?;
    let opinion = Opinion { rating: body.rating, content: body.content };
    messages.give_opinion(&app.app, asker(&end_user).caller, *id, &opinion).await?;
    Ok(web::Json(Success::new()))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    #[validate(range(min = 1))]
    #[serde(default, deserialize_with = "nearest")]
    page: Option<i64>,
    #[validate(range(min = 1, max = 101))]
    limit: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppFeedbackDto {
    id: Uuid,
    #[schema(value_type = Uuid)]
    app_id: AppId,
    #[schema(value_type = Uuid)]
    conversation_id: ConversationId,
    #[schema(value_type = Uuid)]
    message_id: MessageId,
    #[schema(value_type = String)]
    rating: Rating,
    content: Option<String>,
    from_source: String,
    #[schema(value_type = Option<Uuid>)]
    from_end_user_id: Option<EndUserId>,
    #[schema(value_type = Option<Uuid>)]
    from_account_id: Option<AccountId>,
    /// ISO 8601.
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedbackList {
    data: Vec<AppFeedbackDto>,
}

fn iso(time: NaiveDateTime) -> String {
    time.and_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl From<MessageFeedback> for AppFeedbackDto {
    fn from(row: MessageFeedback) -> Self {
        Self {
            id: row.id,
            app_id: row.app_id,
            conversation_id: row.conversation_id,
            message_id: row.message_id,
            rating: row.rating,
            content: row.content,
            from_source: row.from_source,
            from_end_user_id: row.from_end_user_id,
            from_account_id: row.from_account_id,
            created_at: iso(row.created_at),
            updated_at: iso(row.updated_at),
        }
    }
}

/// All feedbacks of the app, newest first.
#[utoipa::path(get, path = "/v1/app/feedbacks", tag = "Feedback", params(ListQuery),
    responses((status = 200, body = FeedbackList), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    app: AppToken,
    ValidQuery(query): ValidQuery<ListQuery>,
    messages: web::Data<Messages>,
) -> Result<web::Json<FeedbackList>, ApiError> {
    let rows = messages.feedbacks(&app.app, query.page.unwrap_or(1), query.limit.unwrap_or(20)).await?;
    Ok(web::Json(FeedbackList { data: rows.into_iter().map(AppFeedbackDto::from).collect() }))
}
