//! Arguments that are wrong in every way.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::it::ground::{Ground, question, within};

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_a_chat_message() {
    let ground = Ground::of("chat").await;
    let nobody = Uuid::new_v4().to_string();
    let cases: Vec<(Value, u16, &str)> = vec![
        (json!({"query": null}), 400, "invalid_param"),
        (json!({"query": ""}), 400, "invalid_param"),
        (json!({"query": 5}), 400, "invalid_param"),
        (json!({"inputs": null}), 400, "invalid_param"),
        (json!({"inputs": "none"}), 400, "invalid_param"),
        (json!({"user": null}), 400, "invalid_param"),
        (json!({"user": ""}), 400, "invalid_param"),
        (json!({"response_mode": "sideways"}), 400, "invalid_param"),
        (json!({"response_mode": 1}), 400, "invalid_param"),
        (json!({"files": "none"}), 400, "invalid_param"),
        (json!({"conversation_id": "not-a-uuid"}), 400, "invalid_param"),
        (json!({"conversation_id": nobody}), 404, "not_found"),
        (json!({"conversation_id": ""}), 200, ""),
        (
            json!({"conversation_id": null, "files": null, "response_mode": null, "auto_generate_name": null, "unknown": {}}),
            200,
            "",
        ),
        (json!({"query": "a\u{0}b"}), 200, ""),
    ];
    for (change, status, code) in cases {
        let mut body = question("Hi");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = ground.service.post_json("/chat-messages", &body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{change}: {}", answer.text());
        if status != 200 {
            assert_eq!(answer.json["status"], json!(status));
            assert!(answer.json["message"].as_str().is_some_and(|m| !m.is_empty()));
        }
    }
    for missing in ["query", "inputs", "user"] {
        let mut body = question("Hi");
        body.as_object_mut().unwrap().remove(missing);
        let answer = ground.service.post_json("/chat-messages", &body).await.expect(400);
        assert_eq!(answer.code(), "invalid_param", "{missing}");
    }
    let stored = ground.server.db().all("SELECT query FROM messages WHERE query LIKE 'a%'", &[]).await;
    assert_eq!(stored[0]["query"], "ab");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies() {
    let ground = Ground::of("chat").await;
    let send = |kind: Option<&'static str>, body: Vec<u8>| {
        let mut request = ground.service.request(Method::POST, "/chat-messages").body(body);
        if let Some(kind) = kind {
            request = request.header("Content-Type", kind);
        }
        ground.service.send(request)
    };
    let json = Some("application/json");
    for (kind, body, status, code) in [
        (json, b"{".to_vec(), 400, "bad_request"),
        (json, Vec::new(), 400, "bad_request"),
        (json, b"[1]".to_vec(), 400, "bad_request"),
        (json, b"\"text\"".to_vec(), 400, "bad_request"),
        (json, b"{\"query\": \"\xff\xfe\"}".to_vec(), 400, "bad_request"),
        (None, b"{}".to_vec(), 415, "unsupported_media_type"),
        (Some("text/plain"), b"{}".to_vec(), 415, "unsupported_media_type"),
        (json, vec![b' '; 20 * 1024 * 1024], 413, "request_entity_too_large"),
    ] {
        let size = body.len();
        let answer = send(kind, body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{kind:?} {size}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys() {
    let ground = Ground::of("chat").await;
    let root = ground.server.client();
    for header in [None, Some("Bearer"), Some("Basic abc"), Some("Bearer app-nonsense"), Some("Bearer ")] {
        let mut request = root.request(Method::GET, "/v1/parameters");
        if let Some(header) = header {
            request = request.header("Authorization", header);
        }
        let answer = root.send(request).await.expect(401);
        assert_eq!(answer.code(), "unauthorized", "{header:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"api\""));
    }
    let _ = ground
        .console
        .post_json(&format!("/apps/{}/api-enable", ground.app.id), &json!({"enable_api": false}))
        .await
        .expect(200);
    assert_eq!(ground.service.get("/parameters").await.expect(403).code(), "app_api_disabled");
    let _ = ground
        .console
        .post_json(&format!("/apps/{}/api-enable", ground.app.id), &json!({"enable_api": true}))
        .await
        .expect(200);
    let _ = ground.service.get("/parameters").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_key_dies_at_once() {
    let ground = Ground::of("chat").await;
    let _ = ground.service.get("/parameters").await.expect(200);
    let keys = ground.console.get(&format!("/apps/{}/api-keys", ground.app.id)).await.expect(200);
    let _ = ground
        .console
        .delete(&format!("/apps/{}/api-keys/{}", ground.app.id, keys.text_at("/data/0/id")))
        .await
        .expect(204);
    assert_eq!(ground.service.get("/parameters").await.expect(401).code(), "unauthorized");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_things_are_not_there() {
    let ground = Ground::of("chat").await;
    let answer = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    let (conversation, message) = (answer.text_at("/conversation_id"), answer.text_at("/message_id"));
    let other = json!({"user": "mallory"});
    let mut asked = within(question("mine now"), &conversation);
    asked["user"] = json!("mallory");
    let _ = ground.service.post_json("/chat-messages", &asked).await.expect(404);
    let _ = ground.service.delete_json(&format!("/conversations/{conversation}"), &other).await.expect(404);
    let _ = ground
        .service
        .post_json(&format!("/conversations/{conversation}/name"), &json!({"user": "mallory", "name": "x"}))
        .await
        .expect(404);
    ground.service.get(&format!("/messages?user=mallory&conversation_id={conversation}")).await.expect(404);
    ground.service.get(&format!("/conversations/{conversation}/variables?user=mallory")).await.expect(404);
    let _ = ground
        .service
        .post_json(&format!("/messages/{message}/feedbacks"), &json!({"user": "mallory", "rating": "like"}))
        .await
        .expect(404);
    ground.service.get(&format!("/messages/{message}/suggested?user=mallory")).await.expect(404);
    // Another app of the same workspace is as foreign.
    let second = ground.console.create_ready_app("chat", ground.provider, crate::it::ground::MODEL).await;
    let service = ground.server.service(&ground.console.api_key(&second).await);
    let _ = service.post_json("/chat-messages", &within(question("q"), &conversation)).await.expect(404);
    service.get(&format!("/messages?user=alice&conversation_id={conversation}")).await.expect(404);
    let _ = service
        .post_json(&format!("/messages/{message}/feedbacks"), &json!({"user": "alice", "rating": "like"}))
        .await
        .expect(404);
    ground.service.get(&format!("/messages?user=alice&conversation_id={conversation}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_methods() {
    let ground = Ground::of("chat").await;
    assert_eq!(ground.service.get("/nowhere").await.expect(404).code(), "not_found");
    assert_eq!(ground.service.get("/chat-messages").await.expect(405).code(), "method_not_allowed");
    assert_eq!(
        ground
            .service
            .post_json("/conversations/not-a-uuid/name", &json!({"user": "u", "name": "x"}))
            .await
            .expect(404)
            .code(),
        "not_found"
    );
    let _ = ground.service.get("/").await.expect(200);
}
