//! Python: jailed processes that are warm before they are needed.
//!
//! A *server* is an interpreter in a jail that has loaded the usual modules. It forks once per run; the fork is all that
//! a run ever gets, and it is gone afterwards. A server runs one thing at a time. One whose run had to be stopped is
//! killed with it and replaced.

mod answer;
mod interpreter;
mod jail;
mod server;
mod syscalls;

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use crate::call::Output;
use crate::error::SandboxError;
use crate::settings::{Limits, PythonSettings};
use interpreter::Interpreter;
use jail::Jail;
use server::{Broken, Outcome, Room, Server, Slots};

#[derive(Debug)]
pub(crate) struct Python {
    settings: PythonSettings,
    limits: Arc<Limits>,
    places: Semaphore,
    slots: Arc<Slots>,
    jail: OnceCell<Arc<Jail>>,
    idle: Mutex<Vec<Server>>,
}

/// What a run reads from its pipe.
#[derive(Serialize)]
struct Request<'a> {
    code: &'a str,
    /// JSON; `None` runs the script without calling `main`.
    arguments: Option<&'a RawValue>,
}

impl Python {
    pub(crate) fn new(settings: PythonSettings, limits: Arc<Limits>) -> Self {
        Self {
            places: Semaphore::new(settings.servers.max(1)),
            settings,
            limits,
            slots: Arc::default(),
            jail: OnceCell::new(),
            idle: Mutex::default(),
        }
    }

    /// Starts all servers, so that no run has to wait for one.
    pub(crate) async fn warm_up(&self) -> Result<(), SandboxError> {
        let jail = self.jail().await?;
        while self.idle.lock().len() < self.settings.servers.max(1) {
            let Ok(_place) = self.places.try_acquire() else { return Ok(()) };
            let server = self.start(&jail).await?;
            self.idle.lock().push(server);
        }
        Ok(())
    }

    /// The JSON text of what `main` returned, and what was printed.
    pub(crate) async fn call_main(&self, code: &str, arguments: &RawValue) -> Result<(String, String), SandboxError> {
        let room = Room { answer: self.limits.output, printed: self.limits.kept_stdout, strict: false };
        let outcome = self.run(&Request { code, arguments: Some(arguments) }, room).await?;
        answer::returned(outcome, &self.limits)
    }

    pub(crate) async fn run_script(&self, code: &str) -> Result<Output, SandboxError> {
        let room = Room { answer: self.limits.output, printed: self.limits.output, strict: true };
        let outcome = self.run(&Request { code, arguments: None }, room).await?;
        answer::output(outcome, &self.limits)
    }

    async fn run(&self, request: &Request<'_>, room: Room) -> Result<Outcome, SandboxError> {
        let request = serde_json::to_vec(request).map_err(|e| SandboxError::internal(e.to_string()))?;
        let _place = self.place().await?;
        loop {
            let (mut server, was_idle) = self.server().await?;
            let ran = tokio::time::timeout(self.limits.time, server.run(&request, room)).await;
            // Every way out but the last drops the server, and with it the run.
            return match ran {
                Err(_elapsed) => Err(SandboxError::TimedOut { limit: self.limits.time }),
                Ok(Err(Broken::BeforeRun)) if was_idle => continue,
                Ok(Err(Broken::BeforeRun)) => Err(SandboxError::internal("the interpreter does not stay alive")),
                Ok(Err(Broken::During(error))) => Err(error),
                Ok(Ok(outcome)) => {
                    if server.runs() < self.settings.runs_per_server {
                        self.idle.lock().push(server);
                    }
                    Ok(outcome)
                }
            };
        }
    }

    async fn place(&self) -> Result<SemaphorePermit<'_>, SandboxError> {
        tokio::time::timeout(self.limits.wait, self.places.acquire())
            .await
            .map_err(|_elapsed| SandboxError::Busy)?
            .map_err(|_closed| SandboxError::Busy)
    }

    /// A server, and whether it may have died while it waited.
    async fn server(&self) -> Result<(Server, bool), SandboxError> {
        let jail = self.jail().await?;
        while let Some(mut server) = self.take_idle() {
            if server.is_alive() {
                return Ok((server, true));
            }
        }
        Ok((self.start(&jail).await?, false))
    }

    fn take_idle(&self) -> Option<Server> {
        self.idle.lock().pop()
    }

    async fn start(&self, jail: &Arc<Jail>) -> Result<Server, SandboxError> {
        Server::start(Arc::clone(jail), &self.slots)
            .await
            .map_err(|reason| SandboxError::unavailable(format!("the Python interpreter fails: {reason}")))
    }

    /// The jail around the first interpreter that starts in it.
    async fn jail(&self) -> Result<Arc<Jail>, SandboxError> {
        self.jail.get_or_try_init(|| self.find()).await.map(Arc::clone)
    }

    async fn find(&self) -> Result<Arc<Jail>, SandboxError> {
        let mut complaints = Vec::new();
        for path in interpreter::candidates(&self.settings) {
            let tried = async {
                let interpreter = Interpreter::ask(&path).await?;
                let jail = Arc::new(Jail::around(interpreter, &self.settings, &self.limits)?);
                let server = Server::start(Arc::clone(&jail), &self.slots).await?;
                Ok::<_, String>((jail, server))
            };
            match tried.await {
                Ok((jail, server)) => {
                    tracing::info!(python.path = %path.display(), "runs Python with this interpreter");
                    self.idle.lock().push(server);
                    return Ok(jail);
                }
                Err(reason) => {
                    let complaint = format!("{}: {reason}", path.display());
                    tracing::info!("passes over {complaint}");
                    complaints.push(complaint);
                }
            }
        }
        let found = if complaints.is_empty() {
            "there is no python3".to_owned()
        } else {
            format!("no interpreter can be used ({})", complaints.join("; "))
        };
        Err(SandboxError::unavailable(format!(
            "{found}. Install Python 3.9 or newer, name one with FERRIFY_PYTHON, or set CODE_EXECUTION_ENDPOINT"
        )))
    }
}
