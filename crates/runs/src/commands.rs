//! Commands for runs of workflows, in Dify's keys: a list of JSON texts, and a flag that says there are some.
//!
//! Whoever has a command appends it and sets the flag. The process that has the run looks at the flag together with
//! those of stops, every second; a run that waits is looked at by whoever would wake it.

use tokio::sync::mpsc;

use crate::error::RunsError;
use crate::keys;
use crate::live::LiveRun;
use crate::registry::{Runs, Shared};
use crate::run::RunId;

/// Commands of one run that may wait, in Redis and in the process; more are lost.
const MOST: usize = 1_000;

impl Runs {
    /// Takes the commands that wait for a run, in their order.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn take_commands(&self, id: RunId) -> Result<Vec<String>, RunsError> {
        Ok(take(&self.shared, id).await?)
    }

    /// Which of these runs have commands waiting. One round trip.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn with_commands(&self, ids: &[RunId]) -> Result<Vec<RunId>, RunsError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut flags = redis::cmd("MGET");
        for id in ids {
            flags.arg(keys::commands_pending(*id));
        }
        let flags: Vec<Option<String>> = flags.query_async(&mut self.shared.link.conn()).await?;
        Ok(ids.iter().zip(flags).filter_map(|(id, flag)| flag.map(|_flag| *id)).collect())
    }

    /// Tells a run something, wherever it is.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn send_command(&self, id: RunId, command: &str) -> Result<(), RunsError> {
        let (list, ttl) = (keys::commands(id), self.shared.config.command_ttl.as_secs());
        let mut pipeline = redis::pipe();
        pipeline.cmd("RPUSH").arg(&list).arg(command).ignore();
        pipeline.cmd("EXPIRE").arg(&list).arg(ttl).ignore();
        pipeline.cmd("SET").arg(keys::commands_pending(id)).arg("1").arg("EX").arg(ttl).ignore();
        Ok(pipeline.exec_async(&mut self.shared.link.conn()).await?)
    }
}

impl LiveRun {
    /// What the run is told from now on, in JSON texts that nobody has looked into. Called once.
    #[must_use]
    pub fn commands(&self) -> mpsc::Receiver<String> {
        let (sender, commands) = mpsc::channel(MOST);
        *self.live.commands.lock() = Some(sender);
        commands
    }
}

/// The flag goes first: a command that comes meanwhile sets it again.
pub(crate) async fn take(shared: &Shared, id: RunId) -> Result<Vec<String>, redis::RedisError> {
    let list = keys::commands(id);
    let mut pipeline = redis::pipe();
    pipeline.atomic();
    pipeline.cmd("DEL").arg(keys::commands_pending(id)).ignore();
    pipeline.cmd("LRANGE").arg(&list).arg(0).arg(MOST - 1);
    pipeline.cmd("DEL").arg(&list).ignore();
    let (texts,): (Vec<Vec<u8>>,) = pipeline.query_async(&mut shared.link.conn()).await?;
    Ok(texts.into_iter().map(|text| String::from_utf8_lossy(&text).into_owned()).collect())
}
