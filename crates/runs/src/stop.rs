//! Stopping a run from anywhere.
//!
//! A stop is published to all processes and kept as a flag. The process that has the run hears the message within
//! milliseconds; should the message be lost, it finds the flag within a second. Runs of workflows are told with a command
//! too, as Dify's engines listen to these.

use std::sync::Arc;

use redis_link::SubscriptionEvent;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::commands;
use crate::error::RunsError;
use crate::keys;
use crate::live::Live;
use crate::registry::{Runs, Shared};
use crate::run::{Owner, RunId};
use crate::scripts;

/// What a run of a workflow is told, whoever reads it.
const ABORT: &str = r#"{"command_type":"abort","reason":"User requested stop","payload":null}"#;

/// How a run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopBy {
    Flag,
    /// And by a command: runs of workflows.
    Command,
}

impl Runs {
    /// Asks a run to stop, wherever it lives. Silently does nothing when there is no such run or it is not the
    /// caller's.
    ///
    /// # Errors
    /// When Redis fails and the run is not in this process.
    pub async fn request_stop(&self, id: RunId, caller: &Owner, by: StopBy) -> Result<(), RunsError> {
        let here = self.shared.find_live(id).filter(|run| run.owner == *caller);
        let script = StopScript { whose: keys::owner(id), field: "", expected: caller.to_string(), id, by };
        self.ask(here, script).await
    }

    /// Asks a run to stop on behalf of its app, whoever started it: the contract of workflow runs. Silently does
    /// nothing when the run is not of this app.
    ///
    /// # Errors
    /// When Redis fails and the run is not in this process.
    pub async fn request_stop_in_app(&self, tenant: Uuid, app: Uuid, id: RunId) -> Result<(), RunsError> {
        let here = self.shared.find_live(id).filter(|run| run.tenant == tenant && run.app == app);
        let script = StopScript {
            whose: keys::run(tenant, id),
            field: "app",
            expected: app.to_string(),
            id,
            by: StopBy::Command,
        };
        self.ask(here, script).await
    }

    async fn ask(&self, here: Option<Arc<Live>>, script: StopScript) -> Result<(), RunsError> {
        let here = here.inspect(|run| run.stop.cancel());
        match script.run(&self.shared).await {
            // The flag is for others; the run itself has been told.
            Err(e) if here.is_some() => self.shared.degrade(&e),
            asked => asked?,
        }
        Ok(())
    }
}

struct StopScript {
    whose: String,
    field: &'static str,
    expected: String,
    id: RunId,
    by: StopBy,
}

impl StopScript {
    async fn run(self, shared: &Shared) -> Result<(), redis::RedisError> {
        let mut script = scripts::STOP.key(self.whose);
        script.key(keys::stop_flag(self.id));
        if self.by == StopBy::Command {
            script.key(keys::commands(self.id)).key(keys::commands_pending(self.id));
        }
        script.arg(self.field).arg(self.expected);
        script.arg(shared.config.stop_ttl.as_secs()).arg(keys::stop_channel(shared.link.namespace()));
        script.arg(self.id.to_string());
        if self.by == StopBy::Command {
            script.arg(ABORT).arg(shared.config.command_ttl.as_secs());
        }
        script.invoke_async::<i64>(&mut shared.link.conn()).await.map(|_asked| ())
    }
}

/// Hears of stops in other processes.
pub(crate) async fn listen(shared: Arc<Shared>, shutdown: CancellationToken) {
    let mut stops = shared.link.subscribe(keys::stop_channel(shared.link.namespace()));
    loop {
        let event = tokio::select! {
            () = shutdown.cancelled() => return,
            event = stops.next() => event,
        };
        match event {
            // What was said while nobody listened is in the flags.
            SubscriptionEvent::Connected => poll(&shared).await,
            SubscriptionEvent::Message(payload) => {
                let id = std::str::from_utf8(&payload).ok().and_then(|text| text.parse().ok());
                if let Some(run) = id.and_then(|id| shared.find_live(id)) {
                    run.stop.cancel();
                }
            }
        }
    }
}

/// Reads the stop flags of all runs of this process that have not been told yet, and whether there are commands for
/// them: one round trip, and another one where there are.
pub(crate) async fn poll(shared: &Shared) {
    let runs: Vec<Arc<Live>> = shared.all_live().into_iter().filter(|run| !run.stop.is_cancelled()).collect();
    if runs.is_empty() {
        return;
    }
    let listening: Vec<&Arc<Live>> = runs.iter().filter(|run| run.takes_commands()).collect();
    let mut flags = redis::cmd("MGET");
    for run in &runs {
        flags.arg(keys::stop_flag(run.id));
    }
    for run in &listening {
        flags.arg(keys::commands_pending(run.id));
    }
    let flags = match flags.query_async::<Vec<Option<String>>>(&mut shared.link.conn()).await {
        Ok(flags) => flags,
        Err(e) => return shared.degrade(&e),
    };
    let mut flags = flags.into_iter();
    for (run, _flag) in runs.iter().zip(flags.by_ref()).filter(|(_, flag)| flag.is_some()) {
        run.stop.cancel();
    }
    for (run, _flag) in listening.into_iter().zip(flags).filter(|(_, flag)| flag.is_some()) {
        match commands::take(shared, run.id).await {
            Ok(commands) => run.command(commands),
            Err(e) => shared.degrade(&e),
        }
    }
}
