//! External knowledge APIs: who saves one has to reach it, and its key stays hidden.

use serde_json::{Value, json};
use test_kit::upstream::{Script, StubUpstream};

use crate::it::console_people::{member, set_up, stranger};

const PATH: &str = "/datasets/external-knowledge-api";

fn form(name: &str, endpoint: &str, key: &str) -> Value {
    json!({"name": name, "description": "Far away", "settings": {"endpoint": endpoint, "api_key": key}})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_is_reached_before_it_is_saved() {
    let (server, owner) = set_up().await;
    let stub = StubUpstream::start().await;
    stub.script("external-key", Script { body: Some(json!({"records": []}).to_string()), ..Script::default() });
    let endpoint = format!("http://{}/external", stub.address());
    let made = owner.post_json(PATH, &form("Library", &format!("{endpoint}/"), "external-key")).await.expect(201);
    let id = made.text_at("/id");
    assert_eq!(made.json["settings"], json!({"endpoint": endpoint, "api_key": "[__HIDDEN__]"}));
    assert_eq!((&made.json["name"], &made.json["dataset_bindings"]), (&json!("Library"), &json!([])));
    let asked = stub.requests().pop().unwrap();
    assert_eq!(
        (asked.path.as_str(), asked.header("authorization")),
        ("/external/retrieval", Some("Bearer external-key"))
    );
    // As other programs on the same tables read it.
    let row = server.db().one("SELECT settings FROM external_knowledge_apis", &[]).await;
    let settings: Value = serde_json::from_str(row["settings"].as_str().unwrap()).unwrap();
    assert_eq!(settings, json!({"endpoint": endpoint, "api_key": "external-key"}));

    let list = owner.get(&format!("{PATH}?limit=1")).await.expect(200);
    assert_eq!(list.json, json!({"data": [made.json], "has_more": true, "limit": 1, "total": 1, "page": 1}));
    assert_eq!(owner.get(&format!("{PATH}?keyword=nothing")).await.expect(200).json["data"], json!([]));
    assert_eq!(owner.get(&format!("{PATH}/{id}")).await.expect(200).json, made.json);

    // The stored key is kept at the same place, and goes to no other.
    let changed = owner
        .patch_json(&format!("{PATH}/{id}"), &form("Archive", &format!("{endpoint}/v2"), "[__HIDDEN__]"))
        .await
        .expect(200);
    assert_eq!(
        (changed.text_at("/name"), changed.text_at("/settings/endpoint")),
        ("Archive".into(), format!("{endpoint}/v2"))
    );
    assert_eq!(stub.requests().pop().unwrap().header("authorization"), Some("Bearer external-key"));
    let elsewhere = StubUpstream::start().await;
    let moved = form("Archive", &format!("http://{}", elsewhere.address()), "[__HIDDEN__]");
    assert_eq!(owner.patch_json(&format!("{PATH}/{id}"), &moved).await.expect(400).code(), "invalid_param");
    assert_eq!(elsewhere.requests().len(), 0);
    let row = server.db().one("SELECT settings FROM external_knowledge_apis", &[]).await;
    assert!(row["settings"].as_str().unwrap().contains("external-key"));

    let other = stranger(&server).await;
    for answer in [
        other.get(&format!("{PATH}/{id}")).await,
        other.get(&format!("{PATH}/{id}/use-check")).await,
        other.patch_json(&format!("{PATH}/{id}"), &form("Mine", &endpoint, "external-key")).await,
        other.delete(&format!("{PATH}/{id}")).await,
    ] {
        assert_eq!(answer.expect(404).code(), "not_found");
    }
    assert_eq!(other.get(PATH).await.expect(200).json["total"], json!(0));
    owner.delete(&format!("{PATH}/{id}")).await.expect(204);
    owner.get(&format!("{PATH}/{id}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_api_is_not_saved() {
    let (server, owner) = set_up().await;
    let stub = StubUpstream::start().await;
    for status in [403, 404, 502, 500] {
        stub.script(&format!("key-{status}"), Script::refusal(status, "no"));
    }
    let endpoint = format!("http://{}", stub.address());
    for (body, why) in [
        (form("", &endpoint, "key-500"), "name"),
        (form(&"n".repeat(41), &endpoint, "key-500"), "name"),
        (form("A", "", "key-500"), "endpoint is required"),
        (form("A", "no address", "key-500"), "http://"),
        (form("A", "ftp://example.com", "key-500"), "http://"),
        (form("A", "http://127.0.0.1:1", "key-500"), "failed to connect"),
        (form("A", &endpoint, ""), "api_key is required"),
        (form("A", &endpoint, "key-403"), "Forbidden"),
        (form("A", &endpoint, "key-404"), "Not Found"),
        (form("A", &endpoint, "key-502"), "Bad Gateway"),
        (json!({"name": "A"}), "settings"),
    ] {
        let refused = owner.post_json(PATH, &body).await.expect(400);
        assert_eq!(refused.code(), "invalid_param", "{body}");
        let told = refused.text_at("/message");
        assert!(told.contains(why) && !told.contains("key-403"), "{body}: {}", refused.text());
    }
    assert_eq!(server.db().count("external_knowledge_apis", "true", &[]).await, 0);
    // It is there: what it says to an empty question does not matter.
    owner.post_json(PATH, &form("A", &endpoint, "key-500")).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_stand_before_an_api() {
    let (server, owner) = set_up().await;
    let stub = StubUpstream::start().await;
    stub.script("external-key", Script { body: Some("{}".to_owned()), ..Script::default() });
    let endpoint = format!("http://{}", stub.address());
    let api = owner.post_json(PATH, &form("Library", &endpoint, "external-key")).await.expect(201).text_at("/id");
    let unused = owner.get(&format!("{PATH}/{api}/use-check")).await.expect(200);
    assert_eq!(unused.json, json!({"is_using": false, "count": 0}));
    let name = "n".repeat(100);
    let new = json!({"external_knowledge_api_id": api, "external_knowledge_id": "shelf-1", "name": name, "description": "Books"});
    let made = owner.post_json("/datasets/external", &new).await.expect(201);
    assert_eq!(made.text_at("/provider"), "external");
    assert_eq!(
        made.json["external_knowledge_info"],
        json!({"external_knowledge_id": "shelf-1",
        "external_knowledge_api_id": api, "external_knowledge_api_name": "Library", "external_knowledge_api_endpoint": endpoint})
    );
    assert_eq!(
        made.json["external_retrieval_model"],
        json!({"top_k": 2, "score_threshold": 0.0, "score_threshold_enabled": false})
    );
    let used = owner.get(&format!("{PATH}/{api}/use-check")).await.expect(200);
    assert_eq!(used.json, json!({"is_using": true, "count": 1}));
    let shown = owner.get(&format!("{PATH}/{api}")).await.expect(200);
    assert_eq!(shown.json["dataset_bindings"], json!([{"id": made.text_at("/id"), "name": name}]));

    assert_eq!(owner.post_json("/datasets/external", &new).await.expect(409).code(), "dataset_name_duplicate");
    let with = |key: &str, value: Value| {
        let mut body = new.clone();
        body["name"] = json!("Other");
        body[key] = value;
        body
    };
    for (body, status) in [
        (with("external_knowledge_api_id", json!(uuid::Uuid::new_v4())), 404),
        (with("external_knowledge_api_id", json!("x")), 400),
        (with("external_knowledge_id", json!("")), 400),
        (with("name", json!("n".repeat(101))), 400),
    ] {
        owner.post_json("/datasets/external", &body).await.expect(status);
    }
    let operator = member(&server, "dataset_operator").await;
    assert_eq!(
        operator.post_json("/datasets/external", &with("name", json!("Mine"))).await.expect(403).code(),
        "forbidden"
    );
    assert_eq!(operator.delete(&format!("{PATH}/{api}")).await.expect(403).code(), "forbidden");
    operator.post_json(PATH, &form("Own", &endpoint, "external-key")).await.expect(201);
}
