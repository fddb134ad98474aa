//! Indexing while models fail, people change their minds, and processes die.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::upstream::{Script, StubUpstream};

use crate::it::knowledge_ground::{Knowledge, blank_lines, comes_to};
use crate::it::process::Process;

const MODEL: &str = "stub-embedding";

/// A dataset whose vectors come from a stub.
async fn with_stub(ground: &Knowledge, stub: &StubUpstream) -> String {
    let credentials = json!({"endpoint_url": format!("{}/v1", stub.base_url()), "api_key": "k", "context_size": "8000", "max_chunks": "16"});
    let body = json!({"model": MODEL, "model_type": "text-embedding", "credentials": credentials});
    let path =
        "/workspaces/current/model-providers/langgenius/openai_api_compatible/openai_api_compatible/models/credentials";
    let _ = ground.owner.post_json(path, &body).await.expect(201);
    let dataset = json!({"name": "Stubbed", "indexing_technique": "high_quality", "embedding_model": MODEL,
        "embedding_model_provider": "langgenius/openai_api_compatible/openai_api_compatible"});
    ground.service.post_json("/datasets", &dataset).await.expect(200).text_at("/id")
}

fn paragraphs(count: usize) -> String {
    (0..count).map(|n| format!("Paragraph number {n} tells something of its own.")).collect::<Vec<_>>().join("\n\n")
}

