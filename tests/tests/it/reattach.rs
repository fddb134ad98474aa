//! Clients whose streams are cut, and that come back: here or elsewhere.

use std::time::Duration;

use config::Tier;
use serde_json::{Value, json};
use test_kit::upstream::Script;
use test_kit::{Client, Frame, ServiceClient, SseStream};

use crate::it::ground::{Ground, MODEL, streamed};
use crate::it::workflow_pause;
use crate::it::workflow_runs::{Flow, greeting};

/// A question whose stream tells the ids of its events.
pub(crate) async fn with_ids(service: &ServiceClient, path: &str, body: &Value) -> SseStream {
    let request = service.request(reqwest::Method::POST, path).header("X-Stream-Ids", "true").json(body);
    SseStream::read(service.begin(request).await)
}

async fn come_back(client: &Client, path: &str, id: Option<&str>) -> SseStream {
    let mut request = client.request(reqwest::Method::GET, path);
    if let Some(id) = id {
        request = request.header("Last-Event-ID", id);
    }
    SseStream::read(client.begin(request).await)
}

/// The events of a stream until it ends, or until it has told so many.
async fn some(stream: &mut SseStream, most: usize) -> Vec<(String, Value)> {
    let mut seen = Vec::new();
    while seen.len() < most {
        match stream.next().await {
            Some(Frame::Event { value, id }) => seen.push((id.expect("an id"), value)),
            Some(Frame::Ping) => {}
            Some(Frame::Odd(raw)) => panic!("an odd frame: {raw:?}"),
            None => break,
        }
    }
    seen
}

