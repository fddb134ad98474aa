//! Figures of the workflow engine alone: no server, no database. Everything but the last two tables is the engine's own
//! time, on one core.

mod graphs;
mod measure;
mod outside;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use core_workflow::value::Value;
use core_workflow::{NodeType, Registry, Workflow};
use serde_json::{Value as Json, json};

use self::measure::Case;
pub(crate) use self::measure::Times;
use crate::report::Report;

/// Chains of these lengths show how the cost of a node grows.
const LENGTHS: [usize; 4] = [10, 100, 1_000, 10_000];
const WIDTH: usize = 100;
const ROUNDS: usize = 1_000;
const DEPTH: usize = 30;
/// Runs of a code or template node.
const CALLS: usize = 500;

pub(crate) async fn run(report: &mut Report) -> anyhow::Result<()> {
    report.heading("Workflow engine: its own time");
    report.line("| what | nodes or rounds run | whole run ms | us each | compiling ms |");
    report.line("| --- | ---: | ---: | ---: | ---: |");
    for (name, kind) in [("template", NodeType::TemplateTransform), ("pass-through", NodeType::VariableAggregator)] {
        for length in LENGTHS {
            let name = format!("chain of {name} nodes");
            own_time(report, &name, length + 2, &graphs::chain(kind, length), Json::Null).await?;
        }
    }
    own_time(report, "fan-out with a join", WIDTH + 2, &graphs::fan(WIDTH), Json::Null).await?;
    let diamonds = graphs::diamonds(WIDTH);
    own_time(report, "two-way diamonds, chained", WIDTH * 3 + 2, &diamonds, Json::Null).await?;
    own_time(report, "loop, a node in each round", ROUNDS, &graphs::rounds(ROUNDS), Json::Null).await?;
    for (name, parallel) in [("iteration, a node in each round", 0), ("the same, 10 side by side", 10)] {
        own_time(report, name, ROUNDS, &graphs::iteration(parallel), items(ROUNDS)).await?;
    }
    own_time(report, "loops in iterations, 30 deep", DEPTH, &graphs::nested(DEPTH), items(1)).await?;
    checkpoints(report).await?;
    waiting(report).await?;
    single_nodes(report).await
}

fn items(count: usize) -> Json {
    json!((0..count).collect::<Vec<_>>())
}

async fn own_time(report: &mut Report, name: &str, count: usize, graph: &Json, items: Json) -> anyhow::Result<()> {
    let begun = Instant::now();
    let workflow = Workflow::compile(graph, &Registry::standard()).context("a benchmark's graph")?;
    let compiling = begun.elapsed();
    let case = Case::new(workflow, items);
    let times = case.several_runs(count).await?;
    let whole = times.at(0.5);
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let each = whole.as_secs_f64() * 1e6 / count as f64;
    report.line(&format!("| {name} | {count} | {:.2} | {each:.2} | {:.2} |", millis(whole), millis(compiling)));
    Ok(())
}

/// A run that is written down when it is nearly over, and goes on from what was written.
async fn checkpoints(report: &mut Report) -> anyhow::Result<()> {
    report.heading("Checkpoint of a run");
    report.line("| chain of template nodes | bytes | writing ms | reading ms |");
    report.line("| ---: | ---: | ---: | ---: |");
    for length in [100, 1_000, 10_000] {
        let graph = graphs::chain(NodeType::TemplateTransform, length);
        let workflow = Workflow::compile(&graph, &Registry::standard())?;
        let (bytes, writing, reading) = Case::new(workflow, Json::Null).checkpoint(length).await?;
        report.line(&format!("| {length} | {bytes} | {:.2} | {:.2} |", millis(writing), millis(reading)));
    }
    Ok(())
}

/// Nodes that wait for something outside, in parallel rounds.
async fn waiting(report: &mut Report) -> anyhow::Result<()> {
    const WAIT: Duration = Duration::from_millis(100);
    report.heading("Iteration of 100 items, 10 side by side, over a node that waits 100 ms");
    let mut registry = Registry::standard();
    registry.replace("body", Arc::new(outside::Waits(WAIT)));
    let workflow = Workflow::compile(&graphs::iteration(10), &registry)?;
    let begun = Instant::now();
    Case::new(workflow, items(100)).run().await?;
    report.line(&format!("{:.0} ms; the waiting alone is 1000 ms.", millis(begun.elapsed())));
    Ok(())
}

/// From the start of a node to its end.
async fn single_nodes(report: &mut Report) -> anyhow::Result<()> {
    report.heading("Nodes that do something, warm");
    report.line("| node | p50 ms | p99 ms |");
    report.line("| --- | ---: | ---: |");
    for (name, node) in graphs::single_nodes() {
        let workflow = Workflow::compile(&graphs::around(&node), &Registry::standard())?;
        let case = Case::new(workflow, items(20)).with_code()?;
        let mut times = Times::default();
        for call in 0..CALLS {
            let took = case.time_of("body").await?;
            // The first ones start interpreters.
            if call >= CALLS / 10 {
                times.add(took);
            }
        }
        report.line(&format!("| {name} | {:.3} | {:.3} |", millis(times.at(0.5)), millis(times.at(0.99))));
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// What every run's form is given.
fn inputs(items: &Json) -> core_workflow::value::Map {
    let values = [("x", Value::from("text")), ("n", Value::Integer(1)), ("items", Value::from_json(items.clone()))];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
