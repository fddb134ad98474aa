//! The producing side of a generation: where frames go, and what may end the run early.

use std::time::Duration;

use bytes::Bytes;
use runs::{LiveRun, Outcome};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::generation::{End, Frame};

/// A client that does not take a frame for so long counts as gone.
const SLOW_CLIENT: Duration = Duration::from_secs(30);

/// Why a run must end before its model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// A user's stop, or the run took too long: the answer so far counts.
    Stopped,
    /// The server goes down and waits no longer.
    Shutdown,
}

pub(crate) struct Sink {
    /// `None` once the client counts as gone; the run goes on.
    client: Option<mpsc::Sender<Frame>>,
    live: LiveRun,
    stop: CancellationToken,
    streaming: bool,
    shutdown: CancellationToken,
    too_late: Instant,
}

impl Sink {
    pub(crate) fn new(
        client: mpsc::Sender<Frame>,
        live: LiveRun,
        streaming: bool,
        shutdown: CancellationToken,
        limit: Duration,
    ) -> Self {
        let stop = live.stop_token();
        Self { client: Some(client), live, stop, streaming, shutdown, too_late: Instant::now() + limit }
    }

    /// Waits for a step of the run, or for whatever ends the run before it.
    pub(crate) async fn or_interrupt<T>(&self, step: impl Future<Output = T>) -> Result<T, Interrupt> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Interrupt::Stopped),
            () = self.shutdown.cancelled() => Err(Interrupt::Shutdown),
            done = step => Ok(done),
            () = tokio::time::sleep_until(self.too_late) => Err(Interrupt::Stopped),
        }
    }

    /// Waits for a step that a stop does not end.
    pub(crate) async fn or_shutdown<T>(&self, step: impl Future<Output = T>) -> Result<T, Interrupt> {
        self.shutdown.run_until_cancelled(step).await.ok_or(Interrupt::Shutdown)
    }

    /// Whether events go anywhere: a blocking caller hears of the end only.
    pub(crate) const fn is_listened_to(&self) -> bool {
        self.streaming
    }

    /// Sends an event. A slow client holds its own run back; a client that is gone costs nothing.
    pub(crate) async fn emit(&mut self, frame: Bytes) {
        if !self.streaming {
            return;
        }
        let cursor = self.live.publish(frame.clone());
        send(&mut self.client, Frame::Event(frame, cursor)).await;
    }

    /// What the run is told from outside beside stops. Called once.
    pub(crate) fn commands(&self) -> mpsc::Receiver<String> {
        self.live.commands()
    }

    /// Sends the last event. The client need not wait for the book-keeping: nothing follows. Whoever looks for the run
    /// afterwards finds its end, also where the caller waited for one body.
    pub(crate) async fn tell(&mut self, frame: Bytes, end: End) {
        let cursor = self.live.publish(frame.clone());
        send(&mut self.client, Frame::Last(frame, cursor, end)).await;
        self.client = None;
    }

    /// Ends what this process has to do with a run that waits, and tells its client afterwards: whoever hears of a form
    /// may fill it in at once, and somebody else then goes on with the run.
    pub(crate) async fn rest(self, events: Vec<Bytes>, last: Bytes, end: End) {
        let Self { mut client, live, streaming, .. } = self;
        let events: Vec<_> = events.into_iter().filter(|_| streaming).collect();
        let events: Vec<_> = events.into_iter().map(|frame| (frame.clone(), live.publish(frame))).collect();
        let cursor = live.publish(last.clone());
        live.finish(Outcome::Paused).await;
        for (frame, cursor) in events {
            send(&mut client, Frame::Event(frame, cursor)).await;
        }
        send(&mut client, Frame::Last(last, cursor, end)).await;
    }

    /// Ends the run.
    pub(crate) async fn close(self, outcome: Outcome) {
        self.live.finish(outcome).await;
    }

    /// Leaves the run to its lease: another process, or this one, ends it in the name of one that died.
    pub(crate) fn abandon(self) {
        drop(self.live);
    }
}

async fn send(client: &mut Option<mpsc::Sender<Frame>>, frame: Frame) {
    let Some(sender) = client else { return };
    // The common case needs no timer.
    let frame = match sender.try_send(frame) {
        Ok(()) => return,
        Err(mpsc::error::TrySendError::Closed(_)) => {
            *client = None;
            return;
        }
        Err(mpsc::error::TrySendError::Full(frame)) => frame,
    };
    match sender.send_timeout(frame, SLOW_CLIENT).await {
        Ok(()) => {}
        Err(SendTimeoutError::Timeout(_)) => {
            tracing::info!(
                "a client took no frame for {} s and counts as gone; its run goes on",
                SLOW_CLIENT.as_secs()
            );
            *client = None;
        }
        Err(SendTimeoutError::Closed(_)) => *client = None,
    }
}
