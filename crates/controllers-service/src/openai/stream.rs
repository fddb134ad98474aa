//! A generation as a stream of chunks, ended by `[DONE]`.
//!
//! Frames of this API are read again: deltas become chunks, steps of workflows and agents are left out. Beats are
//! comments, which OpenAI's clients skip.

use std::convert::Infallible;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use bytes::{BufMut as _, Bytes, BytesMut};
use controllers_common::error::ApiError;
use controllers_common::idempotency::{idempotent_in, streams_in_own_words};
use controllers_common::sse::{OpenStream, PingEvery};
use core_app::{End, Frame, Generation};
use futures::{Stream, StreamExt as _, stream};
use models::AppMode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::reattach::Told;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::openai::answer::{Chunk, CompletionUsage, Heading, text_of};
use crate::openai::fault::OpenAiError;

const PING: Bytes = Bytes::from_static(b": ping\n\n");
const DONE: &[u8] = b"data: [DONE]\n\n";

struct Body {
    frames: Frames,
    pings: Interval,
    words: Words,
    /// Whether any text has gone out.
    spoke: bool,
    /// Whether what went out was taken back.
    replaced: bool,
    state: State,
    _open: OpenStream,
}

/// What does not change in a stream.
#[derive(Serialize, Deserialize)]
struct Words {
    heading: Heading,
    with_usage: bool,
    /// It ends with the end of a workflow's run.
    is_run: bool,
}

/// Where frames come from.
enum Frames {
    Live(mpsc::Receiver<Frame>),
    /// Of a stream that is told again.
    Kept(Told),
}

enum Heard {
    Live(Frame),
    Kept(Bytes),
}

impl Frames {
    async fn next(&mut self) -> Option<Heard> {
        match self {
            Self::Live(frames) => frames.recv().await.map(Heard::Live),
            Self::Kept(events) => match events.next().await? {
                Ok((_, json)) => Some(Heard::Kept(json)),
                Err(error) => {
                    tracing::warn!(error = %error, "the events of a run cannot be read; the stream ends");
                    None
                }
            },
        }
    }
}

#[derive(PartialEq, Eq)]
enum State {
    Opening,
    Open,
    Ended,
}

/// As much of a frame as becomes part of a chunk.
#[derive(Deserialize)]
struct Event {
    event: String,
    answer: Option<String>,
    data: Option<Value>,
    metadata: Option<Value>,
    code: Option<String>,
    message: Option<String>,
    status: Option<u16>,
}

/// Streams a generation to a client of OpenAI's.
pub(crate) fn completion_stream(
    generation: Generation,
    heading: Heading,
    with_usage: bool,
    ping: PingEvery,
) -> HttpResponse {
    let words = Words { heading, with_usage, is_run: generation.envelope.mode == AppMode::Workflow };
    // Words and numbers always serialise.
    let kept = serde_json::to_string(&words).unwrap_or_default();
    let mut response = answered(Frames::Live(generation.frames), words, ping);
    streams_in_own_words(&mut response, &generation.envelope, kept);
    response
}

/// Middleware: completions are given once for a key, and their streams told again as they were.
///
/// # Errors
/// Whatever the service behind it fails with.
pub(crate) async fn idempotent_chunks<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    idempotent_in(request, next, Some(retell)).await
}

fn retell(events: Told, words: &str, ping: PingEvery) -> Result<HttpResponse, ApiError> {
    let words = serde_json::from_str(words).map_err(|error| ApiError::internal(&error))?;
    Ok(answered(Frames::Kept(events), words, ping))
}

fn answered(frames: Frames, words: Words, ping: PingEvery) -> HttpResponse {
    let mut pings = tokio::time::interval_at(Instant::now() + ping.0, ping.0);
    pings.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (spoke, replaced, state) = (false, false, State::Opening);
    let body = Body { frames, pings, words, spoke, replaced, state, _open: OpenStream::new() };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(chunks(body))
}

fn chunks(body: Body) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(body, |mut body| async move {
        let bytes = body.next().await?;
        Some((Ok(bytes), body))
    })
}

impl Body {
    async fn next(&mut self) -> Option<Bytes> {
        match self.state {
            State::Ended => return None,
            State::Opening => {
                self.state = State::Open;
                return Some(framed(&Chunk::opening(&self.words.heading, self.words.with_usage)));
            }
            State::Open => {}
        }
        loop {
            let frame = tokio::select! {
                biased;
                _ = self.pings.tick() => return Some(PING),
                frame = self.frames.next() => frame,
            };
            let bytes = match frame {
                Some(Heard::Live(Frame::Event(json, _))) => self.event(&json),
                Some(Heard::Live(Frame::Last(json, _, end))) => self.last(&json, &end),
                Some(Heard::Kept(json)) => self.kept(&json),
                None => {
                    self.state = State::Ended;
                    return None;
                }
            };
            if !bytes.is_empty() {
                return Some(bytes);
            }
        }
    }

