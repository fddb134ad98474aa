//! Running programs: their whole output, or a reason.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program that ran to its end.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) ok: bool,
    pub(crate) stdout: String,
    /// Both streams, for people.
    pub(crate) log: String,
}

/// Runs without a terminal. `Err` means that the program could not be started at all.
pub(crate) fn run(command: &mut Command) -> Result<Ran, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{name}: {e}"))?;
    let stdout = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let log = tail(&format!("{stdout}\n{stderr}"));
    Ok(Ran { ok: output.status.success(), stdout, log })
}

/// The standard output of a short successful command.
pub(crate) fn text<I, A>(program: impl AsRef<OsStr>, arguments: I) -> Option<String>
where
    I: IntoIterator<Item = A>,
    A: AsRef<OsStr>,
{
    run(Command::new(program).args(arguments)).ok().filter(|ran| ran.ok).map(|ran| ran.stdout)
}

/// The last lines of a text.
pub(crate) fn tail(text: &str) -> String {
    const LINES: usize = 25;
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}

/// The last lines of a log file; says so when it cannot be read.
pub(crate) fn tail_of_file(path: &Path) -> String {
    match fs::read(path) {
        Ok(bytes) => tail(&String::from_utf8_lossy(&bytes)),
        Err(e) => format!("({} cannot be read: {e})", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_keeps_the_last_lines_only() {
        let text: String = (0..40).map(|n| format!("line {n}\n\n")).collect();
        let tail = tail(&text);
        assert!(tail.starts_with("line 15\n") && tail.ends_with("line 39"));
    }

    #[test]
    fn a_missing_program_is_a_reason_not_a_panic() {
        assert!(run(&mut Command::new("no-such-program-anywhere")).unwrap_err().contains("no-such-program"));
    }
}
