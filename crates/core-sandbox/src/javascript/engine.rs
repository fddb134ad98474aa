//! One run: a fresh engine, the surroundings, the script, and `main` if it is asked for.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::promise::PromiseState;
use rquickjs::{Context, Ctx, Function, Promise, Runtime, Value};

use super::console::{Paper, Printed};
use super::exception::{self, FILE};
use super::surroundings::{Surroundings, Timers};
use super::{Patience, text};
use crate::error::SandboxError;
use crate::settings::Limits;

/// What the engine may use of its thread's stack.
const STACK: usize = 1 << 20;

pub(super) struct Run {
    pub(super) code: String,
    pub(super) task: Task,
    pub(super) patience: Patience,
    pub(super) surroundings: Surroundings,
    pub(super) limits: Arc<Limits>,
}

pub(super) enum Task {
    /// `main` is called with one object, given as JSON.
    Main {
        arguments: String,
    },
    Script,
}

#[derive(Debug)]
pub(super) struct Finished {
    /// JSON text of what `main` returned.
    pub(super) returned: Option<String>,
    pub(super) printed: Printed,
}

/// Must be called on a thread whose stack is larger than the engine's. The answer is given before the engine is taken
/// down, which takes its time with a full heap.
pub(super) fn run(run: &Run, answer: impl FnOnce(Result<Finished, SandboxError>)) {
    let engine = match engine(run) {
        Ok(engine) => engine,
        Err(e) => return answer(Err(SandboxError::internal(format!("the JavaScript engine does not start: {e}")))),
    };
    let kept = match run.task {
        Task::Main { .. } => run.limits.kept_stdout,
        Task::Script => run.limits.output,
    };
    let paper: Paper = Rc::new(RefCell::new(Printed::up_to(kept)));
    let returned = engine.with(|ctx| Realm::new(ctx, run, &paper).and_then(|realm| realm.execute()));
    let printed = std::mem::take(&mut *paper.borrow_mut());
    answer(finished(run, returned, printed));
}

fn engine(run: &Run) -> rquickjs::Result<Context> {
    let runtime = Runtime::new()?;
    runtime.set_memory_limit(run.limits.javascript_memory);
    runtime.set_max_stack_size(STACK);
    let patience = run.patience.clone();
    runtime.set_interrupt_handler(Some(Box::new(move || patience.is_over())));
    Context::full(&runtime)
}

fn finished(
    run: &Run,
    returned: Result<Option<String>, SandboxError>,
    mut printed: Printed,
) -> Result<Finished, SandboxError> {
    let is_script = matches!(run.task, Task::Script);
    match returned {
        // Whatever was thrown on the way out, the time was over.
        Err(_interrupted) if run.patience.is_over() => Err(SandboxError::TimedOut { limit: run.limits.time }),
        Ok(_) if printed.overflowed && is_script => Err(SandboxError::OutputTooLarge { limit: run.limits.output }),
        Ok(returned) => Ok(Finished { returned, printed }),
        Err(SandboxError::ScriptFailed { message }) if is_script => {
            printed.print(2, &message);
            Ok(Finished { returned: None, printed })
        }
        Err(error) => Err(error),
    }
}

/// The script's world while it runs.
struct Realm<'js, 'run> {
    ctx: Ctx<'js>,
    run: &'run Run,
    timers: Timers<'js>,
}

impl<'js, 'run> Realm<'js, 'run> {
    fn new(ctx: Ctx<'js>, run: &'run Run, paper: &Paper) -> Result<Self, SandboxError> {
        let timers = run.surroundings.install(&ctx, paper, &run.patience).map_err(|e| exception::error_of(&ctx, e))?;
        Ok(Self { ctx, run, timers })
    }

    fn execute(&self) -> Result<Option<String>, SandboxError> {
        self.tried(self.ctx.eval_with_options::<(), _>(self.run.code.as_str(), named(FILE)))?;
        let Task::Main { arguments } = &self.run.task else {
            self.settle(|| false)?;
            return Ok(None);
        };
        // A function declared with `const` is no property of the global object.
        let main: Option<Function<'js>> = self.tried(self.ctx.eval("typeof main === 'function' ? main : undefined"))?;
        let main = main.ok_or_else(|| SandboxError::ScriptFailed {
            message: "ReferenceError: main is not defined: the code must define a function `main`".to_owned(),
        })?;
        let arguments: Value<'js> = self.tried(self.ctx.json_parse(arguments.as_str()))?;
        let returned: Value<'js> = self.tried(main.call((arguments,)))?;
        let returned = match returned.as_promise() {
            None => returned,
            Some(promise) => self.awaited(promise)?,
        };
        self.as_json(returned).map(Some)
    }

    fn tried<T>(&self, step: rquickjs::Result<T>) -> Result<T, SandboxError> {
        step.map_err(|e| exception::error_of(&self.ctx, e))
    }

    fn awaited(&self, promise: &Promise<'js>) -> Result<Value<'js>, SandboxError> {
        self.settle(|| promise.state() != PromiseState::Pending)?;
        let settled: Option<rquickjs::Result<Value<'js>>> = promise.result();
        let never =
            || SandboxError::ScriptFailed { message: "main returned a promise that is never settled".to_owned() };
        self.tried(settled.ok_or_else(never)?)
    }

    /// Works on promises and timers until nothing is left to do or `done` says so.
    fn settle(&self, done: impl Fn() -> bool) -> Result<(), SandboxError> {
        while !done() {
            if self.run.patience.is_over() {
                return Err(SandboxError::TimedOut { limit: self.run.limits.time });
            }
            if self.ctx.execute_pending_job() {
                continue;
            }
            let wait: f64 = self.tried(self.timers.until_next.call(()))?;
            if wait < 0.0 {
                return Ok(());
            }
            let wake =
                (Instant::now() + Duration::from_secs_f64((wait / 1000.0).min(3600.0))).min(self.run.patience.until);
            while Instant::now() < wake && !self.run.patience.is_over() {
                // In short naps: the caller may go away meanwhile.
                let left = wake.saturating_duration_since(Instant::now());
                std::thread::park_timeout(left.min(Duration::from_millis(50)));
            }
            if !self.run.patience.is_over() {
                self.tried(self.timers.ring.call::<_, ()>(()))?;
            }
        }
        Ok(())
    }

    fn as_json(&self, value: Value<'js>) -> Result<String, SandboxError> {
        let json = self.tried(self.ctx.json_stringify(value)).map_err(|error| {
            if let SandboxError::ScriptFailed { message } = error {
                return SandboxError::ResultNotJson { message };
            }
            error
        })?;
        let nothing = || SandboxError::ResultNotJson { message: "main returned nothing".to_owned() };
        let text = text::lossy(&self.ctx, &json.ok_or_else(nothing)?);
        if text.len() > self.run.limits.output {
            return Err(SandboxError::OutputTooLarge { limit: self.run.limits.output });
        }
        Ok(text)
    }
}

fn named(file: &str) -> EvalOptions {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(file.to_owned());
    options
}
