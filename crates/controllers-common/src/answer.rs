//! The two ways in which a question is answered.

mod later;

use actix_web::HttpResponse;
use core_app::{Answer, Envelope, Generation, Metadata, PausedAnswer, Reply};
use models::{AppMode, ConversationId, MessageId};
use runs::RunId;
use serde::Serialize;

pub use self::later::{Accepted, Later};
use crate::error::ApiError;
use crate::sse::{StreamStyle, stream_answer};

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

/// The body of a blocking answer whose run waits.
#[derive(Debug, Serialize)]
struct PausedTurn {
    #[serde(flatten)]
    answer: BlockingAnswer,
    workflow_run_id: String,
    data: PausedData,
}

/// What the answer has said so far, and why it waits.
#[derive(Debug, Serialize)]
struct PausedData {
    id: MessageId,
    message_id: MessageId,
    conversation_id: ConversationId,
    mode: AppMode,
    workflow_run_id: String,
    answer: String,
    metadata: Metadata,
    created_at: i64,
    #[serde(flatten)]
    pause: serde_json::Map<String, serde_json::Value>,
}

impl PausedTurn {
    fn new(envelope: &Envelope, paused: PausedAnswer) -> Self {
        let PausedAnswer { run_id, answer, data } = paused;
        let data = PausedData {
            id: envelope.message,
            message_id: envelope.message,
            conversation_id: envelope.conversation,
            mode: envelope.mode,
            workflow_run_id: run_id.clone(),
            answer: answer.text.clone(),
            metadata: answer.metadata.clone(),
            created_at: envelope.created_at,
            pause: data,
        };
        let answer = BlockingAnswer { event: "workflow_paused", ..BlockingAnswer::new(envelope, answer) };
        Self { answer, workflow_run_id: run_id, data }
    }
}

/// The body of a blocking run.
#[derive(Debug, Serialize)]
struct BlockingRun {
    task_id: RunId,
    workflow_run_id: String,
    data: serde_json::Value,
}

/// Streams the run of a workflow, or waits for its end. A run that failed is an answer too.
///
/// # Errors
/// Faults outside of the graph.
pub async fn respond_run(
    generation: Generation,
    streaming: bool,
    style: impl Into<StreamStyle>,
) -> Result<HttpResponse, ApiError> {
    if streaming {
        return Ok(stream_answer(generation, style.into()));
    }
    let task_id = generation.envelope.task;
    let result = generation.into_result().await.map_err(|e| ApiError::from(e).after_work())?;
    Ok(HttpResponse::Ok().json(BlockingRun { task_id, workflow_run_id: result.run_id, data: result.data }))
}

/// Streams the generation, or waits for its end.
///
/// # Errors
/// The fault with which a blocking answer ended.
pub async fn respond(
    generation: Generation,
    streaming: bool,
    style: impl Into<StreamStyle>,
) -> Result<HttpResponse, ApiError> {
    if streaming {
        return Ok(stream_answer(generation, style.into()));
    }
    let envelope = generation.envelope.clone();
    Ok(match generation.into_reply().await.map_err(|e| ApiError::from(e).after_work())? {
        Reply::Answered(answer) => HttpResponse::Ok().json(BlockingAnswer::new(&envelope, answer)),
        Reply::Paused(paused) => HttpResponse::Ok().json(PausedTurn::new(&envelope, paused)),
    })
}
