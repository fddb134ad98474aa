//! Single requests: how many a second the server answers at most, and how fast it is at half of that.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::{Bench, chat};
use crate::client::{Connection, request, upload};
use crate::history::{self, Amounts};
use crate::load::Load;
use crate::report::Report;
use crate::steady::{self, Steady};
use crate::{load, reattach};

/// Clients that ask as fast as they are answered.
const CLIENTS: usize = 32;
/// Connections of the steady load.
const STEADY_CLIENTS: usize = 128;
/// What is in the tables.
const AMOUNTS: Amounts = Amounts { messages: 10_000, conversations: 2_000 };
const PERSON: &str = "history";
const MEGABYTE: usize = 1024 * 1024;
/// Uploads fill a disk; they are sent for this long at most.
const MOST_UPLOADING: Duration = Duration::from_secs(3);

type Make = Arc<dyn Fn(usize) -> Vec<u8> + Send + Sync>;

const PARAMETERS: &str = "GET /v1/parameters";
const MESSAGES: &str = "GET /v1/messages, 20 of 10,000";
const CONVERSATIONS: &str = "GET /v1/conversations, 20 of 2,000";
const UPLOAD: &str = "POST /v1/files/upload, 1 MB";
const REPLAY: &str = "POST /v1/chat-messages, idempotent replay";

impl Bench {
    pub(super) async fn requests(&self, report: &mut Report) -> anyhow::Result<()> {
        let wanted = |name: &str| self.wants("requests") || self.wants(name);
        let names = [PARAMETERS, MESSAGES, CONVERSATIONS, UPLOAD, REPLAY];
        if !names.into_iter().any(wanted) {
            return Ok(());
        }
        report.heading("Requests");
        report.line(&format!(
            "As many as {CLIENTS} clients without a pause are answered; then half as many at a steady rate, where latency counts from when a request was due.\n"
        ));
        let conversation = if [MESSAGES, CONVERSATIONS].into_iter().any(wanted) {
            let conversation = self.first_conversation().await?;
            history::write(&self.database_url, &conversation, AMOUNTS).await.context("writing a history")?;
            conversation
        } else {
            String::new()
        };
        report.requests();
        for name in names.into_iter().filter(|name| wanted(name)) {
            let time = if name == UPLOAD { self.seconds.min(MOST_UPLOADING) } else { self.seconds };
            let make = self.maker(name, &conversation);
            let full = Load { port: self.port, clients: CLIENTS, time, spread: Duration::ZERO };
            let full = load::run(full, Arc::clone(&make)).await?;
            let rate = full.per_second() / 2.0;
            let half = Steady { port: self.port, rate, time, clients: STEADY_CLIENTS };
            let half = steady::run(half, make).await?;
            report.request(name, &full, rate, &half);
        }
        Ok(())
    }

    /// How a client's request looks.
    fn maker(&self, name: &str, conversation: &str) -> Make {
        let key = self.keys.fast.clone();
        match name {
            MESSAGES => {
                let path = format!("/v1/messages?user={PERSON}&limit=20&conversation_id={conversation}");
                Arc::new(move |_| request("GET", &path, &key, None))
            }
            CONVERSATIONS => {
                let path = format!("/v1/conversations?user={PERSON}&limit=20");
                Arc::new(move |_| request("GET", &path, &key, None))
            }
            UPLOAD => Arc::new(move |client| upload("/v1/files/upload", &key, &format!("user-{client}"), MEGABYTE)),
            // The steady load finds the keys that the first one has left.
            REPLAY => Arc::new(move |client| {
                let client = client % CLIENTS;
                reattach::with_key(&chat(&key, "blocking", client), &format!("bench-replay-{client}"))
            }),
            _ => Arc::new(move |_| request("GET", "/v1/parameters", &key, None)),
        }
    }

    /// A conversation of the person, with one message.
    async fn first_conversation(&self) -> anyhow::Result<String> {
        let body = format!(
            r#"{{"inputs":{{}},"query":"How are you?","response_mode":"blocking","user":"{PERSON}","auto_generate_name":false}}"#
        );
        let mut connection = Connection::open(self.port).await?;
        connection.exchange(&request("POST", "/v1/chat-messages", &self.keys.fast, Some(&body))).await?;
        history::conversation_in(&connection.last())
    }
}
