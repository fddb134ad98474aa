//! The answer of a chatflow, judged while its run makes it.

use bytes::Bytes;
use core_workflow::event::{RunEnd, RunStatus, StopCause};
use core_workflow::{Command, Run};

use super::drive::Told;
use super::prepare::Turn;
use crate::engine::Sink;
use crate::event::StreamEvent;
use crate::moderation::{Settled, Speech};

/// Why clients see this; clients of other modes are given no reason.
const REASON: &str = "output_moderation";

const STOPPED: &str = "Stopped by output moderation.";

/// Shows something else than what the run has said; one whose answer is refused need not go on.
pub(super) async fn object(turn: &Turn, run: &mut Run, told: &mut Told, speech: &mut Speech<'_>, sink: &mut Sink) {
    told.replace(speech.shown().into_owned());
    sink.emit(frame(turn, told)).await;
    if speech.is_refused() {
        run.obey(Command::Stop { cause: StopCause::Command, reason: STOPPED.to_owned() });
    }
}

/// The last look at the answer of a run that has ended, or waits; the frame that shows something else instead.
pub(super) async fn settle(turn: &Turn, told: &mut Told, mut speech: Speech<'_>, sink: &Sink) -> Option<Bytes> {
    let waits = told.pause.is_some();
    if !speech.is_judged() || (!waits && told.end.status == RunStatus::Failed) {
        return None;
    }
    let stopped = !waits && told.end.status == RunStatus::Stopped;
    match speech.settle(sink, stopped).await {
        Ok(Settled::Replaced) => {
            told.replace(speech.shown().into_owned());
            if speech.is_refused()
                && let Some(pause) = told.pause.take()
            {
                // Nobody need fill in a form for an answer that is not given.
                told.end = RunEnd {
                    status: RunStatus::Stopped,
                    outputs: pause.outputs,
                    error: Some(format!("Aborted: {STOPPED}")),
                    stopped_by: Some(StopCause::Command),
                    totals: pause.totals,
                    elapsed: pause.elapsed,
                };
            }
            Some(frame(turn, told))
        }
        Ok(Settled::AsShown) => None,
        Err(interrupt) => {
            tracing::warn!(run.id = %turn.run_id, ?interrupt, "an answer was not judged to its end, and is let through");
            None
        }
    }
}

fn frame(turn: &Turn, told: &Told) -> Bytes {
    StreamEvent::MessageReplace { answer: &told.text, reason: REASON }.frame(&turn.envelope)
}
