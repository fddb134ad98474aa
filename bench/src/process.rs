//! The program's other two selves, and what the system says of them.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use stub_upstream::{Script, StubOptions, StubUpstream};
use tokio::process::{Child, Command};

/// Models of the stub, by what they do.
pub(crate) const FIFTY_CHUNKS: &str = "fifty-chunks";
pub(crate) const PACED: &str = "paced";
pub(crate) const SLOW: &str = "holds";
pub(crate) const QUIET: &str = "thinks";
pub(crate) const EMBEDDING: &str = "embeds";
pub(crate) const EMBEDDING_PROVIDER: &str = "langgenius/openai_api_compatible/openai_api_compatible";
const DIMENSIONS: usize = 768;

/// What a piece of the stub's answers begins with.
pub(crate) const WORD: &str = "word";
/// Between two pieces of a paced answer.
const PACE: Duration = Duration::from_millis(10);
/// How long the quiet model thinks before its first word: longer than anybody listens.
pub(crate) const SILENCE: Duration = Duration::from_secs(3600);
/// A whole paced answer.
pub(crate) const PACED_TIME: Duration = Duration::from_millis(500);

/// Ticks of a second in which the kernel tells a process's time, on every platform that this runs on.
const TICKS: f64 = 100.0;

/// A child that ends with this program.
pub(crate) struct Role {
    child: Child,
}

impl Role {
    pub(crate) fn spawn(arguments: &[String], environment: &[(String, String)]) -> anyhow::Result<Self> {
        let program: PathBuf = std::env::current_exe().context("where is this program?")?;
        let child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start this program a second time")?;
        Ok(Self { child })
    }

    /// Takes the process's life without a warning.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("cannot end a process")
    }

    /// Resident memory in MiB: now, and at its highest.
    pub(crate) fn memory(&self) -> anyhow::Result<(f64, f64)> {
        let pid = self.child.id().context("the process ended")?;
        let status =
            std::fs::read_to_string(format!("/proc/{pid}/status")).context("cannot read the process's status")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|l| l.strip_prefix(name));
            line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<f64>().ok()).map(|kib| kib / 1024.0)
        };
        field("VmRSS:").zip(field("VmHWM:")).context("the process's status has no memory figures")
    }

    /// Seconds of a core that the process has used so far.
    pub(crate) fn processor_time(&self) -> anyhow::Result<f64> {
        let pid = self.child.id().context("the process ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("cannot read the process's times")?;
        // The name in brackets may hold anything; after it come the state and numbers, user and system time 12th and 13th.
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>().context("the process's times are no numbers")? / TICKS)
    }
}

/// Waits until something answers on the port.
pub(crate) async fn wait_for(port: u16) -> anyhow::Result<()> {
    for _ in 0..300 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("nothing came up on port {port} within 30 s")
}

/// A port that nobody uses at the moment.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The stub, until the process is ended.
pub(crate) async fn serve_stub(port: u16, hold_seconds: u64) -> anyhow::Result<()> {
    let stub = StubUpstream::start_with(StubOptions { port, keep_requests: 0 })?;
    stub.script(FIFTY_CHUNKS, Script::pieces(50, "word ", Duration::ZERO));
    stub.script(PACED, Script::pieces(50, "word ", PACE));
    stub.script(EMBEDDING, Script::vectors(DIMENSIONS));
    stub.script(QUIET, Script::pieces(2, "word ", SILENCE));
    // A piece a second.
    let seconds = usize::try_from(hold_seconds).unwrap_or(usize::MAX);
    stub.script(SLOW, Script::pieces(seconds, "word ", Duration::from_secs(1)));
    std::future::pending::<()>().await;
    Ok(())
}
