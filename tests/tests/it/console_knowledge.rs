//! Datasets on the Console: what a person does from an upload to an answer, and who may do it.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::{Answer, Client, Console};

use crate::it::console_people::{member, set_up};

/// Puts a file up; its id.
pub(crate) async fn upload(console: &Client, name: &str, content: impl Into<Vec<u8>>) -> String {
    let part = reqwest::multipart::Part::bytes(content.into()).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new().part("file", part.mime_str("text/plain").unwrap());
    let request = console.request(reqwest::Method::POST, "/files/upload?source=datasets").multipart(form);
    console.send(request).await.expect(201).text_at("/id")
}

/// How a person has files indexed: by paragraphs.
pub(crate) fn config(files: &[String], technique: &str) -> Value {
    json!({
        "data_source": {"info_list": {"data_source_type": "upload_file", "file_info_list": {"file_ids": files}}},
        "indexing_technique": technique,
        "process_rule": {"mode": "custom", "rules": {
            "pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": true}],
            "segmentation": {"separator": "\n\n", "max_tokens": 100, "chunk_overlap": 0},
        }},
        "doc_form": "text_model",
        "doc_language": "English",
    })
}

/// A dataset out of texts, by keywords, indexed to its end: its id, and those of its documents.
pub(crate) async fn economy(console: &Console, texts: &[(&str, &str)]) -> (String, Vec<String>) {
    let mut files = Vec::new();
    for (name, text) in texts {
        files.push(upload(console, name, *text).await);
    }
    let made = console.post_json("/datasets/init", &config(&files, "economy")).await.expect(200);
    let dataset = made.text_at("/dataset/id");
    let _ = ended(console, &dataset, &made.text_at("/batch")).await;
    let documents = made.json["documents"].as_array().unwrap().iter();
    (dataset, documents.map(|document| document["id"].as_str().unwrap().to_owned()).collect())
}

