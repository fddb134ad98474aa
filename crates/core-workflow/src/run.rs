//! A run of a workflow.
//!
//! [`Run::next`] gives one event after the other and does the work in between: it starts ready nodes, polls those that
//! wait for something outside, and follows edges. All of it happens in the caller's task: dropping the run stops
//! everything it has begun, and a caller that does not ask for events holds its run back. The state is plain data;
//! [`Run::checkpoint`] writes it down between any two events.

mod checkpoint;
mod edges;
mod ending;
mod finish;
mod frame;
mod rounds;
mod rounds_iteration;
mod rounds_loop;
mod start;
mod state;
mod streams;
mod view;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::{Abortable, BoxFuture};
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;

pub use self::checkpoint::{Checkpoint, CheckpointError};
pub(crate) use self::frame::FrameId;
use self::state::State;
use crate::capabilities::Capabilities;
use crate::event::{Event, StopCause};
use crate::limits::Limits;
use crate::node::{NodeError, Outcome, PauseReason};
use crate::pool::{self, Pool};
use crate::selector::Selector;
use crate::signal::{Origin, SIGNALS_IN_FLIGHT, Signal, Signals};
use crate::value::{Map, Value};
use crate::workflow::Workflow;

/// What a run is given.
#[derive(Debug, Default)]
pub struct RunSetup {
    /// Checked values of the start node's form.
    pub inputs: Map,
    /// `sys.*`, by name.
    pub system: Map,
    /// `env.*`, by name.
    pub environment: Map,
    /// `conversation.*`, by name.
    pub conversation: Map,
    /// Further variables, for trying single nodes.
    pub variables: Vec<(Selector, Value)>,
    pub capabilities: Capabilities,
    pub limits: Limits,
}

/// What all nodes of a run share.
#[derive(Debug)]
pub struct RunContext {
    pub inputs: Map,
    pub system: Map,
    pub capabilities: Capabilities,
    pub limits: Limits,
}

/// What can be asked of a run from outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Stop { cause: StopCause, reason: String },
    Pause { reason: String },
    UpdateVariables(Vec<(Selector, Value)>),
}

/// Asks things of a run while somebody else drives it.
#[derive(Debug, Clone)]
pub struct RunHandle {
    commands: mpsc::Sender<Command>,
}

impl RunHandle {
    /// Hands a command over. A run that is over ignores it.
    pub async fn send(&self, command: Command) {
        let _ = self.commands.send(command).await;
    }
}

/// Commands that may wait.
const COMMANDS_IN_FLIGHT: usize = 16;

/// What a working node's future ends with.
#[expect(clippy::large_enum_variant, reason = "most futures end with an attempt")]
enum Completion {
    Attempt(Origin, Result<Outcome, NodeError>),
    /// The pause before another attempt is over.
    RetryDue(Origin),
}

/// One run, from its first event to its last.
pub struct Run {
    workflow: Arc<Workflow>,
    context: Arc<RunContext>,
    state: State,
    work: FuturesUnordered<Abortable<BoxFuture<'static, Completion>>>,
    signals: mpsc::Receiver<(Origin, Signal)>,
    signal_sender: mpsc::Sender<(Origin, Signal)>,
    commands: mpsc::Receiver<Command>,
    command_sender: mpsc::Sender<Command>,
    clock: Instant,
}

impl Run {
    pub fn new(workflow: Arc<Workflow>, setup: RunSetup) -> Self {
        let mut pool = Pool::default();
        let namespaces = [
            (pool::SYSTEM, &setup.system),
            (pool::ENVIRONMENT, &setup.environment),
            (pool::CONVERSATION, &setup.conversation),
        ];
        for (namespace, values) in namespaces {
            let namespace: Arc<str> = namespace.into();
            for (name, value) in values {
                pool.set(Arc::clone(&namespace), name.as_str(), value.clone());
            }
        }
        for (selector, value) in setup.variables {
            pool.set(Arc::clone(selector.node()), Arc::clone(selector.name()), value);
        }
        let context = RunContext {
            inputs: setup.inputs,
            system: setup.system,
            capabilities: setup.capabilities,
            limits: setup.limits,
        };
        let state = State::new(&workflow, pool);
        Self::over(workflow, context, state)
    }

