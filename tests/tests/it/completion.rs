//! Completion messages over the Service API.

use serde_json::{Value, json};

use crate::it::ground::Ground;

fn ask(inputs: Value, mode: &str) -> Value {
    json!({"inputs": inputs, "response_mode": mode, "user": "bob"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_has_no_conversation() {
    let ground = Ground::of("completion").await;
    let answer =
        ground.service.post_json("/completion-messages", &ask(json!({"query": "Hi"}), "blocking")).await.expect(200);
    assert_eq!((&answer.json["mode"], &answer.json["answer"]), (&json!("completion"), &json!("Hello, world!")));
    assert_eq!(answer.json.get("conversation_id"), None);
    let transcript =
        ground.service.sse("/completion-messages", &ask(json!({"query": "Hi"}), "streaming")).await.well_framed();
    assert_eq!(transcript.answer(), "Hello, world!");
    assert!(transcript.events().all(|e| e.get("conversation_id").is_none()));
    let sent = ground.stub.requests().pop().unwrap().body;
    assert_eq!(sent["messages"], json!([{"role": "user", "content": "Hi\n"}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_is_held_against_the_inputs() {
    let ground = Ground::of("completion").await;
    let missing = ground.service.post_json("/completion-messages", &ask(json!({}), "blocking")).await.expect(400);
    assert_eq!(missing.code(), "invalid_param");
    let wrong =
        ground.service.post_json("/completion-messages", &ask(json!({"query": 5}), "streaming")).await.expect(400);
    assert_eq!(wrong.code(), "invalid_param");
    assert_eq!(ground.server.db().count("messages", "true", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn modes_and_routes_must_fit() {
    let ground = Ground::of("completion").await;
    let chat =
        ground.service.post_json("/chat-messages", &json!({"inputs": {}, "query": "q", "user": "u"})).await.expect(400);
    assert_eq!(chat.code(), "not_chat_app");
    for path in ["/conversations?user=u", "/messages?user=u&conversation_id="] {
        assert_eq!(ground.service.get(path).await.expect(400).code(), "not_chat_app", "{path}");
    }
    let chat = Ground::of("chat").await;
    let completion = chat.service.post_json("/completion-messages", &ask(json!({}), "blocking")).await.expect(400);
    assert_eq!(completion.code(), "app_unavailable");
}
