//! Segments from CSV files.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_kit::Console;
use uuid::Uuid;

use crate::it::annotations::ended;
use crate::it::console_people::{member, set_up, stranger};
use crate::it::knowledge_metadata::{dataset, document};

async fn upload(owner: &Console, name: &str, csv: &str) -> String {
    let part = Part::bytes(csv.as_bytes().to_vec()).file_name(name.to_owned()).mime_str("text/csv").unwrap();
    let form = Form::new().text("source", "datasets").part("file", part);
    owner.send(owner.request(Method::POST, "/files/upload").multipart(form)).await.expect(201).text_at("/id")
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_become_segments() {
    let (server, owner) = set_up().await;
    let (service, dataset) = dataset(&server, &owner).await;
    let document = document(&service, &dataset, "Foxes").await;
    let segments = format!("/datasets/{dataset}/documents/{document}/segments");
    let path = format!("{segments}/batch_import");
    let file = upload(&owner, "more.csv", "content\nPenguins swim.\n\"Owls, at night, hunt.\"\n\n").await;
    let begun = owner.post_json(&path, &json!({"upload_file_id": file})).await.expect(200);
    let job = begun.text_at("/job_id");
    assert_eq!(begun.json, json!({"job_id": job, "job_status": "waiting"}));
    let state = format!("/datasets/batch_import_status/{job}");
    assert_eq!(ended(&owner, &state).await, json!({"job_id": job, "job_status": "completed"}));
    let listed = service.get(&segments).await.expect(200);
    let contents: Vec<&str> =
        listed.json["data"].as_array().unwrap().iter().filter_map(|segment| segment["content"].as_str()).collect();
    assert_eq!(contents, ["Foxes run through the forest.", "Penguins swim.", "Owls, at night, hunt."]);
    let ask = json!({"query": "owls hunt"});
    let found = service.post_json(&format!("/datasets/{dataset}/retrieve"), &ask).await.expect(200);
    assert_eq!(found.json["records"][0]["segment"]["content"], json!("Owls, at night, hunt."));

    let text = upload(&owner, "more.txt", "content\nx\n").await;
    for (file, status) in [(json!(Uuid::new_v4()), 404), (json!("x"), 400), (Value::Null, 400), (json!(text), 400)] {
        owner.post_json(&path, &json!({"upload_file_id": file})).await.expect(status);
    }
    let empty = upload(&owner, "empty.csv", "content\n").await;
    let job = owner.post_json(&path, &json!({"upload_file_id": empty})).await.expect(200).text_at("/job_id");
    let told = ended(&owner, &format!("/datasets/batch_import_status/{job}")).await;
    assert_eq!(told["job_status"], json!("error"));
    assert!(!told["error_msg"].as_str().unwrap().is_empty());

    let other = stranger(&server).await;
    other.post_json(&path, &json!({"upload_file_id": file})).await.expect(404);
    assert_eq!(other.get(&state).await.expect(400).code(), "invalid_param");
    let normal = member(&server, "normal").await;
    normal.post_json(&path, &json!({"upload_file_id": file})).await.expect(403);
    assert_eq!(service.get(&segments).await.expect(200).json["total"], json!(3));
}
