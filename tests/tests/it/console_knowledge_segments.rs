//! Segments and child chunks on the Console.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::Console;

use crate::it::console_knowledge::{config, economy, ended, found, refused, upload};
use crate::it::console_people::set_up;

const TEXT: &str = "Foxes run.\n\nCats sleep.\n\nDogs bark.";

/// What is found, once the index has followed.
async fn finds(console: &Console, dataset: &str, query: &str, expected: &[&str]) {
    let mut last = Vec::new();
    for _ in 0..200 {
        last = found(console, dataset, query).await;
        if last == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(last, expected, "{query}");
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_are_edited() {
    let (_server, owner) = set_up().await;
    let (dataset, documents) = economy(&owner, &[("a.txt", TEXT)]).await;
    let base = format!("/datasets/{dataset}/documents/{}", documents[0]);
    let list = async |query: &str| {
        let page = owner.get(&format!("{base}/segments?{query}")).await.expect(200).json;
        let data = page["data"].as_array().unwrap().iter();
        data.map(|one| (one["id"].as_str().unwrap().to_owned(), one["content"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let all = list("limit=10&enabled=all&keyword=").await;
    assert_eq!(
        all.iter().map(|(_, content)| content.as_str()).collect::<Vec<_>>(),
        ["Foxes run.", "Cats sleep.", "Dogs bark."]
    );
    assert_eq!(list("keyword=CATS").await.len(), 1);
    assert_eq!(list("status=completed&status=error").await.len(), 3);
    assert!(list("status=waiting").await.is_empty());
    assert!(list("status=nonsense").await.is_empty());
    assert!(list("hit_count_gte=1").await.is_empty());
    assert!(list("enabled=false").await.is_empty());
    let page = owner.get(&format!("{base}/segments?limit=2&page=2")).await.expect(200).json;
    assert_eq!(
        (&page["total_pages"], &page["total"], &page["data"][0]["content"]),
        (&json!(2), &json!(3), &json!("Dogs bark."))
    );

    let made = owner
        .post_json(&format!("{base}/segment"), &json!({"content": "Penguins swim.", "keywords": ["penguins"]}))
        .await
        .expect(200);
    assert_eq!((&made.json["doc_form"], &made.json["data"]["position"]), (&json!("text_model"), &json!(4)));
    assert_eq!(made.json["data"]["keywords"], json!(["penguins"]));
    finds(&owner, &dataset, "penguins", &["Penguins swim."]).await;
    let new = made.text_at("/data/id");
    let changed = owner
        .patch_json(&format!("{base}/segments/{new}"), &json!({"content": "Elephants remember."}))
        .await
        .expect(200);
    assert_eq!(changed.json["data"]["index_node_id"], made.json["data"]["index_node_id"]);
    finds(&owner, &dataset, "elephants", &["Elephants remember."]).await;

    let switch = async |action: &str, id: &str| {
        owner.patch_json(&format!("{base}/segment/{action}?segment_id={id}"), &json!({})).await
    };
    let _ = switch("disable", &new).await.expect(200);
    finds(&owner, &dataset, "elephants", &[]).await;
    assert_eq!(list("enabled=false").await.len(), 1);
    // It has to be free before it is switched again.
    for _ in 0..200 {
        let answer = switch("enable", &new).await;
        if answer.status == 200 {
            break;
        }
        refused(answer, 400, "invalid_action");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    finds(&owner, &dataset, "elephants", &["Elephants remember."]).await;
    refused(switch("flip", &new).await, 400, "invalid_action");

    for wrong in [json!({}), json!({"content": "  "}), json!({"content": 5}), json!({"content": "a", "keywords": "b"})]
    {
        refused(owner.post_json(&format!("{base}/segment"), &wrong).await, 400, "invalid_param");
    }
    refused(owner.patch_json(&format!("{base}/segments/{new}"), &json!({"content": ""})).await, 400, "invalid_param");
    let _ = owner.delete(&format!("{base}/segments/{new}")).await.expect(204);
    let _ = owner.delete(&format!("{base}/segments/{new}")).await.expect(404);
    let _ = owner.delete(&format!("{base}/segments?segment_id={}&segment_id={}", all[0].0, all[1].0)).await.expect(204);
    assert_eq!(list("").await, [all[2].clone()]);
    finds(&owner, &dataset, "foxes", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn huge_texts_are_taken_or_refused_in_words() {
    let (_server, owner) = set_up().await;
    let (dataset, documents) = economy(&owner, &[("a.txt", TEXT)]).await;
    let base = format!("/datasets/{dataset}/documents/{}", documents[0]);
    let long = format!("{} zebra", "word ".repeat(20_000));
    assert!(long.len() > 100_000);
    let made = owner.post_json(&format!("{base}/segment"), &json!({"content": long})).await.expect(200);
    assert_eq!(
        (&made.json["data"]["status"], &made.json["data"]["word_count"]),
        (&json!("completed"), &json!(long.len()))
    );
    let one = "\u{4f60}".repeat(100_000);
    let _ = owner.post_json(&format!("{base}/segment"), &json!({"content": one})).await.expect(200);
    let query = "q".repeat(1024 * 1024);
    refused(
        owner.post_json(&format!("/datasets/{dataset}/hit-testing"), &json!({"query": query})).await,
        400,
        "invalid_param",
    );
    for wrong in [
        json!({"query": "x".repeat(251)}),
        json!({"query": ""}),
        json!({}),
        json!({"query": ["a"]}),
        json!({"query": "a", "retrieval_model": {"top_k": "x"}}),
    ] {
        refused(owner.post_json(&format!("/datasets/{dataset}/hit-testing"), &wrong).await, 400, "invalid_param");
    }
    let _ = owner
        .post_json(&format!("/datasets/{dataset}/hit-testing"), &json!({"query": "\u{0}'\";--%_\u{202e}"}))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn children_are_edited() {
    let (_server, owner) = set_up().await;
    let demo = "langgenius/demo/demo";
    let file = upload(&owner, "a.txt", "Foxes run. Foxes sleep.\n\nCats purr. Cats climb.").await;
    let mut body = config(&[file], "high_quality");
    body["embedding_model"] = json!("demo-embedding");
    body["embedding_model_provider"] = json!(demo);
    body["doc_form"] = json!("hierarchical_model");
    body["process_rule"] = json!({"mode": "hierarchical", "rules": {
        "pre_processing_rules": [], "parent_mode": "paragraph",
        "segmentation": {"separator": "\n\n", "max_tokens": 500},
        "subchunk_segmentation": {"separator": ". ", "max_tokens": 100},
    }});
    let made = owner.post_json("/datasets/init", &body).await.expect(200);
    let (dataset, document) = (made.text_at("/dataset/id"), made.text_at("/documents/0/id"));
    let states = ended(&owner, &dataset, &made.text_at("/batch")).await;
    assert_eq!(states["data"][0]["indexing_status"], "completed", "{states}");
    let segments = owner.get(&format!("/datasets/{dataset}/documents/{document}/segments")).await.expect(200);
    let base =
        format!("/datasets/{dataset}/documents/{document}/segments/{}/child_chunks", segments.text_at("/data/0/id"));
    let list = async || {
        let page = owner.get(&base).await.expect(200).json;
        assert_eq!(page["total_pages"], json!(1));
        page["data"].as_array().unwrap().clone()
    };
    let first = list().await;
    assert_eq!(first.len(), 2);
    assert_eq!(segments.json["data"][0]["child_chunks"].as_array().unwrap().len(), 2);
    let added = owner.post_json(&base, &json!({"content": "Foxes dig."})).await.expect(200);
    assert_eq!((&added.json["data"]["type"], &added.json["data"]["position"]), (&json!("customized"), &json!(3)));
    let child = added.text_at("/data/id");
    let changed = owner.patch_json(&format!("{base}/{child}"), &json!({"content": "Foxes jump."})).await.expect(200);
    assert_eq!(changed.text_at("/data/content"), "Foxes jump.");
    // The bulk says all that there is to be.
    let wanted = json!({"chunks": [{"id": child, "content": "Foxes jump high."}, {"content": "Foxes swim."}]});
    let set = owner.patch_json(&base, &wanted).await.expect(200).json;
    let contents: Vec<&Value> = set["data"].as_array().unwrap().iter().map(|one| &one["content"]).collect();
    assert_eq!(contents, ["Foxes jump high.", "Foxes swim."]);
    assert_eq!(list().await.len(), 2);
    let twice = json!({"chunks": [{"id": child, "content": "a"}, {"id": child, "content": "b"}]});
    refused(owner.patch_json(&base, &twice).await, 400, "invalid_param");
    let hits = owner
        .post_json(&format!("/datasets/{dataset}/hit-testing"), &json!({"query": "foxes swim"}))
        .await
        .expect(200)
        .json;
    assert_eq!(hits["records"][0]["child_chunks"][0]["content"], "Foxes swim.", "{hits}");
    for wrong in [
        json!({"chunks": [{"content": ""}]}),
        json!({"chunks": {}}),
        json!({}),
        json!({"chunks": [{"id": "x", "content": "a"}]}),
    ] {
        refused(owner.patch_json(&base, &wrong).await, 400, "invalid_param");
    }
    refused(owner.post_json(&base, &json!({"content": ""})).await, 400, "invalid_param");
    let _ = owner.delete(&format!("{base}/{child}")).await.expect(204);
    let _ = owner.delete(&format!("{base}/{child}")).await.expect(404);
    assert_eq!(list().await.len(), 1);
    let dropped = owner.delete(&format!("/datasets/{dataset}")).await;
    let _ = dropped.expect(204);
}
