//! One attempt of one job.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use models::job::{Claim, ClaimedJob};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::back_off;
use crate::context::Context;
use crate::handler::{Erased, Failure};
use crate::settle::{Settlement, Verdict};
use crate::worker::Shared;

/// Runs a handler to its end, whatever end that is, and hands over the verdict. The slot is free after that.
pub(crate) async fn attempt(shared: Arc<Shared>, job: ClaimedJob, slot: OwnedSemaphorePermit) {
    let claim = Claim::from(&job);
    let stop = CancellationToken::new();
    shared.begin(claim, stop.clone());
    let span = tracing::info_span!("job", job.id = %job.id, job.kind = %job.kind, job.attempt = job.attempts);
    let verdict = judge(&shared, job, stop).instrument(span).await;
    shared.end(claim);
    if shared.settle.send(Settlement { claim, verdict }).await.is_err() {
        tracing::error!(job.id = %claim.id, "a job ended after its worker; it will be run again");
    }
    drop(slot);
}

async fn judge(shared: &Shared, job: ClaimedJob, stop: CancellationToken) -> Verdict {
    let Some(handler) = shared.handlers.get(&job.kind) else { return Verdict::Release };
    let last = job.attempts >= job.max_attempts;
    let context = Context {
        pool: shared.pool.clone(),
        worker: Arc::clone(&shared.id),
        claim: Claim::from(&job),
        tenant: job.tenant_id,
        last,
        stop,
        reported: parking_lot::Mutex::default(),
    };
    let work = AssertUnwindSafe(handler.run(job.payload, &context)).catch_unwind();
    let ended = tokio::select! {
        ended = timeout(handler.time_limit(), work) => ended,
        () = shared.cut_off.cancelled() => return Verdict::Release,
    };
    let failure = match ended {
        Ok(Ok(Ok(()))) => return Verdict::Done,
        Ok(Ok(Err(failure))) => failure,
        Ok(Err(panic)) => Failure::retry(format!("the handler panicked: {}", words(&*panic))),
        Err(_elapsed) => Failure::retry(format!("the handler took longer than {}s", handler.time_limit().as_secs())),
    };
    let attempt = context.attempt();
    weigh(failure, &*handler, attempt, last, &job.kind)
}

fn weigh(failure: Failure, handler: &dyn Erased, attempt: u16, last: bool, kind: &str) -> Verdict {
    let (source, after, hopeless) = match failure {
        Failure::Interrupted => return Verdict::Release,
        Failure::Retry { source, after } => (source, after, false),
        Failure::Hopeless(source) => (source, None, true),
    };
    metrics::counter!("ferrify_jobs_failed_total", "kind" => kind.to_owned()).increment(1);
    let error = chain(&*source);
    if hopeless || last {
        tracing::error!(error = %error, "a job became a dead letter");
        return Verdict::Bury { error };
    }
    let after = after.unwrap_or_else(|| back_off::spread(handler.pause_after(attempt)));
    tracing::warn!(error = %error, retry_seconds = after.as_secs_f64(), "a job failed and will be tried again");
    Verdict::Retry { after, error }
}

/// An error with its causes. Cut short: it is for people, and it goes into a table.
fn chain(error: &dyn std::error::Error) -> String {
    const LONGEST: usize = 2000;
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
        cause = next.source();
    }
    // Postgres refuses this character in text.
    text.chars().filter(|c| *c != '\0').take(LONGEST).collect()
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
