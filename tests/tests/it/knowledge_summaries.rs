//! Summaries by which segments are found.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::upstream::{Script, StubUpstream};

use crate::it::ground::MODEL;
use crate::it::knowledge_ground::{Knowledge, texts};
use crate::it::process::Process;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const FOX: &str = "The red fox runs through the forest at night.";
pub(crate) const TAX: &str = "Taxes are due in April of every year.";

/// How a dataset wants its summaries.
pub(crate) fn setting(provider: &str) -> Value {
    json!({"enable": true, "model_name": MODEL, "model_provider_name": provider, "summary_prompt": "Sum up in {language}."})
}

pub(crate) struct Library {
    pub(crate) ground: Knowledge,
    pub(crate) stub: StubUpstream,
    pub(crate) provider: &'static str,
}

impl Library {
    pub(crate) async fn set_up() -> Self {
        let (ground, stub) = (Knowledge::set_up().await, StubUpstream::start().await);
        let provider = ground.owner.add_openai_compatible(&stub.openai_base_url(), MODEL).await;
        Self { ground, stub, provider }
    }

    pub(crate) fn says(&self, summary: &str) {
        self.stub.script(MODEL, Script::text(&[summary]));
    }

    pub(crate) async fn dataset(&self, name: &str) -> String {
        let body = json!({"name": name, "indexing_technique": "high_quality", "summary_index_setting": setting(self.provider)});
        self.ground.service.post_json("/datasets", &body).await.expect(200).text_at("/id")
    }

    pub(crate) async fn state(&self, dataset: &str, document: &str) -> Value {
        self.ground
            .owner
            .get(&format!("/datasets/{dataset}/documents/{document}/summary-status"))
            .await
            .expect(200)
            .json
    }

