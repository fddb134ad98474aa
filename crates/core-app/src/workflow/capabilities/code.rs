//! Code nodes in the sandbox.

use async_trait::async_trait;
use core_sandbox::{Call, Language, Sandbox};
use core_workflow::capabilities::{CodeCall, CodeError, CodeLanguage, CodeRunner};

pub(in crate::workflow) struct Code(pub(in crate::workflow) Sandbox);

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
