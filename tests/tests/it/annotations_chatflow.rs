//! Chatflows that answer from annotations: the workflow is not run where a person has answered already.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::upstream::{Misbehave, Script};

use crate::it::annotations::ended;
use crate::it::console_workflows::{publish, save};
use crate::it::ground::Ground;
use crate::it::workflow_runs::graph;

const KEY: &str = "embedding-key";
const LEASES: &str = "ferrify:{runs}:leases";
const QUESTION: &str = "Who are you?";

/// A published chatflow that answers every question with itself, but for the annotated one. With the annotation's id.
async fn ground() -> (Ground, String) {
    let ground = Ground::of("advanced-chat").await;
    ground.console.add_openai(&ground.stub.openai_base_url(), KEY).await;
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "answer": {"type": "answer", "answer": "You said: {{#sys.query#}}"},
    });
    let draft = json!({"graph": graph(nodes, &[("start", "source", "answer")]), "features": {}, "environment_variables": [], "conversation_variables": []});
    save(&ground.console, &ground.app, &draft).await.expect(200);
    publish(&ground.console, &ground.app).await.expect(200);
    let annotation = json!({"question": QUESTION, "answer": "I am a fox."});
    let id = ground.service.post_json("/apps/annotations", &annotation).await.expect(201).text_at("/id");
    let how = json!({"score_threshold": 0.99, "embedding_provider_name": "langgenius/openai/openai", "embedding_model_name": "text-embedding-3-small"});
    switch(&ground, "enable", &how).await;
    (ground, id)
}

async fn switch(ground: &Ground, action: &str, how: &Value) {
    let path = format!("/apps/{}/annotation-reply/{action}", ground.app.id);
    let job = ground.console.post_json(&path, how).await.expect(200).text_at("/job_id");
    let state = ended(&ground.console, &format!("{path}/status/{job}")).await;
    assert_eq!(state["job_status"], json!("completed"), "{state}");
}

fn asked(query: &str, mode: &str) -> Value {
    json!({"inputs": {}, "query": query, "user": "ann", "response_mode": mode, "auto_generate_name": false})
}

