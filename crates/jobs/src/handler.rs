//! What becomes of a job.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::context::Context;
use crate::job::Job;

/// Why an attempt did not succeed. Any error becomes [`Failure::Retry`] through `?`; like `anyhow::Error`, and for the
/// same reason, it is no `Error` itself.
#[derive(Debug)]
pub enum Failure {
    /// May go better later; `after` overrides the job's own pause.
    Retry { source: Box<dyn Error + Send + Sync>, after: Option<Duration> },
    /// Will never go better: straight to the dead letters.
    Hopeless(Box<dyn Error + Send + Sync>),
    /// The stop token was cancelled and the handler gave up in order. Not counted as an attempt.
    Interrupted,
}

impl Failure {
    pub fn retry(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Retry { source: source.into(), after: None }
    }

    pub fn retry_after(after: Duration, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Retry { source: source.into(), after: Some(after) }
    }

    pub fn hopeless(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Hopeless(source.into())
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(e: E) -> Self {
        Self::retry(e)
    }
}

/// Runs the jobs of one kind. Idempotent: the same job may be run more than once.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    type Job: Job;

    async fn run(&self, job: Self::Job, context: &Context) -> Result<(), Failure>;
}

/// All handlers of a worker.
#[derive(Default)]
pub struct Handlers {
    by_kind: HashMap<&'static str, Arc<dyn Erased>>,
}

impl Handlers {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a handler; a second one of the same kind takes the place of the first.
    #[must_use]
    pub fn with(mut self, handler: impl Handler) -> Self {
        let kind = kind_of(&handler);
        if self.by_kind.insert(kind, Arc::new(handler)).is_some() {
            tracing::error!(job.kind = kind, "two handlers for one kind of job; the first one will never run");
        }
        self
    }

    pub(crate) fn get(&self, kind: &str) -> Option<Arc<dyn Erased>> {
        self.by_kind.get(kind).map(Arc::clone)
    }

    /// The queues that these handlers work on, with the kinds in each.
    pub(crate) fn queues(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let mut queues: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
        for (kind, handler) in &self.by_kind {
            queues.entry(handler.queue()).or_default().push(kind);
        }
        queues
    }
}

fn kind_of<H: Handler>(_handler: &H) -> &'static str {
    H::Job::KIND
}

/// A handler whose job type is forgotten.
pub(crate) trait Erased: Send + Sync {
    fn queue(&self) -> &'static str;
    fn time_limit(&self) -> Duration;
    fn pause_after(&self, attempt: u16) -> Duration;
    fn run<'a>(&'a self, payload: Value, context: &'a Context) -> BoxFuture<'a, Result<(), Failure>>;
}

impl<H: Handler> Erased for H {
    fn queue(&self) -> &'static str {
        H::Job::QUEUE
    }

    fn time_limit(&self) -> Duration {
        H::Job::TIME_LIMIT
    }

    fn pause_after(&self, attempt: u16) -> Duration {
        H::Job::pause_after(attempt)
    }

    fn run<'a>(&'a self, payload: Value, context: &'a Context) -> BoxFuture<'a, Result<(), Failure>> {
        match serde_json::from_value(payload) {
            Ok(job) => Handler::run(self, job, context),
            // A later release may read it: dead letters can be retried.
            Err(e) => async move { Err(Failure::hopeless(format!("the payload cannot be read: {e}"))) }.boxed(),
        }
    }
}
