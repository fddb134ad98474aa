//! A generation as a stream of chunks, ended by `[DONE]`.
//!
//! Frames of this API are read again: deltas become chunks, steps of workflows and agents are left out. Beats are
//! comments, which OpenAI's clients skip.

use std::convert::Infallible;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use bytes::{BufMut as _, Bytes, BytesMut};
use controllers_common::sse::{OpenStream, PingEvery};
use core_app::{End, Frame, Generation};
use futures::{Stream, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::openai::answer::{Chunk, CompletionUsage, Heading, text_of};
use crate::openai::fault::OpenAiError;

const PING: Bytes = Bytes::from_static(b": ping\n\n");
const DONE: &[u8] = b"data: [DONE]\n\n";

struct Body {
    frames: mpsc::Receiver<Frame>,
    pings: Interval,
    heading: Heading,
    with_usage: bool,
    /// Whether any text has gone out.
    spoke: bool,
    /// Whether what went out was taken back.
    replaced: bool,
    state: State,
    _open: OpenStream,
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
    let mut pings = tokio::time::interval_at(Instant::now() + ping.0, ping.0);
    pings.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let frames = generation.frames;
    let body = Body {
        frames,
        pings,
        heading,
        with_usage,
        spoke: false,
        replaced: false,
        state: State::Opening,
        _open: OpenStream::new(),
    };
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
                return Some(framed(&Chunk::opening(&self.heading, self.with_usage)));
            }
            State::Open => {}
        }
        loop {
            let frame = tokio::select! {
                biased;
                _ = self.pings.tick() => return Some(PING),
                frame = self.frames.recv() => frame,
            };
            let bytes = match frame {
                Some(Frame::Event(json, _)) => self.event(&json),
                Some(Frame::Last(json, _, end)) => self.last(&json, &end),
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
        framed(&Chunk::text(&self.heading, self.with_usage, text))
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
        let (text, usage) = match end {
            End::Failed(error) => {
                let wire = error.wire();
                let status = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return self.broken(status, wire.message, wire.code.to_owned());
            }
            End::Answered(answer) => {
                let usage = event.as_ref().and_then(|event| event.metadata.as_ref()?.get("usage"));
                let usage = usage.map_or_else(
                    || CompletionUsage::of_message(&answer.metadata),
                    |usage| CompletionUsage::of_frame(Some(usage)),
                );
                (String::new(), usage)
            }
            End::Ran(result) => {
                let failed = result.data.get("status").and_then(Value::as_str) == Some("failed");
                if failed {
                    let reason = result.data.get("error").and_then(Value::as_str).unwrap_or("The workflow failed.");
                    return self.broken(StatusCode::BAD_REQUEST, reason.to_owned(), "invalid_param".to_owned());
                }
                let text = if self.spoke { String::new() } else { text_of(result.data.get("outputs")) };
                (text, CompletionUsage::of_run(&result.data))
            }
            End::Paused(_) => {
                let message = "The run waits for input of a person.".to_owned();
                return self.broken(StatusCode::BAD_REQUEST, message, "invalid_param".to_owned());
            }
        };
        let mut bytes = BytesMut::from(self.text(Some(&text)).as_ref());
        let reason = if self.replaced { "content_filter" } else { "stop" };
        bytes.put(framed(&Chunk::closing(&self.heading, self.with_usage, reason)));
        if self.with_usage {
            bytes.put(framed(&Chunk::usage(&self.heading, usage)));
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
