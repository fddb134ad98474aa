//! The third stage: the message is saved, then the client is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use models::MessageStatus;
use models::db::DbError;
use models::message::{Message, MessageEnd};
use runs::Outcome;
use serde::Serialize;
use serde_json::Value;

use crate::engine::EngineParts;
use crate::engine::prices;
use crate::engine::run::{Ended, How};
use crate::engine::sink::Sink;
use crate::engine::turn::Turn;
use crate::error::GenerateError;
use crate::event::{Envelope, Metadata, StreamEvent};
use crate::generation::{Answer, End};
use crate::naming;
use crate::prompt::answer_to_save;

/// Pauses between attempts to save an answer. An answer is worth waiting for.
const SAVE_PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];
/// How long a client is kept waiting for that, when the database does not even refuse.
const SAVE_LIMIT: Duration = Duration::from_secs(15);
/// Pauses after the client was told of the failure, and how often.
const LATER_PAUSE: Duration = Duration::from_secs(3);
const LATER_ATTEMPTS: usize = 100;

/// `messages.message_metadata` of a basic mode: the usage is in columns of its own.
#[derive(Serialize)]
struct StoredMetadata<'c> {
    annotation_reply: Option<Value>,
    retriever_resources: &'c [Value],
    usage: Option<Value>,
}

pub(super) async fn finish(parts: &Arc<EngineParts>, mut turn: Turn, ended: Ended, mut sink: Sink, begun: Instant) {
    let Ended { text, usage, how, latency, saved_prompt, citations, annotation } = ended;
    let (how, outcome) = match how {
        How::Finished => (Ok(()), Outcome::Finished),
        How::Stopped => (Ok(()), Outcome::Stopped),
        How::Failed(error) => (Err(error), Outcome::Failed),
    };
    let answer = answer_to_save(&text);
    let error = how.as_ref().err().map(|e| e.wire().message.replace('\0', ""));
    let metadata =
        StoredMetadata { annotation_reply: annotation.clone(), retriever_resources: &citations, usage: None };
    // Values of JSON always serialise.
    let metadata = serde_json::to_string(&metadata).unwrap_or_default();
    let currency = usage.currency.clone();
    let end = MessageEnd {
        message: saved_prompt,
        message_tokens: tokens(usage.prompt_tokens),
        message_unit_price: prices::unit_price(&usage.prompt_unit_price),
        message_price_unit: prices::price(&usage.prompt_price_unit),
        answer: &answer,
        answer_tokens: tokens(usage.completion_tokens),
        answer_unit_price: prices::unit_price(&usage.completion_unit_price),
        answer_price_unit: prices::price(&usage.completion_price_unit),
        provider_response_latency: latency,
        total_price: prices::price(&usage.total_price),
        currency: &currency,
        status: if how.is_ok() { MessageStatus::Normal } else { MessageStatus::Error },
        error: error.as_deref(),
        message_metadata: Some(&metadata),
        updated_at: Utc::now().naive_utc(),
    };
    let saved = save(parts, &turn.envelope, &end).await;
    let unsaved = saved.is_err();
    let result = how.and(saved);
    if let Err(error) = &result {
        report(error);
    }
    let name_after = turn.name_after.take().filter(|_| result.is_ok());
    let (frame, told, outcome) = match result {
        Ok(()) => {
            let full = Metadata {
                annotation_reply: Some(annotation),
                retriever_resources: citations,
                ..Metadata::full(usage)
            };
            let frame = StreamEvent::MessageEnd { metadata: &turn.envelope.stream_metadata(full.clone()) }
                .frame(&turn.envelope);
            let answer = Answer { text, metadata: turn.envelope.blocking_metadata(full) };
            (frame, End::Answered(Box::new(answer)), outcome)
        }
        Err(error) => {
            (StreamEvent::Error(&error.wire()).frame(&turn.envelope), End::Failed(Box::new(error)), Outcome::Failed)
        }
    };
    // The limits are free for the next request before this one's client hears the end.
    drop(turn.request.guard);
    sink.tell(frame, told).await;
    // Until its message has ended a run lives, so that somebody ends both should this process die meanwhile.
    if unsaved && !save_later(parts, &turn.envelope, &end).await {
        tracing::error!(message.id = %turn.envelope.message, "an answer could not be saved and is lost");
        sink.abandon();
    } else {
        sink.close(outcome).await;
    }
    let mode = turn.envelope.mode;
    metrics::histogram!("ferrify_stream_seconds", "mode" => mode.as_str()).record(begun.elapsed().as_secs_f64());
    if let Some(query) = name_after {
        let app = &turn.request.app;
        naming::in_background(parts, app.tenant, app.id, turn.envelope.conversation, query);
    }
}

/// Saves a message's end, trying again for a while.
pub(crate) async fn save(parts: &EngineParts, envelope: &Envelope, end: &MessageEnd<'_>) -> Result<(), GenerateError> {
    let begun = Instant::now();
    let mut pauses = SAVE_PAUSES.into_iter();
    loop {
        let left = SAVE_LIMIT.saturating_sub(begun.elapsed());
        let tried = tokio::time::timeout(left, save_once(parts, envelope, end)).await;
        let error = match tried {
            Ok(Ok(())) => {
                tracing::debug!(message.id = %envelope.message, "saved an answer");
                return Ok(());
            }
            Ok(Err(error)) => error.into(),
            Err(_elapsed) => return Err(GenerateError::Internal("the database does not answer".to_owned())),
        };
        let Some(pause) = pauses.next().filter(|_| !parts.deadline.is_cancelled()) else { return Err(error) };
        tracing::warn!(message.id = %envelope.message, error = %error, "could not save an answer; trying again in {} ms", pause.as_millis());
        tokio::time::sleep(pause).await;
    }
}

/// Goes on after the client was told that its answer is not saved; whether it is in the end. Gives up when it is not
/// for want of a database, and at the shutdown.
async fn save_later(parts: &EngineParts, envelope: &Envelope, end: &MessageEnd<'_>) -> bool {
    for _ in 0..LATER_ATTEMPTS {
        if parts.deadline.run_until_cancelled(tokio::time::sleep(LATER_PAUSE)).await.is_none() {
            return false;
        }
        match save_once(parts, envelope, end).await {
            Ok(()) => {
                tracing::info!(message.id = %envelope.message, "saved an answer after all");
                return true;
            }
            Err(error) if error.is_outage() => {}
            Err(_) => return false,
        }
    }
    false
}

async fn save_once(parts: &EngineParts, envelope: &Envelope, end: &MessageEnd<'_>) -> Result<(), DbError> {
    let mut conn = parts.pool.get().await?;
    Ok(Message::end(&mut conn, envelope.conversation, envelope.message, end).await?)
}

/// Faults of ours are errors; what a provider or a caller did is not. Somebody has to look after the store.
pub(crate) fn report(error: &GenerateError) {
    if error.wire().status >= 500 && !matches!(error, GenerateError::ShuttingDown) {
        tracing::error!(error = %error, "a generation failed");
    } else if matches!(error, GenerateError::Store(_)) {
        tracing::warn!(error = %error, "a generation failed for want of the vector store");
    } else {
        tracing::info!(error = %error, "a generation ended with an error");
    }
}

fn tokens(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
