//! Datasets that are found by pictures.

use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_kit::Client;

use crate::it::console_people::stranger;
use crate::it::knowledge_ground::Knowledge;

const JINA: &str = "langgenius/jina/jina";
const COHERE: &str = "langgenius/cohere/cohere";

/// A picture that is like no other with another colour.
async fn picture(client: &Client, colour: u8) -> String {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend([colour; 64]);
    file(client, "picture.png", "image/png", bytes).await
}

async fn file(client: &Client, name: &str, kind: &str, bytes: Vec<u8>) -> String {
    let form = Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()).mime_str(kind).unwrap());
    client.send(client.request(Method::POST, "/files/upload").multipart(form)).await.expect(201).text_at("/id")
}

async fn with_provider(ground: &Knowledge, provider: &str) -> test_kit::upstream::StubUpstream {
    let stub = test_kit::upstream::StubUpstream::start().await;
    let entered = json!({"credentials": {"api_key": "a-key", "base_url": stub.base_url()}});
    let path = format!("/workspaces/current/model-providers/{provider}/credentials");
    let _ = ground.owner.post_json(&path, &entered).await.expect(201);
    stub
}

async fn dataset(ground: &Knowledge, provider: &str, model: &str) -> Value {
    let body = json!({"name": model, "indexing_technique": "high_quality", "embedding_model": model, "embedding_model_provider": provider});
    ground.service.post_json("/datasets", &body).await.expect(200).json
}

