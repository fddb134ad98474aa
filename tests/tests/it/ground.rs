//! What most tests stand on: a server, a stub, and an app on a model of the stub.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::upstream::StubUpstream;
use test_kit::{App, Console, ServiceClient, TestServer, TestServerBuilder};

use config::Tier;

pub(crate) const MODEL: &str = "stub-model";

pub(crate) struct Ground {
    pub(crate) server: TestServer,
    pub(crate) stub: StubUpstream,
    pub(crate) console: Console,
    pub(crate) app: App,
    pub(crate) service: ServiceClient,
    pub(crate) provider: &'static str,
}

impl Ground {
    /// An app of an easy mode.
    pub(crate) async fn of(mode: &str) -> Self {
        Box::pin(Self::with(mode, &[])).await
    }

    /// The same on a server with settings of its own.
    pub(crate) async fn with(mode: &str, settings: &[(&str, &str)]) -> Self {
        let mut builder = TestServer::builder(Tier::All);
        for (name, value) in settings {
            builder = builder.set(name, *value);
        }
        Box::pin(Self::on(builder, mode)).await
    }

    /// The same on a server that reaches Postgres and Redis over lines that can be cut.
    pub(crate) async fn on_lines(mode: &str, settings: &[(&str, &str)]) -> Self {
        let mut builder = TestServer::builder(Tier::All).on_lines();
        for (name, value) in settings {
            builder = builder.set(name, *value);
        }
        Box::pin(Self::on(builder, mode)).await
    }

    async fn on(builder: TestServerBuilder, mode: &str) -> Self {
        let server = Box::pin(builder.start()).await;
        let stub = StubUpstream::start().await;
        let console = server.console().await;
        let provider = console.add_openai_compatible(&stub.openai_base_url(), MODEL).await;
        let app = console.create_ready_app(mode, provider, MODEL).await;
        let key = console.api_key(&app).await;
        let service = server.service(&key);
        Self { server, stub, console, app, service, provider }
    }

    /// Changes keys of the app's saved configuration.
    pub(crate) async fn configure(&self, changes: Value) {
        let mut config = Console::model_config(&self.app.mode, self.provider, MODEL);
        config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        self.console.save_model_config(&self.app, &config).await;
    }

    /// The row of a message once it has an answer or an error.
    pub(crate) async fn ended(&self, id: &str, limit: Duration) -> Value {
        let asked = Instant::now();
        while asked.elapsed() < limit {
            let row = self.message(id).await;
            if row["answer"] != "" || row["status"] != "normal" {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the message never ended");
    }

    /// The row of a message.
    pub(crate) async fn message(&self, id: &str) -> Value {
        self.server.db().one("SELECT * FROM messages WHERE id = $1::uuid", &[id]).await
    }
}

/// A question to a chat app.
pub(crate) fn question(query: &str) -> Value {
    json!({"inputs": {}, "query": query, "response_mode": "blocking", "user": "alice", "auto_generate_name": false})
}

/// The same, to be streamed.
pub(crate) fn streamed(query: &str) -> Value {
    let mut body = question(query);
    body["response_mode"] = json!("streaming");
    body
}

/// The same, in a conversation.
pub(crate) fn within(mut body: Value, conversation: &str) -> Value {
    body["conversation_id"] = json!(conversation);
    body
}
