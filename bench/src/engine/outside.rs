//! What nodes wait for.

use std::sync::Arc;
use std::time::Duration;

use core_app::workflow::code_runner;
use core_sandbox::{Sandbox, SandboxSettings};
use core_workflow::capabilities::CodeRunner;
use core_workflow::value::{Map, Value};
use core_workflow::{Node, Outcome, Step, Visit};

/// Stands in for a model or a tool.
#[derive(Debug)]
pub(super) struct Waits(pub(super) Duration);

impl Node for Waits {
    fn start(&self, _visit: &Visit<'_>) -> Step {
        let wait = self.0;
        Step::pending(async move {
            tokio::time::sleep(wait).await;
            Ok(Outcome::with(Map::from_iter([("output".to_owned(), Value::from("waited"))])))
        })
    }
}

/// Code runs in the real sandbox.
pub(super) fn code() -> anyhow::Result<Arc<dyn CodeRunner>> {
    Ok(code_runner(Ok(Sandbox::new(SandboxSettings::default())?)))
}
