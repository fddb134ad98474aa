//! A tier, from its start to its orderly end.

use std::net::{SocketAddr, TcpListener};

use config::{LogFormat, Settings, Tier};
use core_rag::extract::isolated::Program;
use telemetry::{TraceExport, Traces};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::CliError;
use crate::output::note;

/// Logs, and traces if the settings ask for them.
pub(crate) fn init_logs(settings: &Settings, tier: Tier) -> Result<Traces, CliError> {
    let format = match settings.logging.format {
        LogFormat::Pretty => telemetry::LogFormat::Pretty,
        LogFormat::Json => telemetry::LogFormat::Json,
    };
    let export = settings.traces.as_ref().map(|traces| TraceExport {
        endpoint: traces.endpoint.clone(),
        api_key: traces.api_key.clone(),
        sampling_rate: traces.sampling_rate,
        queue: traces.queue,
        batch: traces.batch,
        delay: traces.delay,
        timeout: traces.timeout,
        resource: vec![
            ("service.name", traces.service.clone()),
            ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
            ("deployment.environment.name", settings.deployment.env.as_str().to_owned()),
            ("ferrify.tier", tier.name().to_owned()),
        ],
    });
    telemetry::init_logs(&settings.logging.filter, format, export.as_ref()).map_err(CliError::failed)
}

/// Serves until the process is told to stop, then drains. A second signal ends the drain at once.
pub(crate) async fn serve(
    settings: Settings,
    tier: Tier,
    listener: TcpListener,
    traces: Traces,
    ready: impl AsyncFnOnce(SocketAddr),
) -> Result<(), CliError> {
    let mut signals = Signals::new()?;
    let running = tokio::select! {
        running = Box::pin(server::start_with_reader(settings, tier, listener, Program::current())) => running?,
        () = signals.next() => return Ok(()),
    };
    ready(running.address).await;
    signals.next().await;
    note("stopping: running answers are finished first; signal again to end at once");
    let end = async {
        running.shutdown().await;
        traces.shutdown().await;
    };
    tokio::select! {
        () = Box::pin(end) => Ok(()),
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
