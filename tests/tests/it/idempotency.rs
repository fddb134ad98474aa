//! Requests with a key of their own are done once.

use std::time::Duration;

use config::Tier;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::upstream::{Misbehave, Script};
use test_kit::{Answer, Client, SseStream};

use crate::it::ground::{Ground, MODEL, question, streamed};
use crate::it::process::Process;

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    client.send(client.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

async fn stream(client: &Client, path: &str, key: &str, body: &Value) -> SseStream {
    let request = client.request(Method::POST, path).header("Idempotency-Key", key).json(body);
    SseStream::read(client.begin(request).await)
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_requests_on_two_processes_one_runs() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script { first_delay: Duration::from_millis(600), ..Script::text(&["Good ", "day"]) });
    let other = ground.server.sibling(Tier::Service).start().await;
    let key = ground.console.api_key(&ground.app).await;
    let homes = [ground.server.service(&key), other.service(&key)];
    let body = question("Hi");
    let asked = homes.iter().flat_map(|home| std::iter::repeat_n(home, 8));
    let answers = join_all(asked.map(|home| post(home, "/chat-messages", "one", &body))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.json), (200, &answers[0].json));
        assert_eq!(answer.header("content-type"), answers[0].header("content-type"));
    }
    assert_eq!(answers.iter().filter(|answer| replayed(answer)).count(), 15);
    let messages = "SELECT count(*) AS n FROM messages";
    assert_eq!(ground.server.db().one(messages, &[]).await["n"], 1);
    // Later, elsewhere, the same; something else is refused, wherever the difference is.
    let again = post(&homes[1], "/chat-messages", "one", &body).await.expect(200);
    assert!(replayed(&again) && again.json == answers[0].json);
    let refused = post(&homes[0], "/chat-messages", "one", &question("Hello")).await.expect(409);
    assert_eq!(refused.code(), "idempotency_conflict");
    let app = ground.console.create_ready_app("chat", ground.provider, MODEL).await;
    let app = ground.server.service(&ground.console.api_key(&app).await);
    assert_eq!(post(&app, "/chat-messages", "one", &body).await.expect(409).code(), "idempotency_conflict");
    assert_eq!(ground.server.db().one(messages, &[]).await["n"], 1);
    // Another key, and another route with the same key, are other work.
    let _ = post(&homes[0], "/chat-messages", "two", &body).await.expect(200);
    assert_eq!(ground.server.db().one(messages, &[]).await["n"], 2);
    for key in ["", &"x".repeat(256), "tab\there"] {
        assert_eq!(post(&homes[0], "/chat-messages", key, &body).await.expect(400).code(), "invalid_param", "{key}");
    }
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_told_again_and_followed() {
    let ground = Ground::of("chat").await;
    let pieces: Vec<String> = (0..20).map(|n| format!("{n} ")).collect();
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    ground.stub.script(MODEL, Script { chunk_delay: Duration::from_millis(50), ..Script::text(&pieces) });
    let other = ground.server.sibling(Tier::Service).start().await;
    let elsewhere = other.service(&ground.console.api_key(&ground.app).await);
    let mut first = stream(&ground.service, "/chat-messages", "k", &streamed("go")).await;
    first.until("message").await;
    let second = stream(&elsewhere, "/chat-messages", "k", &streamed("go")).await;
    // The first client leaves in the middle.
    drop(first);
    let second = second.rest().await.well_framed();
    assert_eq!(second.headers["idempotency-replayed"], "true");
    assert_eq!(second.answer(), pieces.concat());
    second.only("message_end");
    let third = stream(&ground.service, "/chat-messages", "k", &streamed("go")).await.rest().await.well_framed();
    assert_eq!(third.events().collect::<Vec<_>>(), second.events().collect::<Vec<_>>());
    assert_eq!(ground.server.db().count("messages", "true", &[]).await, 1);
    // The events stay for as long as the key.
    let task = second.events().next().unwrap()["task_id"].as_str().unwrap().to_owned();
    let row = ground.server.db().one("SELECT tenant_id::text AS tenant FROM apps LIMIT 1", &[]).await;
    let events = format!("ferrify:{{{}}}:run:{task}:events", row["tenant"].as_str().unwrap());
    let ttl: i64 = ground.server.database().redis(&["TTL", &events]).await.parse().unwrap();
    assert!(ttl > 86_000, "{ttl}");
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_finds_its_answer() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script { first_delay: Duration::from_millis(800), ..Script::text(&["done"]) });
    let body = question("go");
    let asked = post(&ground.service, "/chat-messages", "k", &body);
    assert!(tokio::time::timeout(Duration::from_millis(300), asked).await.is_err(), "it takes longer");
    let answer = post(&ground.service, "/chat-messages", "k", &question("go")).await.expect(200);
    assert!(replayed(&answer));
    assert_eq!(answer.text_at("/answer"), "done");
    assert_eq!(ground.server.db().count("messages", "true", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_forgotten_and_failures_are_not() {
    let ground = Ground::of("chat").await;
    let mut wrong = question("go");
    wrong["conversation_id"] = json!("7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a");
    let _ = post(&ground.service, "/chat-messages", "k", &wrong).await.expect(404);
    let answer = post(&ground.service, "/chat-messages", "k", &question("go")).await.expect(200);
    assert!(!replayed(&answer));
    let stranger = ground.server.service("app-nobody-has-this-one");
    let _ = post(&stranger, "/chat-messages", "k", &question("go")).await.expect(401);

    ground.stub.script(MODEL, Script { misbehave: Some(Misbehave::ErrorEvent), ..Script::default() });
    let failed = post(&ground.service, "/chat-messages", "f", &question("go")).await.expect(400);
    ground.stub.script(MODEL, Script::text(&["well"]));
    let again = post(&ground.service, "/chat-messages", "f", &question("go")).await.expect(400);
    assert!(replayed(&again) && again.json == failed.json);
    assert_eq!(ground.server.db().count("messages", "true", &[]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_does_not_keep_its_keys() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script { first_delay: Duration::from_secs(120), ..Script::default() });
    let process = Process::start(&ground.server, &[]).await;
    let service = process.service(&ground.console.api_key(&ground.app).await);
    let asked = tokio::spawn(async move {
        let request = service.request(Method::POST, "/chat-messages").header("Idempotency-Key", "k");
        request.json(&question("go")).send().await.is_ok()
    });
    while ground.server.db().count("messages", "true", &[]).await == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    process.kill().await;
    assert!(!asked.await.unwrap());
    ground.stub.script(MODEL, Script::text(&["after all"]));
    let answer = post(&ground.service, "/chat-messages", "k", &question("go")).await.expect(200);
    assert!(!replayed(&answer));
    assert_eq!(answer.text_at("/answer"), "after all");
}

fn form(bytes: usize, boundary_of: &str) -> (String, Vec<u8>) {
    let file = "x".repeat(bytes);
    let body = format!(
        "--{boundary_of}\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nann\r\n--{boundary_of}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n{file}\r\n--{boundary_of}--\r\n"
    );
    (format!("multipart/form-data; boundary={boundary_of}"), body.into_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_datasets_are_made_once() {
    let ground = Ground::of("chat").await;
    let upload = |key: &str, (kind, body): (String, Vec<u8>)| {
        let request = ground.service.request(Method::POST, "/files/upload").header("Idempotency-Key", key);
        ground.service.send(request.header("Content-Type", kind).body(body))
    };
    let first = upload("f", form(300_000, "one")).await.expect(201);
    // Clients make up a boundary for each attempt.
    let again = upload("f", form(300_000, "another-boundary")).await.expect(201);
    assert!(replayed(&again) && !replayed(&first) && first.json == again.json);
    assert_eq!(upload("f", form(300_001, "one")).await.expect(409).code(), "idempotency_conflict");
    let racing = join_all((0..6).map(|n| upload("g", form(200_000, &format!("b{n}"))))).await;
    assert!(racing.iter().all(|answer| answer.status == 201 && answer.json == racing[0].json));
    assert_eq!(ground.server.db().count("upload_files", "true", &[]).await, 2);

    let datasets = ground
        .server
        .service(&ground.console.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token"));
    let body = json!({"name": "books"});
    let racing = join_all((0..6).map(|_| post(&datasets, "/datasets", "d", &body))).await;
    assert!(racing.iter().all(|answer| answer.status == 200 && answer.json == racing[0].json), "{:?}", racing[0].json);
    assert_eq!(ground.server.db().count("datasets", "true", &[]).await, 1);
    // A refusal of the work itself is none of the key.
    assert_eq!(post(&datasets, "/datasets", "e", &body).await.expect(409).code(), "dataset_name_duplicate");
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_have_keys_of_their_own() {
    let ground = Ground::of("chat").await;
    let body = json!({"inputs": {}, "query": "Hi"});
    let (one, other) = (ground.server.web(&ground.app.code).await, ground.server.web(&ground.app.code).await);
    let first = post(&one, "/chat-messages", "k", &body).await.expect(200);
    assert!(replayed(&post(&one, "/chat-messages", "k", &body).await.expect(200)));
    let foreign = post(&other, "/chat-messages", "k", &body).await.expect(200);
    assert!(!replayed(&foreign) && foreign.json["message_id"] != first.json["message_id"]);
}
