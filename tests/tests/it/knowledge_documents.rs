//! Documents and segments over the Service API, from a text to what is found.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::it::knowledge_ground::{Knowledge, blank_lines};

const TEXT: &str = "The red fox runs through the forest.\n\nCats sleep all day on the sofa.\n\nTaxes are due in April.";

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_found_by_meaning_and_by_words() {
    let ground = Knowledge::set_up().await;
    for technique in ["high_quality", "economy"] {
        let dataset = ground.dataset(technique, technique).await;
        let document = ground.indexed_text(&dataset, "animals", TEXT).await;
        assert_eq!(ground.contents(&dataset, &document).await.join("\n\n"), TEXT);
        assert_eq!(ground.found(&dataset, "when are taxes due?").await[0], "Taxes are due in April.");
        assert_eq!(ground.found(&dataset, "sleeping cats").await[0], "Cats sleep all day on the sofa.");
        for method in ["semantic_search", "full_text_search", "hybrid_search"] {
            let model = json!({"search_method": method, "reranking_enable": false, "top_k": 1, "score_threshold_enabled": false});
            let asked = json!({"query": "fox", "retrieval_model": model});
            let found = ground.service.post_json(&format!("/datasets/{dataset}/retrieve"), &asked).await.expect(200);
            let records = found.json["records"].as_array().unwrap();
            assert_eq!(records.len(), 1, "{technique} {method}");
            assert_eq!(records[0]["segment"]["content"], "The red fox runs through the forest.");
            assert_eq!(records[0]["segment"]["document"]["name"], "animals");
        }
        let detail = ground.service.get(&format!("/datasets/{dataset}/documents/{document}")).await.expect(200);
        assert_eq!((&detail.json["segment_count"], &detail.json["display_status"]), (&json!(3), &json!("available")));
        assert_eq!(detail.json["tokens"].as_i64().unwrap() > 0, technique == "high_quality");
        let shown = ground.service.get(&format!("/datasets/{dataset}")).await.expect(200);
        assert_eq!((&shown.json["document_count"], &shown.json["doc_form"]), (&json!(1), &json!("text_model")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn children_lead_to_their_parents() {
    let ground = Knowledge::set_up().await;
    let dataset = ground.dataset("Families", "high_quality").await;
    let rule = json!({"mode": "hierarchical", "rules": {
        "pre_processing_rules": [], "parent_mode": "paragraph",
        "segmentation": {"separator": "\n\n", "max_tokens": 500},
        "subchunk_segmentation": {"separator": ". ", "max_tokens": 100},
    }});
    let text = "Foxes are red. Foxes live in forests. They hunt mice.\n\nStars are hot. Planets are cold.";
    let more = json!({"process_rule": rule, "doc_form": "hierarchical_model"});
    let made = ground.add_text_with(&dataset, "families", text, more).await.expect(200);
    ground.comes_to(&dataset, &made.text_at("/batch"), "completed").await;
    let document = made.text_at("/document/id");
    let path = format!("/datasets/{dataset}/documents/{document}/segments");
    let segments = ground.service.get(&path).await.expect(200);
    assert_eq!(segments.json["doc_form"], "hierarchical_model");
    assert_eq!(segments.json["data"][0]["child_chunks"].as_array().unwrap().len(), 3);
    let found =
        ground.service.post_json(&format!("/datasets/{dataset}/retrieve"), &json!({"query": "hot stars"})).await;
    let first = found.expect(200).json["records"][0].clone();
    assert!(first["segment"]["content"].as_str().unwrap().starts_with("Stars are hot"), "{first}");
    assert_eq!(first["child_chunks"][0]["score"], first["score"]);

    // Children are edited one by one, in the index, too.
    let segment = segments.text_at("/data/0/id");
    let children = format!("{path}/{segment}/child_chunks");
    let child = ground.service.post_json(&children, &json!({"content": "Zebras have stripes"})).await.expect(200);
    assert_eq!((&child.json["data"]["type"], &child.json["data"]["position"]), (&json!("customized"), &json!(4)));
    assert!(ground.found(&dataset, "zebras stripes").await[0].starts_with("Foxes"));
    let one = format!("{children}/{}", child.text_at("/data/id"));
    let _ = ground.service.patch_json(&one, &json!({"content": "Whales sing"})).await.expect(200);
    assert!(ground.found(&dataset, "whales sing").await[0].starts_with("Foxes"));
    let listed = ground.service.get(&format!("{children}?keyword=WHALE")).await.expect(200);
    assert_eq!((&listed.json["total"], &listed.json["total_pages"]), (&json!(1), &json!(1)));
    let _ = ground.service.delete(&one).await.expect(204);
    let _ = ground.service.delete(&one).await.expect(404);
    let elsewhere = format!("{path}/{}/child_chunks", segments.text_at("/data/1/id"));
    let stray = format!("{elsewhere}/{}", segments.text_at("/data/0/child_chunks/0/id"));
    let _ = ground.service.patch_json(&stray, &json!({"content": "x"})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_are_edited_in_the_index_too() {
    let ground = Knowledge::set_up().await;
    for technique in ["high_quality", "economy"] {
        let dataset = ground.dataset(technique, technique).await;
        let document = ground.indexed_text(&dataset, "animals", TEXT).await;
        let path = format!("/datasets/{dataset}/documents/{document}/segments");
        let first = ground.service.get(&path).await.expect(200).text_at("/data/0/id");
        let one = format!("{path}/{first}");
        let node = ground.service.get(&one).await.expect(200).text_at("/data/index_node_id");

        let changed = ground.service.post_json(&one, &json!({"segment": {"content": "Elephants remember."}})).await;
        let changed = changed.expect(200);
        assert_eq!(changed.text_at("/data/index_node_id"), node);
        assert_eq!(ground.found(&dataset, "elephants").await[0], "Elephants remember.");
        assert!(!ground.found(&dataset, "fox").await.contains(&"The red fox runs through the forest.".to_owned()));

        let penguins = json!({"segments": [{"content": "Penguins swim.", "keywords": ["tuxedo"]}]});
        let added = ground.service.post_json(&path, &penguins).await.expect(200);
        assert_eq!(
            (&added.json["data"][0]["position"], &added.json["data"][0]["status"]),
            (&json!(4), &json!("completed"))
        );
        assert_eq!(
            ground.found(&dataset, "penguins swim").await.contains(&"Penguins swim.".to_owned()),
            technique == "high_quality"
        );
        if technique == "economy" {
            assert_eq!(ground.found(&dataset, "tuxedo").await, ["Penguins swim."]);
        }
        let off = ground.service.post_json(&one, &json!({"segment": {"enabled": false}})).await.expect(200);
        assert_eq!(off.json["data"]["enabled"], false);
        ground.comes_to_say(&dataset, "elephants", |said| !said.contains(&"Elephants remember.".to_owned())).await;
        assert_eq!(
            ground.service.post_json(&one, &json!({"segment": {"content": "x"}})).await.expect(400).code(),
            "invalid_param"
        );
        let _ = ground.service.post_json(&one, &json!({"segment": {"enabled": true}})).await.expect(200);
        ground.comes_to_say(&dataset, "elephants", |said| said.contains(&"Elephants remember.".to_owned())).await;

        let _ = ground.service.delete(&one).await.expect(204);
        let _ = ground.service.get(&one).await.expect(404);
        let words = |document: &Value| document["word_count"].as_i64().unwrap();
        let listed = ground.service.get(&format!("/datasets/{dataset}/documents")).await.expect(200);
        let sum: usize = ground.contents(&dataset, &document).await.iter().map(|text| text.chars().count()).sum();
        assert_eq!(words(&listed.json["data"][0]), i64::try_from(sum).unwrap());
    }
    let _ = ground.service.get("/datasets").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_segments_are_refused() {
    let ground = Knowledge::set_up().await;
    let dataset = ground.dataset("Bad", "economy").await;
    let document = ground.indexed_text(&dataset, "animals", TEXT).await;
    let path = format!("/datasets/{dataset}/documents/{document}/segments");
    let missing = ground.service.post_json(&path, &json!({})).await.expect(400);
    assert!(missing.json["error"].is_string(), "{}", missing.text());
    assert_eq!(ground.service.post_json(&path, &json!({"segments": []})).await.expect(200).json["data"], json!([]));
    for segments in [json!([{"content": ""}]), json!([{}]), json!([{"content": "  \n"}])] {
        let refused = ground.service.post_json(&path, &json!({"segments": segments})).await.expect(400);
        assert_eq!(refused.code(), "invalid_param");
    }
    for path in [
        format!("/datasets/{dataset}/documents/{}/segments", Uuid::new_v4()),
        format!("{path}/{}", Uuid::new_v4()),
        format!("/datasets/{}/documents/{document}/segments", Uuid::new_v4()),
    ] {
        assert_eq!(ground.service.get(&path).await.expect(404).code(), "not_found");
    }
    let long = "word ".repeat(20_000);
    let made = ground.service.post_json(&path, &json!({"segments": [{"content": long}]})).await.expect(200);
    assert_eq!(made.json["data"][0]["word_count"], 100_000);
    let query = json!({"query": "x".repeat(251)});
    let refused = ground.service.post_json(&format!("/datasets/{dataset}/retrieve"), &query).await.expect(400);
    assert_eq!(refused.code(), "invalid_param");
    for empty in [json!({}), json!({"query": " "}), json!({"query": "x", "retrieval_model": {}})] {
        let _ = ground.service.post_json(&format!("/datasets/{dataset}/retrieve"), &empty).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_name_takes_the_place_of_a_document() {
    let ground = Knowledge::set_up().await;
    let dataset = ground.dataset("Names", "high_quality").await;
    let first = ground.add_text(&dataset, "notes", "Old words.").await.expect(200);
    ground.comes_to(&dataset, &first.text_at("/batch"), "completed").await;
    let second = ground.add_text(&dataset, "notes", "New words.").await.expect(200);
    assert_eq!(second.text_at("/document/id"), first.text_at("/document/id"));
    ground.comes_to(&dataset, &second.text_at("/batch"), "completed").await;
    let old = format!("/datasets/{dataset}/documents/{}/indexing-status", first.text_at("/batch"));
    let _ = ground.service.get(&old).await.expect(404);
    assert_eq!(ground.contents(&dataset, &first.text_at("/document/id")).await, ["New words."]);
    assert_eq!(ground.found(&dataset, "words").await, ["New words."]);

    let path = format!("/datasets/{dataset}/documents/{}/update-by-text", first.text_at("/document/id"));
    let update = json!({"name": "renamed", "text": "Third words."});
    let third = ground.service.post_json(&path, &update).await.expect(200);
    ground.comes_to(&dataset, &third.text_at("/batch"), "completed").await;
    assert_eq!(
        (third.text_at("/document/name").as_str(), ground.found(&dataset, "words").await),
        ("renamed", vec!["Third words.".to_owned()])
    );
    assert_eq!(ground.service.post_json(&path, &json!({})).await.expect(400).code(), "invalid_param");
    assert_eq!(ground.service.post_json(&path, &json!({"text": "x"})).await.expect(400).code(), "invalid_param");
    let rule = json!({"process_rule": blank_lines()});
    let again = ground.service.post_json(&path, &rule).await.expect(200);
    ground.comes_to(&dataset, &again.text_at("/batch"), "completed").await;
    assert_eq!(ground.server.db().count("document_segments", "true", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_switched_archived_and_removed() {
    let ground = Knowledge::set_up().await;
    let dataset = ground.dataset("States", "high_quality").await;
    let document = ground.indexed_text(&dataset, "animals", TEXT).await;
    let act = |action: &str| {
        let (service, path) = (&ground.service, format!("/datasets/{dataset}/documents/status/{action}"));
        let body = json!({"document_ids": [document, Uuid::new_v4()]});
        async move { service.patch_json(&path, &body).await }
    };
    let shown = || async {
        let listed = ground.service.get(&format!("/datasets/{dataset}/documents")).await.expect(200);
        listed.text_at("/data/0/display_status")
    };
    let is_found = |said: &[String]| said.iter().any(|text| text.contains("fox"));
    for (action, status, found) in [
        ("disable", "disabled", false),
        ("enable", "available", true),
        ("archive", "archived", false),
        ("un_archive", "available", true),
    ] {
        assert_eq!(act(action).await.expect(200).json, json!({"result": "success"}));
        assert_eq!(shown().await, status);
        ground.comes_to_say(&dataset, "fox", |said| is_found(said) == found).await;
        let listed = ground.service.get(&format!("/datasets/{dataset}/documents?status={status}")).await.expect(200);
        assert_eq!(listed.json["total"], 1, "{status}");
    }
    assert_eq!(act("explode").await.expect(400).code(), "invalid_action");
    let path = format!("/datasets/{dataset}/documents/status/disable");
    let _ = ground.service.patch_json(&path, &json!({"document_ids": ["no id"]})).await.expect(400);
    let _ = ground.service.patch_json(&path, &json!({"document_ids": "x"})).await.expect(400);

    let one = format!("/datasets/{dataset}/documents/{document}");
    for (part, has, lacks) in [
        ("only", "doc_metadata", "name"),
        ("without", "name", "doc_metadata"),
        ("all", "doc_metadata", "data_source_detail_dict"),
    ] {
        let shown = ground.service.get(&format!("{one}?metadata={part}")).await.expect(200);
        assert!(shown.json.get(has).is_some() && shown.json.get(lacks).is_none(), "{}", shown.text());
    }
    assert_eq!(ground.service.get(&format!("{one}?metadata=x")).await.expect(400).code(), "invalid_metadata");
    let _ = act("archive").await.expect(200);
    assert_eq!(ground.service.delete(&one).await.expect(403).code(), "archived_document_immutable");
    // Refused until the archiving has reached the index.
    while act("un_archive").await.status != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    ground.comes_to_say(&dataset, "fox", is_found).await;
    let _ = ground.service.delete(&one).await.expect(204);
    let _ = ground.service.get(&one).await.expect(404);
    assert!(ground.found(&dataset, "fox").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_technique_has_everything_indexed_anew() {
    let ground = Knowledge::set_up().await;
    let dataset = ground.dataset("Turns", "economy").await;
    let document = ground.indexed_text(&dataset, "animals", TEXT).await;
    let path = format!("/datasets/{dataset}");
    for (technique, query) in [("high_quality", "a fox in forests"), ("economy", "fox"), ("high_quality", "forest")] {
        let changed = ground.service.patch_json(&path, &json!({"indexing_technique": technique})).await.expect(200);
        assert_eq!(changed.json["indexing_technique"], technique);
        ground.comes_to_say(&dataset, query, |said| said.first().is_some_and(|text| text.contains("fox"))).await;
        assert_eq!(ground.contents(&dataset, &document).await.len(), 3);
    }
    let _ = ground.service.delete(&path).await.expect(204);
    let begun = std::time::Instant::now();
    // What was under it goes with it, in the background.
    loop {
        let db = ground.server.db();
        let left = db.count("document_segments", "true", &[]).await
            + db.count("documents", "true", &[]).await
            + db.count("upload_files", "true", &[]).await
            + db.count("ferrify_segment_keywords", "true", &[]).await
            + db.count("information_schema.tables", "table_name LIKE 'embedding_vector%'", &[]).await;
        if left == 0 {
            break;
        }
        assert!(begun.elapsed().as_secs() < 30, "{left} rows are left");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
