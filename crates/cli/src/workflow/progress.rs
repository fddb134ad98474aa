//! A run as it is shown while it lasts: a line for each node, and the text of answers as it comes.

use std::time::Duration;

use core_workflow::Event;
use core_workflow::event::{Execution, NodeEnd, RoundsEnd};

/// Turns events into what is written.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The streamed text has not ended its line.
    inside_line: bool,
}

impl Progress {
    /// What an event shows: nothing, or text with its line ends.
    pub(super) fn show(&mut self, event: &Event) -> String {
        match event {
            Event::Chunk(chunk) => {
                if !chunk.text.is_empty() {
                    self.inside_line = !chunk.text.ends_with('\n');
                }
                chunk.text.clone()
            }
            Event::NodeRetry { end, retry } => self.ended(&format!("retry {retry}"), end),
            Event::NodeSucceeded(end) => self.ended("ok", end),
            Event::NodeFailed(end) => self.ended("failed", end),
            Event::NodeException(end) => self.ended("handled", end),
            Event::RoundsStarted(start) => {
                let rounds = format!("up to {} rounds", start.length);
                self.line("begins", &start.execution, &rounds)
            }
            Event::RoundsSucceeded(end) => self.rounds_ended(end),
            Event::RunPaused(_) => self.line_of("paused"),
            Event::RunEnded(_) => self.line_of(""),
            Event::RunStarted { .. }
            | Event::NodeStarted(_)
            | Event::Reasoning { .. }
            | Event::AgentLog { .. }
            | Event::RetrieverResources { .. }
            | Event::RoundNext { .. }
            | Event::RoundsFailed(_) => String::new(),
        }
    }

    fn ended(&mut self, status: &str, end: &NodeEnd) -> String {
        let reason = end.failure.as_ref().map(|failure| format!("  {}", failure.message)).unwrap_or_default();
        self.line(status, &end.execution, &format!("{}{reason}", time(end.elapsed)))
    }

    fn rounds_ended(&mut self, end: &RoundsEnd) -> String {
        let rounds = end.metadata.loop_duration_map.as_ref().map_or(end.steps, std::collections::BTreeMap::len);
        self.line("rounds", &end.execution, &format!("{rounds}"))
    }

    fn line(&mut self, status: &str, execution: &Execution, note: &str) -> String {
        let node = &execution.node;
        let title = if node.title.is_empty() { &node.id } else { &node.title };
        let rounds = [&execution.within.r#loop, &execution.within.iteration];
        let depth = rounds.into_iter().flatten().count();
        let indent = "  ".repeat(depth);
        self.line_of(&format!("{indent}{status:<8} {title} ({})  {note}", node.kind))
    }

    /// A line of its own, even when text is being streamed.
    fn line_of(&mut self, text: &str) -> String {
        let before = if std::mem::take(&mut self.inside_line) { "\n" } else { "" };
        if text.is_empty() { before.to_owned() } else { format!("{before}{text}\n") }
    }
}

fn time(elapsed: Duration) -> String {
    let millis = elapsed.as_secs_f64() * 1000.0;
    if millis < 10.0 { format!("{millis:.2} ms") } else { format!("{millis:.0} ms") }
}