async fn runs(ground: &Ground) -> (i64, i64) {
    let db = ground.server.db();
    (db.count("workflow_runs", "true", &[]).await, db.count("workflow_app_logs", "true", &[]).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_wrote_is_the_answer_and_nothing_is_run() {
    let (ground, id) = ground().await;
    let setting = ground.console.get(&format!("/apps/{}/annotation-setting", ground.app.id)).await.expect(200);
    assert_eq!((&setting.json["enabled"], &setting.json["score_threshold"]), (&json!(true), &json!(0.99)));

    let transcript = ground.service.sse("/chat-messages", &asked(QUESTION, "streaming")).await.well_framed();
    assert_eq!((transcript.names(), transcript.answer()), (vec!["message", "message_end"], "I am a fox.".to_owned()));
    assert_eq!(transcript.only("message")["from_variable_selector"], Value::Null);
    let end = transcript.only("message_end");
    let metadata = end["metadata"].as_object().unwrap();
    assert!(!metadata.contains_key("annotation_reply"), "{end}");
    assert_eq!((&metadata["usage"]["total_tokens"], &metadata["retriever_resources"]), (&json!(0), &json!([])));
    let row = ground.message(end["message_id"].as_str().unwrap()).await;
    assert_eq!(
        (&row["answer"], &row["status"], &row["workflow_run_id"]),
        (&json!("I am a fox."), &json!("normal"), &Value::Null)
    );
    let stored: Value = serde_json::from_str(row["message_metadata"].as_str().unwrap()).unwrap();
    assert_eq!((&stored["annotation_reply"]["id"], runs(&ground).await), (&json!(id), (0, 0)));

    let answer = ground.service.post_json("/chat-messages", &asked(QUESTION, "blocking")).await.expect(200);
    assert_eq!(answer.json["answer"], json!("I am a fox."));
    assert!(answer.json["metadata"].get("annotation_reply").is_none(), "{}", answer.text());

    // The builder's tries are compared, too.
    let draft = format!("/apps/{}/advanced-chat/workflows/draft/run", ground.app.id);
    let tried = ground.console.sse(&draft, &json!({"inputs": {}, "query": QUESTION, "files": []})).await.well_framed();
    assert_eq!((tried.names(), tried.answer()), (vec!["message", "message_end"], "I am a fox.".to_owned()));
    let hits = ground.console.get(&format!("/apps/{}/annotations/{id}/hit-histories", ground.app.id)).await.expect(200);
    let sources: Vec<&str> =
        hits.json["data"].as_array().unwrap().iter().map(|hit| hit["source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["console", "api", "api"]);
    assert_eq!(ground.service.get("/apps/annotations").await.expect(200).json["data"][0]["hit_count"], json!(3));
    let seen = ground.console.get(&format!("/apps/{}/messages/{}", ground.app.id, row["id"].as_str().unwrap())).await;
    assert_eq!(seen.expect(200).json["annotation_hit_history"]["annotation_id"], json!(id));

    // Another question in the same conversation runs the workflow, and then there is a run.
    let mut other = asked("What else?", "streaming");
    other["conversation_id"] = end["conversation_id"].clone();
    let transcript = ground.service.sse("/chat-messages", &other).await.well_framed();
    assert_eq!(transcript.answer(), "You said: What else?");
    let started = transcript.only("workflow_started");
    assert_eq!(transcript.only("message_end")["metadata"]["annotation_reply"], Value::Null);
    let row = ground.message(started["message_id"].as_str().unwrap()).await;
    assert_eq!(row["workflow_run_id"], started["workflow_run_id"]);
    let run = row["workflow_run_id"].as_str().unwrap();
    let run = ground.server.db().one("SELECT * FROM workflow_runs WHERE id = $1::uuid", &[run]).await;
    assert_eq!((&run["status"], runs(&ground).await), (&json!("succeeded"), (1, 1)));

    switch(&ground, "disable", &json!({})).await;
    let answer = ground.service.post_json("/chat-messages", &asked(QUESTION, "blocking")).await.expect(200);
    assert_eq!(answer.json["answer"], json!("You said: Who are you?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_comparing_run_the_workflow_and_a_stop_runs_nothing() {
    let (ground, _) = ground().await;
    ground.stub.script(KEY, Script::refusal(400, "no vectors today"));
    let answer = ground.service.post_json("/chat-messages", &asked("Anybody there?", "blocking")).await.expect(200);
    assert_eq!((answer.json["answer"].as_str(), runs(&ground).await), (Some("You said: Anybody there?"), (1, 1)));

    ground.stub.script(KEY, Script::misbehaving(Misbehave::HangBeforeHeaders));
    let before = ground.stub.requests().len();
    let stream = ground.service.sse_stream("/chat-messages", &asked("Stop this.", "streaming")).await;
    let begun = Instant::now();
    while ground.stub.requests().len() == before {
        assert!(begun.elapsed() < Duration::from_secs(10), "nothing is compared");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let lease = ground.server.database().redis(&["ZRANGE", LEASES, "0", "-1"]).await;
    let task = lease.trim().rsplit('/').next().unwrap();
    let path = format!("/chat-messages/{task}/stop");
    let _ = ground.service.post_json(&path, &json!({"user": "ann"})).await.expect(200);
    let stopped = Instant::now();
    let transcript = stream.rest().await;
    assert!(stopped.elapsed() < Duration::from_secs(5), "took {:?}", stopped.elapsed());
    assert_eq!((transcript.names(), transcript.answer()), (vec!["message_end"], String::new()));
    let row = ground.server.db().one("SELECT * FROM messages WHERE query = 'Stop this.'", &[]).await;
    assert_eq!((&row["status"], &row["workflow_run_id"]), (&json!("normal"), &Value::Null));
    assert!(row["message_metadata"].is_string(), "the message has not ended: {row}");
    assert_eq!(runs(&ground).await, (1, 1));
}
