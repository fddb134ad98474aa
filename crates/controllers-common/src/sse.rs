//! A generation as an HTTP answer: a stream of frames, or one JSON body.
//!
//! One frame is one write and, with chunked transfer, one chunk. Pings go out on a beat that began with the stream,
//! whether or not data flows. A client that goes away drops the receiver; the run goes on without it.

mod attached;
mod position;

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::{self, HeaderName};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, dev};
use bytes::{BufMut, Bytes, BytesMut};
use core_app::{Frame, Generation};
use futures::stream;
use models::WorkflowRunId;
use runs::Cursor;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior};

pub use self::attached::{Manner, stream_events};
pub use self::position::Position;
use crate::data::data;
use crate::error::ApiError;
use crate::idempotency::StreamOf;

const X_STREAM_IDS: HeaderName = HeaderName::from_static("x-stream-ids");
const X_STREAM_DONE: HeaderName = HeaderName::from_static("x-stream-done");
const X_WORKFLOW_RUN_ID: HeaderName = HeaderName::from_static("x-workflow-run-id");
const PING: Bytes = Bytes::from_static(b"event: ping\n\n");
const DONE: &[u8] = b"data: [DONE]\n\n";
const PREFIX: &[u8] = b"data: ";
const SUFFIX: &[u8] = b"\n\n";

/// How often a stream pings.
#[derive(Debug, Clone, Copy)]
pub struct PingEvery(pub Duration);

/// How the frames of a stream look, as its request wants them.
#[derive(Debug, Clone, Copy)]
pub struct StreamStyle {
    pub ping: Duration,
    /// Each frame tells its position in a line of its own. Asked for with `X-Stream-Ids: true`.
    pub ids: bool,
    /// `[DONE]` follows the last frame, as some clients of other platforms expect. Asked for with `X-Stream-Done: true`.
    pub done: bool,
}

impl From<PingEvery> for StreamStyle {
    fn from(ping: PingEvery) -> Self {
        Self { ping: ping.0, ids: false, done: false }
    }
}

impl StreamStyle {
    /// # Errors
    /// When the tier was built without [`PingEvery`].
    pub fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let asked = |name: HeaderName| {
            request.headers().get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
        };
        let ping = data::<PingEvery>(request)?.0;
        Ok(Self { ping, ids: asked(X_STREAM_IDS), done: asked(X_STREAM_DONE) })
    }
}

impl FromRequest for StreamStyle {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

/// Counts open streams, whatever ends them.
pub struct OpenStream(());

impl OpenStream {
    #[expect(clippy::new_without_default, reason = "one is counted when it is made, which is worth a word")]
    pub fn new() -> Self {
        metrics::gauge!("ferrify_streams_open").increment(1.0);
        Self(())
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        metrics::gauge!("ferrify_streams_open").decrement(1.0);
    }
}

struct Body {
    frames: mpsc::Receiver<Frame>,
    pings: Interval,
    style: StreamStyle,
    ended: bool,
    _open: OpenStream,
}

/// Streams a generation.
pub fn stream_answer(generation: Generation, style: StreamStyle) -> HttpResponse {
    let mut pings = tokio::time::interval_at(Instant::now() + style.ping, style.ping);
    pings.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (task, run) = (generation.envelope.task, generation.envelope.run);
    let body = Body { frames: generation.frames, pings, style, ended: false, _open: OpenStream::new() };
    let frames = stream::unfold(body, |mut body| async move {
        if body.ended {
            return None;
        }
        let bytes = tokio::select! {
            biased;
            _ = body.pings.tick() => PING,
            frame = body.frames.recv() => match frame {
                Some(Frame::Event(json, cursor)) => framed(&json, body.style.ids.then_some(cursor)),
                Some(Frame::Last(json, cursor, _)) => {
                    body.ended = true;
                    last(framed(&json, body.style.ids.then_some(cursor)), body.style)
                }
                None => return None,
            },
        };
        Some((Ok::<_, Infallible>(bytes), body))
    });
    let mut response = headed(run).streaming(frames);
    response.extensions_mut().insert(StreamOf { task, run, words: None });
    response
}

/// An answer that is a stream, with what its headers tell.
fn headed(run: Option<WorkflowRunId>) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header(("X-Accel-Buffering", "no"));
    if let Some(run) = run {
        response.insert_header((X_WORKFLOW_RUN_ID, run.to_string()));
    }
    response
}

/// The last frame, with what is to follow it.
fn last(frame: Bytes, style: StreamStyle) -> Bytes {
    if style.done { Bytes::from([&frame, DONE].concat()) } else { frame }
}

fn framed(json: &[u8], position: Option<Cursor>) -> Bytes {
    let mut frame = BytesMut::with_capacity(PREFIX.len() + json.len() + SUFFIX.len() + 32);
    if let Some(position) = position {
        frame.put_slice(format!("id: {position}\n").as_bytes());
    }
    frame.put_slice(PREFIX);
    frame.put_slice(json);
    frame.put_slice(SUFFIX);
    frame.freeze()
}
