//! A vector store that is away: whoever needs it is told so in plain words, and what waits for it goes on when it is back.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::Line;

use crate::it::annotations::ended;
use crate::it::console_workflows::{publish, save};
use crate::it::ground::{Ground, MODEL, question, streamed};
use crate::it::knowledge_apps::Shelf;
use crate::it::qdrant_stub::{KEY, QdrantStub};
use crate::it::workflow_runs::graph;

const FOX: &str = "The red fox runs through the forest at night.";
const TAX: &str = "Taxes are due in April of every year.";
const WHEN: &str = "When are taxes due?";

struct Away {
    shelf: Shelf,
    store: QdrantStub,
    line: Line,
}

impl Away {
    /// A server whose vectors are behind a line.
    async fn of(mode: &str) -> Self {
        let (store, url) = QdrantStub::start().await;
        let line = Line::to(&url);
        let url = line.through(&url);
        let settings = [
            ("VECTOR_STORE", "qdrant"),
            ("QDRANT_URL", url.as_str()),
            ("QDRANT_API_KEY", KEY),
            ("QDRANT_CLIENT_TIMEOUT", "1"),
        ];
        let ground = Box::pin(Ground::with(mode, &settings)).await;
        Self { shelf: Shelf::on(ground).await, store, line }
    }

    /// In one of the ways in which a store fails.
    async fn fail(&self, how: &str) {
        match how {
            "refuses connections" => self.line.cut().await,
            "hangs" => self.line.freeze(),
            _ => self.store.answer_with(500, "peer 127.0.0.1:6335 is away"),
        }
    }
}

