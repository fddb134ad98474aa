//! A tier, from its start to its orderly end.

use std::net::{SocketAddr, TcpListener};

use config::{LogFormat, Settings, Tier};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::CliError;
use crate::output::note;

pub(crate) fn init_logs(settings: &Settings) -> Result<(), CliError> {
    let format = match settings.logging.format {
        LogFormat::Pretty => telemetry::LogFormat::Pretty,
        LogFormat::Json => telemetry::LogFormat::Json,
    };
    telemetry::init_logs(&settings.logging.filter, format).map_err(CliError::failed)
}

/// Serves until the process is told to stop, then drains. A second signal ends the drain at once.
pub(crate) async fn serve(
    settings: Settings,
    tier: Tier,
    listener: TcpListener,
    ready: impl AsyncFnOnce(SocketAddr),
) -> Result<(), CliError> {
    let mut signals = Signals::new()?;
    let running = tokio::select! {
        running = Box::pin(server::start(settings, tier, listener)) => running?,
        () = signals.next() => return Ok(()),
    };
    ready(running.address).await;
    signals.next().await;
    note("stopping: running answers are finished first; signal again to end at once");
    tokio::select! {
        () = Box::pin(running.shutdown()) => Ok(()),
        () = signals.next() => Err(CliError::Failed("ended before all answers were finished".to_owned())),
    }
}

/// What tells a process to stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
