//! How long one request waits for its connection, for each piece of its body to go out, and then for the head of its
//! answer.
//!
//! The HTTP client has one connect timeout for all of its requests and does not tell when a connection is there. A layer
//! around its connector knows both; it finds out whose connection it makes by a task-local, as connections are made in
//! the task that asks for them. How the body goes out, the body itself knows ([`crate::paced`]).

use std::convert::identity;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

use crate::error::EgressError;

/// Limits of one request's stages up to the head of its answer. A connection that was kept from an earlier request takes no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Resolving the name, connecting and TLS. The client's own policy limits it too.
    pub connect: Duration,
    /// Between two pieces of the body that the other side takes. What fits into the buffers on the way counts as taken.
    pub write: Duration,
    /// From the end of the body to the head of the answer.
    pub head: Duration,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Connecting,
    /// A piece of the body was asked for then, and more follow.
    Sending(Instant),
    /// A connection is there (or one was kept) since then, and no body is under way.
    Waiting(Instant),
}

#[derive(Debug, Clone)]
struct Watched {
    connect: Duration,
    stage: watch::Sender<Stage>,
}

/// Where a request stands.
#[derive(Debug)]
pub(crate) struct Stages(watch::Sender<Stage>);

/// Tells how a body goes out.
#[derive(Debug)]
pub(crate) struct Progress(watch::Sender<Stage>);

impl Stages {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Stage::Waiting(Instant::now())))
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress(self.0.clone())
    }
}

// Whoever no longer looks does not mind.
impl Progress {
    pub(crate) fn asked(&self) {
        self.0.send_replace(Stage::Sending(Instant::now()));
    }

    pub(crate) fn over(&self) {
        self.0.send_replace(Stage::Waiting(Instant::now()));
    }
}

tokio::task_local! {
    static WATCHED: Watched;
}

impl Patience {
    /// Waits for a head no longer than it may take.
    pub(crate) async fn wait<T, E: Into<EgressError>>(
        self,
        stages: Stages,
        sending: impl Future<Output = Result<T, E>>,
    ) -> Result<T, EgressError> {
        let Stages(stage) = stages;
        let stages = stage.subscribe();
        let watched = Watched { connect: self.connect, stage };
        tokio::select! {
            biased;
            answer = WATCHED.scope(watched, sending) => answer.map_err(Into::into),
            () = self.run_out(stages) => Err(EgressError::Timeout),
        }
    }

    async fn run_out(self, mut stages: watch::Receiver<Stage>) {
        loop {
            let stage = *stages.borrow_and_update();
            let deadline = match stage {
                Stage::Connecting => None,
                Stage::Sending(since) => Some(since + self.write),
                Stage::Waiting(since) => Some(since + self.head),
            };
            let over = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // The sender lives as long as the request, which is over when it is gone.
                changed = stages.changed() => if changed.is_err() { return },
                () = over => return,
            }
        }
    }
}

/// Tells requests when their connections are made, and gives up those that take too long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PatienceLayer;

impl<S> Layer<S> for PatienceLayer {
    type Service = PatientConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PatientConnector { inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PatientConnector<S> {
    inner: S,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<S, R> Service<R> for PatientConnector<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let connecting = self.inner.call(target);
        let Ok(watched) = WATCHED.try_with(Clone::clone) else { return Box::pin(connecting) };
        // Whoever no longer looks does not mind.
        watched.stage.send_replace(Stage::Connecting);
        Box::pin(async move {
            let timed_out = |_elapsed| Err(io::Error::from(io::ErrorKind::TimedOut).into());
            let connected = tokio::time::timeout(watched.connect, connecting).await.map_or_else(timed_out, identity);
            watched.stage.send_replace(Stage::Waiting(Instant::now()));
            connected
        })
    }
}