async fn retry(ground: &Knowledge, dataset: &str, document: &str) {
    // The Console's way is tested with the Console; here the rows matter.
    let body = json!({"process_rule": blank_lines()});
    let path = format!("/datasets/{dataset}/documents/{document}/update-by-text");
    let _ = ground.service.post_json(&path, &body).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_busy_is_asked_again() {
    let (ground, stub) = (Knowledge::set_up().await, StubUpstream::start().await);
    let dataset = with_stub(&ground, &stub).await;
    stub.script(MODEL, Script::refusal(429, "slow down").header("retry-after", "6"));
    let made = ground.add_text(&dataset, "busy", &paragraphs(3)).await.expect(200);
    let batch = made.text_at("/batch");
    ground.comes_to(&dataset, &batch, "indexing").await;
    stub.script(MODEL, Script::vectors(8));
    let state = ground.comes_to(&dataset, &batch, "completed").await;
    assert_eq!((&state["completed_segments"], &state["error"]), (&json!(3), &Value::Null));
    assert_eq!(ground.server.db().count("document_segments", "status = 'completed' AND enabled", &[]).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_refuses_ends_the_document() {
    let (ground, stub) = (Knowledge::set_up().await, StubUpstream::start().await);
    let dataset = with_stub(&ground, &stub).await;
    stub.script(MODEL, Script::refusal(400, "this text is not for me"));
    let made = ground.add_text(&dataset, "refused", &paragraphs(3)).await.expect(200);
    let state = ground.comes_to(&dataset, &made.text_at("/batch"), "error").await;
    assert!(state["error"].as_str().unwrap().contains("this text is not for me"), "{state}");
    assert!(ground.found_nothing(&dataset).await);
    stub.script(MODEL, Script::vectors(8));
    retry(&ground, &dataset, &made.text_at("/document/id")).await;
    let same = ground.add_text(&dataset, "refused", &paragraphs(3)).await.expect(200);
    ground.comes_to(&dataset, &same.text_at("/batch"), "completed").await;
    assert_eq!(ground.server.db().count("document_segments", "true", &[]).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_dimensions_are_told() {
    let (ground, stub) = (Knowledge::set_up().await, StubUpstream::start().await);
    let dataset = with_stub(&ground, &stub).await;
    stub.script(MODEL, Script::vectors(8));
    let made = ground.add_text(&dataset, "first", &paragraphs(2)).await.expect(200);
    ground.comes_to(&dataset, &made.text_at("/batch"), "completed").await;
    stub.script(MODEL, Script::vectors(12));
    let made = ground.add_text(&dataset, "second", "Quite another text.").await.expect(200);
    let state = ground.comes_to(&dataset, &made.text_at("/batch"), "error").await;
    assert!(state["error"].as_str().unwrap().contains("dimensions"), "{state}");
    let asked = json!({"query": "a new question"});
    let refused = ground.service.post_json(&format!("/datasets/{dataset}/retrieve"), &asked).await.expect(400);
    assert!(refused.text().contains("dimensions"), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_embedded_once() {
    let (ground, stub) = (Knowledge::set_up().await, StubUpstream::start().await);
    let dataset = with_stub(&ground, &stub).await;
    stub.script(MODEL, Script::vectors(8));
    let made = ground.add_text(&dataset, "one", &paragraphs(40)).await.expect(200);
    ground.comes_to(&dataset, &made.text_at("/batch"), "completed").await;
    let asked = stub.requests().len();
    let made = ground.add_text(&dataset, "two", &paragraphs(40)).await.expect(200);
    ground.comes_to(&dataset, &made.text_at("/batch"), "completed").await;
    assert_eq!(stub.requests().len(), asked);
    assert_eq!(ground.server.db().count("ferrify_embeddings", "true", &[]).await, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_while_indexing_loses_and_doubles_nothing() {
    let stub = StubUpstream::start().await;
    // Its own worker takes part in the work, beside processes that die in the middle of it.
    let ground = Knowledge::set_up().await;
    let dataset = with_stub(&ground, &stub).await;
    stub.script(MODEL, Script { first_delay: Duration::from_millis(150), ..Script::vectors(8) });
    let mut batches = Vec::new();
    for number in 0..6 {
        let made =
            ground.add_text(&dataset, &format!("text {number}"), &format!("{}\n\n{number}", paragraphs(450))).await;
        batches.push(made.expect(200).text_at("/batch"));
    }
    for _ in 0..3 {
        let process = Process::start(&ground.server, &[]).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        process.kill().await;
    }
    let begun = Instant::now();
    for batch in &batches {
        comes_to(&ground.service, &dataset, batch, "completed").await;
    }
    assert!(begun.elapsed() < Duration::from_secs(60));
    let db = ground.server.db();
    assert_eq!(db.count("document_segments", "status = 'completed'", &[]).await, 6 * 451);
    let doubled =
        db.all("SELECT document_id, position FROM document_segments GROUP BY 1, 2 HAVING count(*) > 1", &[]).await;
    assert!(doubled.is_empty(), "{doubled:?}");
    let table = format!("embedding_vector_index_{}_node", dataset.replace('-', "_"));
    assert_eq!(db.count(&table, "true", &[]).await, 6 * 451);
    assert_eq!(db.count("ferrify_jobs", "state = 'dead'", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_can_be_removed_while_it_is_indexed() {
    let (ground, stub) = (Knowledge::set_up().await, StubUpstream::start().await);
    let dataset = with_stub(&ground, &stub).await;
    stub.script(MODEL, Script { first_delay: Duration::from_millis(200), ..Script::vectors(8) });
    let made = ground.add_text(&dataset, "long", &paragraphs(1000)).await.expect(200);
    ground.comes_to(&dataset, &made.text_at("/batch"), "indexing").await;
    let _ = ground.service.delete(&format!("/datasets/{dataset}")).await.expect(204);
    let begun = Instant::now();
    loop {
        let db = ground.server.db();
        let tables = db.count("information_schema.tables", "table_name LIKE 'embedding_vector%'", &[]).await;
        let left = db.count("document_segments", "true", &[]).await + db.count("ferrify_jobs", "true", &[]).await;
        if left + tables == 0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{left} rows and {tables} tables are left");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_nobody_moves_on_are_taken_up() {
    let ground = Knowledge::set_up().await;
    let dataset = ground.dataset("Adopted", "economy").await;
    let document = ground.indexed_text(&dataset, "left", "Some words.\n\nOthers.").await;
    let db = ground.server.db();
    // As another program left it, with segments that were only begun.
    db.execute("UPDATE documents SET indexing_status = 'splitting', completed_at = NULL", &[]).await;
    db.execute("UPDATE document_segments SET status = 'waiting', enabled = false, completed_at = NULL", &[]).await;
    let looks = "INSERT INTO ferrify_jobs (id, queue, kind, payload, run_at, created_at, updated_at) VALUES \
        (gen_random_uuid(), 'dataset_changes', 'find_stranded_documents', '{}', timezone('utc', now()), timezone('utc', now()), timezone('utc', now()))";
    db.execute(looks, &[]).await;
    let begun = Instant::now();
    while db.count("documents", "indexing_status = 'completed'", &[]).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ground.contents(&dataset, &document).await, ["Some words.", "Others."]);
    assert_eq!(ground.found(&dataset, "words").await, ["Some words."]);
}
