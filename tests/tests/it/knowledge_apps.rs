//! Apps that answer from a person's own documents.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::upstream::Script;
use test_kit::{Console, ServiceClient};

use crate::it::costs::{Cost, STATEMENTS};
use crate::it::ground::{Ground, MODEL, question, streamed, within};

/// A ground with a key for datasets.
pub(crate) struct Shelf {
    pub(crate) ground: Ground,
    pub(crate) datasets: ServiceClient,
}

impl Shelf {
    pub(crate) async fn of(mode: &str) -> Self {
        Self::on(Box::pin(Ground::of(mode)).await).await
    }

    pub(crate) async fn on(ground: Ground) -> Self {
        let key = ground.console.post_json("/datasets/api-keys", &json!({})).await.json["token"].clone();
        let datasets = ground.server.service(key.as_str().unwrap());
        Self { ground, datasets }
    }

    /// A dataset with a document for each text, named `doc 0` and so on, ready to be asked.
    pub(crate) async fn dataset(&self, name: &str, technique: &str, texts: &[&str]) -> String {
        let made = self.datasets.post_json("/datasets", &json!({"name": name, "indexing_technique": technique})).await;
        let id = made.expect(200).text_at("/id");
        for (index, text) in texts.iter().enumerate() {
            let body = json!({"name": format!("doc {index}"), "text": text, "process_rule": {"mode": "automatic"}});
            let path = format!("/datasets/{id}/document/create-by-text");
            let batch = self.datasets.post_json(&path, &body).await.expect(200).text_at("/batch");
            self.indexed(&id, &batch).await;
        }
        id
    }