fn text(events: &[(String, Value)]) -> String {
    events.iter().filter_map(|(_, event)| event["answer"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_cut_fifty_times_gets_every_event_once() {
    let ground = Ground::of("chat").await;
    let pieces: Vec<String> = (0..120).map(|n| format!("{n} ")).collect();
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    ground.stub.script(MODEL, Script { chunk_delay: Duration::from_millis(20), ..Script::text(&pieces) });
    let other = ground.server.sibling(Tier::Service).start().await;
    let key = ground.console.api_key(&ground.app).await;
    let homes = [ground.server.service(&key), other.service(&key)];
    let mut stream = with_ids(&homes[0], "/chat-messages", &streamed("go")).await;
    let mut seen = some(&mut stream, 1).await;
    let task = seen[0].1["task_id"].as_str().unwrap().to_owned();
    let path = format!("/streams/{task}?user=alice");
    let mut cuts = 0;
    while !seen.iter().any(|(_, event)| event["event"] == "message_end") {
        drop(stream);
        cuts += 1;
        // By the header and by the query in turn, here and there in turn.
        let (last, home) = (seen.last().unwrap().0.clone(), &homes[cuts % 2]);
        stream = if cuts % 3 == 0 {
            come_back(home, &format!("{path}&cursor={last}"), None).await
        } else {
            come_back(home, &path, Some(&last)).await
        };
        assert_eq!(stream.status(), 200);
        seen.extend(some(&mut stream, 2).await);
        assert!(cuts < 200, "it never ends");
    }
    assert!(cuts >= 50, "cut {cuts} times");
    assert!(stream.next().await.is_none(), "nothing follows the end");
    assert_eq!(text(&seen), pieces.concat());
    let mut ids: Vec<&String> = seen.iter().map(|(id, _)| id).collect();
    ids.dedup();
    assert_eq!(ids.len(), seen.len());
    // 120 pieces, the empty one after them, the end.
    assert_eq!(seen.len(), 122);

    // Afterwards the whole is still there, the same with both ids and texts.
    let again = some(&mut come_back(&homes[1], &path, None).await, usize::MAX).await;
    assert_eq!(again, seen);
    let bytes = ground.server.database().redis(&["MEMORY", "USAGE", &events_key(&ground, &task).await]).await;
    assert!(bytes.parse::<usize>().unwrap() < 16_000, "{bytes} bytes for 122 frames of 300");
    other.shutdown().await;
}

async fn events_key(ground: &Ground, task: &str) -> String {
    let row = ground.server.db().one("SELECT tenant_id::text AS tenant FROM apps LIMIT 1", &[]).await;
    format!("ferrify:{{{}}}:run:{task}:events", row["tenant"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_comes_back_and_only_with_an_id() {
    let ground = Ground::of("completion").await;
    let ask = |mode: &str| json!({"inputs": {"query": "Hi"}, "response_mode": mode, "user": "alice"});
    let mut stream = with_ids(&ground.service, "/completion-messages", &ask("streaming")).await;
    let seen = some(&mut stream, usize::MAX).await;
    let task = seen[0].1["task_id"].as_str().unwrap();
    let stranger = ground.console.create_ready_app("completion", ground.provider, MODEL).await;
    let stranger = ground.server.service(&ground.console.api_key(&stranger).await);
    for (client, query, status, code) in [
        (&ground.service, "user=bob", 404, "not_found"),
        (&stranger, "user=alice", 404, "not_found"),
        (&ground.service, "", 400, "invalid_param"),
        (&ground.service, "user=alice&cursor=x", 400, "invalid_param"),
        (&ground.service, "user=alice&cursor=1-2-3", 400, "invalid_param"),
    ] {
        let answer = client.get(&format!("/streams/{task}?{query}")).await.expect(status);
        assert_eq!(answer.code(), code, "{query}");
    }
    for task in ["nothing", "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a"] {
        ground.service.get(&format!("/streams/{task}?user=alice")).await.expect(404);
    }
    let back = come_back(&ground.service, &format!("/streams/{task}?user=alice"), None).await.rest().await;
    assert_eq!(back.well_framed_with_ids().answer(), text(&seen));
    let refused = come_back(&ground.service, &format!("/streams/{task}?user=alice"), Some("1")).await;
    assert_eq!(refused.status(), 400);
    // Without the header the stream of the run is what it always was.
    let _ = ground.service.sse("/completion-messages", &ask("streaming")).await.well_framed();
    // An answer in one body leaves its last event.
    let whole = ground.service.post_json("/completion-messages", &ask("blocking")).await.expect(200);
    let path = format!("/streams/{}?user=alice", whole.text_at("/task_id"));
    let back = come_back(&ground.service, &path, None).await.rest().await.well_framed_with_ids();
    assert_eq!(back.names(), ["message_end"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_workflow_is_one_event() {
    let edges = [("start", "source", "hello"), ("hello", "source", "end")];
    let flow = Flow::of("workflow", greeting(), &edges).await;
    let body = json!({"inputs": {"name": "Ann"}, "user": "ann", "response_mode": "streaming"});
    let mut stream = with_ids(&flow.service, "/workflows/run", &body).await;
    let seen = some(&mut stream, usize::MAX).await;
    let first = &seen[0].1;
    let run = first["workflow_run_id"].as_str().unwrap();
    let transcript = stream.rest().await;
    assert_eq!(transcript.headers["x-workflow-run-id"], run);
    let path = format!("/workflow/{run}/events");
    for query in ["user=ann", "user=ann&include_state_snapshot=true", "user=ann&continue_on_pause=true"] {
        let told = flow.service.sse_get(&format!("{path}?{query}")).await.rest().await;
        assert_eq!((told.pings(), told.names()), (0, vec!["workflow_finished"]), "{query}");
        let (last, original) = (told.only("workflow_finished"), &seen.last().unwrap().1);
        assert_eq!(last["task_id"], original["task_id"]);
        for field in ["id", "workflow_id", "status", "outputs", "error", "total_steps", "created_by", "files"] {
            assert_eq!(last["data"][field], original["data"][field], "{field}");
        }
    }
    // Who names what it has gets the rest.
    let rest =
        some(&mut come_back(&flow.service, &format!("{path}?user=ann"), Some(&seen[1].0)).await, usize::MAX).await;
    assert_eq!(rest, seen[2..]);
    for (query, status) in
        [("user=bob", 404), ("", 400), ("user=ann&cursor=-1", 400), ("user=ann&continue_on_pause=x", 400)]
    {
        flow.service.get(&format!("{path}?{query}")).await.expect(status);
    }
    for run in ["none", "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a"] {
        flow.service.get(&format!("/workflow/{run}/events?user=ann")).await.expect(404);
    }
    let chat = flow.console.create_app("completion", "other").await;
    let chat = flow.server.service(&flow.console.api_key(&chat).await);
    assert_eq!(chat.get(&format!("{path}?user=ann")).await.expect(400).code(), "not_workflow_app");
    // Redis forgets; the rows do not.
    flow.server.database().redis(&["FLUSHDB"]).await;
    let told = flow.service.sse_get(&format!("{path}?user=ann")).await.rest().await.well_framed();
    assert_eq!(told.only("workflow_finished")["data"]["outputs"], json!({"said": "Hello, Ann!"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_is_told_and_followed() {
    let nodes = json!({
        "start": workflow_pause::start(),
        "ask": workflow_pause::form(),
        "end": {"type": "end", "outputs": [{"variable": "note", "value_selector": ["ask", "note"]}]},
    });
    let edges = [("start", "source", "ask"), ("ask", "yes", "end"), ("ask", "no", "end")];
    let flow = Flow::of("workflow", nodes, &edges).await;
    let other = flow.server.sibling(Tier::Service).start().await;
    let elsewhere = other.service(&flow.console.api_key(&flow.app).await);
    let paused = flow.service.sse("/workflows/run", &workflow_pause::run("streaming")).await;
    let run = paused.only("workflow_paused")["workflow_run_id"].as_str().unwrap().to_owned();
    let path = format!("/workflow/{run}/events?user=ann");

    let told = elsewhere.sse_get(&format!("{path}&include_state_snapshot=true")).await.rest().await;
    assert_eq!(told.frames.first(), Some(&Frame::Ping));
    let names = ["workflow_started", "node_started", "node_finished", "node_started", "workflow_paused"];
    assert_eq!(told.names(), names);
    let data = &told.named("node_finished")[0]["data"];
    assert_eq!((&data["node_id"], &data["inputs"], &data["outputs"]), (&json!("start"), &Value::Null, &Value::Null));

    // People take longer than events are kept: the rows say the same.
    flow.server.database().redis(&["FLUSHDB"]).await;
    let late = elsewhere.sse_get(&format!("{path}&include_state_snapshot=true")).await.rest().await;
    assert_eq!(late.names(), names);
    assert_eq!(late.only("workflow_paused")["data"]["reasons"], told.only("workflow_paused")["data"]["reasons"]);

    let mut follower = elsewhere.sse_get(&format!("{path}&include_state_snapshot=true&continue_on_pause=true")).await;
    let waits = follower.until("workflow_paused").await;
    let mut live = elsewhere.sse_get(&format!("{path}&continue_on_pause=true")).await;
    assert_eq!(live.next().await, Some(Frame::Ping));
    let token = waits["data"]["reasons"][0]["form_token"].as_str().unwrap();
    flow.service.post_json(&workflow_pause::path(token), &workflow_pause::answer("yes", "fine")).await.expect(200);
    let ended = follower.until("workflow_finished").await;
    assert_eq!(ended["data"]["outputs"], json!({"note": "fine"}));
    assert!(follower.next().await.is_none());
    let rest = live.rest().await;
    assert!(rest.names().starts_with(&["workflow_started"]), "{:?}", rest.names());
    assert_eq!(rest.only("workflow_finished"), &ended);
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_back_too() {
    let edges = [("start", "source", "hello"), ("hello", "source", "end")];
    let flow = Flow::of("workflow", greeting(), &edges).await;
    let visitor = flow.server.web(&flow.app.code).await;
    let request = visitor.request(reqwest::Method::POST, "/workflows/run").header("X-Stream-Ids", "true");
    let request = request.json(&json!({"inputs": {"name": "Ann"}}));
    let mut stream = SseStream::read(visitor.begin(request).await);
    let seen = some(&mut stream, usize::MAX).await;
    let path = format!("/workflow/{}/events", seen[0].1["workflow_run_id"].as_str().unwrap());
    let told = visitor.sse_get(&path).await.rest().await;
    assert_eq!(told.only("workflow_finished")["data"]["outputs"], json!({"said": "Hello, Ann!"}));
    let rest = some(&mut come_back(&visitor, &format!("{path}?cursor={}", seen[0].0), None).await, usize::MAX).await;
    assert_eq!(rest, seen[1..]);
    let stranger = flow.server.web(&flow.app.code).await;
    stranger.get(&path).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_comes_back_to_an_answer() {
    let ground = Ground::of("completion").await;
    let web = ground.server.web(&ground.app.code).await;
    let body = json!({"inputs": {"query": "Hi"}, "response_mode": "streaming"});
    let request = web.request(reqwest::Method::POST, "/completion-messages").header("X-Stream-Ids", "true").json(&body);
    let seen = some(&mut SseStream::read(web.begin(request).await), usize::MAX).await;
    let path = format!("/streams/{}", seen[0].1["task_id"].as_str().unwrap());
    let again = some(&mut come_back(&web, &path, Some("0-0")).await, usize::MAX).await;
    assert_eq!(again, seen);
    let rest = some(&mut come_back(&web, &path, Some(&seen[1].0)).await, usize::MAX).await;
    assert_eq!(rest, seen[2..]);
    for id in ["nothing", "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a"] {
        web.get(&format!("/streams/{id}")).await.expect(404);
    }
    assert_eq!(come_back(&web, &path, Some("x")).await.status(), 400);
    // Another visitor has nothing to come back to.
    ground.server.web(&ground.app.code).await.get(&path).await.expect(404);
}
