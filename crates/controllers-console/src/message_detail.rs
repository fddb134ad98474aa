//! A message as builders see it.

use std::collections::HashMap;

use controllers_common::dto::message::metadata;
use controllers_common::dto::{AgentThoughtDto, MessageFileDto};
use models::account::Account;
use models::message_annotation::MessageAnnotation;
use models::message_feedback::MessageFeedback;
use models::{AccountId, FromSource, MessageStatus, Rating};
use serde::Serialize;
use serde_json::{Map, Value};
use services::debugging::DebugMessage;
use services::files::Files;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answers::seconds;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageDetail {
    id: Uuid,
    conversation_id: Uuid,
    #[schema(value_type = Object)]
    inputs: Value,
    query: String,
    /// The prompt that was sent: `[{role, text, files?}]`.
    #[schema(value_type = Vec<Object>)]
    message: Value,
    message_tokens: i32,
    answer: String,
    answer_tokens: i32,
    /// Seconds.
    provider_response_latency: f64,
    /// `api` or `console`.
    #[schema(value_type = String)]
    from_source: FromSource,
    from_end_user_id: Option<Uuid>,
    from_account_id: Option<Uuid>,
    feedbacks: Vec<FeedbackDetail>,
    workflow_run_id: Option<Uuid>,
    annotation: Option<AnnotationDetail>,
    annotation_hit_history: Option<AnnotationHit>,
    /// Unix seconds.
    created_at: i64,
    agent_thoughts: Vec<AgentThoughtDto>,
    message_files: Vec<MessageFileDto>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// `normal` or `error`.
    #[schema(value_type = String)]
    status: MessageStatus,
    error: Option<String>,
    parent_message_id: Option<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedbackDetail {
    #[schema(value_type = String)]
    rating: Rating,
    content: Option<String>,
    /// `user` or `admin`.
    from_source: String,
    from_end_user_id: Option<Uuid>,
    from_account: Option<AccountLine>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountLine {
    id: Uuid,
    name: String,
    email: String,
}

/// What was made of the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationDetail {
    id: Uuid,
    question: String,
    content: String,
    /// Who wrote it; null for somebody who is gone.
    account: Option<AccountLine>,
    /// Unix seconds.
    created_at: i64,
}

/// The annotation that was the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationHit {
    annotation_id: Uuid,
    annotation_create_account: Option<AccountLine>,
    /// Unix seconds; of the annotation.
    created_at: i64,
}

impl AccountLine {
    fn of(id: AccountId, accounts: &HashMap<AccountId, Account>) -> Option<Self> {
        accounts.get(&id).map(|a| Self { id: a.id.0, name: a.name.clone(), email: a.email.clone() })
    }
}

impl AnnotationDetail {
    fn new(annotation: MessageAnnotation, accounts: &HashMap<AccountId, Account>) -> Self {
        Self {
            id: annotation.id,
            question: annotation.question,
            content: annotation.content,
            account: AccountLine::of(annotation.account_id, accounts),
            created_at: seconds(annotation.created_at),
        }
    }
}

impl AnnotationHit {
    fn new(annotation: &MessageAnnotation, accounts: &HashMap<AccountId, Account>) -> Self {
        Self {
            annotation_id: annotation.id,
            annotation_create_account: AccountLine::of(annotation.account_id, accounts),
            created_at: seconds(annotation.created_at),
        }
    }
}

impl FeedbackDetail {
    fn new(feedback: MessageFeedback, accounts: &HashMap<AccountId, Account>) -> Self {
        Self {
            rating: feedback.rating,
            content: feedback.content,
            from_source: feedback.from_source,
            from_end_user_id: feedback.from_end_user_id.map(|id| id.0),
            from_account: feedback.from_account_id.and_then(|id| AccountLine::of(id, accounts)),
        }
    }
}

impl MessageDetail {
    pub(crate) fn new(files: &Files, debugged: DebugMessage) -> Self {
        let DebugMessage { view, annotation, answered_by, accounts } = debugged;
        let message = view.message;
        Self {
            id: message.id.0,
            conversation_id: message.conversation_id.0,
            inputs: or_empty(message.inputs, Value::is_object, || Value::Object(Map::new())),
            query: message.query,
            message: or_empty(message.message, Value::is_array, || Value::Array(Vec::new())),
            message_tokens: message.message_tokens,
            answer: files.answer(&message.answer).into_owned(),
            answer_tokens: message.answer_tokens,
            provider_response_latency: message.provider_response_latency,
            from_source: message.from_source,
            from_end_user_id: message.from_end_user_id.map(|id| id.0),
            from_account_id: message.from_account_id.map(|id| id.0),
            feedbacks: view.feedbacks.into_iter().map(|f| FeedbackDetail::new(f, &accounts)).collect(),
            workflow_run_id: message.workflow_run_id,
            annotation: annotation.map(|annotation| AnnotationDetail::new(annotation, &accounts)),
            annotation_hit_history: answered_by.map(|annotation| AnnotationHit::new(&annotation, &accounts)),
            created_at: seconds(message.created_at),
            agent_thoughts: view.thoughts.into_iter().map(AgentThoughtDto::from).collect(),
            message_files: view.files.into_iter().map(|file| MessageFileDto::new(files, file)).collect(),
            metadata: metadata(message.message_metadata.as_deref()),
            status: message.status,
            error: message.error,
            parent_message_id: message.parent_message_id,
        }
    }
}

/// The page iterates over these: rows of other releases may hold null.
fn or_empty(stored: Value, fits: fn(&Value) -> bool, empty: fn() -> Value) -> Value {
    if fits(&stored) { stored } else { empty() }
}
