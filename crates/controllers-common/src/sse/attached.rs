//! A stream of events that were kept, and of those to come.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use bytes::Bytes;
use futures::{StreamExt, stream};
use services::reattach::{Attached, Told};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::{DONE, OpenStream, PING, StreamStyle, framed, headed};

/// What is sent beside the events.
#[derive(Debug, Clone, Copy)]
pub enum Manner {
    /// As the stream of the run itself: pings on a beat.
    AsTheRun,
    /// A ping first, then whenever nothing was sent for a while. Without an event for that long, if anything is said here, the
    /// stream ends.
    Reattached { idle: Option<Duration> },
}

struct Body {
    events: Told,
    pings: Interval,
    manner: Manner,
    ids: bool,
    /// `[DONE]` is still to be sent.
    done: bool,
    ended: bool,
    /// The greeting is still to be sent.
    greet: bool,
    heard: Instant,
    _open: OpenStream,
}

impl Body {
    fn is_idle(&self) -> bool {
        matches!(self.manner, Manner::Reattached { idle: Some(idle) } if self.heard.elapsed() >= idle)
    }
}

/// Streams what is told of a run.
pub fn stream_events(attached: Attached, style: StreamStyle, manner: Manner) -> HttpResponse {
    let mut pings = tokio::time::interval_at(Instant::now() + style.ping, style.ping);
    pings.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let body = Body {
        events: attached.events,
        pings,
        manner,
        ids: style.ids,
        done: style.done,
        ended: false,
        greet: matches!(manner, Manner::Reattached { .. }) && !attached.over,
        heard: Instant::now(),
        _open: OpenStream::new(),
    };
    let frames = stream::unfold(body, |mut body| async move {
        if body.ended {
            return None;
        }
        if std::mem::take(&mut body.greet) {
            return Some((Ok::<_, Infallible>(PING), body));
        }
        let bytes = tokio::select! {
            biased;
            _ = body.pings.tick() => {
                if body.is_idle() {
                    return None;
                }
                PING
            }
            event = body.events.next() => match event {
                Some(Ok((position, json))) => {
                    body.heard = Instant::now();
                    if matches!(body.manner, Manner::Reattached { .. }) {
                        body.pings.reset();
                    }
                    framed(&json, position.filter(|_| body.ids))
                }
                // The client comes back with its last position.
                Some(Err(error)) => {
                    tracing::warn!(error = %error, "the events of a run cannot be read; the stream ends");
                    return None;
                }
                None if body.done => {
                    body.ended = true;
                    Bytes::from_static(DONE)
                }
                None => return None,
            },
        };
        Some((Ok(bytes), body))
    });
    headed(attached.run).streaming(frames)
}
