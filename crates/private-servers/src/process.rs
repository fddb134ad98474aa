//! Other processes: alive or not, and ending them. Without unsafe code this goes through `/proc`, `ps` and the shell.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::command;

/// Whether a process with this number exists and its program name contains `program`.
///
/// The name matters: after a reboot, or in a container, the number in a stale pid file often belongs to someone else.
pub(crate) fn is(pid: u32, program: &str) -> bool {
    let comm = format!("/proc/{pid}/comm");
    if Path::new("/proc/self").exists() {
        return std::fs::read_to_string(comm).is_ok_and(|name| name.contains(program)) && !is_zombie(pid);
    }
    command::text("ps", ["-p", &pid.to_string(), "-o", "comm="]).is_some_and(|name| name.contains(program))
}

/// Ended, but not yet collected by its parent: as good as gone.
fn is_zombie(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| stat.rsplit_once(") ").map(|(_, rest)| rest.starts_with('Z')))
        .unwrap_or(false)
}

/// Sends a signal by name, such as `INT`. The shell's own `kill` is used: small images have no program of that name.
/// A process that is gone already shows in what the caller waits for.
pub(crate) fn signal(pid: u32, name: &str) -> Result<(), String> {
    let ran = command::run(Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name]).arg(pid.to_string()))?;
    if ran.ok || ran.log.contains("No such process") { Ok(()) } else { Err(ran.log) }
}

/// Asks again and again, with short pauses, until `done` or the time is over.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        pause(Duration::from_millis(20));
    }
}

#[expect(clippy::disallowed_methods, reason = "this crate is synchronous and documented so; there is no runtime here")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Whether this process runs as root.
pub(crate) fn am_root() -> bool {
    command::text("id", ["-u"]).is_some_and(|uid| uid == "0")
}
