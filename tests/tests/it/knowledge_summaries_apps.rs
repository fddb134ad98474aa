//! What summaries are to apps, to workflows, to parents of chunks, and in previews.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::upstream::Script;

use crate::it::console_knowledge::{config, upload};
use crate::it::ground::{MODEL, question};
use crate::it::knowledge_apps::Shelf;
use crate::it::knowledge_ground::{blank_lines, comes_to, texts};
use crate::it::knowledge_summaries::{FOX, Library, PATIENCE, TAX, setting};
use crate::it::knowledge_workflows::{published, search};

/// A dataset with a text and its summary.
async fn summarised(shelf: &Shelf) -> String {
    let new = json!({"name": "facts", "indexing_technique": "high_quality", "summary_index_setting": setting(shelf.ground.provider)});
    let dataset = shelf.datasets.post_json("/datasets", &new).await.expect(200).text_at("/id");
    let text = json!({"name": "fox", "text": FOX, "process_rule": blank_lines()});
    let made =
        shelf.datasets.post_json(&format!("/datasets/{dataset}/document/create-by-text"), &text).await.expect(200);
    comes_to(&shelf.datasets, &dataset, &made.text_at("/batch"), "completed").await;
    let begun = Instant::now();
    while shelf.ground.server.db().count("document_segment_summaries", "status = 'completed'", &[]).await == 0 {
        assert!(begun.elapsed() < PATIENCE, "no summary");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    dataset
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_are_told_summaries_before_what_they_are_of() {
    let shelf = Shelf::of("chat").await;
    let summary = "A treatise on kangaroos.";
    shelf.ground.stub.script(MODEL, Script::text(&[summary]));
    let dataset = summarised(&shelf).await;
    shelf.attach(&[&dataset], json!({"top_k": 4})).await;
    let answer = shelf.ground.service.post_json("/chat-messages", &question("Is there a treatise on kangaroos?")).await;
    let cited = answer.expect(200).json["metadata"]["retriever_resources"].clone();
    assert_eq!((&cited[0]["content"], &cited[0]["summary"]), (&json!(FOX), &json!(summary)), "{cited}");
    assert_eq!(cited.as_array().unwrap().len(), 1, "{cited}");
    assert!(shelf.prompt().contains(&format!("{summary}\\n{FOX}")), "{}", shelf.prompt());
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_show_summaries_where_they_are_wanted() {
    let library = Library::set_up().await;
    let owner = &library.ground.owner;
    let file = upload(owner, "facts.txt", format!("{FOX}\n\n{TAX}")).await;
    let estimate = async |setting: Value, technique: &str| {
        let of_files = config(std::slice::from_ref(&file), technique);
        let of = json!({"info_list": of_files["data_source"]["info_list"], "indexing_technique": technique,
            "process_rule": of_files["process_rule"], "doc_form": "text_model", "doc_language": "English",
            "summary_index_setting": setting});
        texts(&owner.post_json("/datasets/indexing-estimate", &of).await.expect(200).json["preview"], "/summary")
    };
    library.says("A treatise on kangaroos.");
    assert_eq!(estimate(setting(library.provider), "high_quality").await, ["A treatise on kangaroos."; 2]);
    assert_eq!(estimate(setting(library.provider), "economy").await, ["", ""]);
    assert_eq!(estimate(json!({"enable": false}), "high_quality").await, ["", ""]);
    library.stub.script(MODEL, Script::refusal(400, "not this"));
    assert_eq!(estimate(setting(library.provider), "high_quality").await, ["", ""]);

    // A dataset that begins with documents takes their setting.
    library.says("A treatise on kangaroos.");
    let mut body = config(std::slice::from_ref(&file), "high_quality");
    let more = json!({"summary_index_setting": setting(library.provider), "embedding_model": "demo-embedding",
        "embedding_model_provider": "langgenius/demo/demo"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = owner.post_json("/datasets/init", &body).await.expect(200);
    let (dataset, document) = (made.text_at("/dataset/id"), made.text_at("/documents/0/id"));
    assert_eq!(made.json["documents"][0]["need_summary"], true);
    let shown = owner.get(&format!("/datasets/{dataset}")).await.expect(200).json;
    assert_eq!(shown["summary_index_setting"], setting(library.provider));
    let begun = Instant::now();
    while library.state(&dataset, &document).await["summary_status"]["completed"] != json!(2) {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workflows_get_summaries_with_what_was_found() {
    let shelf = Shelf::of("workflow").await;
    let summary = "A treatise on kangaroos.";
    shelf.ground.stub.script(MODEL, Script::text(&[summary]));
    let dataset = summarised(&shelf).await;
    let nodes = json!({
        "start": {"type": "start", "variables": [{"variable": "q", "label": "q", "type": "text-input", "required": true}]},
        "know": search(json!(["start", "q"]), &[&dataset], json!({})),
        "llm": {"type": "llm", "model": {"provider": shelf.ground.provider, "name": MODEL, "mode": "chat", "completion_params": {}},
            "prompt_template": [{"role": "system", "text": "Know: {{#context#}}"}, {"role": "user", "text": "{{#start.q#}}"}],
            "context": {"enabled": true, "variable_selector": ["know", "result"]}, "vision": {"enabled": false}},
        "end": {"type": "end", "outputs": [{"variable": "result", "value_selector": ["know", "result"]}]},
    });
    published(&shelf, nodes, &[("start", "source", "know"), ("know", "source", "llm"), ("llm", "source", "end")]).await;
    let run = json!({"inputs": {"q": "a treatise on kangaroos"}, "response_mode": "blocking", "user": "ann"});
    let ended = shelf.ground.service.post_json("/workflows/run", &run).await.expect(200);
    let found = &ended.json["data"]["outputs"]["result"];
    assert_eq!((&found[0]["content"], &found[0]["summary"]), (&json!(FOX), &json!(summary)), "{}", ended.text());
    assert!(shelf.prompt().contains(&format!("Know: {summary}\\n{FOX}")), "{}", shelf.prompt());
}

#[tokio::test(flavor = "multi_thread")]
async fn parents_are_found_by_their_summaries() {
    let library = Library::set_up().await;
    library.says("A treatise on kangaroos.");
    let dataset = library.dataset("Parents").await;
    let rules = json!({"mode": "hierarchical", "rules": {
        "pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": true}],
        "segmentation": {"separator": "\n\n", "max_tokens": 500}, "parent_mode": "paragraph",
        "subchunk_segmentation": {"separator": ".", "max_tokens": 200}}});
    let more = json!({"doc_form": "hierarchical_model", "process_rule": rules});
    let made = library.ground.add_text_with(&dataset, "facts", &format!("{FOX} {TAX}"), more).await.expect(200);
    library.ground.comes_to(&dataset, &made.text_at("/batch"), "completed").await;
    let document = made.text_at("/document/id");
    library.comes_to(&dataset, &document, "completed", 1).await;
    assert_eq!(library.indexed(&dataset).await, 1);
    let found = library.found(&dataset, "kangaroos").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].1.as_deref(), Some("A treatise on kangaroos."));

    // Questions with answers have none.
    let qa = json!({"enable": true, "model_name": MODEL, "model_provider_name": library.provider});
    let body = json!({"name": "Questions", "indexing_technique": "high_quality", "summary_index_setting": qa});
    let questions = library.ground.service.post_json("/datasets", &body).await.expect(200).text_at("/id");
    let form = json!({"doc_form": "qa_model", "process_rule": blank_lines()});
    let made =
        library.ground.add_file(&questions, "qa.csv", b"q,a\nWho runs?,The fox.\n".to_vec(), &form).await.expect(200);
    library.ground.comes_to(&questions, &made.text_at("/batch"), "completed").await;
    assert_eq!(library.listed(&questions).await["need_summary"], false);
    let these = json!({"document_list": [made.text_at("/document/id")]});
    let path = format!("/datasets/{questions}/documents/generate-summary");
    let _ = library.ground.owner.post_json(&path, &these).await.expect(200);
    assert_eq!(library.ground.server.db().count("document_segment_summaries", "true", &[]).await, 1);
}
