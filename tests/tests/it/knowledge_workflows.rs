//! Workflows that search a person's own documents.

use serde_json::{Value, json};
use test_kit::upstream::Script;

use crate::it::console_workflows::{publish, save};
use crate::it::ground::MODEL;
use crate::it::knowledge_apps::Shelf;
use crate::it::workflow_runs::graph;

const FOX: &str = "The red fox runs through the forest at night.";
const TAX: &str = "Taxes are due in April of every year.";

pub(crate) fn search(selector: Value, ids: &[&str], rest: Value) -> Value {
    let mut node = json!({"type": "knowledge-retrieval", "query_variable_selector": selector, "dataset_ids": ids,
        "retrieval_mode": "multiple", "multiple_retrieval_config": {"top_k": 1, "score_threshold": null, "reranking_enable": false}});
    node.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    node
}

pub(crate) async fn published(shelf: &Shelf, nodes: Value, edges: &[(&str, &str, &str)]) {
    let draft = json!({"graph": graph(nodes, edges), "features": {"retriever_resource": {"enabled": true}}, "environment_variables": [], "conversation_variables": []});
    save(&shelf.ground.console, &shelf.ground.app, &draft).await.expect(200);
    publish(&shelf.ground.console, &shelf.ground.app).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatflow_cites_what_its_model_was_given() {
    let shelf = Shelf::of("advanced-chat").await;
    let id = shelf.dataset("facts", "high_quality", &[FOX, TAX]).await;
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "know": search(json!(["sys", "query"]), &[&id], json!({})),
        "llm": {"type": "llm", "model": {"provider": shelf.ground.provider, "name": MODEL, "mode": "chat", "completion_params": {}},
            "prompt_template": [{"role": "system", "text": "Know: {{#context#}}"}, {"role": "user", "text": "{{#sys.query#}}"}],
            "context": {"enabled": true, "variable_selector": ["know", "result"]}, "vision": {"enabled": false}},
        "answer": {"type": "answer", "answer": "{{#llm.text#}}"},
    });
    published(&shelf, nodes, &[("start", "source", "know"), ("know", "source", "llm"), ("llm", "source", "answer")])
        .await;
    shelf.ground.stub.script(MODEL, Script::text(&["In April."]));
    for mode in ["streaming", "blocking"] {
        let asked = json!({"inputs": {}, "query": "When are taxes due?", "user": "ann", "response_mode": mode, "auto_generate_name": false});
        let metadata = if mode == "streaming" {
            shelf.ground.service.sse("/chat-messages", &asked).await.only("message_end")["metadata"].clone()
        } else {
            shelf.ground.service.post_json("/chat-messages", &asked).await.expect(200).json["metadata"].clone()
        };
        let cited = &metadata["retriever_resources"][0];
        assert_eq!((&cited["content"], &cited["dataset_id"]), (&json!(TAX), &json!(id)), "{metadata}");
        assert_eq!(metadata["retriever_resources"].as_array().unwrap().len(), 1);
    }
    let prompt = shelf.prompt();
    assert!(prompt.contains(&format!("Know: {TAX}")), "{prompt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_gets_what_was_found() {
    let shelf = Shelf::of("workflow").await;
    let id = shelf.dataset("facts", "economy", &[FOX, TAX]).await;
    let db = shelf.ground.server.db();
    db.execute("UPDATE documents SET doc_metadata = jsonb_build_object('kind', name)", &[]).await;
    let conditions = json!({"logical_operator": "and", "conditions": [{"name": "kind", "comparison_operator": "is", "value": "{{#start.kind#}}"}]});
    let rest = json!({"metadata_filtering_mode": "manual", "metadata_filtering_conditions": conditions, "multiple_retrieval_config": {"top_k": 5, "reranking_enable": false}});
    let nodes = json!({
        "start": {"type": "start", "variables": [
            {"variable": "q", "label": "q", "type": "text-input", "required": true, "max_length": 48},
            {"variable": "kind", "label": "kind", "type": "text-input", "required": true, "max_length": 48}]},
        "know": search(json!(["start", "q"]), &[&id], rest),
        "end": {"type": "end", "outputs": [{"variable": "found", "value_selector": ["know", "result"]}]},
    });
    published(&shelf, nodes, &[("start", "source", "know"), ("know", "source", "end")]).await;
    let run = async |kind: &str| {
        let asked = json!({"inputs": {"q": "taxes fox", "kind": kind}, "user": "ann", "response_mode": "blocking"});
        shelf.ground.service.post_json("/workflows/run", &asked).await.expect(200).json["data"].clone()
    };
    let data = run("doc 1").await;
    assert_eq!(data["status"], json!("succeeded"), "{data}");
    let found = data["outputs"]["found"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{data}");
    assert_eq!((&found[0]["content"], &found[0]["title"]), (&json!(TAX), &json!("doc 1")));
    let metadata = &found[0]["metadata"];
    for (name, value) in [
        ("_source", json!("knowledge")),
        ("position", json!(1)),
        ("dataset_id", json!(id)),
        ("dataset_name", json!("facts")),
        ("document_name", json!("doc 1")),
        ("data_source_type", json!("upload_file")),
        ("retriever_from", json!("workflow")),
        ("segment_position", json!(1)),
        ("child_chunks", json!([])),
        ("doc_metadata", json!({"kind": "doc 1"})),
    ] {
        assert_eq!(metadata[name], value, "{name}: {metadata}");
    }
    assert!(metadata["score"].as_f64().unwrap() > 0.0 && metadata["segment_index_node_hash"].is_string());
    assert_eq!(run("nothing").await["outputs"]["found"], json!([]));
    let joined = db.count("app_dataset_joins", "dataset_id = $1::uuid", &[&id]).await;
    assert_eq!(joined, 1, "a published workflow uses its datasets");
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_that_do_not_go_together_fail_the_node() {
    let shelf = Shelf::of("workflow").await;
    let (one, other) = (shelf.dataset("a", "economy", &[FOX]).await, shelf.dataset("b", "high_quality", &[TAX]).await);
    let nodes = json!({
        "start": {"type": "start", "variables": [{"variable": "q", "label": "q", "type": "text-input", "required": true, "max_length": 48}]},
        "know": search(json!(["start", "q"]), &[&one, &other], json!({})),
        "end": {"type": "end", "outputs": [{"variable": "found", "value_selector": ["know", "result"]}]},
    });
    published(&shelf, nodes, &[("start", "source", "know"), ("know", "source", "end")]).await;
    let asked = json!({"inputs": {"q": "fox"}, "user": "ann", "response_mode": "blocking"});
    let data = shelf.ground.service.post_json("/workflows/run", &asked).await.expect(200).json["data"].clone();
    assert_eq!(data["status"], json!("failed"), "{data}");
    assert!(data["error"].as_str().unwrap().contains("different indexing technique"), "{data}");
}