    fn event(&mut self, json: &[u8]) -> Bytes {
        let Ok(event) = serde_json::from_slice::<Event>(json) else { return Bytes::new() };
        match event.event.as_str() {
            "message" | "agent_message" => self.text(event.answer.as_deref()),
            "text_chunk" => self.text(event.data.as_ref().and_then(|data| data.get("text")).and_then(Value::as_str)),
            // What has gone out cannot be taken back: the rest says so, and how it ends.
            "message_replace" => {
                self.replaced = true;
                let text = event.answer.filter(|text| !text.is_empty());
                let text = text.map(|text| if self.spoke { format!("\n\n{text}") } else { text });
                self.text(text.as_deref())
            }
            // A chatflow says this before its last frame.
            "error" => self.fault(&event),
            _ => Bytes::new(),
        }
    }

    fn text(&mut self, text: Option<&str>) -> Bytes {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Bytes::new() };
        self.spoke = true;
        framed(&Chunk::text(&self.words.heading, self.words.with_usage, text))
    }

    fn fault(&mut self, event: &Event) -> Bytes {
        let status = event.status.and_then(|status| StatusCode::from_u16(status).ok());
        let message = event.message.clone().unwrap_or_else(|| "The answer broke off.".to_owned());
        let code = event.code.clone().unwrap_or_else(|| "internal_server_error".to_owned());
        self.broken(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), message, code)
    }

    fn broken(&mut self, status: StatusCode, message: String, code: String) -> Bytes {
        self.state = State::Ended;
        framed(&OpenAiError::new(status, message, None, code))
    }

    fn last(&mut self, json: &[u8], end: &End) -> Bytes {
        let event = serde_json::from_slice::<Event>(json).ok();
        if let Some(event) = event.as_ref().filter(|event| event.event == "error") {
            return self.fault(event);
        }
        let usage = match end {
            End::Failed(error) => {
                let wire = error.wire();
                let status = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return self.broken(status, wire.message, wire.code.to_owned());
            }
            End::Answered(answer) => {
                let usage = event.as_ref().and_then(|event| event.metadata.as_ref()?.get("usage"));
                usage.map_or_else(
                    || CompletionUsage::of_message(&answer.metadata),
                    |usage| CompletionUsage::of_frame(Some(usage)),
                )
            }
            End::Ran(result) => return self.ran(&result.data),
            End::Paused(_) => return self.waits(),
        };
        self.closed("", usage)
    }

    /// A frame of a stream that is told again: which one is the last is known by its name.
    fn kept(&mut self, json: &[u8]) -> Bytes {
        let Ok(event) = serde_json::from_slice::<Event>(json) else { return Bytes::new() };
        match event.event.as_str() {
            "message_end" => {
                let usage = event.metadata.as_ref().and_then(|metadata| metadata.get("usage"));
                self.closed("", CompletionUsage::of_frame(usage))
            }
            "workflow_finished" if self.words.is_run => self.ran(&event.data.unwrap_or_default()),
            "workflow_paused" => self.waits(),
            _ => self.event(json),
        }
    }

    fn ran(&mut self, data: &Value) -> Bytes {
        if data.get("status").and_then(Value::as_str) == Some("failed") {
            let reason = data.get("error").and_then(Value::as_str).unwrap_or("The workflow failed.");
            return self.broken(StatusCode::BAD_REQUEST, reason.to_owned(), "invalid_param".to_owned());
        }
        let text = if self.spoke { String::new() } else { text_of(data.get("outputs")) };
        self.closed(&text, CompletionUsage::of_run(data))
    }

    fn waits(&mut self) -> Bytes {
        let message = "The run waits for input of a person.".to_owned();
        self.broken(StatusCode::BAD_REQUEST, message, "invalid_param".to_owned())
    }

    fn closed(&mut self, text: &str, usage: CompletionUsage) -> Bytes {
        let mut bytes = BytesMut::from(self.text(Some(text)).as_ref());
        let reason = if self.replaced { "content_filter" } else { "stop" };
        bytes.put(framed(&Chunk::closing(&self.words.heading, self.words.with_usage, reason)));
        if self.words.with_usage {
            bytes.put(framed(&Chunk::usage(&self.words.heading, usage)));
        }
        bytes.put_slice(DONE);
        self.state = State::Ended;
        bytes.freeze()
    }
}

fn framed(content: &impl Serialize) -> Bytes {
    let mut frame = b"data: ".to_vec();
    // Writing strings and numbers into memory cannot fail.
    let _ = serde_json::to_writer(&mut frame, content);
    frame.extend_from_slice(b"\n\n");
    Bytes::from(frame)
}
