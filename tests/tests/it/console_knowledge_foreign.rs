//! Datasets of others on every route, and datasets that go away while they are worked on.

use controllers_console::rights::ROUTES;
use serde_json::{Value, json};
use test_kit::{Answer, Console};

use crate::it::console_knowledge::{config, economy, found, upload};
use crate::it::console_people::{set_up, stranger};

async fn call(console: &Console, method: &str, path: &str, body: &Value) -> Answer {
    let request = console.request(method.parse().unwrap(), path);
    let request = if method == "GET" { request } else { request.json(body) };
    console.send(request).await
}

/// What each route that takes a body takes.
fn body_of(method: &str, path: &str, document: &str, file: &str) -> Value {
    let end = path.rsplit('/').next().unwrap_or_default();
    match (method, end) {
        ("POST", "hit-testing") => json!({"query": "foxes"}),
        ("POST", "retry" | "download-zip") => json!({"document_ids": [document]}),
        ("POST", "documents") => config(&[file.to_owned()], "economy"),
        ("POST", "rename") => json!({"name": "Mine"}),
        ("PUT", "metadata") => json!({"doc_type": "book", "doc_metadata": {"title": "Mine"}}),
        ("PATCH", "child_chunks") => json!({"chunks": [{"content": "Mine"}]}),
        ("POST" | "PATCH", "segment" | "{segment_id}" | "child_chunks" | "{child_chunk_id}") => {
            json!({"content": "Mine"})
        }
        ("PATCH", "{dataset_id}") => json!({"name": "Mine"}),
        ("POST", "batch_import") => json!({"upload_file_id": file}),
        ("POST", "external-hit-testing") => json!({"query": "foxes"}),
        ("POST", "metadata") if path.ends_with("/documents/metadata") => json!({"operation_data": []}),
        ("POST", "metadata") => json!({"type": "string", "name": "mine"}),
        ("PATCH", "{metadata_id}") => json!({"name": "mine"}),
        _ => json!({}),
    }
}

struct Ids {
    dataset: String,
    document: String,
    segment: String,
    batch: String,
}

impl Ids {
    fn in_path(&self, path: &str) -> String {
        let action = if path.contains("/status/") || path.contains("/segment/") || path.contains("/api-keys/") {
            "disable"
        } else {
            "pause"
        };
        let query = if path.ends_with("/segments") { format!("?segment_id={}", self.segment) } else { String::new() };
        path.replace("{dataset_id}", &self.dataset)
            .replace("{document_id}", &self.document)
            .replace("{segment_id}", &self.segment)
            .replace("{child_chunk_id}", &self.segment)
            .replace("{batch}", &self.batch)
            .replace("{key_id}", &self.segment)
            .replace("{action}", action)
            + &query
    }
}

/// A dataset with one segment.
async fn made(console: &Console, name: &str) -> Ids {
    let (dataset, documents) = economy(console, &[(name, "Foxes run.")]).await;
    let document = documents[0].clone();
    let segments = console.get(&format!("/datasets/{dataset}/documents/{document}/segments")).await.expect(200);
    Ids { dataset, document, segment: segments.text_at("/data/0/id"), batch: "20260101000000123456".to_owned() }
}

