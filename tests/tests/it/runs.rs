//! Runs: stopping, leaving, draining, dying.

use std::time::Duration;

use config::Tier;
use serde_json::json;
use test_kit::upstream::{Misbehave, Script};

use crate::it::ground::{Ground, MODEL, streamed};
use crate::it::process::Process;

/// Where live runs are held.
const LEASES: &str = "ferrify:{runs}:leases";

fn slow() -> Script {
    Script {
        chunk_delay: Duration::from_millis(200),
        ..Script::text(&["one ", "two ", "three ", "four ", "five ", "six ", "seven ", "eight ", "nine ", "ten "])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_from_another_process_ends_the_answer() {
    let ground = Ground::of("chat").await;
    // There is time to stop it, however busy the machine is.
    ground.stub.script(MODEL, Script { chunk_delay: Duration::from_secs(1), ..slow() });
    let other = ground.server.sibling(Tier::Service).start().await;
    let key = ground.console.api_key(&ground.app).await;
    let elsewhere = other.service(&key);
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("go")).await;
    let first = stream.until("message").await;
    let (task, message) =
        (first["task_id"].as_str().unwrap().to_owned(), first["message_id"].as_str().unwrap().to_owned());
    let path = format!("/chat-messages/{task}/stop");
    // Somebody else's stop is ignored.
    assert_eq!(
        elsewhere.post_json(&path, &json!({"user": "mallory"})).await.expect(200).json,
        json!({"result": "success"})
    );
    stream.until("message").await;
    let _ = elsewhere.post_json(&path, &json!({"user": "alice"})).await.expect(200);
    let end = stream.until("message_end").await;
    assert!(end["metadata"]["usage"]["total_tokens"].is_number());
    let row = ground.ended(&message, Duration::from_secs(10)).await;
    assert_eq!(row["status"], "normal");
    let answer = row["answer"].as_str().unwrap();
    assert!(answer.starts_with("one") && !answer.contains("ten"), "{answer}");
    let _ = elsewhere.post_json("/chat-messages/not-a-task/stop", &json!({"user": "alice"})).await.expect(200);
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_loses_nothing() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, slow());
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("go")).await;
    let message = stream.until("message").await["message_id"].as_str().unwrap().to_owned();
    drop(stream);
    let row = ground.ended(&message, Duration::from_secs(10)).await;
    assert_eq!(
        (&row["status"], &row["answer"]),
        (&json!("normal"), &json!("one two three four five six seven eight nine ten"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_drains_and_then_ends() {
    let ground = Ground::with("chat", &[("FERRIFY_SHUTDOWN_SECONDS", "1")]).await;
    ground.stub.script(MODEL, Script { chunk_delay: Duration::from_secs(2), ..Script::text(&["a", "b", "c", "d"]) });
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("go")).await;
    let message = stream.until("message").await["message_id"].as_str().unwrap().to_owned();
    let Ground { server, .. } = ground;
    let rows = server.db();
    let database = server.sibling(Tier::Service);
    let down = tokio::spawn(server.shutdown());
    let transcript = stream.rest().await.well_framed();
    assert_eq!(transcript.names().last(), Some(&"error"));
    assert_eq!(transcript.only("error")["status"], 500);
    let row = rows.one("SELECT status, error FROM messages WHERE id = $1::uuid", &[&message]).await;
    assert_eq!(row["status"], "error");
    assert!(row["error"].as_str().is_some_and(|e| !e.is_empty()));
    down.await.unwrap();
    drop(database);
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_go_out_on_a_beat() {
    let ground = Ground::with("chat", &[("FERRIFY_PING_SECONDS", "1")]).await;
    ground.stub.script(MODEL, Script { first_delay: Duration::from_millis(3300), ..Script::default() });
    let transcript = ground.service.sse("/chat-messages", &streamed("go")).await.well_framed();
    assert_eq!(transcript.pings(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_process_is_killed_is_ended_within_a_minute() {
    let ground = Ground::of("chat").await;
    let silence = Some(Misbehave::Silence);
    ground.stub.script(MODEL, Script { misbehave: silence, ..Script::text(&["a ", "b ", "c ", "d "]) });
    let process = Process::start(&ground.server, &[]).await;
    let service = process.service(&ground.console.api_key(&ground.app).await);
    let mut stream = service.sse_stream("/chat-messages", &streamed("go")).await;
    let message = stream.until("message").await["message_id"].as_str().unwrap().to_owned();
    assert_eq!(ground.server.database().redis(&["ZCARD", LEASES]).await, "1");
    process.kill().await;
    let row = ground.ended(&message, Duration::from_secs(60)).await;
    assert_eq!(row["status"], "error");
    assert!(row["error"].as_str().is_some_and(|e| !e.is_empty()));
    // The row is written first; whoever wrote it gives the lease up at once.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(ground.server.database().redis(&["ZCARD", LEASES]).await, "0");
}
