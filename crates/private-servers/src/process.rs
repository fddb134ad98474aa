//! Other processes: alive or not, and ending them. Uses `kill` and `ps`, which every Unix has.

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

/// Sends a signal by name, such as `INT`. A process that is gone already is no failure.
pub(crate) fn signal(pid: u32, name: &str) -> Result<(), String> {
    command::run(Command::new("kill").arg(format!("-{name}")).arg(pid.to_string())).map(|_| ())
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
