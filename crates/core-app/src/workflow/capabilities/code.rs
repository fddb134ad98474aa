//! Code nodes in the sandbox.

use std::sync::Arc;

use async_trait::async_trait;
use core_sandbox::{Call, Language, Sandbox, SandboxError};
use core_workflow::capabilities::{CodeCall, CodeError, CodeLanguage, CodeRunner};

/// Runs code nodes in a sandbox. Without one every call fails, and says why there is none.
pub fn code_runner(sandbox: Result<Sandbox, SandboxError>) -> Arc<dyn CodeRunner> {
    match sandbox {
        Ok(sandbox) => Arc::new(Code(sandbox)),
        Err(error) => Arc::new(NoCode(error.to_string())),
    }
}

struct NoCode(String);

#[async_trait]
impl CodeRunner for NoCode {
    async fn call_main(&self, _call: CodeCall) -> Result<serde_json::Value, CodeError> {
        Err(CodeError::Unavailable(self.0.clone()))
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
        let call = Call { language, code: call.code, arguments: call.arguments };
        match self.0.call_main(call).await {
            Ok(returned) => Ok(returned.value),
            Err(error) if error.is_scripts_fault() => Err(CodeError::Failed(error.to_string())),
            Err(error) => {
                tracing::warn!(error = %error, "code could not be run");
                Err(CodeError::Unavailable(error.to_string()))
            }
        }
    }
}