    fn over(workflow: Arc<Workflow>, context: RunContext, state: State) -> Self {
        let (signal_sender, signals) = mpsc::channel(SIGNALS_IN_FLIGHT);
        let (command_sender, commands) = mpsc::channel(COMMANDS_IN_FLIGHT);
        Self {
            workflow,
            context: Arc::new(context),
            state,
            work: FuturesUnordered::new(),
            signals,
            signal_sender,
            commands,
            command_sender,
            clock: Instant::now(),
        }
    }

    pub fn handle(&self) -> RunHandle {
        RunHandle { commands: self.command_sender.clone() }
    }

    pub fn workflow(&self) -> &Workflow {
        &self.workflow
    }

    /// How long the run has worked, pauses not counted.
    pub fn elapsed(&self) -> Duration {
        self.state.elapsed_before + self.clock.elapsed()
    }

    /// Values of a namespace or node as they are now, outside of rounds.
    pub fn variables(&self, node: &str) -> Map {
        let names = self.state.frames.get(&0).and_then(|frame| frame.pool.as_ref()).and_then(|pool| pool.node(node));
        names.into_iter().flatten().map(|(name, value)| (name.to_string(), value.clone())).collect()
    }

    /// The next event; `None` after the last one. Cancel safe: a call that is dropped has lost nothing.
    pub async fn next(&mut self) -> Option<Event> {
        if !self.state.started {
            self.begin();
        }
        loop {
            if let Some(event) = self.state.pending.pop_front() {
                return Some(event);
            }
            if self.state.ended {
                return None;
            }
            while let Ok(command) = self.commands.try_recv() {
                self.obey(command);
            }
            if !self.state.pending.is_empty() || self.state.ended {
                continue;
            }
            if self.start_next() {
                // A long chain of quick nodes lets others run too.
                tokio::task::consume_budget().await;
                continue;
            }
            if self.work.is_empty() {
                self.conclude();
                continue;
            }
            self.wait().await;
        }
    }

    /// Waits until something happens outside.
    async fn wait(&mut self) {
        let left = self.context.limits.max_time.saturating_sub(self.elapsed());
        tokio::select! {
            biased;
            command = self.commands.recv() => {
                // The run holds a sender itself: the channel is never closed.
                if let Some(command) = command {
                    self.obey(command);
                }
            }
            signal = self.signals.recv() => {
                if let Some((origin, signal)) = signal {
                    self.hear(origin, signal);
                }
            }
            Some(done) = self.work.next() => {
                // What the node said before it ended comes first.
                while let Ok((origin, signal)) = self.signals.try_recv() {
                    self.hear(origin, signal);
                }
                match done {
                    Ok(Completion::Attempt(origin, result)) => self.attempt_ended(origin, result),
                    Ok(Completion::RetryDue(origin)) => self.retry(origin),
                    Err(futures::future::Aborted) => {}
                }
            }
            () = tokio::time::sleep(left) => self.out_of_time(),
        }
    }

    /// Does what is asked, for whoever drives the run; others use its handle. What it leads to is told by
    /// [`Self::next`].
    pub fn obey(&mut self, command: Command) {
        if self.state.ended {
            return;
        }
        match command {
            Command::Stop { cause, reason } => self.abort(cause, format!("Aborted: {reason}")),
            Command::Pause { reason } => {
                self.state.pauses.push(PauseReason::ScheduledPause { message: reason });
            }
            Command::UpdateVariables(updates) => {
                for (selector, value) in updates {
                    if let Some(pool) = self.state.pool_mut(0) {
                        pool.set(Arc::clone(selector.node()), Arc::clone(selector.name()), value);
                    }
                }
            }
        }
    }

    fn signals_of(&self, origin: Origin) -> Signals {
        Signals { origin, sender: self.signal_sender.clone() }
    }
}
