//! From a response body to a stream of deltas.

use egress::{Response, next_chunk};
use futures::StreamExt;
use futures::stream;
use json_text::without_lone_surrogates;

use crate::capability::{Delta, DeltaStream};
use crate::error::InvokeError;
use crate::transport::sse::{Framing, SseDecoder, SseError};
use crate::transport::{Upstream, Watch};

/// What an event means.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    Delta(Delta),
    /// Nothing for the reply.
    Skip,
    /// The reply is complete; whatever follows is not read.
    Done,
}

/// A vendor's reading of its events.
pub(crate) trait Decode: Send + 'static {
    fn event(&mut self, name: &str, data: &str) -> Result<Step, InvokeError>;

    /// Whether the reply counts as complete if the connection ends now.
    fn may_end(&self) -> bool;
}

struct Reader<D> {
    upstream: Upstream,
    response: Response,
    watch: Watch,
    sse: SseDecoder,
    decode: D,
    body_ended: bool,
    stopped: bool,
}

/// The deltas of a streamed answer, one per upstream event, as soon as its last byte is here.
pub(crate) fn deltas<D: Decode>(
    upstream: &Upstream,
    (response, watch): (Response, Watch),
    framing: Framing,
    decode: D,
) -> DeltaStream {
    let reader = Reader {
        sse: SseDecoder::new(framing, upstream.limits().max_event_bytes),
        upstream: upstream.clone(),
        response,
        watch,
        decode,
        body_ended: false,
        stopped: false,
    };
    // Boxed, because the state moves at every step.
    stream::unfold(Box::new(reader), |mut reader| async move {
        let item = reader.next().await?;
        reader.stopped |= item.is_err();
        Some((item, reader))
    })
    .boxed()
}

impl<D: Decode> Reader<D> {
    async fn next(&mut self) -> Option<Result<Delta, InvokeError>> {
        if self.stopped {
            return None;
        }
        loop {
            match self.buffered() {
                Ok(Some(Step::Delta(delta))) => {
                    if delta.finish.is_some() {
                        self.watch.closing();
                    } else if delta.is_visible() {
                        self.watch.first_token();
                    }
                    return Some(Ok(delta));
                }
                Ok(Some(Step::Skip)) => {}
                Ok(Some(Step::Done)) => return None,
                Ok(None) if self.body_ended && self.decode.may_end() => return None,
                Ok(None) if self.body_ended => {
                    return Some(Err(self.upstream.connection("the stream ended before the answer was complete")));
                }
                Ok(None) => {
                    if let Err(error) = self.fill().await {
                        // Nothing of the answer is missing.
                        return if self.decode.may_end() { None } else { Some(Err(error)) };
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// The next event among the bytes that are already here.
    fn buffered(&mut self) -> Result<Option<Step>, InvokeError> {
        let found = if self.body_ended { self.sse.finish() } else { self.sse.advance() };
        if !found.map_err(|error: SseError| self.upstream.connection(error.to_string()))? {
            return Ok(None);
        }
        let (name, data) = self.sse.event();
        self.decode.event(name, &without_lone_surrogates(data)).map(Some)
    }

    async fn fill(&mut self) -> Result<(), InvokeError> {
        match self.watch.limit(next_chunk(&mut self.response)).await {
            Ok(Ok(Some(bytes))) => {
                self.watch.heard();
                self.sse.push(&bytes);
                Ok(())
            }
            Ok(Ok(None)) => {
                self.body_ended = true;
                Ok(())
            }
            Ok(Err(error)) => Err(self.upstream.egress(error)),
            Err(elapsed) => Err(self.upstream.connection(elapsed.to_string())),
        }
    }
}

impl Delta {
    /// Whether a user could see something of it.
    pub(crate) fn is_visible(&self) -> bool {
        !self.text.is_empty() || !self.reasoning.is_empty() || !self.tool_calls.is_empty() || self.finish.is_some()
    }
}
