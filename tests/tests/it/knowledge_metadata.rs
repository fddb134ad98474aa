//! Metadata of documents, over both tiers.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::{Answer, Client, Console, TestServer};

use crate::it::console_people::{member, set_up, stranger};

/// A client with a dataset key, and an economy dataset.
pub(crate) async fn dataset(server: &TestServer, owner: &Console) -> (Client, String) {
    let key = owner.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
    let service = server.client().at(format!("{}/v1", server.base())).with_bearer(&key);
    let new = json!({"name": "Animals", "indexing_technique": "economy"});
    let id = service.post_json("/datasets", &new).await.expect(200).text_at("/id");
    (service, id)
}

/// A document that has come to its end.
pub(crate) async fn document(service: &Client, dataset: &str, name: &str) -> String {
    let body = json!({"name": name, "text": format!("{name} run through the forest."), "doc_form": "text_model"});
    let made = service.post_json(&format!("/datasets/{dataset}/document/create-by-text"), &body).await.expect(200);
    let (id, batch) = (made.text_at("/document/id"), made.text_at("/batch"));
    let path = format!("/datasets/{dataset}/documents/{batch}/indexing-status");
    for _ in 0..300 {
        match service.get(&path).await.expect(200).text_at("/data/0/indexing_status").as_str() {
            "completed" => return id,
            "error" => panic!("the document was not indexed"),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("the document did not come to its end");
}

async fn field(client: &Client, dataset: &str, kind: &str, name: &str) -> String {
    let made = client.post_json(&format!("/datasets/{dataset}/metadata"), &json!({"type": kind, "name": name})).await;
    let made = made.expect(201);
    assert_eq!(made.json, json!({"id": made.text_at("/id"), "type": kind, "name": name}));
    made.text_at("/id")
}

/// The values of a document, by name.
async fn values(client: &Client, dataset: &str, document: &str) -> Value {
    let shown = client.get(&format!("/datasets/{dataset}/documents/{document}?metadata=only")).await.expect(200);
    let pairs = shown.json["doc_metadata"].as_array().cloned().unwrap_or_default().into_iter();
    pairs
        .map(|value| (value["name"].as_str().unwrap().to_owned(), value["value"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn refused(answer: Answer, status: u16, code: &str) {
    let answer = answer.expect(status);
    assert_eq!(answer.code(), code, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_made_renamed_and_removed() {
    let (server, owner) = set_up().await;
    let (service, dataset) = dataset(&server, &owner).await;
    let base = format!("/datasets/{dataset}/metadata");
    let author = field(&service, &dataset, "string", "author").await;
    // The Console shows what the Service API made, and the other way round.
    let year = field(&owner, &dataset, "number", "year").await;
    let empty = field(&service, &dataset, "time", "").await;
    let listed = json!({"doc_metadata": [
        {"id": author, "name": "author", "type": "string", "count": 0},
        {"id": year, "name": "year", "type": "number", "count": 0},
        {"id": empty, "name": "", "type": "time", "count": 0},
    ], "built_in_field_enabled": false});
    assert_eq!(service.get(&base).await.expect(200).json, listed);
    assert_eq!(owner.get(&base).await.expect(200).json, listed);
    let shown = service.get(&format!("/datasets/{dataset}")).await.expect(200);
    assert_eq!(shown.json["doc_metadata"][1], json!({"id": year, "name": "year", "type": "number"}));

    for (kind, name) in [
        ("string", "author".to_owned()),
        ("string", "uploader".to_owned()),
        ("string", "n".repeat(256)),
        ("colour", "x".to_owned()),
    ] {
        refused(service.post_json(&base, &json!({"type": kind, "name": name})).await, 400, "invalid_param");
    }
    refused(service.post_json(&base, &json!({"name": "x"})).await, 400, "invalid_param");
    field(&service, &dataset, "string", &"é".repeat(255)).await;

    let path = format!("{base}/{author}");
    refused(service.patch_json(&path, &json!({"name": "year"})).await, 400, "invalid_param");
    refused(service.patch_json(&path, &json!({"name": "source"})).await, 400, "invalid_param");
    refused(service.patch_json(&path, &json!({"name": "n".repeat(256)})).await, 400, "invalid_param");
    let renamed = owner.patch_json(&path, &json!({"name": "writer"})).await.expect(200);
    assert_eq!(renamed.json, json!({"id": author, "type": "string", "name": "writer"}));
    // Its own name is not taken.
    service.patch_json(&path, &json!({"name": "writer"})).await.expect(200);
    service.delete(&path).await.expect(204);
    for answer in [service.patch_json(&path, &json!({"name": "x"})).await, service.delete(&path).await] {
        refused(answer, 404, "not_found");
    }
    refused(service.get(&format!("/datasets/{}/metadata", uuid::Uuid::new_v4())).await, 404, "not_found");
    owner.delete(&format!("{base}/{year}")).await.expect(204);

    let built_in = json!({"fields": [
        {"name": "document_name", "type": "string"}, {"name": "uploader", "type": "string"},
        {"name": "upload_date", "type": "time"}, {"name": "last_update_date", "type": "time"},
        {"name": "source", "type": "string"},
    ]});
    assert_eq!(service.get(&format!("{base}/built-in")).await.expect(200).json, built_in);
    assert_eq!(owner.get("/datasets/metadata/built-in").await.expect(200).json, built_in);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_follow_their_fields() {
    let (server, owner) = set_up().await;
    let (service, dataset) = dataset(&server, &owner).await;
    let (foxes, cats) = (document(&service, &dataset, "Foxes").await, document(&service, &dataset, "Cats").await);
    let author = field(&service, &dataset, "string", "author").await;
    let year = field(&service, &dataset, "number", "year").await;
    let path = format!("/datasets/{dataset}/documents/metadata");
    let value = |id: &str, name: &str, value: Value| json!({"id": id, "name": name, "value": value});
    let both = json!({"operation_data": [
        {"document_id": foxes, "metadata_list": [value(&author, "author", json!("Ann")), value(&year, "year", json!(2024))]},
        {"document_id": cats, "metadata_list": [value(&author, "author", json!("Bob"))]},
    ]});
    assert_eq!(service.post_json(&path, &both).await.expect(200).json, json!({"result": "success"}));
    assert_eq!(values(&service, &dataset, &foxes).await, json!({"author": "Ann", "year": "2024"}));
    assert_eq!(values(&service, &dataset, &cats).await, json!({"author": "Bob"}));
    let counts = |listed: &Answer| {
        (listed.json["doc_metadata"][0]["count"].clone(), listed.json["doc_metadata"][1]["count"].clone())
    };
    let listed = service.get(&format!("/datasets/{dataset}/metadata")).await.expect(200);
    assert_eq!(counts(&listed), (json!(2), json!(1)));

    // Merged, then replaced; what is built in is passed over.
    let merge = json!({"operation_data": [{"document_id": cats, "partial_update": true, "metadata_list": [
        value(&year, "year", json!(null)), value("built-in", "uploader", json!("nobody"))]}]});
    owner.post_json(&path, &merge).await.expect(200);
    assert_eq!(values(&service, &dataset, &cats).await, json!({"author": "Bob", "year": null}));
    let replace = json!({"operation_data": [
        {"document_id": foxes, "metadata_list": [value(&year, "year", json!(1.5))]},
        {"document_id": cats, "metadata_list": [], "partial_update": true}]});
    service.post_json(&path, &replace).await.expect(200);
    assert_eq!(values(&service, &dataset, &foxes).await, json!({"year": "1.5"}));
    let listed = service.get(&format!("/datasets/{dataset}/metadata")).await.expect(200);
    assert_eq!(counts(&listed), (json!(1), json!(2)));

    // One bad one, and nothing is written.
    let nobody = uuid::Uuid::new_v4().to_string();
    let written = |document: &str, field: &str, given: Value| {
        json!({"operation_data": [
        {"document_id": foxes, "metadata_list": [value(&year, "year", json!(7))]},
        {"document_id": document, "metadata_list": [value(field, "x", given)]}]})
    };
    refused(service.post_json(&path, &written(&nobody, &year, json!(1))).await, 404, "not_found");
    refused(service.post_json(&path, &written(&cats, &nobody, json!(1))).await, 404, "not_found");
    refused(service.post_json(&path, &written(&cats, "no-id", json!(1))).await, 404, "not_found");
    refused(service.post_json(&path, &written(&cats, &year, json!(["a"]))).await, 400, "invalid_param");
    refused(service.post_json(&path, &json!({"operation_data": "x"})).await, 400, "invalid_param");
    refused(service.post_json(&path, &json!({})).await, 400, "invalid_param");
    assert_eq!(values(&service, &dataset, &foxes).await, json!({"year": "1.5"}));

    owner.patch_json(&format!("/datasets/{dataset}/metadata/{year}"), &json!({"name": "published"})).await.expect(200);
    assert_eq!(values(&service, &dataset, &foxes).await, json!({"published": "1.5"}));
    assert_eq!(values(&service, &dataset, &cats).await, json!({"author": "Bob", "published": null}));
    service.delete(&format!("/datasets/{dataset}/metadata/{author}")).await.expect(204);
    assert_eq!(values(&service, &dataset, &cats).await, json!({"published": null}));
    let row = server.db().one("SELECT doc_metadata FROM documents WHERE id = $1::uuid", &[&cats]).await;
    assert_eq!(row["doc_metadata"], json!({"published": null}));
}

#[tokio::test(flavor = "multi_thread")]
async fn built_in_fields_come_and_go() {
    let (server, owner) = set_up().await;
    let (service, dataset) = dataset(&server, &owner).await;
    let foxes = document(&service, &dataset, "Foxes").await;
    let author = field(&service, &dataset, "string", "author").await;
    let path = format!("/datasets/{dataset}/metadata/built-in");
    refused(service.post_json(&format!("{path}/toggle"), &json!({})).await, 400, "invalid_param");
    assert_eq!(
        service.post_json(&format!("{path}/enable"), &json!({})).await.expect(200).json,
        json!({"result": "success"})
    );
    owner.post_json(&format!("{path}/enable"), &json!({})).await.expect(200);
    let listed = service.get(&format!("/datasets/{dataset}/metadata")).await.expect(200);
    assert_eq!(listed.json["built_in_field_enabled"], json!(true));

    // Documents that were there, new ones, and those whose values are replaced.
    let cats = document(&service, &dataset, "Cats").await;
    let replace = json!({"operation_data": [{"document_id": cats, "metadata_list": [{"id": author, "name": "author", "value": "Ann"}]}]});
    service.post_json(&format!("/datasets/{dataset}/documents/metadata"), &replace).await.expect(200);
    for (id, name) in [(&foxes, "Foxes"), (&cats, "Cats")] {
        let shown = values(&service, &dataset, id).await;
        assert_eq!(
            (&shown["document_name"], &shown["uploader"], &shown["source"]),
            (&json!(name), &json!("Owner"), &json!("file_upload"))
        );
        let detail = service.get(&format!("/datasets/{dataset}/documents/{id}")).await.expect(200);
        let time = |name: &str| shown[name].as_str().and_then(|text| text.parse::<i64>().ok());
        assert_eq!(time("upload_date"), detail.json["created_at"].as_i64());
        assert!(time("last_update_date") >= time("upload_date"));
        let kinds: Vec<Value> =
            detail.json["doc_metadata"].as_array().unwrap().iter().filter(|v| v["id"] == "built-in").cloned().collect();
        assert_eq!(kinds.len(), 5);
    }
    assert_eq!(values(&service, &dataset, &cats).await["author"], json!("Ann"));

    owner.post_json(&format!("{path}/disable"), &json!({})).await.expect(200);
    assert_eq!(values(&service, &dataset, &cats).await, json!({"author": "Ann"}));
    let row = server.db().one("SELECT doc_metadata FROM documents WHERE id = $1::uuid", &[&foxes]).await;
    assert_eq!(row["doc_metadata"], json!({}));
    let dogs = document(&service, &dataset, "Dogs").await;
    assert_eq!(values(&service, &dataset, &dogs).await, json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_for_those_who_see_the_dataset() {
    let (server, owner) = set_up().await;
    let (service, dataset) = dataset(&server, &owner).await;
    let author = field(&service, &dataset, "string", "author").await;
    let foxes = document(&service, &dataset, "Foxes").await;
    let editor = member(&server, "editor").await;
    let other = stranger(&server).await;
    let values = json!({"operation_data": [{"document_id": foxes, "metadata_list": [{"id": author, "name": "author", "value": "x"}]}]});
    for (who, status, code) in [(&editor, 403, "forbidden"), (&other, 404, "not_found")] {
        let base = format!("/datasets/{dataset}/metadata");
        refused(who.get(&base).await, status, code);
        refused(who.post_json(&base, &json!({"type": "string", "name": "x"})).await, status, code);
        refused(who.patch_json(&format!("{base}/{author}"), &json!({"name": "x"})).await, status, code);
        refused(who.delete(&format!("{base}/{author}")).await, status, code);
        refused(who.post_json(&format!("{base}/built-in/enable"), &json!({})).await, status, code);
        refused(who.post_json(&format!("/datasets/{dataset}/documents/metadata"), &values).await, status, code);
    }
    let listed = service.get(&format!("/datasets/{dataset}/metadata")).await.expect(200);
    assert_eq!(listed.json["doc_metadata"][0]["name"], json!("author"));
}

/// Of several that want the same name, one gets it.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_given_once() {
    let (server, owner) = set_up().await;
    let (service, dataset) = dataset(&server, &owner).await;
    let path = format!("/datasets/{dataset}/metadata");
    let body = json!({"type": "string", "name": "same"});
    let answers = futures::future::join_all((0..8).map(|_| service.post_json(&path, &body))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![400; 7]].concat());
    assert_eq!(server.db().count("dataset_metadatas", "true", &[]).await, 1);
}

/// A key of datasets shows the models by which they can be indexed.
#[tokio::test(flavor = "multi_thread")]
async fn usable_models_are_shown_to_programs() {
    let (server, owner) = set_up().await;
    let (service, _) = dataset(&server, &owner).await;
    let path = "/workspaces/current/models/model-types";
    let shown = service.get(&format!("{path}/text-embedding")).await.expect(200);
    assert_eq!(shown.json, owner.get(&format!("{path}/text-embedding")).await.expect(200).json);
    let stub = test_kit::upstream::StubUpstream::start().await;
    owner.add_openai(&stub.openai_base_url(), "openai-key").await;
    let shown = service.get(&format!("{path}/text-embedding")).await.expect(200);
    let providers = shown.json["data"].as_array().unwrap();
    let openai = providers.iter().find(|provider| provider["provider"] == "langgenius/openai/openai").unwrap();
    assert_eq!(openai["status"], json!("active"));
    assert!(openai["models"].as_array().unwrap().iter().any(|model| model["model"] == "text-embedding-3-small"));
    refused(service.get(&format!("{path}/poetry")).await, 400, "invalid_param");
    let app = owner.create_app("chat", "No dataset key").await;
    let with_app_key = server.service(&owner.api_key(&app).await);
    refused(with_app_key.get(&format!("{path}/llm")).await, 401, "unauthorized");
}
