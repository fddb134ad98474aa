//! A private PostgreSQL server with pgvector.

mod cluster;
mod database;
mod identity;
mod locate;

use std::path::Path;
use std::time::Duration;

use crate::error::BootstrapError;
use crate::layout::Layout;
use crate::state::State;
use crate::status::ServerStatus;
use crate::{Options, command, ports, process};

use cluster::Postmaster;
use identity::Identity;

const SERVER: &str = "PostgreSQL";
/// The one role and the one database made here.
const NAME: &str = "ferrify";
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// After a crash its helper processes hold the shared memory for a moment, and another process may take the port.
const START_TRIES: usize = 4;

pub(crate) fn ensure(
    layout: &Layout,
    state: &mut State,
    options: &Options,
    progress: &mut dyn FnMut(&str),
) -> Result<String, BootstrapError> {
    let data = layout.postgres();
    let bin = locate::bin(layout, state, progress)?;
    if let Some(live) = Postmaster::live(&data)
        && database::answers_for(&bin, live.port, &data)
    {
        // A first call may have been interrupted between the start and here.
        database::prepare(&bin, live.port)?;
        remember(layout, state, &bin, live.port)?;
        return Ok(url(live.port));
    }
    let identity = Identity::choose(layout)?;
    if !cluster::is_initialised(&data) {
        progress("initialising the database cluster");
        cluster::initialise(&identity, &bin, layout, options.ephemeral)?;
    }
    let port = start(layout, state, options, &identity, &bin, progress)?;
    database::prepare(&bin, port)?;
    Ok(url(port))
}

fn start(
    layout: &Layout,
    state: &mut State,
    options: &Options,
    identity: &Identity,
    bin: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<u16, BootstrapError> {
    let mut log = String::new();
    for _ in 0..START_TRIES {
        cluster::recover(&layout.postgres(), progress)?;
        let port = match state.postgres_port.filter(|port| ports::is_free(*port)) {
            Some(port) => port,
            None => ports::pick(SERVER, options.postgres_port, state.redis_port.as_slice())?,
        };
        progress(&format!("starting PostgreSQL on port {port}"));
        remember(layout, state, bin, port)?;
        match cluster::start(identity, bin, layout, port, options.ephemeral) {
            Ok(()) => return Ok(port),
            Err(reason) => log = format!("{reason}\n{}", command::tail_of_file(&layout.postgres_log())),
        }
    }
    Err(BootstrapError::Start { server: SERVER, log })
}

fn remember(layout: &Layout, state: &mut State, bin: &Path, port: u16) -> Result<(), BootstrapError> {
    if state.postgres_port == Some(port) && state.postgres_bin.as_deref() == Some(bin) {
        return Ok(());
    }
    state.postgres_port = Some(port);
    state.postgres_bin = Some(bin.to_owned());
    state.save(layout)
}

pub(crate) fn stop(layout: &Layout, progress: &mut dyn FnMut(&str)) -> Result<bool, BootstrapError> {
    let Some(live) = Postmaster::live(&layout.postgres()) else { return Ok(false) };
    progress("stopping PostgreSQL");
    // The documented signal for a fast shutdown: sessions end, data is safe. Works whoever started the server.
    process::signal(live.pid, "INT")
        .map_err(|log| BootstrapError::Command { what: "stopping PostgreSQL".into(), log })?;
    if process::wait_until(STOP_LIMIT, || !process::is(live.pid, "postgres")) {
        return Ok(true);
    }
    Err(BootstrapError::Stop { server: SERVER, pid: live.pid })
}

pub(crate) fn status(layout: &Layout) -> ServerStatus {
    let data = layout.postgres();
    if !cluster::is_initialised(&data) {
        return ServerStatus::Absent;
    }
    Postmaster::live(&data)
        .map_or(ServerStatus::Stopped, |live| ServerStatus::Running { url: url(live.port), pid: live.pid })
}

fn url(port: u16) -> String {
    format!("postgresql://{NAME}@127.0.0.1:{port}/{NAME}")
}