fn contents(answer: &Value) -> Vec<&str> {
    let records = answer["records"].as_array().unwrap();
    records.iter().map(|record| record["segment"]["content"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_finds_the_segments_that_show_it() {
    for (provider, model) in [(JINA, "jina-embeddings-v4"), (COHERE, "embed-v4.0")] {
        let ground = Knowledge::set_up().await;
        let stub = with_provider(&ground, provider).await;
        let made = dataset(&ground, provider, model).await;
        assert_eq!(made["is_multimodal"], json!(true), "{made}");
        let id = made["id"].as_str().unwrap();
        let batch = ground.add_text(id, "animals", "Foxes run.").await.expect(200).text_at("/batch");
        ground.comes_to(id, &batch, "completed").await;
        let document = ground.service.get(&format!("/datasets/{id}/documents")).await.expect(200);
        let document = document.json["data"][0]["id"].as_str().unwrap().to_owned();
        let (red, blue) = (picture(&ground.owner, 1).await, picture(&ground.owner, 2).await);
        let segments = format!("/datasets/{id}/documents/{document}/segments");
        let new = json!({"segments": [
            {"content": "A red square.", "attachment_ids": [red]}, {"content": "A blue square.", "attachment_ids": [blue]}]});
        let added = ground.service.post_json(&segments, &new).await.expect(200).json;
        assert_eq!((&added["data"][0]["status"], &added["data"][0]["error"]), (&json!("completed"), &Value::Null));

        let retrieve = format!("/datasets/{id}/retrieve");
        let closely = json!({"search_method": "semantic_search", "reranking_enable": false, "top_k": 4, "score_threshold_enabled": true, "score_threshold": 0.999});
        // The same picture, uploaded once more by whoever asks.
        let asked = picture(&ground.owner, 2).await;
        let body = json!({"query": "", "attachment_ids": [asked], "retrieval_model": closely});
        let found = ground.service.post_json(&retrieve, &body).await.expect(200).json;
        assert_eq!(contents(&found), ["A blue square."], "{provider}: {found}");
        let record = &found["records"][0];
        assert_eq!(record["files"][0]["id"], json!(blue), "{record}");
        assert!(record["score"].as_f64().unwrap() > 0.999, "{record}");
        let sent = stub.requests().into_iter().rev().find(|request| !request.body.to_string().contains("square"));
        let sent = sent.unwrap().body;
        let told = sent.pointer("/input/0/image").or_else(|| sent.pointer("/images/0")).and_then(Value::as_str);
        assert!(told.is_some_and(|data| data.contains("iVBORw0K")), "{provider}: {sent}");

        // Words and a picture together; the Console shows what was asked.
        let hit_testing = format!("/datasets/{id}/hit-testing");
        let body = json!({"query": "A red square.", "attachment_ids": [asked], "retrieval_model": closely});
        let found = ground.owner.post_json(&hit_testing, &body).await.expect(200).json;
        let mut both = contents(&found);
        both.sort_unstable();
        assert_eq!(both, ["A blue square.", "A red square."], "{provider}: {found}");
        let begun = Instant::now();
        loop {
            let queries = ground.owner.get(&format!("/datasets/{id}/queries")).await.expect(200).json;
            if queries["total"] == json!(2) {
                let last = &queries["data"][0]["queries"];
                assert_eq!(
                    (&last[0]["content_type"], &last[1]["content_type"]),
                    (&json!("text_query"), &json!("image_query"))
                );
                assert_eq!((&last[1]["content"], &last[1]["file_info"]["id"]), (&json!(asked), &json!(asked)));
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "never noted: {queries}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }

        // Another picture for a segment, and none for one that is gone.
        let table = format!("embedding_vector_index_{}_node", id.replace('-', "_"));
        let db = ground.server.db();
        let blue_segment = added["data"][1]["id"].as_str().unwrap();
        let changed = json!({"segment": {"content": "A blue square.", "attachment_ids": [red]}});
        let _ = ground.service.post_json(&format!("{segments}/{blue_segment}"), &changed).await.expect(200);
        let body = json!({"query": "", "attachment_ids": [asked], "retrieval_model": closely});
        assert!(contents(&ground.service.post_json(&retrieve, &body).await.expect(200).json).is_empty());
        let body = json!({"query": "", "attachment_ids": [red], "retrieval_model": closely});
        assert_eq!(contents(&ground.service.post_json(&retrieve, &body).await.expect(200).json).len(), 2);
        let pictures = "meta->>'doc_type' = 'image'";
        assert_eq!(db.count(&table, pictures, &[]).await, 2);
        ground.service.delete(&format!("{segments}/{blue_segment}")).await.expect(204);
        let begun = Instant::now();
        while db.count(&table, pictures, &[]).await != 1 {
            assert!(begun.elapsed() < Duration::from_secs(10), "the picture of a deleted segment is still indexed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_with_is_refused() {
    let ground = Knowledge::set_up().await;
    let _stub = with_provider(&ground, JINA).await;
    let by_text = dataset(&ground, JINA, "jina-embeddings-v3").await;
    assert_eq!(by_text["is_multimodal"], json!(false));
    let by_picture = dataset(&ground, JINA, "jina-clip-v2").await;
    let mine = picture(&ground.owner, 1).await;
    let other = stranger(&ground.server).await;
    let theirs = picture(&other, 1).await;
    let text = file(&ground.owner, "notes.txt", "text/plain", b"notes".to_vec()).await;
    let many: Vec<&String> = std::iter::repeat_n(&mine, 11).collect();
    for (dataset, pictures, why) in [
        (&by_text, json!([mine]), "not multimodal"),
        (&by_picture, json!([theirs]), "does not exist"),
        (&by_picture, json!([text]), "not a picture"),
        (&by_picture, json!(many), "at most"),
        (&by_picture, json!([]), "Query is required"),
    ] {
        let body = json!({"query": "", "attachment_ids": pictures});
        let id = dataset["id"].as_str().unwrap();
        for refused in [
            ground.service.post_json(&format!("/datasets/{id}/retrieve"), &body).await.expect(400),
            ground.owner.post_json(&format!("/datasets/{id}/hit-testing"), &body).await.expect(400),
        ] {
            assert_eq!(refused.code(), "invalid_param");
            assert!(refused.text().contains(why), "{why}: {}", refused.text());
        }
    }
    // A dataset that holds nothing yet says nothing.
    let path = format!("/datasets/{}/retrieve", by_picture["id"].as_str().unwrap());
    let found = ground.service.post_json(&path, &json!({"query": "", "attachment_ids": [mine]})).await.expect(200);
    assert_eq!(found.json["records"], json!([]));
}
