//! The cluster on disk and its server process.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::BootstrapError;
use crate::layout::Layout;
use crate::{command, process};

use super::identity::Identity;
use super::{NAME, SERVER};

/// Settings of ours, read after the ones that `initdb` wrote.
const SETTINGS: &str = "ferrify.conf";
const START_SECONDS: &str = "60";
/// A socket's path, with its file name, must fit into 107 bytes.
const LONGEST_SOCKET_FOLDER: usize = 85;
/// How long the helper processes of a killed server may take to notice.
const ORPHANS: Duration = Duration::from_secs(10);

/// The server process as its pid file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Postmaster {
    pub(super) pid: u32,
    pub(super) port: u16,
}

impl Postmaster {
    fn recorded(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        let port = lines.nth(2)?.trim().parse().ok()?;
        Some(Self { pid, port })
    }

    /// The recorded process, when it is a PostgreSQL server that still runs.
    pub(super) fn live(data: &Path) -> Option<Self> {
        Self::recorded(data).filter(|postmaster| process::is(postmaster.pid, "postgres"))
    }
}

/// The major version the cluster was made with.
pub(super) fn major(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION")).ok()?.trim().parse().ok()
}

pub(super) fn is_initialised(data: &Path) -> bool {
    // Written last: a cluster without it was left half made.
    data.join(SETTINGS).exists() && major(data).is_some()
}

/// Makes the cluster. What an interrupted attempt left is removed first: it never held a database of ours.
pub(super) fn initialise(
    identity: &Identity,
    bin: &Path,
    layout: &Layout,
    ephemeral: bool,
) -> Result<(), BootstrapError> {
    let data = layout.postgres();
    // C.UTF-8 is missing on some systems; the plain C locale with UTF8 sorts the same way.
    let mut log = String::new();
    for locale in ["--locale=C.UTF-8", "--no-locale"] {
        empty(&data)?;
        let mut initdb = identity.command(&bin.join("initdb"));
        initdb.arg("--pgdata").arg(&data).args(["--username", NAME, "--auth=trust", "--encoding=UTF8", locale]);
        if ephemeral {
            initdb.arg("--no-sync");
        }
        let ran = command::run(&mut initdb).map_err(|log| BootstrapError::Initdb { data: data.clone(), log })?;
        if ran.ok {
            return include_settings(&data);
        }
        log = ran.log;
    }
    Err(BootstrapError::Initdb { data, log })
}

/// Empties the folder but keeps it: it may have been given to another account.
fn empty(data: &Path) -> Result<(), BootstrapError> {
    let Ok(entries) = fs::read_dir(data) else { return Ok(()) };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(BootstrapError::file("delete", &path))?;
    }
    Ok(())
}

fn include_settings(data: &Path) -> Result<(), BootstrapError> {
    let main = data.join("postgresql.conf");
    let mut file = fs::File::options().append(true).open(&main).map_err(BootstrapError::file("open", &main))?;
    writeln!(file, "\ninclude_if_exists = '{SETTINGS}'").map_err(BootstrapError::file("write", &main))?;
    let ours = data.join(SETTINGS);
    fs::write(&ours, "").map_err(BootstrapError::file("write", &ours))
}

/// Clears what a killed server or an old container left, so that the next start is not refused.
pub(super) fn recover(data: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), BootstrapError> {
    let Some(recorded) = Postmaster::recorded(data) else { return Ok(()) };
    if process::is(recorded.pid, "postgres") {
        // It runs but does not answer for this cluster (yet): give a starting or stopping server its time.
        if process::wait_until(ORPHANS, || !process::is(recorded.pid, "postgres")) {
            return Ok(());
        }
        return Err(BootstrapError::Stop { server: SERVER, pid: recorded.pid });
    }
    progress("cleaning up after a PostgreSQL server that was killed");
    let stale = data.join("postmaster.pid");
    // Orphaned helpers keep the shared memory; PostgreSQL itself refuses to start beside them, so waiting is enough.
    process::wait_until(ORPHANS, || !has_helpers(data));
    let socket = socket_folder(data).join(format!(".s.PGSQL.{}", recorded.port));
    let socket_lock = socket.with_extension(format!("{}.lock", recorded.port));
    // In the shared folder the lock may by now be another server's.
    let foreign = fs::read_to_string(&socket_lock).is_ok_and(|text| {
        text.lines().next().and_then(|pid| pid.trim().parse().ok()).is_some_and(|pid| process::is(pid, "postgres"))
    });
    let sockets: &[PathBuf] = if foreign { &[] } else { &[socket, socket_lock] };
    for leftover in sockets.iter().chain([&stale]) {
        match fs::remove_file(leftover) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(BootstrapError::file("delete", leftover)(e));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a PostgreSQL process still works inside the folder. Helpers keep the cluster as their current folder.
fn has_helpers(data: &Path) -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    processes.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok())).any(|pid| {
        fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data) && process::is(pid, "postgres")
    })
}

/// Starts the server and waits until it takes connections.
pub(super) fn start(
    identity: &Identity,
    bin: &Path,
    layout: &Layout,
    port: u16,
    ephemeral: bool,
) -> Result<(), String> {
    let data = layout.postgres();
    let ours = data.join(SETTINGS);
    fs::write(&ours, settings(&data, port, ephemeral)).map_err(|e| format!("{}: {e}", ours.display()))?;
    let mut pg_ctl = identity.command(&bin.join("pg_ctl"));
    pg_ctl.args(["start", "--wait", "--silent", "--timeout", START_SECONDS, "--pgdata"]).arg(&data);
    pg_ctl.arg("--log").arg(layout.postgres_log());
    let ran = command::run(&mut pg_ctl)?;
    if ran.ok { Ok(()) } else { Err(ran.log) }
}

fn settings(data: &Path, port: u16, ephemeral: bool) -> String {
    let sockets = socket_folder(data);
    let mut text = format!(
        "# Written at every start.\nport = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\n",
        sockets.to_string_lossy().replace('\'', "''")
    );
    if ephemeral {
        text.push_str("max_connections = 400\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n");
        text.push_str("autovacuum_naptime = 5min\nmax_wal_size = '2GB'\n");
    } else {
        text.push_str("max_connections = 200\n");
    }
    text
}

fn socket_folder(data: &Path) -> PathBuf {
    if data.as_os_str().len() <= LONGEST_SOCKET_FOLDER { data.to_owned() } else { PathBuf::from("/tmp") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_moves_the_socket_away() {
        assert_eq!(socket_folder(Path::new("/data/pg")), Path::new("/data/pg"));
        assert_eq!(socket_folder(&PathBuf::from("/x".repeat(60))), Path::new("/tmp"));
    }

    #[test]
    fn only_ephemeral_servers_give_up_durability() {
        assert!(settings(Path::new("/d"), 5432, true).contains("fsync = off"));
        assert!(!settings(Path::new("/d"), 5432, false).contains("fsync"));
    }
}
