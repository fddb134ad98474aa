//! Runs a workflow file with nothing but this crate: `cargo run -p core-workflow --example run_file -- FILE [JSON]`.
//!
//! Nodes that need something from outside (code, models, tools) fail here: a program that has these parts hands them over
//! in [`Capabilities`](core_workflow::Capabilities).

use std::io::Write;
use std::sync::Arc;

use core_workflow::nodes::start::Form;
use core_workflow::value::map_to_json;
use core_workflow::{Event, Registry, Run, RunSetup, Workflow, WorkflowFile};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("give a workflow file, and values for its form as JSON")?;
    let given = arguments.next().map_or_else(|| Ok(serde_json::Map::new()), |json| serde_json::from_str(&json))?;

    let file = WorkflowFile::parse(&std::fs::read_to_string(path)?)?;
    let workflow = Workflow::compile(&file.graph, &Registry::standard())?;
    let form = workflow.root().map(Form::of).transpose()?.unwrap_or_default();
    let setup = RunSetup {
        inputs: form.values(&given)?,
        environment: file.environment_values()?,
        conversation: file.conversation_values()?,
        ..RunSetup::default()
    };

    let mut out = std::io::stdout();
    let mut run = Run::new(Arc::new(workflow), setup);
    while let Some(event) = run.next().await {
        if let Event::Chunk(chunk) = &event {
            write!(out, "{}", chunk.text)?;
        }
        if let Event::RunEnded(end) = &event {
            writeln!(out, "\n{}: {}", end.status.as_str(), map_to_json(&end.outputs))?;
        }
    }
    Ok(())
}