/// The states of a batch in which nothing is left to do.
pub(crate) async fn ended(console: &Console, dataset: &str, batch: &str) -> Value {
    let path = format!("/datasets/{dataset}/batch/{batch}/indexing-status");
    for _ in 0..600 {
        let states = console.get(&path).await.expect(200).json;
        let mut all = states["data"].as_array().unwrap().iter();
        if all.all(|state| ["completed", "error", "paused"].contains(&state["indexing_status"].as_str().unwrap())) {
            return states;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the documents did not come to their end");
}

pub(crate) async fn found(console: &Client, dataset: &str, query: &str) -> Vec<String> {
    let path = format!("/datasets/{dataset}/hit-testing");
    let answer = console.post_json(&path, &json!({"query": query})).await.expect(200);
    let records = answer.json["records"].as_array().unwrap().iter();
    records.map(|record| record["segment"]["content"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn refused(answer: Answer, status: u16, code: &str) {
    let answer = answer.expect(status);
    assert_eq!(answer.code(), code, "{}", answer.text());
}

const ANIMALS: &str =
    "The red fox runs through the forest.\n\nCats sleep all day on the sofa.\n\nPenguins swim in cold water.";

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_becomes_a_dataset_that_answers() {
    let (server, owner) = set_up().await;
    let file = upload(&owner, "animals of the world.txt", ANIMALS).await;
    let config = config(std::slice::from_ref(&file), "economy");
    let of = json!({
        "info_list": config["data_source"]["info_list"], "indexing_technique": "economy",
        "process_rule": config["process_rule"], "doc_form": "text_model", "doc_language": "English",
    });
    let estimate = owner.post_json("/datasets/indexing-estimate", &of).await.expect(200).json;
    let made = owner.post_json("/datasets/init", &config).await.expect(200);
    let (dataset, batch) = (made.text_at("/dataset/id"), made.text_at("/batch"));
    assert_eq!(made.json["dataset"]["name"], "animals of the wor...");
    assert_eq!(
        (&made.json["dataset"]["indexing_technique"], &made.json["dataset"]["data_source_type"]),
        (&json!("economy"), &json!("upload_file"))
    );
    assert_eq!(made.json["documents"][0]["data_source_detail_dict"]["upload_file"]["id"], json!(file));
    let state = ended(&owner, &dataset, &batch).await["data"][0].clone();
    assert_eq!((&state["indexing_status"], &state["total_segments"]), (&json!("completed"), &json!(3)), "{state}");

    // What was estimated is what came.
    let document = made.text_at("/documents/0/id");
    let segments = owner.get(&format!("/datasets/{dataset}/documents/{document}/segments")).await.expect(200).json;
    assert_eq!((&segments["total"], &segments["total_pages"], &segments["page"]), (&json!(3), &json!(1), &json!(1)));
    assert_eq!(estimate["total_segments"], segments["total"]);
    let contents = |list: &Value| list.as_array().unwrap().iter().map(|one| one["content"].clone()).collect::<Vec<_>>();
    assert_eq!(contents(&estimate["preview"]), contents(&segments["data"]));
    assert_eq!(found(&owner, &dataset, "where do penguins swim?").await, ["Penguins swim in cold water."]);

    // And what was asked is in the list at once.
    let asked = owner.get(&format!("/datasets/{dataset}/queries")).await.expect(200).json;
    assert_eq!(
        asked["data"][0]["queries"],
        json!([{"content_type": "text_query", "content": "where do penguins swim?", "file_info": null}])
    );
    assert_eq!((&asked["data"][0]["source"], &asked["total"]), (&json!("hit_testing"), &json!(1)));

    let detail = owner.get(&format!("/datasets/{dataset}")).await.expect(200).json;
    assert_eq!((&detail["document_count"], &detail["total_available_documents"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&detail["doc_form"], &detail["embedding_available"], &detail["partial_member_list"]),
        (&json!("text_model"), &json!(true), &json!([]))
    );
    for (path, expected) in [
        ("use-check", json!({"is_using": false})),
        ("related-apps", json!({"data": [], "total": 0})),
        ("error-docs", json!({"data": [], "total": 0})),
        ("permission-part-users", json!({"data": []})),
        ("auto-disable-logs", json!({"document_ids": [], "count": 0})),
    ] {
        assert_eq!(owner.get(&format!("/datasets/{dataset}/{path}")).await.expect(200).json, expected, "{path}");
    }
    let state = owner.get(&format!("/datasets/{dataset}/indexing-status")).await.expect(200).json;
    assert_eq!(state["data"][0]["id"], json!(document));
    let rule = owner.get(&format!("/datasets/process-rule?document_id={document}")).await.expect(200).json;
    assert_eq!((&rule["mode"], &rule["rules"]["segmentation"]["max_tokens"]), (&json!("custom"), &json!(100)));
    assert_eq!(rule["limits"], json!({"indexing_max_segmentation_tokens_length": 4000}));
    assert_eq!(owner.get("/datasets/process-rule").await.expect(200).json["rules"]["segmentation"]["delimiter"], "\n");
    refused(
        owner.get(&format!("/datasets/{dataset}/documents/{document}/indexing-estimate")).await,
        400,
        "document_already_finished",
    );
    refused(owner.get(&format!("/datasets/{dataset}/batch/1/indexing-estimate")).await, 404, "not_found");
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_are_made_changed_listed_and_removed() {
    let (_server, owner) = set_up().await;
    let made = owner.post_json("/datasets", &json!({"name": "Empty"})).await.expect(201);
    let id = made.text_at("/id");
    assert_eq!((&made.json["permission"], &made.json["provider"]), (&json!("only_me"), &json!("vendor")));
    refused(owner.post_json("/datasets", &json!({"name": "Empty"})).await, 409, "dataset_name_duplicate");
    for wrong in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "x".repeat(41)}),
        json!({"name": 5}),
        json!({"name": "a", "description": "x".repeat(401)}),
        json!({"name": "a", "indexing_technique": "best"}),
        json!({"name": "a", "permission": "everybody"}),
        json!({"name": "a", "provider": "external"}),
    ] {
        refused(owner.post_json("/datasets", &wrong).await, 400, "invalid_param");
    }
    let other = owner.post_json("/datasets", &json!({"name": "Other"})).await.expect(201).text_at("/id");
    refused(
        owner.patch_json(&format!("/datasets/{id}"), &json!({"name": "Other"})).await,
        409,
        "dataset_name_duplicate",
    );
    let change =
        json!({"name": "Renamed", "description": "About it", "icon_info": {"icon_type": "emoji", "icon": "📙"}});
    let changed = owner.patch_json(&format!("/datasets/{id}"), &change).await.expect(200).json;
    assert_eq!((&changed["name"], &changed["icon_info"]["icon"]), (&json!("Renamed"), &json!("📙")));

    let tag = owner.post_json("/tags", &json!({"name": "shelf", "type": "knowledge"})).await.expect(200).text_at("/id");
    let bind = json!({"tag_ids": [tag], "target_id": other, "type": "knowledge"});
    let _ = owner.post_json("/tag-bindings/create", &bind).await.expect(200);
    let names = async |query: &str| {
        let page = owner.get(&format!("/datasets?{query}")).await.expect(200).json;
        let data = page["data"].as_array().unwrap().iter();
        data.map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["Other", "Renamed"]);
    assert_eq!(names("page=1&limit=30&include_all=false&keyword=&tag_ids=").await, ["Other", "Renamed"]);
    assert_eq!(names("keyword=ren").await, ["Renamed"]);
    assert_eq!(names(&format!("tag_ids={tag}")).await, ["Other"]);
    assert_eq!(names(&format!("ids={id}&ids={other}&limit=1&page=7")).await, ["Other", "Renamed"]);
    assert_eq!(names(&format!("ids={id}")).await, ["Renamed"]);
    assert!(names("ids=none").await.is_empty());
    let page = owner.get("/datasets?limit=1").await.expect(200).json;
    assert_eq!((&page["has_more"], &page["total"], &page["limit"]), (&json!(true), &json!(2), &json!(1)));
    refused(owner.get("/datasets?limit=many").await, 400, "invalid_param");

    let _ = owner.post_json(&format!("/datasets/{id}/api-keys/disable"), &json!({})).await.expect(200);
    assert_eq!(owner.get(&format!("/datasets/{id}")).await.expect(200).json["enable_api"], json!(false));
    let _ = owner.post_json(&format!("/datasets/{id}/api-keys/enable"), &json!({})).await.expect(200);
    let _ = owner.post_json(&format!("/datasets/{id}/api-keys/sideways"), &json!({})).await.expect(404);
    let _ = owner.delete(&format!("/datasets/{id}")).await.expect(204);
    let _ = owner.get(&format!("/datasets/{id}")).await.expect(404);
    assert_eq!(names("").await, ["Other"]);
    let methods = owner.get("/datasets/retrieval-setting").await.expect(200).json;
    assert_eq!(methods, owner.get("/datasets/retrieval-setting/pgvector").await.expect(200).json);
    let vectors = owner.get("/datasets/retrieval-setting/chroma").await.expect(200).json;
    assert_eq!(vectors, json!({"retrieval_method": ["semantic_search"]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_see_what_was_opened_to_them() {
    let (server, owner) = set_up().await;
    let (dataset, _) = economy(&owner, &[("a.txt", ANIMALS)]).await;
    let (editor, operator, normal) =
        (member(&server, "editor").await, member(&server, "dataset_operator").await, member(&server, "normal").await);
    let path = format!("/datasets/{dataset}");
    let sees = async |who: &Console| {
        (who.get(&path).await.status, who.get("/datasets").await.expect(200).json["total"].clone())
    };
    let id_of = async |who: &Console| who.get("/account/profile").await.expect(200).text_at("/id");
    for stranger in [&editor, &operator, &normal] {
        assert_eq!(sees(stranger).await, (403, json!(0)));
        // Nothing below it either, whatever is sent.
        let _ = stranger.get(&format!("{path}/documents")).await.expect(403);
        let _ = stranger.post_json(&format!("{path}/hit-testing"), &json!({"query": 7})).await.expect(403);
    }
    let all = json!({"permission": "all_team_members"});
    let _ = owner.patch_json(&path, &all).await.expect(200);
    assert_eq!(sees(&editor).await, (200, json!(1)));
    assert_eq!(sees(&normal).await, (200, json!(1)));
    assert_eq!(sees(&operator).await, (403, json!(0)), "an operator sees what was granted");
    let some = json!({"permission": "partial_members", "partial_member_list": [{"user_id": id_of(&operator).await}]});
    let shown = owner.patch_json(&path, &some).await.expect(200).json;
    assert_eq!(shown["partial_member_list"], json!([id_of(&operator).await]));
    assert_eq!(
        owner.get(&format!("{path}/permission-part-users")).await.expect(200).json["data"],
        shown["partial_member_list"]
    );
    assert_eq!(sees(&operator).await, (200, json!(1)));
    assert_eq!(sees(&editor).await, (403, json!(0)));
    // Who works on a dataset does not open it to others.
    refused(operator.patch_json(&path, &all).await, 403, "forbidden");
    let renamed = operator.patch_json(&path, &json!({"name": "By the operator"})).await.expect(200).json;
    assert_eq!(renamed["name"], "By the operator");
    let own = operator.post_json("/datasets", &json!({"name": "Own"})).await.expect(201).text_at("/id");
    let _ = normal.post_json("/datasets", &json!({"name": "Mine"})).await.expect(403);
    let _ = editor.get(&format!("/datasets/{own}")).await.expect(403);
    assert_eq!(owner.get("/datasets?include_all=true").await.expect(200).json["total"], json!(2));
    let _ = owner.patch_json(&path, &all).await.expect(200);
    let _ = normal.patch_json(&path, &json!({"name": "No"})).await.expect(403);
    let _ = normal.delete(&path).await.expect(403);
    let _ = operator.delete(&format!("/datasets/{own}")).await.expect(204);
}
