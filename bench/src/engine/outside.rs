//! What nodes wait for.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_sandbox::{Call, Language, Sandbox, SandboxSettings};
use core_workflow::capabilities::{CodeCall, CodeError, CodeLanguage, CodeRunner};
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

struct Code(Sandbox);

#[async_trait]
impl CodeRunner for Code {
    async fn call_main(&self, call: CodeCall) -> Result<serde_json::Value, CodeError> {
        let language = match call.language {
            CodeLanguage::Python3 => Language::Python3,
            CodeLanguage::JavaScript => Language::JavaScript,
        };
        let returned = self.0.call_main(Call { language, code: call.code, arguments: call.arguments }).await;
        returned.map(|returned| returned.value).map_err(|error| CodeError::Failed(error.to_string()))
    }
}

/// Code runs in the real sandbox.
pub(super) fn code() -> anyhow::Result<Arc<dyn CodeRunner>> {
    Ok(Arc::new(Code(Sandbox::new(SandboxSettings::default())?)))
}
