//! From what a script threw to what its author should read.

use rquickjs::{Coerced, Ctx, Exception, FromJs, Value};

use super::text;
use crate::error::SandboxError;

/// The name under which a script appears in its stack traces.
pub(super) const FILE: &str = "main.js";

/// The error for a failed step; a run that is out of time fails for that reason, whatever it threw.
pub(super) fn error_of<'js>(ctx: &Ctx<'js>, error: rquickjs::Error) -> SandboxError {
    if error.is_exception() {
        return thrown(ctx, ctx.catch());
    }
    if matches!(error, rquickjs::Error::Allocation) {
        return SandboxError::OutOfMemory;
    }
    if matches!(error, rquickjs::Error::InvalidString(_)) {
        return SandboxError::ScriptFailed { message: "SyntaxError: the code contains a NUL character".to_owned() };
    }
    SandboxError::ScriptFailed { message: error.to_string() }
}

/// The engine throws `null` when not even an error object fits into memory.
fn thrown<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> SandboxError {
    if value.is_null() {
        return SandboxError::OutOfMemory;
    }
    let message = described(ctx, &value);
    if message.starts_with("InternalError: out of memory") {
        return SandboxError::OutOfMemory;
    }
    SandboxError::ScriptFailed { message }
}

/// Name, message and stack of an error; anything else as text.
fn described<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> String {
    let title = coerced(ctx, value.clone());
    let stack = value
        .as_object()
        .and_then(|object| Exception::from_object(object.clone()))
        .and_then(|exception| exception.as_object().get::<_, Option<rquickjs::String>>("stack").ok().flatten())
        .map(|stack| text::lossy(ctx, &stack))
        .unwrap_or_default();
    // Reading it may have thrown anew.
    let _unread = ctx.catch();
    let mut message = title.unwrap_or_else(|| "an exception without a text".to_owned());
    for line in stack.lines().filter(|line| line.contains(FILE)) {
        message.push('\n');
        message.push_str(line.trim_end());
    }
    message
}

fn coerced<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> Option<String> {
    if let Some(string) = value.as_string() {
        return Some(text::lossy(ctx, string));
    }
    Coerced::<String>::from_js(ctx, value).ok().map(|Coerced(text)| text)
}
