//! Running a workflow for its time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use core_workflow::event::RunStatus;
use core_workflow::{Capabilities, Event, Limits, Run, RunSetup, Workflow};
use serde_json::Value as Json;

use super::{inputs, outside};

/// A workflow that is run again and again.
pub(super) struct Case {
    workflow: Arc<Workflow>,
    items: Json,
    capabilities: Capabilities,
}

/// Times of one thing.
#[derive(Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// A quantile; zero if there are no times.
    pub(crate) fn at(&self, quantile: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "small numbers, not negative"
        )]
        let at = ((sorted.len() as f64 * quantile) as usize).min(sorted.len().saturating_sub(1));
        sorted.get(at).copied().unwrap_or_default()
    }
}

/// Nodes that are run for one figure, over all runs.
const NODES: usize = 50_000;

impl Case {
    pub(super) fn new(workflow: Workflow, items: Json) -> Self {
        Self { workflow: Arc::new(workflow), items, capabilities: Capabilities::default() }
    }

    pub(super) fn with_code(mut self) -> anyhow::Result<Self> {
        self.capabilities.code = Some(outside::code()?);
        Ok(self)
    }

    fn begin(&self) -> Run {
        let limits = Limits { max_steps: u32::MAX, ..Limits::default() };
        let setup = RunSetup {
            inputs: inputs(&self.items),
            capabilities: self.capabilities.clone(),
            limits,
            ..RunSetup::default()
        };
        Run::new(Arc::clone(&self.workflow), setup)
    }

    /// One run, whose events are looked at and dropped.
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let mut run = self.begin();
        while let Some(event) = run.next().await {
            if let Event::RunEnded(end) = event {
                ensure!(end.status == RunStatus::Succeeded, "a run has failed: {:?}", end.error);
            }
        }
        Ok(())
    }

    /// So many runs that their median means something; `count`: what one of them runs.
    pub(super) async fn several_runs(&self, count: usize) -> anyhow::Result<Times> {
        self.run().await?;
        let mut times = Times::default();
        for _ in 0..(NODES / count.max(1)).clamp(5, 200) {
            let begun = Instant::now();
            self.run().await?;
            times.add(begun.elapsed());
        }
        Ok(times)
    }

    /// How long a node works in one run.
    pub(super) async fn time_of(&self, node: &str) -> anyhow::Result<Duration> {
        let mut run = self.begin();
        let mut took = None;
        while let Some(event) = run.next().await {
            if let Event::NodeFailed(end) = &event {
                bail!("a node has failed: {:?}", end.failure);
            }
            if let Event::NodeSucceeded(end) = event
                && end.execution.node.id.as_ref() == node
            {
                took = Some(end.elapsed);
            }
        }
        took.context("the node has not run")
    }

    /// Bytes of a checkpoint when so many nodes have succeeded, and the times of writing and of reading it.
    pub(super) async fn checkpoint(&self, after: usize) -> anyhow::Result<(usize, Duration, Duration)> {
        let mut run = self.begin();
        let mut succeeded = 0;
        while let Some(event) = run.next().await {
            succeeded += usize::from(matches!(event, Event::NodeSucceeded(_)));
            if succeeded == after {
                break;
            }
        }
        let begun = Instant::now();
        let written = serde_json::to_vec(&run.checkpoint()?)?;
        let writing = begun.elapsed();
        let begun = Instant::now();
        let checkpoint = serde_json::from_slice(&written)?;
        let (capabilities, limits) = (self.capabilities.clone(), Limits { max_steps: u32::MAX, ..Limits::default() });
        let mut resumed = Run::resume(Arc::clone(&self.workflow), checkpoint, capabilities, limits, Vec::new())?;
        let reading = begun.elapsed();
        while let Some(event) = resumed.next().await {
            if let Event::RunEnded(end) = event {
                ensure!(end.status == RunStatus::Succeeded, "a resumed run has failed: {:?}", end.error);
            }
        }
        Ok((written.len(), writing, reading))
    }
}