fn of_datasets() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES
        .iter()
        .filter(|(_, path, _)| path.starts_with("/datasets/{dataset_id}"))
        .map(|(method, path, _)| (*method, *path))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_of_others_is_not_there() {
    let (server, owner) = set_up().await;
    let elsewhere = stranger(&server).await;
    let (mine, theirs) = (made(&owner, "mine.txt").await, made(&elsewhere, "theirs.txt").await);
    let file = upload(&elsewhere, "file.txt", "Bears dance.").await;
    let foreign_file = upload(&owner, "file.txt", "Wolves howl.").await;
    let mut walked = 0;
    for (method, path) in of_datasets() {
        // Another workspace's dataset.
        let body = body_of(method, path, &mine.document, &file);
        let answer = call(&elsewhere, method, &mine.in_path(path), &body).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        // Another workspace's document in a dataset of one's own; then another's segment in a document of one's own.
        if path.contains("{document_id}") {
            let mixed = Ids { dataset: theirs.dataset.clone(), ..made_of(&mine) };
            let answer = call(&elsewhere, method, &mixed.in_path(path), &body).await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        }
        if path.contains("{segment_id}") {
            let mixed = Ids { segment: mine.segment.clone(), ..made_of(&theirs) };
            let answer = call(&elsewhere, method, &mixed.in_path(path), &body).await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        }
        // Ids that are none.
        let answer =
            call(&elsewhere, method, &path.replace("{dataset_id}", "no-id").replace(['{', '}'], ""), &body).await;
        assert!(matches!(answer.status, 404 | 405), "{method} {path}: {}", answer.text());
        walked += 1;
    }
    assert!(walked > 40, "{walked}");

    // In lists and bodies, too.
    let base = format!("/datasets/{}", theirs.dataset);
    let one = |id: &str| json!({"document_ids": [id]});
    assert_eq!(elsewhere.post_json(&format!("{base}/documents/download-zip"), &one(&mine.document)).await.status, 404);
    assert_eq!(
        elsewhere
            .post_json(&format!("{base}/documents"), &config(std::slice::from_ref(&foreign_file), "economy"))
            .await
            .status,
        404
    );
    assert_eq!(
        elsewhere.post_json("/datasets/init", &config(std::slice::from_ref(&foreign_file), "economy")).await.status,
        404
    );
    let estimate = |file: &str, dataset: &str| {
        json!({"info_list": config(&[file.to_owned()], "economy")["data_source"]["info_list"], "dataset_id": dataset,
            "indexing_technique": "economy", "process_rule": {"mode": "automatic"}, "doc_form": "text_model"})
    };
    for (file, dataset) in [(&foreign_file, &theirs.dataset), (&file, &mine.dataset)] {
        assert_eq!(elsewhere.post_json("/datasets/indexing-estimate", &estimate(file, dataset)).await.status, 404);
    }
    assert_eq!(elsewhere.get(&format!("/datasets/process-rule?document_id={}", mine.document)).await.status, 404);
    assert_eq!(elsewhere.get(&format!("/datasets?ids={}", mine.dataset)).await.expect(200).json["total"], json!(0));
    // What others name is left out.
    let _ = elsewhere.delete(&format!("{base}/documents?document_id={}", mine.document)).await.expect(204);
    let _ = elsewhere.post_json(&format!("{base}/retry"), &one(&mine.document)).await.expect(204);
    let disable = format!("{base}/documents/status/disable/batch?document_id={}", mine.document);
    let _ = elsewhere.patch_json(&disable, &json!({})).await.expect(200);
    let segments = format!("{base}/documents/{}/segments?segment_id={}", theirs.document, mine.segment);
    let _ = elsewhere.delete(&segments).await.expect(204);
    assert_eq!(found(&owner, &mine.dataset, "foxes").await, ["Foxes run."]);
    let kept = owner.get(&format!("/datasets/{}/documents/{}", mine.dataset, mine.document)).await.expect(200).json;
    assert_eq!((&kept["name"], &kept["display_status"]), (&json!("mine.txt"), &json!("available")));
}

fn made_of(ids: &Ids) -> Ids {
    let Ids { dataset, document, segment, batch } = ids;
    Ids { dataset: dataset.clone(), document: document.clone(), segment: segment.clone(), batch: batch.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_goes_away_while_it_is_indexed() {
    let (server, owner) = set_up().await;
    let long = "Foxes run through the forest.\n\n".repeat(20_000);
    let mut files = Vec::new();
    for number in 0..3 {
        files.push(upload(&owner, &format!("{number}.txt"), long.clone()).await);
    }
    let made = owner.post_json("/datasets/init", &config(&files, "economy")).await.expect(200);
    let dataset = made.text_at("/dataset/id");
    let deleted = owner.delete(&format!("/datasets/{dataset}")).await;
    let _ = deleted.expect(204);
    let _ = owner.get(&format!("/datasets/{dataset}/indexing-status")).await.expect(404);
    // Nothing of it stays, and nothing comes back.
    for table in ["documents", "document_segments", "ferrify_segment_keywords", "dataset_process_rules"] {
        let query = format!("SELECT count(*) AS n FROM {table} WHERE dataset_id = $1::uuid");
        let mut left = json!(-1);
        for _ in 0..600 {
            left = server.db().one(&query, &[&dataset]).await["n"].clone();
            if left == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(left, json!(0), "{table}");
    }
    // The workers go on with other work.
    let (other, _) = economy(&owner, &[("a.txt", "Cats sleep.")]).await;
    assert_eq!(found(&owner, &other, "cats").await, ["Cats sleep."]);
}
