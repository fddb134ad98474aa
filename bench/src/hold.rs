//! Many chats whose model takes its time.

use std::time::Instant;

use crate::client::{Connection, request};

/// What became of them.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) finished: usize,
    pub(crate) failed: usize,
    pub(crate) seconds: f64,
}

/// Opens `count` chats at once and waits for all.
pub(crate) async fn run(port: u16, key: &str, count: usize) -> anyhow::Result<Held> {
    let begun = Instant::now();
    let mut tasks = Vec::with_capacity(count);
    for client in 0..count {
        let body = format!(
            r#"{{"inputs":{{}},"query":"hold on","response_mode":"streaming","user":"hold-{client}","auto_generate_name":false}}"#
        );
        let bytes = request("POST", "/v1/chat-messages", key, Some(&body));
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(port).await?;
            connection.exchange(&bytes).await
        }));
    }
    let mut held = Held::default();
    for task in tasks {
        match task.await? {
            Ok(timing) if timing.status == 200 => held.finished += 1,
            _ => held.failed += 1,
        }
    }
    held.seconds = begun.elapsed().as_secs_f64();
    Ok(held)
}
