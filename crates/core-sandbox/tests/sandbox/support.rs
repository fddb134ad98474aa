//! One sandbox per test, and short ways to use it.

use std::time::Duration;

use core_sandbox::{
    Call, JavaScriptSettings, Language, Limits, Returned, Sandbox, SandboxError, SandboxSettings, Script,
};
use serde_json::{Map, Value};

/// Limits for tests of limits: short, but long enough for a busy machine.
pub(crate) fn tight() -> SandboxSettings {
    let limits = Limits { time: Duration::from_secs(2), output: 256 << 10, kept_stdout: 1 << 10, ..Limits::default() };
    // One place: what does not end would be missed.
    let javascript = JavaScriptSettings { concurrency: 1 };
    SandboxSettings { limits, javascript, ..SandboxSettings::default() }
}

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::new(SandboxSettings::default()).unwrap()
}

pub(crate) fn tight_sandbox() -> Sandbox {
    Sandbox::new(tight()).unwrap()
}

pub(crate) fn call(language: Language, code: &str, arguments: Value) -> Call {
    let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
    Call { language, code: code.to_owned(), arguments }
}

/// For tests of every limit but time.
pub(crate) fn patient_sandbox() -> Sandbox {
    let mut settings = tight();
    settings.limits.time = Duration::from_secs(60);
    Sandbox::new(settings).unwrap()
}

pub(crate) async fn javascript(sandbox: &Sandbox, code: &str, arguments: Value) -> Result<Returned, SandboxError> {
    sandbox.call_main(call(Language::JavaScript, code, arguments)).await
}

pub(crate) fn script(language: Language, code: &str) -> Script {
    Script { language, code: code.to_owned() }
}

/// The message of a script that failed.
#[track_caller]
pub(crate) fn failure(result: Result<Returned, SandboxError>) -> String {
    match result {
        Err(SandboxError::ScriptFailed { message }) => message,
        other => panic!("expected a failed script, got {other:?}"),
    }
}

pub(crate) async fn python(sandbox: &Sandbox, code: &str, arguments: Value) -> Result<Returned, SandboxError> {
    sandbox.call_main(call(Language::Python3, code, arguments)).await
}
