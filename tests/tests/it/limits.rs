//! Limits, and what an answer costs.

use std::time::Duration;

use serde_json::json;
use test_kit::upstream::Script;

use crate::it::costs::{Cost, REDIS_ROUND_TRIPS, STATEMENTS};
use crate::it::ground::{Ground, MODEL, question, streamed, within};

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_places_are_limited_and_come_back() {
    let ground = Ground::with("chat", &[("APP_DEFAULT_ACTIVE_REQUESTS", "1")]).await;
    ground.stub.script(MODEL, Script { chunk_delay: Duration::from_millis(400), ..Script::text(&["a", "b", "c"]) });
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("slow")).await;
    stream.until("message").await;
    let refused = ground.service.post_json("/chat-messages", &question("too many")).await.expect(429);
    assert_eq!(refused.code(), "too_many_requests");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(ground.server.db().count("messages", "query = 'too many'", &[]).await, 0);
    stream.until("message_end").await;
    ground.stub.script(MODEL, Script::default());
    let mut status = 0;
    for _ in 0..50 {
        status = ground.service.post_json("/chat-messages", &question("now")).await.status;
        if status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_minute_and_a_workspaces_day() {
    let ground =
        Ground::with("chat", &[("FERRIFY_END_USER_PER_MINUTE", "2"), ("FERRIFY_WORKSPACE_DAILY_RUNS", "3")]).await;
    for _ in 0..2 {
        let _ = ground.service.post_json("/chat-messages", &question("ok")).await.expect(200);
    }
    assert_eq!(
        ground.service.post_json("/chat-messages", &question("third")).await.expect(429).code(),
        "too_many_requests"
    );
    let mut other = question("of another");
    other["user"] = json!("carol");
    let _ = ground.service.post_json("/chat-messages", &other).await.expect(200);
    let exhausted = ground.service.post_json("/chat-messages", &other).await.expect(429);
    assert_eq!(exhausted.code(), "rate_limit_error");
    assert!(exhausted.header("retry-after").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_limited() {
    let ground = Ground::of("chat").await;
    let strict = ground
        .server
        .sibling(config::Tier::Service)
        .set("FERRIFY_IP_PER_SECOND", "0.01")
        .set("FERRIFY_IP_BURST", "2")
        .start()
        .await;
    let client = strict.client();
    for expected in [404, 404, 429] {
        let answer = client.get("/nowhere").await.expect(expected);
        assert_eq!(answer.header("retry-after").is_some(), expected == 429);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_costs_four_statements_and_four_round_trips() {
    let ground = Ground::of("chat").await;
    let conversation =
        ground.service.post_json("/chat-messages", &question("first")).await.expect(200).text_at("/conversation_id");
    let body = within(question("again"), &conversation);
    let again = async || drop(ground.service.post_json("/chat-messages", &body).await.expect(200));
    again().await;
    let postgres = Cost::of(&ground.server, STATEMENTS).least(10, again).await;
    let redis = Cost::of(&ground.server, REDIS_ROUND_TRIPS).least(10, again).await;
    // The last statement of an answer may be counted with the next batch.
    assert!((3.8..4.9).contains(&postgres), "{postgres} statements per message");
    // Heartbeats and flushes of the background are in this figure.
    assert!((1.8..=4.0).contains(&redis), "{redis} round trips per message");
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_figures() {
    let ground = Ground::of("chat").await;
    ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    let root = ground.server.client();
    assert_eq!(root.get("/health").await.expect(200).json["status"], "ok");
    let ready = root.get("/ready").await.expect(200).json;
    assert_eq!(ready["checks"], json!({"migrations": "ok", "postgres": "ok", "redis": "ok"}));
    let metrics = root.get("/metrics").await.expect(200);
    for name in [
        "http_requests_total",
        "http_request_seconds",
        "streams_open",
        "stream_seconds",
        "first_token_seconds",
        "llm_tokens_total",
        "llm_requests_total",
        "db_pool_in_use",
        "db_pool_wait_seconds",
        "db_statements_total",
        "redis_commands_total",
        "cache_requests_total",
        "runs_live",
        "runs_ended_total",
    ] {
        assert!(metrics.text().contains(&format!("ferrify_{name}")), "{name} is missing");
    }
    assert!(metrics.text().contains("route=\"/v1/chat-messages\""));
}
