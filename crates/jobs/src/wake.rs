//! Hearing of new and of cancelled jobs. When nobody listens, claiming is only slower and cancelling takes a heartbeat.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use models::job::{Listener, News};
use secrecy::SecretString;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::worker::Shared;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// One bell per queue.
pub(crate) struct Wakes {
    by_queue: HashMap<&'static str, Arc<Notify>>,
}

impl Wakes {
    pub(crate) fn new(queues: impl Iterator<Item = &'static str>) -> Self {
        Self { by_queue: queues.map(|queue| (queue, Arc::default())).collect() }
    }

    pub(crate) fn of(&self, queue: &str) -> Arc<Notify> {
        self.by_queue.get(queue).map(Arc::clone).unwrap_or_default()
    }

    pub(crate) fn all(&self) {
        for bell in self.by_queue.values() {
            bell.notify_one();
        }
    }

    fn one(&self, queue: &str) {
        if let Some(bell) = self.by_queue.get(queue) {
            bell.notify_one();
        }
    }
}

pub(crate) async fn listen(shared: Arc<Shared>, url: SecretString, ended: CancellationToken) {
    let mut pause = FIRST_PAUSE;
    loop {
        let listening = async {
            let mut listener = Listener::connect(&url).await?;
            // Something may have been said before.
            shared.wakes.all();
            pause = FIRST_PAUSE;
            while let Some(news) = listener.next().await {
                match news {
                    News::Ready(queue) => shared.wakes.one(&queue),
                    News::Cancelled(id) => shared.stop(id),
                }
            }
            Ok::<_, models::db::DbError>(())
        };
        match ended.run_until_cancelled(listening).await {
            None => return,
            Some(Ok(())) => tracing::warn!("the connection that listens for jobs was lost"),
            Some(Err(e)) => tracing::warn!(error = %e, "jobs cannot be listened for; queues are polled"),
        }
        if ended.run_until_cancelled(sleep(pause)).await.is_none() {
            return;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
