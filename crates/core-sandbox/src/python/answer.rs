//! From what a run left behind to a result.

use std::time::Duration;

use super::server::Outcome;
use crate::call::Output;
use crate::error::SandboxError;
use crate::settings::Limits;

/// The JSON text of what `main` returned, and what was printed.
pub(super) fn returned(outcome: Outcome, limits: &Limits) -> Result<(String, String), SandboxError> {
    let stdout = lossy(outcome.stdout);
    match split(&outcome.answer) {
        Some((b'v', json)) => Ok((String::from_utf8_lossy(json).into_owned(), stdout)),
        Some((b'e', message)) => Err(SandboxError::ScriptFailed { message: text(message) }),
        Some((b'j', message)) => Err(SandboxError::ResultNotJson { message: text(message) }),
        Some((b'm', _)) => Err(SandboxError::OutOfMemory),
        Some((b'x', message)) => Err(SandboxError::internal(text(message))),
        // A script can write here, too.
        Some(_) => Err(SandboxError::ResultNotJson { message: "the script tampered with its result".to_owned() }),
        None => Err(ended_early(outcome.status, outcome.used, limits)),
    }
}

/// What a script printed, its traceback included.
pub(super) fn output(outcome: Outcome, limits: &Limits) -> Result<Output, SandboxError> {
    let mut output = Output { stdout: lossy(outcome.stdout), error: lossy(outcome.stderr) };
    match split(&outcome.answer) {
        Some((b'm', _)) => return Err(SandboxError::OutOfMemory),
        Some((b'x', message)) => return Err(SandboxError::internal(text(message))),
        Some((b'e', message)) => {
            output.error.push_str(&text(message));
            output.error.push('\n');
        }
        Some(_) => {}
        // `os._exit(0)` is a way to end a script.
        None if outcome.status == 0 => {}
        None => {
            let error = ended_early(outcome.status, outcome.used, limits);
            let SandboxError::ScriptFailed { message } = error else { return Err(error) };
            output.error.push_str(&message);
        }
    }
    Ok(output)
}

fn split(answer: &[u8]) -> Option<(u8, &[u8])> {
    answer.split_first().map(|(kind, rest)| (*kind, rest))
}

fn ended_early(status: i32, used: Duration, limits: &Limits) -> SandboxError {
    let signal = status & 0x7f;
    let message = match signal {
        0 => format!("the script ended with exit code {} before `main` returned", (status >> 8) & 0xff),
        libc::SIGKILL | libc::SIGXCPU if used >= limits.time => {
            return SandboxError::TimedOut { limit: limits.time };
        }
        // Nobody else in the jail can send it: the machine was short of memory.
        libc::SIGKILL => return SandboxError::OutOfMemory,
        libc::SIGSEGV | libc::SIGBUS => "the interpreter crashed: is the recursion too deep?".to_owned(),
        other => format!("the script was ended by signal {other}"),
    };
    SandboxError::ScriptFailed { message }
}

/// A character that was cut in two at the end is dropped.
fn lossy(mut bytes: Vec<u8>) -> String {
    if let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    text(&bytes)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
