//! A tier that is up.

use std::net::SocketAddr;

use actix_web::dev::ServerHandle;
use tokio::task::JoinHandle;

use crate::parts::Parts;

/// Dropping it leaves the server running until the process ends; call [`Self::shutdown`].
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    parts: Box<Parts>,
    server: HttpTask,
}

/// The HTTP server and the task that drives it.
pub(crate) struct HttpTask {
    pub(crate) handle: ServerHandle,
    pub(crate) task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub(crate) fn new(address: SocketAddr, parts: Parts, server: HttpTask) -> Self {
        Self { address, parts: Box::new(parts), server }
    }

    /// Takes the tier down: streams may go on until the limit, then they end with an error event; what they stored is
    /// kept.
    pub async fn shutdown(self) {
        let Self { parts, server, .. } = self;
        let limit = parts.settings.deployment.shutdown;
        // Runs that are asked for from now on are refused; those that live may end by themselves.
        parts.generations.close();
        if tokio::time::timeout(limit, parts.generations.wait()).await.is_err() {
            tracing::warn!(runs = parts.runs.live_count(), "streams outlasted the drain and are ended");
            parts.deadline.cancel();
            parts.generations.wait().await;
        }
        server.handle.stop(true).await;
        match server.task.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = %error, "the HTTP server ended with an error"),
            Err(error) => tracing::warn!(error = %error, "the HTTP server's task failed"),
        }
        parts.stop_background.cancel();
        parts.background.close();
        parts.background.wait().await;
        tracing::info!("stopped");
    }
}
