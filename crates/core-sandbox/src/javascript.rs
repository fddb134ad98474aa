//! JavaScript: an engine inside this process, made anew for every run, on a thread of its own.
//!
//! A run can reach nothing but what `surroundings.js` gives it. Its heap, its stack, what it prints and its time are
//! limited. The clock is looked at between the engine's instructions: a single slow built-in operation goes on beyond
//! the limit. Its caller is answered all the same, but its thread and its place are given back only when it ends.

mod console;
mod engine;
mod exception;
mod surroundings;
mod text;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};

use crate::call::Output;
use crate::error::SandboxError;
use crate::settings::{JavaScriptSettings, Limits};
use engine::{Finished, Run, Task};
use surroundings::Surroundings;

/// Stack of a run's thread, of which the engine may use a part.
const THREAD_STACK: usize = 4 << 20;

/// How much later than its time limit a run is given up: an engine that looks at the clock has stopped by then.
const GRACE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct JavaScript {
    places: Arc<Semaphore>,
    surroundings: Surroundings,
    limits: Arc<Limits>,
}

/// Until when a run may go on, and whether anybody still waits for it.
#[derive(Debug, Clone)]
struct Patience {
    until: Instant,
    abandoned: Arc<AtomicBool>,
}

impl Patience {
    fn is_over(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed) || Instant::now() >= self.until
    }
}

/// Tells the engine to stop when the caller has gone.
struct AbandonOnDrop(Arc<AtomicBool>);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl JavaScript {
    pub(crate) fn new(settings: &JavaScriptSettings, limits: Arc<Limits>) -> Result<Self, SandboxError> {
        let places = Arc::new(Semaphore::new(settings.concurrency.max(1)));
        Ok(Self { places, surroundings: Surroundings::compile()?, limits })
    }

    /// The JSON text of what `main` returned, and what was printed.
    pub(crate) async fn call_main(&self, code: String, arguments: String) -> Result<(String, String), SandboxError> {
        let finished = self.run(code, Task::Main { arguments }).await?;
        Ok((finished.returned.unwrap_or_default(), finished.printed.stdout))
    }

    pub(crate) async fn run_script(&self, code: String) -> Result<Output, SandboxError> {
        let finished = self.run(code, Task::Script).await?;
        Ok(Output { stdout: finished.printed.stdout, error: finished.printed.error })
    }

    async fn run(&self, code: String, task: Task) -> Result<Finished, SandboxError> {
        let place = tokio::time::timeout(self.limits.wait, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_elapsed| SandboxError::Busy)?
            .map_err(|_closed| SandboxError::Busy)?;
        let abandoned = Arc::new(AtomicBool::new(false));
        let _abandon = AbandonOnDrop(Arc::clone(&abandoned));
        let patience = Patience { until: Instant::now() + self.limits.time, abandoned };
        let surroundings = self.surroundings.clone();
        let run = Run { code, task, patience, surroundings, limits: Arc::clone(&self.limits) };
        let (answer, answered) = oneshot::channel();
        std::thread::Builder::new()
            .name("javascript".to_owned())
            .stack_size(THREAD_STACK)
            .spawn(move || {
                engine::run(&run, |finished| {
                    // A caller that is gone needs no answer.
                    let _gone = answer.send(finished);
                });
                drop(place);
            })
            .map_err(|e| SandboxError::internal(format!("cannot start a thread: {e}")))?;
        match tokio::time::timeout(self.limits.time + GRACE, answered).await {
            Ok(Ok(finished)) => finished,
            Ok(Err(_panicked)) => Err(SandboxError::internal("the JavaScript engine failed")),
            Err(_elapsed) => {
                tracing::warn!("a JavaScript run does not look at the clock; its thread is busy until it ends");
                Err(SandboxError::TimedOut { limit: self.limits.time })
            }
        }
    }
}
