//! The two ways in which a question is answered.

use actix_web::HttpResponse;
use core_app::{Answer, Envelope, Generation, Metadata};
use models::{AppMode, ConversationId, MessageId};
use runs::RunId;
use serde::Serialize;

use crate::error::ApiError;
use crate::sse::{PingEvery, stream_answer};

/// The body of a blocking answer.
#[derive(Debug, Serialize)]
struct BlockingAnswer {
    event: &'static str,
    task_id: RunId,
    id: MessageId,
    message_id: MessageId,
    /// Chat family only.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<ConversationId>,
    mode: AppMode,
    answer: String,
    metadata: Metadata,
    created_at: i64,
}

impl BlockingAnswer {
    fn new(envelope: &Envelope, answer: Answer) -> Self {
        Self {
            event: "message",
            task_id: envelope.task,
            id: envelope.message,
            message_id: envelope.message,
            conversation_id: envelope.mode.is_chat_family().then_some(envelope.conversation),
            mode: envelope.mode,
            answer: answer.text,
            metadata: answer.metadata,
            created_at: envelope.created_at,
        }
    }
}

/// Streams the generation, or waits for its end.
///
/// # Errors
/// The fault with which a blocking answer ended.
pub async fn respond(generation: Generation, streaming: bool, ping: PingEvery) -> Result<HttpResponse, ApiError> {
    if streaming {
        return Ok(stream_answer(generation, ping));
    }
    let envelope = generation.envelope.clone();
    let answer = generation.into_answer().await?;
    Ok(HttpResponse::Ok().json(BlockingAnswer::new(&envelope, answer)))
}
