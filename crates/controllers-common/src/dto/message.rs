//! A message as an end user sees it.

use chrono::NaiveDateTime;
use models::{MessageStatus, Rating};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::files::Files;
use services::messages::MessageView;
use utoipa::ToSchema;
use uuid::Uuid;

use super::agent_thought::AgentThoughtDto;
use super::file::MessageFileDto;

#[derive(Debug, Serialize, ToSchema)]
pub struct MessageDto {
    pub id: Uuid,
    pub conversation_id: Uuid,
    pub parent_message_id: Option<Uuid>,
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    pub query: String,
    pub answer: String,
    /// The end user's own.
    pub feedback: Option<FeedbackDto>,
    pub retriever_resources: Vec<RetrieverResourceDto>,
    /// Unix seconds.
    pub created_at: i64,
    pub agent_thoughts: Vec<AgentThoughtDto>,
    pub message_files: Vec<MessageFileDto>,
    /// `normal` or `error`.
    #[schema(value_type = String)]
    pub status: MessageStatus,
    pub error: Option<String>,
    #[schema(value_type = Vec<Object>)]
    pub extra_contents: Vec<Map<String, Value>>,
    pub message_tokens: i32,
    pub answer_tokens: i32,
    pub total_tokens: i32,
    /// Seconds.
    pub provider_response_latency: f64,
    /// A decimal.
    pub total_price: Option<String>,
    pub currency: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FeedbackDto {
    /// `like` or `dislike`.
    #[schema(value_type = String)]
    pub rating: Rating,
}

/// A citation of a stored message.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetrieverResourceDto {
    pub id: Uuid,
    pub message_id: Uuid,
    #[serde(flatten)]
    pub cited: Cited,
    /// Unix seconds.
    pub created_at: i64,
}

/// What is stored of a citation and shown in lists of messages.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Cited {
    pub position: Option<i64>,
    pub dataset_id: Option<String>,
    pub dataset_name: Option<String>,
    pub document_id: Option<String>,
    pub document_name: Option<String>,
    pub data_source_type: Option<String>,
    pub segment_id: Option<String>,
    pub score: Option<f64>,
    pub hit_count: Option<i64>,
    pub word_count: Option<i64>,
    pub segment_position: Option<i64>,
    pub index_node_hash: Option<String>,
    pub content: Option<String>,
    pub summary: Option<String>,
}

/// The stored closing facts of a message, `{usage, retriever_resources, annotation_reply}`.
pub fn metadata(text: Option<&str>) -> Map<String, Value> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

impl MessageDto {
    pub fn new(files: &Files, view: MessageView) -> Self {
        let feedback = view.user_rating().map(|rating| FeedbackDto { rating });
        let MessageView { message, files: attached, thoughts, .. } = view;
        let stored = metadata(message.message_metadata.as_deref());
        Self {
            id: message.id.0,
            conversation_id: message.conversation_id.0,
            parent_message_id: message.parent_message_id,
            inputs: super::object(message.inputs),
            query: message.query,
            answer: files.answer(&message.answer).into_owned(),
            feedback,
            retriever_resources: citations(stored, message.id.0, message.created_at),
            created_at: message.created_at.and_utc().timestamp(),
            agent_thoughts: thoughts.into_iter().map(AgentThoughtDto::from).collect(),
            message_files: attached.into_iter().map(|file| MessageFileDto::new(files, file)).collect(),
            status: message.status,
            error: message.error,
            extra_contents: Vec::new(),
            message_tokens: message.message_tokens,
            answer_tokens: message.answer_tokens,
            total_tokens: message.message_tokens.saturating_add(message.answer_tokens),
            provider_response_latency: message.provider_response_latency,
            // Without a price the currency says nothing.
            currency: message.total_price.is_some().then_some(message.currency),
            total_price: message.total_price.map(|price| price.to_plain_string()),
        }
    }
}

fn citations(mut stored: Map<String, Value>, message: Uuid, at: NaiveDateTime) -> Vec<RetrieverResourceDto> {
    let Some(Value::Array(resources)) = stored.remove("retriever_resources") else { return Vec::new() };
    let cited = resources.into_iter().filter_map(|resource| serde_json::from_value::<Cited>(resource).ok());
    let created_at = at.and_utc().timestamp();
    // The stored form has no id of its own.
    cited.map(|cited| RetrieverResourceDto { id: Uuid::new_v4(), message_id: message, cited, created_at }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stored_citations_are_shown() {
        let stored = metadata(Some(
            r#"{"usage": null, "retriever_resources": [{"position": 1, "content": "c", "score": 0.5, "page": 3}, "odd"]}"#,
        ));
        let shown = citations(stored, Uuid::nil(), chrono::DateTime::UNIX_EPOCH.naive_utc());
        assert_eq!(shown.len(), 1);
        let wire = serde_json::to_value(&shown[0]).unwrap();
        assert_eq!((&wire["position"], &wire["content"], &wire["summary"]), (&json!(1), &json!("c"), &Value::Null));
        assert_eq!((wire.get("page"), wire.as_object().unwrap().len()), (None, 17));
    }

    #[test]
    fn broken_metadata_counts_as_none() {
        assert!(metadata(Some("[1]")).is_empty());
        assert!(metadata(None).is_empty());
    }
}
