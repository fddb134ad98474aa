//! A private Redis (or Valkey) server.

mod locate;
mod wire;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io};

use crate::error::BootstrapError;
use crate::layout::Layout;
use crate::state::State;
use crate::status::ServerStatus;
use crate::{Options, command, ports, process};

pub(crate) use wire::call;

const SERVER: &str = "Redis";
const START_LIMIT: Duration = Duration::from_secs(30);
/// A server writes its pid file almost at once.
const SILENT_START: Duration = Duration::from_secs(5);
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// Another process may take a port between the look and the start.
const PORT_RACES: usize = 3;

pub(crate) fn ensure(
    layout: &Layout,
    state: &mut State,
    options: &Options,
    progress: &mut dyn FnMut(&str),
) -> Result<String, BootstrapError> {
    if let Some(port) = state.redis_port
        && let Some(live) = Live::at(port, layout)
    {
        if live.databases >= options.redis_databases {
            return Ok(url(port));
        }
        progress("restarting Redis with more databases");
        live.shut_down()?;
    }
    let program = locate::program(layout, state, progress)?;
    state.redis_program = Some(program.clone());
    for _ in 0..PORT_RACES {
        let port = match state.redis_port.filter(|port| ports::is_free(*port)) {
            Some(port) => port,
            None => ports::pick(SERVER, options.redis_port, state.postgres_port.as_slice())?,
        };
        progress(&format!("starting Redis on port {port}"));
        state.redis_port = Some(port);
        state.save(layout)?;
        start(layout, &program, port, options)?;
        let started = Instant::now();
        let over = || Live::at(port, layout).is_some() || has_died(layout, started.elapsed());
        if process::wait_until(START_LIMIT, over) && Live::at(port, layout).is_some() {
            return Ok(url(port));
        }
        if ports::is_free(port) {
            break;
        }
        state.redis_port = None;
    }
    Err(BootstrapError::Start { server: SERVER, log: command::tail_of_file(&log(layout)) })
}

pub(crate) fn stop(layout: &Layout, state: &State, progress: &mut dyn FnMut(&str)) -> Result<bool, BootstrapError> {
    let Some(live) = state.redis_port.and_then(|port| Live::at(port, layout)) else { return Ok(false) };
    progress("stopping Redis");
    live.shut_down()?;
    Ok(true)
}

pub(crate) fn status(layout: &Layout, state: &State) -> ServerStatus {
    let Some(port) = state.redis_port else { return ServerStatus::Absent };
    Live::at(port, layout).map_or(ServerStatus::Stopped, |live| ServerStatus::Running { url: url(port), pid: live.pid })
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}/0")
}

fn log(layout: &Layout) -> PathBuf {
    layout.redis().join("server.log")
}

fn pid_file(layout: &Layout) -> PathBuf {
    layout.redis().join("server.pid")
}

/// Whether a server that was just started has ended again. One that still loads its data has not. A server that could
/// not take its port ends before it writes its pid file.
fn has_died(layout: &Layout, after: Duration) -> bool {
    match fs::read_to_string(pid_file(layout)).ok().and_then(|text| text.trim().parse().ok()) {
        Some(pid) => !process::is(pid, "redis") && !process::is(pid, "valkey"),
        None => after > SILENT_START,
    }
}

/// A server that answers and works on this data directory.
struct Live {
    port: u16,
    pid: u32,
    databases: u32,
}

impl Live {
    /// `None` when nobody answers, or the one who answers belongs to someone else.
    fn at(port: u16, layout: &Layout) -> Option<Self> {
        let dir = call(port, &["CONFIG", "GET", "dir"]).ok()?;
        if Path::new(dir.lines().nth(1)?) != layout.redis() {
            return None;
        }
        let databases = call(port, &["CONFIG", "GET", "databases"]).ok()?.lines().nth(1)?.parse().ok()?;
        let info = call(port, &["INFO", "server"]).ok()?;
        let pid = info.lines().find_map(|line| line.strip_prefix("process_id:"))?.trim().parse().ok()?;
        Some(Self { port, pid, databases })
    }

    /// Saves what the configuration says must be saved, then ends.
    fn shut_down(&self) -> Result<(), BootstrapError> {
        // A server that goes away closes the connection instead of answering.
        let _ = call(self.port, &["SHUTDOWN"]);
        let gone = || !process::is(self.pid, "redis") && !process::is(self.pid, "valkey");
        if process::wait_until(STOP_LIMIT, gone) {
            return Ok(());
        }
        Err(BootstrapError::Stop { server: SERVER, pid: self.pid })
    }
}

fn start(layout: &Layout, program: &Path, port: u16, options: &Options) -> Result<(), BootstrapError> {
    let file = layout.redis().join("server.conf");
    fs::write(&file, configuration(layout, port, options)).map_err(BootstrapError::file("write", &file))?;
    let stale = pid_file(layout);
    match fs::remove_file(&stale) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(BootstrapError::file("delete", &stale)(e)),
        _ => {}
    }
    let failed = |log| BootstrapError::Start { server: SERVER, log };
    let ran = command::run(Command::new(program).arg(&file).current_dir(layout.redis())).map_err(failed)?;
    if ran.ok { Ok(()) } else { Err(failed(format!("{}\n{}", ran.log, command::tail_of_file(&log(layout))))) }
}

fn configuration(layout: &Layout, port: u16, options: &Options) -> String {
    let persistence = if options.ephemeral {
        "save \"\"\nappendonly no\nmaxclients 2000\n"
    } else {
        "appendonly yes\nappendfsync everysec\n"
    };
    format!(
        "bind 127.0.0.1\nprotected-mode yes\nport {port}\ndaemonize yes\ndatabases {}\ndir {}\npidfile {}\nlogfile {}\n{persistence}",
        options.redis_databases.max(1),
        quoted(&layout.redis()),
        quoted(&pid_file(layout)),
        quoted(&log(layout)),
    )
}

/// A path as the configuration file wants it: spaces and quotes survive.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_spaces_and_quotes_are_quoted() {
        assert_eq!(quoted(Path::new("/a b/\"c\"")), r#""/a b/\"c\"""#);
    }
}
