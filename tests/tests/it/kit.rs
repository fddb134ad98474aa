//! The kit itself: whatever it offers works against the real server.

use std::time::Duration;

use config::Tier;
use serde_json::json;
use test_kit::upstream::{Script, StubUpstream};
use test_kit::{Client, TestServer};

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_app_answers_programs_and_visitors() {
    let stub = StubUpstream::start().await;
    stub.script("stub-model", Script::text(&["Good", " day", "!"]));
    let server = TestServer::start(Tier::All).await;
    let console = server.console().await;
    let provider = console.add_openai_compatible(&stub.openai_base_url(), "stub-model").await;
    let app = console.create_ready_app("chat", provider, "stub-model").await;

    let service = server.service(&console.api_key(&app).await);
    let question = |mode: &str| json!({"inputs": {}, "query": "Hi", "response_mode": mode, "user": "somebody"});
    let stream = service.sse("/chat-messages", &question("streaming")).await.well_framed();
    assert_eq!(stream.answer(), "Good day!");
    let end = stream.only("message_end");
    let conversation = end.get("conversation_id").and_then(|id| id.as_str()).unwrap();
    let whole = service.post_json("/chat-messages", &question("blocking")).await.expect(200);
    assert_eq!(whole.text_at("/answer"), "Good day!");
    let row = server.db().one("SELECT dialogue_count FROM conversations WHERE id = $1::uuid", &[conversation]).await;
    assert_eq!(row, json!({"dialogue_count": 1}));

    let visitor = server.web(&app.code).await;
    let asked = json!({"inputs": {}, "query": "Hi", "response_mode": "streaming"});
    assert_eq!(visitor.sse("/chat-messages", &asked).await.well_framed().answer(), "Good day!");
    assert!(!stub.requests().is_empty());
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sibling_shares_the_ground_and_can_stop_a_stream() {
    let stub = StubUpstream::start().await;
    stub.script("slow-model", Script::pieces(200, "word ", Duration::from_millis(50)));
    let one = TestServer::builder(Tier::All).set("FERRIFY_PING_SECONDS", "1").start().await;
    let other = one.sibling(Tier::Service).start().await;
    let console = one.console().await;
    let provider = console.add_openai_compatible(&stub.openai_base_url(), "slow-model").await;
    let app = console.create_ready_app("chat", provider, "slow-model").await;
    let key = console.api_key(&app).await;

    let question = json!({"inputs": {}, "query": "Hi", "response_mode": "streaming", "user": "somebody"});
    let mut stream = one.service(&key).sse_stream("/chat-messages", &question).await;
    let first = stream.until("message").await;
    let task = first.get("task_id").and_then(|id| id.as_str()).unwrap();
    let stop =
        other.service(&key).post_json(&format!("/chat-messages/{task}/stop"), &json!({"user": "somebody"})).await;
    assert_eq!(stop.expect(200).json, json!({"result": "success"}));
    let transcript = stream.rest().await.well_framed();
    assert!(transcript.named("message").len() < 200, "the stream ended early");
    other.shutdown().await;
    one.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_refused_and_refusals_can_be_read() {
    let server = TestServer::start(Tier::All).await;
    let refused = server.service("app-nobody-has-this-one").get("/parameters").await.expect(401);
    assert_eq!(refused.code(), "unauthorized");
    let console = Client::new(format!("{}/console/api", server.base())).with_cookies();
    assert_eq!(console.get("/account/profile").await.expect(401).code(), "not_setup");
    server.console().await;
    let asked = server.service("app-nobody-has-this-one").sse("/chat-messages", &json!({})).await;
    assert_eq!(asked.refused().expect(401).code(), "unauthorized");
    server.shutdown().await;
}
