//! Answers that nobody waits for.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use test_kit::upstream::{Misbehave, Script};
use test_kit::{Client, ServiceClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::it::ground::{Ground, MODEL, question};
use crate::it::process::Process;
use crate::it::workflow_runs::{Flow, greeting};

fn later(mut body: Value) -> Value {
    body["response_mode"] = json!("async");
    body
}

/// Somebody who is called; the first calls are answered with 503.
struct Hook {
    url: String,
    calls: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Hook {
    async fn listen(refusals: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?x=1", listener.local_addr().unwrap());
        let calls: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let kept = Arc::clone(&calls);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = Vec::new();
                let (head, body) = loop {
                    assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let head = head.to_ascii_lowercase();
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                    if body.len() >= length.parse::<usize>().unwrap() {
                        break (head, body.to_owned());
                    }
                };
                let status = {
                    let mut calls = kept.lock().unwrap();
                    calls.push((head, serde_json::from_str(&body).unwrap()));
                    if calls.len() > refusals { "204 No Content" } else { "503 Service Unavailable" }
                };
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { url, calls }
    }

    async fn call(&self, number: usize) -> (String, Value) {
        let begun = Instant::now();
        loop {
            if let Some(call) = self.calls.lock().unwrap().get(number) {
                return call.clone();
            }
            assert!(begun.elapsed() < Duration::from_secs(40), "nobody calls");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
}

fn signature(secret: &str, time: &str, path: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}.POST.{path}.{}", hex::encode(Sha256::digest(body))).as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// What came of a task, once it has.
async fn settled(service: &ServiceClient, task: &str, limit: u64) -> Value {
    let begun = Instant::now();
    loop {
        let task = service.get(&format!("/tasks/{task}?user=alice")).await.expect(200).json;
        if task["status"] != "running" {
            return task;
        }
        assert!(begun.elapsed() < Duration::from_secs(limit), "the task never ends");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_found_streamed_and_told() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script { first_delay: Duration::from_secs(6), ..Script::text(&["Good ", "day"]) });
    let hook = Hook::listen(1).await;
    let mut body = later(question("Hi"));
    body["callback_url"] = json!(hook.url);
    let begun = Instant::now();
    let accepted = ground.service.post_json("/chat-messages", &body).await.expect(202);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let task = accepted.text_at("/task_id");
    assert!(accepted.json["message_id"].is_string() && accepted.json["conversation_id"].is_string());
    assert_eq!(accepted.json.get("workflow_run_id"), None);
    let base = ground.server.base();
    assert_eq!(accepted.text_at("/status_url"), format!("{base}/v1/tasks/{task}?user=alice"));
    let running = ground.service.get(&format!("/tasks/{task}?user=alice")).await.expect(200);
    assert_eq!((running.text_at("/status"), &running.json["result"]), ("running".to_owned(), &Value::Null));

    let events = accepted.text_at("/events_url");
    let events = events.strip_prefix(&format!("{base}/v1")).unwrap();
    let told = ground.service.sse_get(events).await.rest().await.well_framed_with_ids();
    assert_eq!(told.answer(), "Good day");
    let settled = settled(&ground.service, &task, 10).await;
    assert_eq!(settled["status"], "finished");
    let result = &settled["result"];
    assert_eq!((&result["answer"], &result["event"]), (&json!("Good day"), &json!("message")));
    assert_eq!((&result["message_id"], &result["task_id"]), (&accepted.json["message_id"], &json!(task)));

    // Told again after a refusal, and each time signed.
    let secret = ground.console.get(&format!("/apps/{}/callback-secret", ground.app.id)).await.expect(200);
    for number in 0..2 {
        let (head, body) = hook.call(number).await;
        assert!(head.starts_with("post /hook?x=1 "), "{head}");
        assert_eq!(&body, result);
        assert_eq!((header(&head, "x-ferrify-event"), header(&head, "x-ferrify-task-id")), ("task.finished", &*task));
        let (time, signed) = header(&head, "x-ferrify-signature").split_once(',').unwrap();
        let time = time.strip_prefix("t=").unwrap();
        let expected = signature(&secret.text_at("/secret"), time, "/hook", &result.to_string());
        assert_eq!(signed.strip_prefix("v1="), Some(expected.as_str()));
    }
    // Whose task it is not sees none.
    for (path, status) in [
        (format!("/tasks/{task}?user=bob"), 404),
        (format!("/tasks/{task}"), 400),
        ("/tasks/x?user=alice".to_owned(), 404),
    ] {
        ground.service.get(&path).await.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_and_bad_addresses_are_not_called() {
    let ground = Ground::of("completion").await;
    ground.stub.script(MODEL, Script { misbehave: Some(Misbehave::ErrorEvent), ..Script::default() });
    let hook = Hook::listen(0).await;
    let mut body = later(json!({"inputs": {"query": "Hi"}, "user": "alice"}));
    body["callback_url"] = json!(hook.url);
    let accepted = ground.service.post_json("/completion-messages", &body).await.expect(202);
    let failed = settled(&ground.service, &accepted.text_at("/task_id"), 10).await;
    assert_eq!((&failed["status"], &failed["result"]["status"]), (&json!("failed"), &json!(400)));
    let (head, told) = hook.call(0).await;
    assert_eq!((header(&head, "x-ferrify-event"), &told), ("task.failed", &failed["result"]));
    for url in ["nowhere", "ftp://example.com/", "http://user:password@example.com/"] {
        body["callback_url"] = json!(url);
        let refused = ground.service.post_json("/completion-messages", &body).await.expect(400);
        assert_eq!((refused.code(), &refused.json["params"]), ("invalid_param", &json!("callback_url")), "{url}");
    }
    assert_eq!(ground.server.db().count("messages", "true", &[]).await, 1);
    // Pages know nothing of it.
    let visitor = ground.server.web(&ground.app.code).await;
    let body = json!({"inputs": {"query": "Hi"}, "response_mode": "async"});
    visitor.post_json("/completion-messages", &body).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_found_by_its_run() {
    let edges = [("start", "source", "hello"), ("hello", "source", "end")];
    let flow = Flow::of("workflow", greeting(), &edges).await;
    let body = json!({"inputs": {"name": "Ann"}, "user": "alice", "response_mode": "async"});
    let accepted = flow.service.post_json("/workflows/run", &body).await.expect(202);
    let (task, run) = (accepted.text_at("/task_id"), accepted.text_at("/workflow_run_id"));
    assert_eq!(accepted.json.get("message_id"), None);
    let settled = settled(&flow.service, &task, 10).await;
    let data = &settled["result"]["data"];
    assert_eq!((&data["status"], &data["outputs"]), (&json!("succeeded"), &json!({"said": "Hello, Ann!"})));
    let base = format!("{}/v1", flow.server.base());
    let status = accepted.text_at("/status_url");
    assert_eq!(status, format!("{base}/workflows/run/{run}"));
    let detail = flow.service.get(status.strip_prefix(&base).unwrap()).await.expect(200);
    assert_eq!(detail.json["outputs"], data["outputs"]);
    // Together with a key it is one run, too.
    let ask =
        || flow.service.request(reqwest::Method::POST, "/workflows/run").header("Idempotency-Key", "k").json(&body);
    let (one, other) = (flow.service.send(ask()).await.expect(202), flow.service.send(ask()).await.expect(202));
    assert_eq!(one.json, other.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_process_dies_is_ended_and_told() {
    let ground = Ground::of("chat").await;
    let silence = Some(Misbehave::Silence);
    ground.stub.script(MODEL, Script { misbehave: silence, ..Script::text(&["a ", "b ", "c ", "d "]) });
    let hook = Hook::listen(0).await;
    let process = Process::start(&ground.server, &[]).await;
    let service: Client = Client::clone(&process.service(&ground.console.api_key(&ground.app).await));
    let mut body = later(question("Hi"));
    body["callback_url"] = json!(hook.url);
    let accepted = service.post_json("/chat-messages", &body).await.expect(202);
    process.kill().await;
    let failed = settled(&ground.service, &accepted.text_at("/task_id"), 200).await;
    assert_eq!((&failed["status"], &failed["result"]["code"]), (&json!("failed"), &json!("internal_server_error")));
    let (head, told) = hook.call(0).await;
    assert_eq!((header(&head, "x-ferrify-event"), &told), ("task.failed", &failed["result"]));
}
