//! Looking something up is part of the run: a person's answer spares it, a stop ends it, and its failure leaves a trace.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::upstream::{Misbehave, Script};

use crate::it::annotations::ended;
use crate::it::ground::{question, streamed};
use crate::it::knowledge_apps::Shelf;

const KEY: &str = "a-foreign-key";
const LEASES: &str = "ferrify:{runs}:leases";

/// A chat app that asks somebody else's API.
async fn shelf() -> Shelf {
    let shelf = Shelf::of("chat").await;
    let id = shelf.external(&shelf.ground.stub.base_url(), KEY).await;
    shelf.attach(&[&id], json!({})).await;
    shelf
}

/// How often the API and the chat model were asked.
fn asked(shelf: &Shelf) -> (usize, usize) {
    let requests = shelf.ground.stub.requests();
    let to = |path: &str| requests.iter().filter(|request| request.path.ends_with(path)).count();
    (to("/retrieval"), to("/chat/completions"))
}

async fn message_of(shelf: &Shelf, query: &str) -> Value {
    shelf.ground.server.db().one("SELECT * FROM messages WHERE query = $1", &[query]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_wrote_needs_no_looking_up() {
    let shelf = shelf().await;
    let ground = &shelf.ground;
    ground.console.add_openai(&ground.stub.openai_base_url(), "embedding-key").await;
    let annotation = json!({"question": "Who are you?", "answer": "I am a fox."});
    let _ = ground.service.post_json("/apps/annotations", &annotation).await.expect(201);
    let how = json!({"score_threshold": 0.99, "embedding_provider_name": "langgenius/openai/openai", "embedding_model_name": "text-embedding-3-small"});
    let job = ground.service.post_json("/apps/annotation-reply/enable", &how).await.expect(200).text_at("/job_id");
    let state = ended(&ground.service, &format!("/apps/annotation-reply/enable/status/{job}")).await;
    assert_eq!(state["job_status"], json!("completed"), "{state}");

    let before = asked(&shelf);
    let answer = ground.service.post_json("/chat-messages", &question("Who are you?")).await.expect(200);
    assert_eq!((&answer.json["answer"], asked(&shelf)), (&json!("I am a fox."), before));
    assert_eq!(answer.json["metadata"]["retriever_resources"], json!([]));

    // Any other question is looked up and put to the model.
    ground.stub.script(KEY, Script { body: Some(json!({"records": []}).to_string()), ..Script::text(&[]) });
    let _ = ground.service.post_json("/chat-messages", &question("What is the time?")).await.expect(200);
    assert_eq!(asked(&shelf), (before.0 + 1, before.1 + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_leaves_a_trace() {
    let shelf = shelf().await;
    let before = asked(&shelf);
    let script = Script { status: 503, body: Some("the shelf is closed".to_owned()), ..Script::text(&[]) };
    shelf.ground.stub.script(KEY, script);
    let refused = shelf.ground.service.post_json("/chat-messages", &question("blocking")).await.expect(400);
    assert_eq!((refused.code(), refused.json["message"].as_str()), ("invalid_param", Some("the shelf is closed")));
    let transcript = shelf.ground.service.sse("/chat-messages", &streamed("streaming")).await.well_framed();
    assert_eq!(transcript.names(), ["error"]);
    let error = transcript.only("error");
    assert_eq!(
        (&error["code"], &error["status"], &error["message"]),
        (&json!("invalid_param"), &json!(400), &json!("the shelf is closed"))
    );
    for query in ["blocking", "streaming"] {
        let row = message_of(&shelf, query).await;
        assert_eq!(
            (&row["status"], &row["error"], &row["answer"], &row["message"]),
            (&json!("error"), &json!("the shelf is closed"), &json!(""), &json!([])),
            "{query}"
        );
    }
    assert_eq!(asked(&shelf), (before.0 + 2, before.1));
    assert_eq!(error["message_id"], message_of(&shelf, "streaming").await["id"]);
    // A conversation survives a turn that failed.
    let script = Script { body: Some(json!({"records": []}).to_string()), ..Script::text(&[]) };
    shelf.ground.stub.script(KEY, script);
    let mut again = question("again");
    again["conversation_id"] = error["conversation_id"].clone();
    let _ = shelf.ground.service.post_json("/chat-messages", &again).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_it_at_once() {
    let shelf = shelf().await;
    shelf.ground.stub.script(KEY, Script::misbehaving(Misbehave::HangBeforeHeaders));
    let (begun, before) = (Instant::now(), asked(&shelf));
    // The stream is there before anything was found.
    let stream = shelf.ground.service.sse_stream("/chat-messages", &streamed("stop me")).await;
    assert_eq!(stream.status(), 200);
    while asked(&shelf).0 == before.0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "nothing is looked up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let lease = shelf.ground.server.database().redis(&["ZRANGE", LEASES, "0", "-1"]).await;
    let task = lease.trim().rsplit('/').next().unwrap();
    let path = format!("/chat-messages/{task}/stop");
    let _ = shelf.ground.service.post_json(&path, &json!({"user": "alice"})).await.expect(200);
    let stopped = Instant::now();
    let transcript = stream.rest().await;
    assert!(stopped.elapsed() < Duration::from_secs(10), "took {:?}", stopped.elapsed());
    assert_eq!((transcript.names(), transcript.answer()), (vec!["message_end"], String::new()));
    let row = message_of(&shelf, "stop me").await;
    assert_eq!((&row["status"], &row["error"]), (&json!("normal"), &Value::Null));
    assert!(row["message_metadata"].is_string(), "the message has not ended: {row}");
    assert_eq!(asked(&shelf), (before.0 + 1, before.1));
}