    /// Waits until so many segments of a document have a summary of this status, and tells how all are.
    pub(crate) async fn comes_to(&self, dataset: &str, document: &str, status: &str, count: i64) -> Value {
        let begun = Instant::now();
        loop {
            let state = self.state(dataset, document).await;
            if state["summary_status"][status] == json!(count) {
                return state;
            }
            assert!(begun.elapsed() < PATIENCE, "waiting for {count} {status}: {state}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// What a dataset says to a question: contents with the summaries by which they were found.
    pub(crate) async fn found(&self, dataset: &str, query: &str) -> Vec<(String, Option<String>)> {
        let found =
            self.ground.service.post_json(&format!("/datasets/{dataset}/retrieve"), &json!({"query": query})).await;
        let records = found.expect(200).json["records"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        records.iter().map(|one| (text(&one["segment"]["content"]).unwrap(), text(&one["summary"]))).collect()
    }

    /// Entries of the index that are summaries.
    pub(crate) async fn indexed(&self, dataset: &str) -> i64 {
        let table = format!("embedding_vector_index_{}_node", dataset.replace('-', "_"));
        self.ground.server.db().count(&table, "meta ->> 'is_summary' = 'true'", &[]).await
    }

    async fn indexed_comes_to(&self, dataset: &str, count: i64) {
        let begun = Instant::now();
        loop {
            let now = self.indexed(dataset).await;
            if now == count {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{now} summaries are in the index, not {count}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    async fn segments(&self, dataset: &str, document: &str) -> Vec<Value> {
        let path = format!("/datasets/{dataset}/documents/{document}/segments?limit=100");
        self.ground.service.get(&path).await.expect(200).json["data"].as_array().unwrap().clone()
    }

    /// What the model was told, each time that it was asked for a summary.
    fn asked(&self) -> Vec<Value> {
        let requests = self.stub.requests().into_iter().filter(|one| one.path.ends_with("completions"));
        let messages = requests.map(|one| one.body["messages"].clone());
        messages.filter(|messages| messages[0]["role"] == "system").collect()
    }

    /// Of the document in the Console's list.
    pub(crate) async fn listed(&self, dataset: &str) -> Value {
        self.ground.owner.get(&format!("/datasets/{dataset}/documents")).await.expect(200).json["data"][0].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_are_found_by_their_summaries() {
    let library = Library::set_up().await;
    library.says("<think>Well.</think>A treatise on kangaroos.");
    let dataset = library.dataset("Summarised").await;
    let document = library.ground.indexed_text(&dataset, "facts", &format!("{FOX}\n\n{TAX}")).await;
    let state = library.comes_to(&dataset, &document, "completed", 2).await;
    assert_eq!(state["total_segments"], 2);
    assert_eq!(state["summary_status"], json!({"completed": 2, "generating": 0, "error": 0, "not_started": 0}));
    let first = &state["summaries"][0];
    assert_eq!(
        (&first["segment_position"], &first["status"], &first["summary_preview"], &first["error"]),
        (&json!(1), &json!("completed"), &json!("A treatise on kangaroos."), &Value::Null)
    );
    assert!(first["created_at"].is_i64() && first["updated_at"].is_i64(), "{first}");
    let asked = library.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked.iter().all(|messages| messages[0]["content"] == "Sum up in English."), "{asked:?}");
    assert!(asked.iter().any(|messages| messages[1]["content"] == FOX), "{asked:?}");

    let segments = library.segments(&dataset, &document).await;
    assert_eq!(texts(&json!(segments), "/summary"), ["A treatise on kangaroos."; 2]);
    let listed = library.listed(&dataset).await;
    assert_eq!((&listed["summary_index_status"], &listed["need_summary"]), (&Value::Null, &json!(true)));
    assert_eq!(library.indexed(&dataset).await, 2);
    let stored = library.ground.server.db().one("SELECT * FROM document_segment_summaries LIMIT 1", &[]).await;
    assert!(stored["tokens"].as_i64().unwrap() > 0 && stored["summary_index_node_hash"].is_string(), "{stored}");

    // A segment that is found by both is there once, with its summary.
    let found = library.found(&dataset, "kangaroos").await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|(_, summary)| summary.as_deref() == Some("A treatise on kangaroos.")), "{found:?}");
    let best = library.found(&dataset, "When are taxes due in April?").await;
    assert_eq!(best[0].0, TAX);
    assert_eq!(best.iter().filter(|(content, _)| content == TAX).count(), 1, "{best:?}");
    // Full text finds summaries, too.
    let by_words = json!({"query": "kangaroos", "retrieval_model": {"search_method": "full_text_search",
        "reranking_enable": false, "top_k": 5, "score_threshold_enabled": false}});
    let found = library.ground.service.post_json(&format!("/datasets/{dataset}/retrieve"), &by_words).await.expect(200);
    assert_eq!(found.json["records"].as_array().unwrap().len(), 2, "{}", found.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn summaries_go_and_come_with_their_segments() {
    let library = Library::set_up().await;
    library.says("A treatise on kangaroos.");
    let dataset = library.dataset("Switched").await;
    let document = library.ground.indexed_text(&dataset, "facts", &format!("{FOX}\n\n{TAX}")).await;
    library.comes_to(&dataset, &document, "completed", 2).await;
    let ids = texts(&json!(library.segments(&dataset, &document).await), "/id");
    let (owner, base) = (&library.ground.owner, format!("/datasets/{dataset}/documents"));
    let switch = async |path: &str| {
        let begun = Instant::now();
        // It has to be free before it is switched again.
        while owner.patch_json(path, &json!({})).await.status != 200 {
            assert!(begun.elapsed() < PATIENCE, "{path}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    switch(&format!("{base}/{document}/segment/disable?segment_id={}", ids[0])).await;
    library.indexed_comes_to(&dataset, 1).await;
    assert_eq!(library.state(&dataset, &document).await["total_segments"], 1);
    switch(&format!("{base}/{document}/segment/enable?segment_id={}", ids[0])).await;
    library.indexed_comes_to(&dataset, 2).await;
    switch(&format!("{base}/status/disable/batch?document_id={document}")).await;
    library.indexed_comes_to(&dataset, 0).await;
    switch(&format!("{base}/status/enable/batch?document_id={document}")).await;
    library.indexed_comes_to(&dataset, 2).await;
    assert_eq!(library.found(&dataset, "kangaroos").await.len(), 2);

    // Another embedding model: the same summaries, in its vectors.
    let stub = &library.stub;
    stub.script("stub-embedding", Script::vectors(12));
    let credentials = json!({"endpoint_url": format!("{}/v1", stub.base_url()), "api_key": "k", "context_size": "8000", "max_chunks": "16"});
    let body = json!({"model": "stub-embedding", "model_type": "text-embedding", "credentials": credentials});
    let path = format!("/workspaces/current/model-providers/{}/models/credentials", library.provider);
    let _ = owner.post_json(&path, &body).await.expect(201);
    let other = json!({"indexing_technique": "high_quality", "embedding_model": "stub-embedding", "embedding_model_provider": library.provider});
    let asked = library.asked().len();
    let _ = owner.patch_json(&format!("/datasets/{dataset}"), &other).await.expect(200);
    let table = format!("embedding_vector_index_{}_node", dataset.replace('-', "_"));
    let begun = Instant::now();
    loop {
        let db = library.ground.server.db();
        // The old table goes away at any moment, the new one stays.
        let new = "attrelid = to_regclass($1) AND attname = 'embedding' AND atttypmod = 12";
        let is_there = db.count("pg_attribute", new, &[&table]).await == 1;
        if is_there && db.count(&table, "meta ->> 'is_summary' = 'true'", &[]).await == 2 {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the summaries have no vectors of the new model");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(library.asked().len(), asked, "nothing is summarised again");

    let _ = owner.delete(&format!("{base}/{document}/segments/{}", ids[0])).await.expect(204);
    library.indexed_comes_to(&dataset, 1).await;
    let db = library.ground.server.db();
    assert_eq!(db.count("document_segment_summaries", "true", &[]).await, 1);
    let _ = owner.delete(&format!("{base}/{document}")).await.expect(204);
    library.indexed_comes_to(&dataset, 0).await;
    let begun = Instant::now();
    while db.count("document_segment_summaries", "true", &[]).await > 0 {
        assert!(begun.elapsed() < PATIENCE, "summaries of a document that is gone");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_write_summaries_of_their_own() {
    let library = Library::set_up().await;
    library.says("A treatise on kangaroos.");
    let dataset = library.dataset("Edited").await;
    let document = library.ground.indexed_text(&dataset, "facts", FOX).await;
    library.comes_to(&dataset, &document, "completed", 1).await;
    let segment = library.segments(&dataset, &document).await[0].clone();
    let path = format!("/datasets/{dataset}/documents/{document}/segments/{}", segment["id"].as_str().unwrap());
    let owner = &library.ground.owner;
    let change = async |body: Value| owner.patch_json(&path, &body).await.expect(200).json["data"]["summary"].clone();

    assert_eq!(change(json!({"content": FOX, "summary": "Notes about platypuses."})).await, "Notes about platypuses.");
    assert_eq!(library.indexed(&dataset).await, 1);
    let found = library.found(&dataset, "platypuses").await;
    assert_eq!(found, [(FOX.to_owned(), Some("Notes about platypuses.".to_owned()))]);
    // Its text is another one, so the model writes it anew, although the form sends back what it showed.
    library.says("All about whales.");
    let edited = "The blue fox swims.";
    let shown = change(json!({"content": edited, "summary": "Notes about platypuses."})).await;
    assert!(shown.is_null() || shown == "All about whales.", "{shown}");
    let state = library.comes_to(&dataset, &document, "completed", 1).await;
    assert_eq!(state["summaries"][0]["summary_preview"], "All about whales.");
    assert_eq!(library.found(&dataset, "whales").await, [(edited.to_owned(), Some("All about whales.".to_owned()))]);
    // An own one goes before the model's.
    let own = json!({"content": "The grey fox sleeps.", "summary": "Notes about bats."});
    assert_eq!(change(own).await, "Notes about bats.");
    assert_eq!(library.found(&dataset, "bats").await[0].1.as_deref(), Some("Notes about bats."));
    assert_eq!(change(json!({"content": "The grey fox sleeps.", "summary": " "})).await, Value::Null);
    assert_eq!(
        (
            library.indexed(&dataset).await,
            library.state(&dataset, &document).await["summary_status"]["not_started"].clone()
        ),
        (0, json!(1))
    );

    // The same over the Service API, where there was none.
    let body = json!({"segment": {"content": "The grey fox sleeps.", "summary": "Notes about owls."}});
    let changed = library.ground.service.post_json(&path, &body).await.expect(200);
    assert_eq!(changed.json["data"]["summary"], "Notes about owls.");
    assert_eq!(library.found(&dataset, "owls").await[0].1.as_deref(), Some("Notes about owls."));
    // New segments get theirs from the model.
    let _ = owner
        .post_json(&format!("/datasets/{dataset}/documents/{document}/segment"), &json!({"content": TAX}))
        .await
        .expect(200);
    library.comes_to(&dataset, &document, "completed", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_does_not_do_is_told_and_done_again() {
    let library = Library::set_up().await;
    let owner = &library.ground.owner;
    library.stub.script(MODEL, Script::refusal(400, "this text is not for me"));
    let dataset = library.dataset("Refused").await;
    let document = library.ground.indexed_text(&dataset, "facts", &format!("{FOX}\n\n{TAX}")).await;
    let state = library.comes_to(&dataset, &document, "error", 2).await;
    assert!(state["summaries"][1]["error"].as_str().unwrap().contains("this text is not for me"), "{state}");
    // Segments are found without.
    assert_eq!(library.found(&dataset, "fox").await[0], (FOX.to_owned(), None));

    let generate = format!("/datasets/{dataset}/documents/generate-summary");
    let these = json!({"document_list": [document]});
    library.stub.script(MODEL, Script::refusal(429, "slow down").header("retry-after", "6"));
    assert_eq!(owner.post_json(&generate, &these).await.expect(200).json, json!({"result": "success"}));
    let listed = library.listed(&dataset).await;
    assert_eq!(listed["summary_index_status"], "SUMMARIZING", "{listed}");
    library.comes_to(&dataset, &document, "generating", 2).await;
    library.says("A treatise on kangaroos.");
    library.comes_to(&dataset, &document, "completed", 2).await;
    assert_eq!(library.listed(&dataset).await["summary_index_status"], Value::Null);
    // Asked for again, they are made again.
    library.says("All about whales.");
    let _ = owner.post_json(&generate, &these).await.expect(200);
    let begun = Instant::now();
    while library
        .found(&dataset, "whales")
        .await
        .iter()
        .filter(|(_, s)| s.as_deref() == Some("All about whales."))
        .count()
        < 2
    {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(library.indexed(&dataset).await, 2);

    // A model that is not there fails them all.
    let nobody = json!({"summary_index_setting": {"enable": true, "model_name": "nothing", "model_provider_name": library.provider}});
    let _ = owner.patch_json(&format!("/datasets/{dataset}"), &nobody).await.expect(200);
    let _ = owner.post_json(&generate, &these).await.expect(200);
    library.comes_to(&dataset, &document, "error", 2).await;

    // What cannot be asked for.
    let refused =
        async |body: Value, status: u16| owner.post_json(&generate, &body).await.expect(status).code().to_owned();
    assert_eq!(refused(json!({"document_list": []}), 400).await, "invalid_param");
    assert_eq!(refused(json!({}), 400).await, "invalid_param");
    assert_eq!(refused(json!({"document_list": [document, dataset]}), 404).await, "not_found");
    let _ = owner
        .patch_json(&format!("/datasets/{dataset}"), &json!({"summary_index_setting": {"enable": false}}))
        .await
        .expect(200);
    assert_eq!(refused(these.clone(), 400).await, "invalid_param");
    let economy = library.ground.dataset("By words", "economy").await;
    let of_words = format!("/datasets/{economy}/documents/generate-summary");
    assert_eq!(owner.post_json(&of_words, &these).await.expect(400).code(), "invalid_param");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_while_summarising_loses_and_doubles_nothing() {
    let library = Library::set_up().await;
    library
        .stub
        .script(MODEL, Script { first_delay: Duration::from_millis(100), ..Script::text(&["About kangaroos."]) });
    let dataset = library.dataset("Long").await;
    let paragraphs: Vec<String> =
        (0..120).map(|n| format!("Paragraph number {n} tells something of its own.")).collect();
    let document = library.ground.indexed_text(&dataset, "long", &paragraphs.join("\n\n")).await;
    for _ in 0..2 {
        let process = Process::start(&library.ground.server, &[]).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        process.kill().await;
    }
    library.comes_to(&dataset, &document, "completed", 120).await;
    let db = library.ground.server.db();
    assert_eq!(
        (db.count("document_segment_summaries", "true", &[]).await, library.indexed(&dataset).await),
        (120, 120)
    );
    assert_eq!(db.count("ferrify_jobs", "state = 'dead'", &[]).await, 0);
    // What was on its way when a process died is asked for once more, and nothing else.
    let asked = library.asked().len();
    assert!(asked <= 120 + 2 * 20, "{asked}");
    let _ = library.ground.service.delete(&format!("/datasets/{dataset}")).await.expect(204);
    let begun = Instant::now();
    while db.count("document_segment_summaries", "true", &[]).await > 0 {
        assert!(begun.elapsed() < PATIENCE, "summaries of a dataset that is gone");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}
