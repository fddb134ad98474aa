//! A generation as an HTTP answer: a stream of frames, or one JSON body.
//!
//! One frame is one write and, with chunked transfer, one chunk. Pings go out on a beat that began with the stream,
//! whether or not data flows. A client that goes away drops the receiver; the run goes on without it.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::{BufMut, Bytes, BytesMut};
use core_app::{Frame, Generation};
use futures::stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior};

const PING: Bytes = Bytes::from_static(b"event: ping\n\n");
const PREFIX: &[u8] = b"data: ";
const SUFFIX: &[u8] = b"\n\n";

/// How often a stream pings.
#[derive(Debug, Clone, Copy)]
pub struct PingEvery(pub Duration);

/// Counts open streams, whatever ends them.
struct OpenStream;

impl OpenStream {
    fn new() -> Self {
        metrics::gauge!("ferrify_streams_open").increment(1.0);
        Self
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
    ended: bool,
    _open: OpenStream,
}

/// Streams a generation.
pub fn stream_answer(generation: Generation, ping: PingEvery) -> HttpResponse {
    let mut pings = tokio::time::interval_at(Instant::now() + ping.0, ping.0);
    pings.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let body = Body { frames: generation.frames, pings, ended: false, _open: OpenStream::new() };
    let frames = stream::unfold(body, |mut body| async move {
        if body.ended {
            return None;
        }
        let bytes = tokio::select! {
            biased;
            _ = body.pings.tick() => PING,
            frame = body.frames.recv() => match frame {
                Some(Frame::Event(json)) => framed(&json),
                Some(Frame::Last(json, _)) => {
                    body.ended = true;
                    framed(&json)
                }
                None => return None,
            },
        };
        Some((Ok::<_, Infallible>(bytes), body))
    });
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(frames)
}

fn framed(json: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(PREFIX.len() + json.len() + SUFFIX.len());
    frame.put_slice(PREFIX);
    frame.put_slice(json);
    frame.put_slice(SUFFIX);
    frame.freeze()
}
