//! The ends of a run.

use super::Run;
use crate::event::{Event, Pause, RunEnd, RunStatus, StopCause};
use crate::node::Failure;
use crate::run::frame::{Again, Ready};

impl Run {
    /// Nothing is ready and nothing works.
    pub(super) fn conclude(&mut self) {
        if self.state.ended {
            return;
        }
        if !self.state.pauses.is_empty() {
            self.pause();
            return;
        }
        let status = if self.state.totals.exceptions > 0 { RunStatus::PartialSucceeded } else { RunStatus::Succeeded };
        self.end(status, None, None);
    }

    pub(super) fn end_failed(&mut self, failure: Failure) {
        self.end(RunStatus::Failed, Some(failure.message), None);
    }

    /// Ends the run at once; what works is dropped.
    pub(super) fn abort(&mut self, cause: StopCause, error: String) {
        if !self.state.ended {
            self.end(RunStatus::Stopped, Some(error), Some(cause));
        }
    }

    pub(super) fn out_of_time(&mut self) {
        let (took, max) = (self.elapsed().as_secs_f64(), self.context.limits.max_time.as_secs());
        self.abort(StopCause::Limit, format!("Aborted: Maximum execution time exceeded: {took:.2}s > {max}s"));
    }

    fn end(&mut self, status: RunStatus, error: Option<String>, stopped_by: Option<StopCause>) {
        self.work.clear();
        self.state.runnable.clear();
        // Events of parallel rounds that were not over: what has happened is told.
        let held = self.state.frames.values_mut().filter_map(|frame| frame.held.take()).flatten();
        self.state.pending.extend(held);
        self.state.ended = true;
        let end = RunEnd {
            status,
            outputs: self.state.outputs.clone(),
            error,
            stopped_by,
            totals: self.state.totals.clone(),
            elapsed: self.elapsed(),
        };
        self.state.pending.push_back(Event::RunEnded(Box::new(end)));
    }

    /// Everything that was working has ended: the run can wait as long as it must.
    fn pause(&mut self) {
        let mut nodes = Vec::new();
        for origin in std::mem::take(&mut self.state.paused) {
            let Some(frame) = self.state.frames.get_mut(&origin.frame) else { continue };
            let Some(working) = frame.working.remove(&origin.node) else { continue };
            nodes.push(working.execution.clone());
            let again = Again { execution: working.execution, attempt: working.attempt, counted: true };
            frame.ready.push_back(Ready { node: origin.node, predecessor: None, again: Some(Box::new(again)) });
        }
        self.state.ended = true;
        self.state.waiting = true;
        let pause = Pause {
            reasons: std::mem::take(&mut self.state.pauses),
            nodes,
            outputs: self.state.outputs.clone(),
            totals: self.state.totals.clone(),
            elapsed: self.elapsed(),
        };
        self.state.pending.push_back(Event::RunPaused(Box::new(pause)));
    }
}