/// Says what is the matter, and nothing of where the store is.
#[track_caller]
fn is_told(how: &str, code: &Value, status: &Value, message: &Value) {
    assert_eq!((code, status), (&json!("completion_request_error"), &json!(400)), "{how}: {message}");
    let text = message.as_str().unwrap();
    assert!(text.starts_with("The vector store") && !text.contains("127.0.0.1"), "{how}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_is_told_and_asks_again() {
    let away = Away::of("chat").await;
    let (shelf, ground) = (&away.shelf, &away.shelf.ground);
    let id = shelf.dataset("facts", "high_quality", &[FOX, TAX]).await;
    shelf.attach(&[&id], json!({"top_k": 1})).await;
    let retrieve = format!("/datasets/{id}/retrieve");
    let hit_testing = format!("/datasets/{id}/hit-testing");
    let tried = json!({"query": WHEN});
    for how in ["answers 500", "hangs", "refuses connections"] {
        away.fail(how).await;
        let refused = ground.service.post_json("/chat-messages", &question(WHEN)).await.expect(400);
        is_told(how, &refused.json["code"], &refused.json["status"], &refused.json["message"]);
        away.fail(how).await;
        let query = format!("{WHEN} ({how})");
        let transcript = ground.service.sse("/chat-messages", &streamed(&query)).await.well_framed();
        let error = transcript.only("error");
        is_told(how, &error["code"], &error["status"], &error["message"]);
        let row = ground.server.db().one("SELECT * FROM messages WHERE query = $1", &[&query]).await;
        assert_eq!((&row["status"], &row["error"]), (&json!("error"), &error["message"]), "{how}");
        away.fail(how).await;
        let refused = shelf.datasets.post_json(&retrieve, &tried).await.expect(400);
        is_told(how, &refused.json["code"], &refused.json["status"], &refused.json["message"]);
        away.fail(how).await;
        let refused = ground.console.post_json(&hit_testing, &tried).await.expect(400);
        is_told(how, &refused.json["code"], &refused.json["status"], &refused.json["message"]);
        away.line.mend();
    }
    let answer = ground.service.post_json("/chat-messages", &question(WHEN)).await.expect(200);
    assert_eq!(answer.json["metadata"]["retriever_resources"][0]["content"], json!(TAX));
    assert_eq!(away.store.faults(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_says_what_its_node_wanted() {
    let away = Away::of("workflow").await;
    let ground = &away.shelf.ground;
    let id = away.shelf.dataset("facts", "high_quality", &[TAX]).await;
    let nodes = json!({
        "start": {"type": "start", "variables": [{"variable": "q", "label": "q", "type": "text-input", "required": true, "max_length": 48}]},
        "know": {"type": "knowledge-retrieval", "query_variable_selector": ["start", "q"], "dataset_ids": [id],
            "retrieval_mode": "multiple", "multiple_retrieval_config": {"top_k": 1, "reranking_enable": false}},
        "end": {"type": "end", "outputs": [{"variable": "found", "value_selector": ["know", "result"]}]},
    });
    let edges = [("start", "source", "know"), ("know", "source", "end")];
    let draft = json!({"graph": graph(nodes, &edges), "features": {}, "environment_variables": [], "conversation_variables": []});
    save(&ground.console, &ground.app, &draft).await.expect(200);
    publish(&ground.console, &ground.app).await.expect(200);
    away.line.cut().await;
    let asked = json!({"inputs": {"q": WHEN}, "user": "ann", "response_mode": "blocking"});
    let data = ground.service.post_json("/workflows/run", &asked).await.expect(200).json["data"].clone();
    assert_eq!(data["status"], json!("failed"), "{data}");
    let error = data["error"].as_str().unwrap();
    assert!(error.contains("The vector store is not reachable") && !error.contains("127.0.0.1"), "{error}");
    away.line.mend();
    let data = ground.service.post_json("/workflows/run", &asked).await.expect(200).json["data"].clone();
    assert_eq!(data["outputs"]["found"][0]["content"], json!(TAX), "{data}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_waits_for_the_store() {
    let away = Away::of("chat").await;
    let (shelf, db) = (&away.shelf, away.shelf.ground.server.db());
    let id = shelf.dataset("facts", "high_quality", &[FOX]).await;
    let before = away.store.count();
    away.line.cut().await;
    let body = json!({"name": "taxes", "text": TAX, "process_rule": {"mode": "automatic"}});
    let made = shelf.datasets.post_json(&format!("/datasets/{id}/document/create-by-text"), &body).await.expect(200);
    let (document, batch) = (made.text_at("/document/id"), made.text_at("/batch"));
    let begun = Instant::now();
    let failed = "kind = 'index_document' AND state = 'ready' AND last_error LIKE '%vector store%'";
    while db.count("ferrify_jobs", failed, &[]).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the job never failed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // It waits for its next attempt, and nothing of it can be found.
    let row = db.one("SELECT * FROM documents WHERE id = $1::uuid", &[&document]).await;
    assert!(matches!(row["indexing_status"].as_str(), Some("splitting" | "indexing")), "{row}");
    assert_eq!((&row["error"], &row["stopped_at"]), (&Value::Null, &Value::Null));
    let done = "document_id = $1::uuid AND status = 'completed'";
    assert_eq!((db.count("document_segments", done, &[&document]).await, away.store.count()), (0, before));
    away.line.mend();
    shelf.indexed(&id, &batch).await;
    assert_eq!(db.count("document_segments", "document_id = $1::uuid", &[&document]).await, 1);
    assert_eq!((db.count("document_segments", done, &[&document]).await, away.store.count()), (1, before + 1));
    let retrieve = format!("/datasets/{id}/retrieve");
    let found = shelf.datasets.post_json(&retrieve, &json!({"query": WHEN})).await.expect(200);
    assert!(found.text().contains(TAX), "{}", found.text());
    assert_eq!(away.store.faults(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn annotations_of_a_deleted_app_leave_the_store_when_it_is_back() {
    let away = Away::of("chat").await;
    let ground = &away.shelf.ground;
    ground.console.add_openai(&ground.stub.openai_base_url(), "embedding-key").await;
    let other = ground.console.create_ready_app("chat", ground.provider, MODEL).await;
    let others = ground.server.service(&ground.console.api_key(&other).await);
    let how = json!({"score_threshold": 0.99, "embedding_provider_name": "langgenius/openai/openai", "embedding_model_name": "text-embedding-3-small"});
    for service in [&ground.service, &others] {
        let annotation = json!({"question": "Who are you?", "answer": "I am a fox."});
        let _ = service.post_json("/apps/annotations", &annotation).await.expect(201);
        let job = service.post_json("/apps/annotation-reply/enable", &how).await.expect(200).text_at("/job_id");
        let state = ended(service, &format!("/apps/annotation-reply/enable/status/{job}")).await;
        assert_eq!(state["job_status"], json!("completed"), "{state}");
    }
    assert_eq!(away.store.count(), 2);
    away.line.cut().await;
    ground.console.delete(&format!("/apps/{}", ground.app.id)).await.expect(204);
    let begun = Instant::now();
    let failed = "kind = 'drop_annotation_index' AND state = 'ready' AND last_error LIKE '%vector store%'";
    while ground.server.db().count("ferrify_jobs", failed, &[]).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the job never failed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    away.line.mend();
    while away.store.count() != 1 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the vectors were left behind");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Another app in the same collection keeps its own.
    let answer = others.post_json("/chat-messages", &question("Who are you?")).await.expect(200);
    assert_eq!(answer.json["answer"], json!("I am a fox."));
}
