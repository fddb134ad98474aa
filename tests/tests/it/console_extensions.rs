//! API-based extensions: who saves one has to reach it.

use serde_json::json;
use test_kit::upstream::{Script, StubUpstream};

use crate::it::console_people::{set_up, stranger};

const PATH: &str = "/api-based-extension";

fn pong() -> Script {
    Script { body: Some(json!({"result": "pong"}).to_string()), ..Script::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_answers_a_ping_and_its_key_stays_hidden() {
    let (server, owner) = set_up().await;
    let stub = StubUpstream::start().await;
    stub.script("extension-key-1", pong());
    let endpoint = format!("http://{}/moderation", stub.address());
    let form = json!({"name": "Moderator", "api_endpoint": endpoint, "api_key": "extension-key-1"});
    let made = owner.post_json(PATH, &form).await.expect(200);
    assert_eq!(made.text_at("/api_key"), "ext******y-1");
    let id = made.text_at("/id");
    let asked = stub.requests().pop().unwrap();
    assert_eq!(asked.header("authorization"), Some("Bearer extension-key-1"));
    assert_eq!(asked.body, json!({"point": "ping", "params": {}}));

    let row = server.db().one("SELECT api_key, tenant_id FROM api_based_extensions", &[]).await;
    assert!(!row["api_key"].as_str().unwrap().contains("extension-key-1"));
    let list = owner.get(PATH).await.expect(200);
    assert_eq!(list.json, json!([made.json]));

    // The stored key is kept, and is the one that is shown to the endpoint.
    let changed = json!({"name": "Renamed", "api_endpoint": endpoint, "api_key": "[__HIDDEN__]"});
    let changed = owner.post_json(&format!("{PATH}/{id}"), &changed).await.expect(200);
    assert_eq!((changed.text_at("/name"), changed.text_at("/api_key")), ("Renamed".into(), "ext******y-1".into()));
    assert_eq!(stub.requests().pop().unwrap().header("authorization"), Some("Bearer extension-key-1"));
    assert_eq!(owner.get(&format!("{PATH}/{id}")).await.expect(200).json, changed.json);

    // The stored key is not sent to an address of somebody else's choosing.
    let asked = stub.requests().len();
    let moved = json!({"name": "Moved", "api_endpoint": format!("{endpoint}/elsewhere"), "api_key": "[__HIDDEN__]"});
    let refused = owner.post_json(&format!("{PATH}/{id}"), &moved).await.expect(400);
    assert_eq!(refused.code(), "invalid_param");
    assert_eq!(stub.requests().len(), asked);

    let other = stranger(&server).await;
    for answer in [
        other.get(&format!("{PATH}/{id}")).await,
        other.post_json(&format!("{PATH}/{id}"), &form).await,
        other.delete(&format!("{PATH}/{id}")).await,
    ] {
        assert_eq!(answer.expect(404).code(), "not_found");
    }
    assert_eq!(other.get(PATH).await.expect(200).json, json!([]));
    owner.delete(&format!("{PATH}/{id}")).await.expect(204);
    owner.delete(&format!("{PATH}/{id}")).await.expect(404);
    owner.get(&format!("{PATH}/no-id")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_extension_is_not_saved() {
    let (server, owner) = set_up().await;
    let stub = StubUpstream::start().await;
    stub.script("good-key", pong());
    stub.script("other-key", Script { body: Some(json!({"result": "ping"}).to_string()), ..Script::default() });
    stub.script("html-key", Script { body: Some("<html>".to_owned()), ..Script::default() });
    stub.script("long-key", Script { body: Some("x".repeat(5_000_000)), ..Script::default() });
    stub.script("wrong-key", Script::refusal(401, "no"));
    let endpoint = format!("http://{}/x", stub.address());
    let form = |name: &str, endpoint: &str, key: &str| json!({"name": name, "api_endpoint": endpoint, "api_key": key});
    owner.post_json(PATH, &form("Taken", &endpoint, "good-key")).await.expect(200);
    for (body, why) in [
        (form("", &endpoint, "good-key"), "name"),
        (form(&"n".repeat(256), &endpoint, "good-key"), "name"),
        (form("Taken", &endpoint, "good-key"), "unique"),
        (form("A", "", "good-key"), "api_endpoint"),
        (form("A", "no address", "good-key"), "connection error"),
        (form("A", "ftp://example.com", "good-key"), "connection error"),
        (form("A", "http://127.0.0.1:1/x", "good-key"), "connection error"),
        (form("A", &endpoint, "key"), "api_key"),
        (form("A", &endpoint, "other-key"), "pong"),
        (form("A", &endpoint, "html-key"), "pong"),
        (form("A", &endpoint, "long-key"), "too long"),
        (form("A", &endpoint, "wrong-key"), "401"),
        (json!({"name": "A", "api_endpoint": endpoint}), "api_key"),
        (json!({"name": 1, "api_endpoint": endpoint, "api_key": "good-key"}), "name"),
    ] {
        let refused = owner.post_json(PATH, &body).await.expect(400);
        assert_eq!(refused.code(), "invalid_param", "{body}");
        assert!(refused.text_at("/message").contains(why), "{body}: {}", refused.text());
    }
    assert_eq!(server.db().count("api_based_extensions", "true", &[]).await, 1);
}
