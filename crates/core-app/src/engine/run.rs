//! The second stage: what datasets say, and from the model's stream to frames.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use core_model_runtime::{ChatRequest, TokenCount, Usage};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::engine::EngineParts;
use crate::engine::before;
use crate::engine::call::Call;
use crate::engine::sink::{Interrupt, Sink};
use crate::engine::turn::Turn;
use crate::error::GenerateError;
use crate::event::StreamEvent;
use crate::moderation::{Judge, Settled, Speech};

/// What became of the model's answer.
pub(super) struct Ended {
    pub(super) text: String,
    pub(super) usage: Usage,
    pub(super) how: How,
    /// Seconds the model took.
    pub(super) latency: f64,
    /// The prompt as the message row keeps it; empty where no model was asked.
    pub(super) saved_prompt: Value,
    /// `retriever_resources` of the answer.
    pub(super) citations: Vec<Value>,
    /// The annotation that was the answer, as metadata show it.
    pub(super) annotation: Option<Value>,
}

impl Ended {
    /// No model was asked.
    pub(super) fn without_model(text: String, how: How, annotation: Option<Value>) -> Self {
        let (saved_prompt, citations) = (json!([]), Vec::new());
        Self { text, usage: Usage::empty(), how, latency: 0.0, saved_prompt, citations, annotation }
    }
}

pub(super) enum How {
    Finished,
    Stopped,
    Failed(GenerateError),
}

pub(super) async fn run(parts: &EngineParts, turn: &mut Turn, sink: &mut Sink) -> Ended {
    let asked = Instant::now();
    if let Some(ended) = Box::pin(before::instead(parts, turn, sink)).await {
        return ended;
    }
    let known = match sink.or_interrupt(Box::pin(turn.known(parts))).await {
        Ok(Ok(known)) => known,
        Ok(Err(error)) => return Ended::without_model(String::new(), How::Failed(error), None),
        Err(interrupt) => return Ended::without_model(String::new(), interrupted(interrupt), None),
    };
    let config = Arc::clone(&turn.request.app.config);
    let mut speech = Speech::new(Judge::of(parts, turn.request.app.tenant, turn.request.app.id, &config));
    let mut usage = None;
    let (call, how) = loop {
        let call = turn.call(&parts.runtime, known.context.as_deref());
        let how = stream(parts, (&*turn, &call.request), sink, &mut speech, &mut usage).await;
        // What has been said was said by this model: another one cannot go on with it.
        let may_ask_another = matches!(&how, How::Failed(error) if error.is_outage()) && speech.said().is_empty();
        if !may_ask_another || !turn.fall_back(parts).await {
            break (call, how);
        }
    };
    let how = settle(turn, sink, &mut speech, how).await;
    let latency = asked.elapsed().as_secs_f64();
    let mut usage = match (usage, &how) {
        (Some(usage), _) => usage,
        (None, How::Failed(_)) => Usage::empty(),
        (None, How::Finished | How::Stopped) => estimate(parts, (&*turn, &call.request), speech.said(), latency),
    };
    // These two belong to modes that measure every model call of a run.
    usage.time_to_first_token = None;
    usage.time_to_generate = None;
    let Call { saved_prompt, .. } = call;
    let text = speech.into_shown();
    Ended { text, usage, how, latency, saved_prompt, citations: known.citations, annotation: None }
}

async fn stream(
    parts: &EngineParts,
    (turn, request): (&Turn, &ChatRequest),
    sink: &mut Sink,
    speech: &mut Speech<'_>,
    usage: &mut Option<Usage>,
) -> How {
    let opened = sink.or_interrupt(parts.runtime.stream_chat(&turn.model, request.clone())).await;
    let mut chunks = match opened {
        Ok(Ok(chunks)) => chunks,
        Ok(Err(error)) => return How::Failed(error.into()),
        Err(interrupt) => return interrupted(interrupt),
    };
    loop {
        let next = tokio::select! {
            biased;
            () = speech.objection() => None,
            chunk = sink.or_interrupt(chunks.next()) => Some(chunk),
        };
        let chunk = match next {
            Some(Ok(Some(Ok(chunk)))) => chunk,
            Some(Ok(Some(Err(error)))) => return How::Failed(error.into()),
            Some(Ok(None)) => break,
            Some(Err(interrupt)) => return interrupted(interrupt),
            None => {
                replace(turn, sink, speech).await;
                if speech.is_refused() {
                    // Dropping its stream stops the model.
                    return How::Finished;
                }
                continue;
            }
        };
        // Some models write NULs, which Postgres cannot store.
        let delta = without_nul(&chunk.text);
        if !delta.is_empty() {
            speech.add(&delta);
            sink.emit(StreamEvent::Message { answer: &delta }.frame(&turn.envelope)).await;
        }
        if chunk.usage.is_some() {
            *usage = chunk.usage;
        }
    }
    // Clients know by the empty delta that the model has nothing more to say.
    sink.emit(StreamEvent::Message { answer: "" }.frame(&turn.envelope)).await;
    How::Finished
}

/// The last look at an answer. One that failed is not shown as an answer.
async fn settle(turn: &Turn, sink: &mut Sink, speech: &mut Speech<'_>, how: How) -> How {
    let stopped = match how {
        How::Failed(_) => return how,
        How::Stopped => true,
        How::Finished => false,
    };
    match speech.settle(sink, stopped).await {
        Ok(Settled::AsShown) => how,
        Ok(Settled::Replaced) => {
            replace(turn, sink, speech).await;
            how
        }
        Err(interrupt) => interrupted(interrupt),
    }
}

async fn replace(turn: &Turn, sink: &mut Sink, speech: &mut Speech<'_>) {
    // Clients of these modes are given no reason.
    let frame = StreamEvent::MessageReplace { answer: &speech.shown(), reason: "" }.frame(&turn.envelope);
    sink.emit(frame).await;
}

fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}

pub(super) fn interrupted(interrupt: Interrupt) -> How {
    match interrupt {
        Interrupt::Stopped => How::Stopped,
        Interrupt::Shutdown => How::Failed(GenerateError::ShuttingDown),
    }
}

/// The usage of an answer that the provider did not report on, because it was stopped.
fn estimate(parts: &EngineParts, (turn, request): (&Turn, &ChatRequest), text: &str, latency: f64) -> Usage {
    let tokens = TokenCount {
        prompt: parts.runtime.count_tokens(&request.messages),
        completion: parts.runtime.count_text_tokens(text),
    };
    let mut usage = Usage::priced(tokens, turn.schema.pricing.as_ref());
    usage.latency = latency;
    usage
}