    pub(crate) async fn indexed(&self, dataset: &str, batch: &str) {
        let (asked, path) = (Instant::now(), format!("/datasets/{dataset}/documents/{batch}/indexing-status"));
        loop {
            let state = self.datasets.get(&path).await.expect(200).json["data"][0].clone();
            match state["indexing_status"].as_str() {
                Some("completed") => return,
                Some("error") => panic!("indexing failed: {state}"),
                _ => assert!(asked.elapsed() < Duration::from_secs(60), "never indexed: {state}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Attaches datasets to the app.
    pub(crate) async fn attach(&self, ids: &[&str], rest: Value) {
        self.ground.configure(json!({"dataset_configs": configs(ids, &rest)})).await;
    }

    /// Waits until a query has found something.
    async fn eventually(&self, query: &str) {
        let asked = Instant::now();
        while self.ground.server.db().all(query, &[]).await.is_empty() {
            assert!(asked.elapsed() < Duration::from_secs(20), "never true: {query}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A dataset behind an API. Where the stub plays it, `key` finds its script.
    pub(crate) async fn external(&self, endpoint: &str, key: &str) -> String {
        let db = self.ground.server.db();
        let settings = json!({"endpoint": endpoint, "api_key": key}).to_string();
        db.execute(
            "INSERT INTO external_knowledge_apis (id, name, description, tenant_id, settings, created_by, created_at, updated_at) \
             SELECT gen_random_uuid(), 'api', '', j.tenant_id, $1, j.account_id, now(), now() FROM tenant_account_joins j LIMIT 1",
            &[&settings],
        )
        .await;
        let api = db.one("SELECT id FROM external_knowledge_apis ORDER BY created_at DESC LIMIT 1", &[]).await;
        let new = json!({"name": "abroad", "provider": "external", "external_knowledge_api_id": api["id"], "external_knowledge_id": "shelf-7"});
        self.datasets.post_json("/datasets", &new).await.expect(200).text_at("/id")
    }

    /// All that the model was told in the last request.
    pub(crate) fn prompt(&self) -> String {
        let request = self.ground.stub.requests().into_iter().rev().find(|one| one.path.ends_with("completions"));
        request.unwrap().body["messages"].to_string()
    }
}

fn configs(ids: &[&str], rest: &Value) -> Value {
    let entries: Vec<Value> = ids.iter().map(|id| json!({"dataset": {"enabled": true, "id": id}})).collect();
    let mut configs = json!({"retrieval_model": "multiple", "top_k": 4, "reranking_enable": false,
        "datasets": {"strategy": "router", "datasets": entries}});
    configs.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    configs
}

const FOX: &str = "The red fox runs through the forest at night.";
const TAX: &str = "Taxes are due in April of every year.";
const CAT: &str = "Cats sleep all day on the warm sofa.";

fn contents(resources: &Value) -> Vec<&str> {
    resources.as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_cite_what_they_lean_on() {
    let shelf = Shelf::of("chat").await;
    for technique in ["economy", "high_quality"] {
        let id = shelf.dataset(&format!("facts {technique}"), technique, &[FOX, TAX]).await;
        shelf.attach(&[&id], json!({"top_k": 1})).await;
        let answer =
            shelf.ground.service.post_json("/chat-messages", &question("When are taxes due?")).await.expect(200);
        let resources = &answer.json["metadata"]["retriever_resources"];
        assert_eq!(contents(resources), [TAX], "{technique}: {resources}");
        let cited = &resources[0];
        assert_eq!(
            (&cited["position"], &cited["dataset_id"], &cited["document_name"], &cited["retriever_from"]),
            (&json!(1), &json!(id), &json!("doc 1"), &json!("api"))
        );
        assert!(cited["score"].as_f64().unwrap() > 0.0 && cited["hit_count"].is_null(), "{cited}");
        let prompt = shelf.prompt();
        assert!(prompt.contains(TAX) && !prompt.contains(FOX), "{technique}: {prompt}");

        let transcript = shelf.ground.service.sse("/chat-messages", &streamed("Where does the fox run?")).await;
        let end = transcript.well_framed().only("message_end").clone();
        assert_eq!(contents(&end["metadata"]["retriever_resources"]), [FOX]);
        let listed = format!("/messages?conversation_id={}&user=alice", end["conversation_id"].as_str().unwrap());
        let listed = shelf.ground.service.get(&listed).await.expect(200);
        assert_eq!(listed.json["data"][0]["retriever_resources"][0]["content"], json!(FOX));

        // Nothing found is told as nothing.
        let answer = shelf.ground.service.post_json("/chat-messages", &question("zzz qqq")).await.expect(200);
        if technique == "economy" {
            assert_eq!(answer.json["metadata"]["retriever_resources"], json!([]));
            assert!(shelf.prompt().contains("<context>\\n\\n</context>"), "{}", shelf.prompt());
        }
        let noted = format!(
            "SELECT 1 FROM dataset_queries WHERE dataset_id = '{id}' AND source = 'app' AND source_app_id IS NOT NULL \
             AND content LIKE '%taxes due%' AND created_by_role = 'end_user'"
        );
        shelf.eventually(&noted).await;
        shelf.eventually(&format!("SELECT 1 FROM document_segments WHERE dataset_id = '{id}' AND hit_count > 0")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_builder_sees_more_and_may_hide_it_all() {
    let shelf = Shelf::of("chat").await;
    let id = shelf.dataset("facts", "economy", &[FOX, TAX]).await;
    shelf.attach(&[&id], json!({})).await;
    let mut config = Console::model_config("chat", shelf.ground.provider, MODEL);
    config["dataset_configs"] = configs(&[&id], &json!({}));
    let asked =
        json!({"inputs": {}, "query": "When are taxes due?", "response_mode": "streaming", "model_config": config});
    let path = format!("/apps/{}/chat-messages", shelf.ground.app.id);
    let end = shelf.ground.console.sse(&path, &asked).await.only("message_end").clone();
    let cited = &end["metadata"]["retriever_resources"][0];
    assert_eq!((&cited["retriever_from"], &cited["segment_position"]), (&json!("dev"), &json!(1)), "{cited}");
    assert!(cited["word_count"].as_i64().unwrap() > 0);

    shelf
        .ground
        .configure(json!({"dataset_configs": configs(&[&id], &json!({})), "retriever_resource": {"enabled": false}}))
        .await;
    let answer = shelf.ground.service.post_json("/chat-messages", &question("When are taxes due?")).await.expect(200);
    assert_eq!(answer.json["metadata"]["retriever_resources"], json!([]));
    assert!(shelf.prompt().contains(TAX));

    let mut foreign = config.clone();
    foreign["dataset_configs"] = configs(&["6f8a0b9e-4a54-4d0c-9d3f-0a6f1f4c1111"], &json!({}));
    let path = format!("/apps/{}/model-config", shelf.ground.app.id);
    let refused = shelf.ground.console.post_json(&path, &foreign).await.expect(400);
    assert!(refused.text().contains("Dataset ID does not exist"), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_looks_up_its_variable() {
    let shelf = Shelf::of("completion").await;
    let id = shelf.dataset("facts", "high_quality", &[FOX, TAX]).await;
    shelf
        .ground
        .configure(json!({"dataset_configs": configs(&[&id], &json!({"top_k": 1})), "dataset_query_variable": "query"}))
        .await;
    let asked = json!({"inputs": {"query": "When are taxes due?"}, "response_mode": "blocking", "user": "ann"});
    let answer = shelf.ground.service.post_json("/completion-messages", &asked).await.expect(200);
    assert_eq!(contents(&answer.json["metadata"]["retriever_resources"]), [TAX]);
    assert!(shelf.prompt().contains(TAX) && !shelf.prompt().contains(FOX));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_datasets_are_merged() {
    let shelf = Shelf::of("chat").await;
    let animals = shelf.dataset("animals", "high_quality", &[FOX, CAT]).await;
    let money = shelf.dataset("money", "high_quality", &[TAX]).await;
    let words = shelf.dataset("words", "economy", &[CAT]).await;
    let empty = shelf.dataset("empty", "economy", &[]).await;
    // One without documents is skipped, so that the techniques are not mixed.
    shelf.attach(&[&animals, &money, &empty], json!({"top_k": 2})).await;
    let asked = question("taxes fox");
    let answer = shelf.ground.service.post_json("/chat-messages", &asked).await.expect(200);
    let resources = &answer.json["metadata"]["retriever_resources"];
    let mut found = contents(resources);
    found.sort_unstable();
    assert_eq!(found, [TAX, FOX], "{resources}");
    assert!(resources[0]["score"].as_f64() >= resources[1]["score"].as_f64());

    let weights = json!({"weight_type": "customized", "vector_setting": {"vector_weight": 0.0, "embedding_provider_name": "", "embedding_model_name": ""},
        "keyword_setting": {"keyword_weight": 1.0}});
    let by_weights =
        json!({"top_k": 1, "reranking_enable": true, "reranking_mode": "weighted_score", "weights": weights});
    shelf.attach(&[&animals, &money], by_weights.clone()).await;
    let answer = shelf.ground.service.post_json("/chat-messages", &question("When are taxes due?")).await.expect(200);
    assert_eq!(contents(&answer.json["metadata"]["retriever_resources"]), [TAX]);

    shelf.attach(&[&animals, &words], json!({})).await;
    let refused = shelf.ground.service.post_json("/chat-messages", &asked).await.expect(400);
    assert!(refused.text().contains("different indexing technique"), "{}", refused.text());
    shelf.attach(&[&animals, &words], by_weights).await;
    let _ = shelf.ground.service.post_json("/chat-messages", &asked).await.expect(400);

    // A threshold that nothing reaches.
    shelf.attach(&[&animals, &money], json!({"score_threshold_enabled": true, "score_threshold": 0.999})).await;
    let answer = shelf.ground.service.post_json("/chat-messages", &asked).await.expect(200);
    assert_eq!(answer.json["metadata"]["retriever_resources"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rerank_model_ranks_and_may_fail() {
    const KEY: &str = "a-jina-key";
    let shelf = Shelf::of("chat").await;
    let entered = json!({"credentials": {"api_key": KEY, "base_url": shelf.ground.stub.base_url()}});
    let path = "/workspaces/current/model-providers/langgenius/jina/jina/credentials";
    let _ = shelf.ground.console.post_json(path, &entered).await.expect(201);
    let animals = shelf.dataset("animals", "high_quality", &[FOX, CAT]).await;
    let words = shelf.dataset("words", "economy", &[TAX]).await;
    let model = json!({"reranking_provider_name": "langgenius/jina/jina", "reranking_model_name": "jina-reranker-v3"});
    let rest = json!({"reranking_enable": true, "reranking_mode": "reranking_model", "reranking_model": model,
        "score_threshold_enabled": true, "score_threshold": 0.5});
    shelf.attach(&[&animals, &words], rest).await;
    // The stub gives 0.9 to what contains the query.
    let asked = question("fox");
    let answer = shelf.ground.service.post_json("/chat-messages", &asked).await.expect(200);
    let resources = &answer.json["metadata"]["retriever_resources"];
    assert_eq!(contents(resources), [FOX], "{resources}");
    assert_eq!(resources[0]["score"], json!(0.9));

    let _ = shelf
        .attach(
            &[&animals, &words],
            json!({"reranking_enable": true, "reranking_mode": "reranking_model", "reranking_model": model}),
        )
        .await;
    shelf.ground.stub.script(KEY, Script::refusal(400, "no ranking today"));
    let answer = shelf.ground.service.post_json("/chat-messages", &asked).await.expect(200);
    let found = &answer.json["metadata"]["retriever_resources"];
    assert!(contents(found).contains(&FOX) && found[0]["score"] != json!(0.9), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_chooses_one_dataset() {
    let shelf = Shelf::of("chat").await;
    let animals = shelf.dataset("animals", "high_quality", &[FOX, CAT]).await;
    let money = shelf.dataset("money", "economy", &[TAX]).await;
    // One needs no choice.
    shelf.attach(&[&money], json!({"retrieval_model": "single"})).await;
    let before = shelf.ground.stub.requests().len();
    let answer = shelf.ground.service.post_json("/chat-messages", &question("taxes")).await.expect(200);
    assert_eq!(contents(&answer.json["metadata"]["retriever_resources"]), [TAX]);
    assert_eq!(shelf.ground.stub.requests().len(), before + 1);

    // A model without tools is asked in words.
    shelf.attach(&[&animals, &money], json!({"retrieval_model": "single"})).await;
    let choice = format!("I think so.\n```json\n{{\"action\": \"{money}\", \"action_input\": \"taxes\"}}\n```");
    shelf.ground.stub.script_sequence(MODEL, vec![Script::text(&[&choice]), Script::text(&["In April."])]);
    let answer = shelf.ground.service.post_json("/chat-messages", &question("When are taxes due?")).await.expect(200);
    assert_eq!(answer.json["answer"], json!("In April."));
    assert_eq!(contents(&answer.json["metadata"]["retriever_resources"]), [TAX]);

    // One with tools calls one.
    let credentials = json!({"endpoint_url": shelf.ground.stub.openai_base_url(), "api_key": "key-of-tooling", "function_calling_type": "tool_call"});
    let provider = shelf.ground.console.add_openai_compatible_with("tooling", &credentials).await;
    let mut config = Console::model_config("chat", provider, "tooling");
    config["dataset_configs"] = configs(&[&animals, &money], &json!({"retrieval_model": "single"}));
    shelf.ground.console.save_model_config(&shelf.ground.app, &config).await;
    shelf.ground.stub.script_sequence(
        "tooling",
        vec![Script::tool_call("c1", &animals, "{}"), Script::text(&["Through the forest."])],
    );
    let answer =
        shelf.ground.service.post_json("/chat-messages", &question("Where does the fox run?")).await.expect(200);
    assert!(contents(&answer.json["metadata"]["retriever_resources"]).contains(&FOX), "{}", answer.text());
    let tools = shelf.ground.stub.requests().into_iter().rev().find_map(|one| one.body.get("tools").cloned()).unwrap();
    assert_eq!(tools[0]["function"]["name"], json!(animals), "{tools}");
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_hold_a_search_to_documents() {
    let shelf = Shelf::of("chat").await;
    let id = shelf.dataset("facts", "economy", &["Foxes of 2020 run.", "Foxes of 2024 run."]).await;
    let db = shelf.ground.server.db();
    for (name, metadata) in
        [("doc 0", r#"{"year": 2020, "kind": "old 5%"}"#), ("doc 1", r#"{"year": "2024", "kind": "new"}"#)]
    {
        db.execute("UPDATE documents SET doc_metadata = $2::jsonb WHERE name = $1", &[name, metadata]).await;
    }
    let found = async |conditions: Value| -> Vec<String> {
        let model = json!({"search_method": "keyword_search", "reranking_enable": false, "top_k": 5, "score_threshold_enabled": false,
            "metadata_filtering_conditions": conditions});
        let body = json!({"query": "foxes run", "retrieval_model": model});
        let answer = shelf.datasets.post_json(&format!("/datasets/{id}/retrieve"), &body).await.expect(200);
        let records = answer.json["records"].as_array().unwrap().clone();
        let mut names: Vec<String> =
            records.iter().map(|one| one["segment"]["document"]["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let one = |name: &str, operator: &str, value: Value| json!({"logical_operator": "and", "conditions": [{"name": name, "comparison_operator": operator, "value": value}]});
    for (conditions, expected) in [
        (one("year", "<", json!(2022)), vec!["doc 0"]),
        (one("year", "after", json!("2022")), vec!["doc 1"]),
        (one("year", "=", json!(2024)), vec!["doc 1"]),
        (one("year", "≥", json!(2020)), vec!["doc 0", "doc 1"]),
        (one("kind", "contains", json!("5%")), vec!["doc 0"]),
        (one("kind", "contains", json!("%")), vec!["doc 0"]),
        (one("kind", "contains", json!("_")), vec![]),
        (one("kind", "not contains", json!("old")), vec!["doc 1"]),
        (one("kind", "start with", json!("ne")), vec!["doc 1"]),
        (one("kind", "end with", json!("5%")), vec!["doc 0"]),
        (one("kind", "in", json!("new, other")), vec!["doc 1"]),
        (one("kind", "in", json!([])), vec![]),
        (one("kind", "not in", json!([])), vec!["doc 0", "doc 1"]),
        (one("kind", "is not", json!("new")), vec!["doc 0"]),
        (one("author", "empty", json!(null)), vec!["doc 0", "doc 1"]),
        (one("author", "not empty", json!(null)), vec![]),
        (one("author' OR '1'='1", "is", json!("x")), vec![]),
        (one("kind", "is", json!(null)), vec!["doc 0", "doc 1"]),
        (one("kind", "before", json!("soon")), vec![]),
    ] {
        assert_eq!(found(conditions.clone()).await, expected, "{conditions}");
    }
    let both = json!([{"name": "year", "comparison_operator": "=", "value": 2020}, {"name": "kind", "comparison_operator": "is", "value": "new"}]);
    assert_eq!(found(json!({"logical_operator": "or", "conditions": both})).await, ["doc 0", "doc 1"]);
    assert!(found(json!({"logical_operator": "and", "conditions": both})).await.is_empty());

    // An app fills its conditions in from what a person entered.
    let manual = json!({"metadata_filtering_mode": "manual", "metadata_filtering_conditions": one("kind", "is", json!("{{kind}}"))});
    let form = json!([{"text-input": {"label": "Kind", "variable": "kind", "required": false, "default": ""}}]);
    shelf.ground.configure(json!({"dataset_configs": configs(&[&id], &manual), "user_input_form": form})).await;
    let mut asked = question("foxes run");
    asked["inputs"] = json!({"kind": "new"});
    let answer = shelf.ground.service.post_json("/chat-messages", &asked).await.expect(200);
    assert_eq!(contents(&answer.json["metadata"]["retriever_resources"]), ["Foxes of 2024 run."]);

    // A model reads them from the question; one that fails filters nothing.
    db.execute(
        "INSERT INTO dataset_metadatas (id, tenant_id, dataset_id, type, name, created_at, updated_at, created_by) \
         SELECT gen_random_uuid(), tenant_id, id, 'number', 'year', now(), now(), created_by FROM datasets WHERE id = $1::uuid",
        &[&id],
    )
    .await;
    let model = json!({"provider": shelf.ground.provider, "name": MODEL, "mode": "chat", "completion_params": {}});
    shelf.attach(&[&id], json!({"metadata_filtering_mode": "automatic", "metadata_model_config": model})).await;
    let read = r#"{"metadata_map": [{"metadata_field_name": "year", "metadata_field_value": "2022", "comparison_operator": "<"}]}"#;
    shelf.ground.stub.script_sequence(MODEL, vec![Script::text(&[read]), Script::text(&["Yes."])]);
    let asked = question("Did foxes run before 2022?");
    let answer = shelf.ground.service.post_json("/chat-messages", &asked).await.expect(200);
    assert_eq!(contents(&answer.json["metadata"]["retriever_resources"]), ["Foxes of 2020 run."]);
    shelf.ground.stub.script_sequence(MODEL, vec![Script::refusal(400, "no"), Script::text(&["Yes."])]);
    let answer = shelf.ground.service.post_json("/chat-messages", &asked).await.expect(200);
    assert_eq!(contents(&answer.json["metadata"]["retriever_resources"]).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_api_is_asked() {
    const KEY: &str = "a-foreign-key";
    let shelf = Shelf::of("chat").await;
    let id = shelf.external(&shelf.ground.stub.base_url(), KEY).await;
    let records = json!({"records": [
        {"content": "Owls hunt at night.", "score": 0.8, "title": "owls.md", "metadata": {"document_id": "d-9"}},
        {"content": "Owls sleep by day.", "score": 0.3, "title": "owls.md", "metadata": null}]});
    let script = |status: u16, body: String| Script { status, body: Some(body), ..Script::text(&[]) };
    shelf.ground.stub.script(KEY, script(200, records.to_string()));
    let rest = json!({"metadata_filtering_mode": "manual", "score_threshold_enabled": true, "score_threshold": 0.5,
        "metadata_filtering_conditions": {"logical_operator": "and", "conditions": [{"name": "k", "comparison_operator": "is", "value": "v"}]}});
    shelf.attach(&[&id], rest).await;
    let answer = shelf.ground.service.post_json("/chat-messages", &question("owls?")).await.expect(200);
    let cited = &answer.json["metadata"]["retriever_resources"];
    assert_eq!(contents(cited), ["Owls hunt at night."], "{cited}");
    assert_eq!(
        (&cited[0]["data_source_type"], &cited[0]["document_id"], &cited[0]["document_name"]),
        (&json!("external"), &json!("d-9"), &json!("owls.md"))
    );
    assert!(shelf.prompt().contains("Owls hunt"));
    let sent = shelf.ground.stub.requests().into_iter().find(|one| one.path == "/retrieval").unwrap();
    assert_eq!(sent.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(sent.body["knowledge_id"], json!("shelf-7"));
    assert_eq!(sent.body["retrieval_setting"], json!({"top_k": 2, "score_threshold": 0.0}));
    assert_eq!(sent.body["metadata_condition"]["conditions"][0]["name"], json!("k"));

    let tried = json!({"query": "owls?", "external_retrieval_model": {"top_k": 1, "score_threshold": 0.2, "score_threshold_enabled": true}});
    for answer in [
        shelf.datasets.post_json(&format!("/datasets/{id}/retrieve"), &tried).await.expect(200),
        shelf.ground.console.post_json(&format!("/datasets/{id}/external-hit-testing"), &tried).await.expect(200),
    ] {
        assert_eq!(answer.json["query"], json!({"content": "owls?"}));
        assert_eq!(answer.json["records"], records["records"], "{}", answer.text());
    }
    let sent = shelf.ground.stub.requests().pop().unwrap();
    assert_eq!(sent.body["retrieval_setting"], json!({"top_k": 1, "score_threshold": 0.2}));

    shelf.ground.stub.script(KEY, script(503, "the shelf is closed".to_owned()));
    let refused = shelf.ground.service.post_json("/chat-messages", &question("owls?")).await.expect(400);
    assert!(refused.text().contains("the shelf is closed"), "{}", refused.text());
    let refused = shelf.datasets.post_json(&format!("/datasets/{id}/retrieve"), &tried).await.expect(400);
    assert!(refused.text().contains("the shelf is closed"), "{}", refused.text());
    shelf.ground.stub.script(KEY, script(200, "no json".to_owned()));
    let _ = shelf.datasets.post_json(&format!("/datasets/{id}/retrieve"), &tried).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_not_asked() {
    let ground =
        Ground::with("chat", &[("FERRIFY_EGRESS_ALLOW_PRIVATE", "false"), ("FERRIFY_EGRESS_ALLOW", "127.0.0.1/32")])
            .await;
    let shelf = Shelf::on(ground).await;
    let id = shelf.external("http://10.1.2.3:8080/", "k").await;
    let refused =
        shelf.datasets.post_json(&format!("/datasets/{id}/retrieve"), &json!({"query": "q"})).await.expect(400);
    assert!(refused.text().contains("not allowed"), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_something_up_costs_two_statements() {
    let shelf = Shelf::of("chat").await;
    let statements = Cost::of(&shelf.ground.server, STATEMENTS);
    let service = &shelf.ground.service;
    let first = service.post_json("/chat-messages", &question("first")).await.expect(200).text_at("/conversation_id");
    let asked = within(question("When are taxes due?"), &first);
    let ask = async || drop(service.post_json("/chat-messages", &asked).await.expect(200));
    // What is noted beside the answers is written twice a second, however few answers a slow machine gave meanwhile.
    let rounds = async || {
        ask().await;
        statements.least(5, ask).await
    };
    for technique in ["economy", "high_quality"] {
        let id = shelf.dataset(&format!("facts {technique}"), technique, &[FOX, TAX]).await;
        shelf.attach(&[], json!({})).await;
        let without = rounds().await;
        shelf.attach(&[&id], json!({})).await;
        let with = rounds().await;
        assert!(with - without < 2.9, "{technique}: {with} statements per message, {without} without");
    }
}
