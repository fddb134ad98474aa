//! Chat calls: streamed and whole.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::assemble::{Assembler, Rest, wrap_prompt};
use crate::capability::{ChatCall, ChatModel, Delta, DeltaStream};
use crate::chat::{ChatChunk, ChatRequest, ChatResult, ChatStream, ModelRef};
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::runtime::meter::Meter;
use crate::runtime::{Runtime, not_found};
use crate::transport::Upstream;
use crate::usage::{Timing, TokenCount, Usage};
use crate::{parameters, tokens};

/// Everything a chat call needs, checked and looked up.
struct Prepared {
    chat: Arc<dyn ChatModel>,
    call: ChatCall,
    assembler: Assembler,
    upstream: Upstream,
    meter: Meter,
}

impl Runtime {
    /// Streams a reply. Resolves with the first token at hand; until then failures are retried. Dropping the
    /// future or the stream cancels the upstream call.
    pub async fn stream_chat(&self, model: &ModelRef, request: ChatRequest) -> Result<ChatStream, InvokeError> {
        let Prepared { chat, call, assembler, upstream, mut meter } = self.prepare(model, request)?;
        let started = upstream.started();
        let begun = self.attempts(model, started, || begin(&*chat, &upstream, &call)).await;
        let (deltas, prelude) = begun.inspect_err(|error| meter.failed(error))?;
        let first_token = started.elapsed();
        meter.first_token(first_token);
        let reply = Reply {
            prelude: prelude.into_iter(),
            deltas,
            assembler,
            call: Arc::new(call),
            meter,
            started,
            first_token,
            done: false,
        };
        // Boxed, because the state moves at every step.
        Ok(stream::unfold(Box::new(reply), Reply::next).boxed())
    }

    /// A whole reply from a call that does not stream upstream.
    pub async fn chat(&self, model: &ModelRef, request: ChatRequest) -> Result<ChatResult, InvokeError> {
        let Prepared { chat, call, mut assembler, upstream, mut meter } = self.prepare(model, request)?;
        let started = upstream.started();
        let delta = self.attempts(model, started, || chat.complete(&upstream, &call)).await;
        let delta = delta.inspect_err(|error| meter.failed(error))?;
        let ChatChunk { mut text, mut tool_calls, .. } = assembler.push(delta).unwrap_or_default();
        let rest = assembler.finish();
        text.push_str(&rest.text);
        let finish_reason = rest.finish;
        let timing = Timing { total: started.elapsed(), first_token: None };
        let (usage, rest_calls) = settle(&Arc::new(call), rest, timing).await;
        tool_calls.extend(rest_calls);
        meter.succeeded(&usage);
        Ok(ChatResult { text, tool_calls, usage, finish_reason })
    }

    fn prepare(&self, model: &ModelRef, mut request: ChatRequest) -> Result<Prepared, InvokeError> {
        let provider = self.provider(model)?;
        let chat = provider.adapter().chat().ok_or_else(|| not_found(model))?;
        let schema = self.schema(model, ModelType::Llm)?;
        request.parameters = parameters::filter(&schema, &request.parameters)?;
        let fence = wrap_prompt(&mut request);
        let call = ChatCall { model: model.clone(), schema, request };
        let (upstream, meter) = (self.upstream(&model.provider), Meter::new(model));
        Ok(Prepared { chat, call, assembler: Assembler::new(fence), upstream, meter })
    }
}

/// Starts a stream and waits for the first delta that shows something.
async fn begin(
    chat: &dyn ChatModel,
    upstream: &Upstream,
    call: &ChatCall,
) -> Result<(DeltaStream, Vec<Delta>), InvokeError> {
    let mut deltas = chat.stream(upstream, call).await?;
    let mut prelude = Vec::with_capacity(2);
    while let Some(delta) = deltas.next().await {
        prelude.push(delta?);
        if prelude.last().is_some_and(Delta::is_visible) {
            break;
        }
    }
    Ok((deltas, prelude))
}

/// A reply in progress.
struct Reply {
    prelude: std::vec::IntoIter<Delta>,
    deltas: DeltaStream,
    assembler: Assembler,
    call: Arc<ChatCall>,
    meter: Meter,
    started: Instant,
    first_token: Duration,
    done: bool,
}

impl Reply {
    async fn next(mut self: Box<Self>) -> Option<(Result<ChatChunk, InvokeError>, Box<Self>)> {
        if self.done {
            return None;
        }
        loop {
            let next = match self.prelude.next() {
                Some(delta) => Some(Ok(delta)),
                None => self.deltas.next().await,
            };
            match next {
                Some(Ok(delta)) => {
                    if let Some(chunk) = self.assembler.push(delta) {
                        return Some((Ok(chunk), self));
                    }
                }
                Some(Err(error)) => {
                    self.done = true;
                    self.meter.failed(&error);
                    return Some((Err(error), self));
                }
                None => {
                    self.done = true;
                    let last = self.last_chunk().await;
                    return Some((Ok(last), self));
                }
            }
        }
    }

    async fn last_chunk(&mut self) -> ChatChunk {
        let mut rest = std::mem::take(&mut self.assembler).finish();
        let (text, finish_reason) = (std::mem::take(&mut rest.text), rest.finish);
        let timing = Timing { total: self.started.elapsed(), first_token: Some(self.first_token) };
        let (usage, tool_calls) = settle(&self.call, rest, timing).await;
        self.meter.succeeded(&usage);
        ChatChunk { text, tool_calls, finish_reason, usage: Some(usage) }
    }
}

/// The usage of a finished call, counted here when the upstream did not count.
async fn settle(call: &Arc<ChatCall>, rest: Rest, timing: Timing) -> (Usage, Vec<crate::ToolCall>) {
    let tokens = match rest.tokens {
        Some(tokens) if tokens.prompt > 0 => tokens,
        Some(_) | None => estimate(Arc::clone(call), rest.written, rest.tokens).await,
    };
    (Usage::priced(tokens, call.schema.pricing.as_ref()).with_timing(timing), rest.tool_calls)
}

/// Counting may load the vocabulary and walk over a long prompt: not on a runtime thread.
async fn estimate(call: Arc<ChatCall>, written: String, known: Option<TokenCount>) -> TokenCount {
    let counted = tokio::task::spawn_blocking(move || TokenCount {
        prompt: tokens::count_messages(&call.request.messages).saturating_add(tokens::count_tools(&call.request.tools)),
        completion: known
            .map(|known| known.completion)
            .filter(|&completion| completion > 0)
            .unwrap_or_else(|| tokens::count_text(&written)),
    });
    counted.await.unwrap_or_else(|error| {
        tracing::error!(%error, "the tokens of a reply were not counted");
        known.unwrap_or_default()
    })
}
