//! Asking a completion app the same once more.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::WebClient;
use test_kit::upstream::Script;

use crate::it::ground::{Ground, MODEL};

fn body(text: &str, mode: &str) -> Value {
    json!({"inputs": {"query": text}, "response_mode": mode})
}

async fn asked(web: &WebClient, text: &str) -> String {
    web.post_json("/completion-messages", &body(text, "blocking")).await.expect(200).text_at("/message_id")
}

fn path(id: &str, mode: &str) -> String {
    format!("/messages/{id}/more-like-this?response_mode={mode}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_question_gets_another_answer() {
    let ground = Ground::of("completion").await;
    ground.configure(json!({"more_like_this": {"enabled": true}})).await;
    let web = ground.server.web(&ground.app.code).await;
    let first = asked(&web, "a poem").await;
    let prompt = ground.stub.requests().pop().unwrap().body;
    ground.stub.script(MODEL, Script::text(&["Another", " one"]));
    let answer = web.get(&path(&first, "blocking")).await.expect(200);
    assert_eq!((&answer.json["answer"], &answer.json["mode"]), (&json!("Another one"), &json!("completion")));
    let second = answer.text_at("/message_id");
    assert_ne!(second, first);
    let sent = ground.stub.requests().pop().unwrap().body;
    assert_eq!((&sent["messages"], &sent["temperature"]), (&prompt["messages"], &json!(0.9)));
    assert_ne!(prompt["temperature"], json!(0.9));
    let row = ground.message(&second).await;
    assert_eq!((&row["inputs"], &row["answer"]), (&json!({"query": "a poem"}), &json!("Another one")));
    assert_eq!(ground.message(&first).await["answer"], json!("Hello, world!"));

    // And one like that, as a stream.
    let transcript = web.sse_get(&path(&second, "streaming")).await.rest().await.well_framed();
    assert_eq!((transcript.status, transcript.answer()), (200, "Another one".to_owned()));
    let third = transcript.only("message_end")["message_id"].as_str().unwrap().to_owned();
    assert!(third != first && third != second);

    // With the configuration it was asked with.
    let changes = json!({"more_like_this": {"enabled": true}, "pre_prompt": "In Latin: {{query}}"});
    ground.configure(changes).await;
    web.get(&path(&first, "blocking")).await.expect(200);
    assert_eq!(ground.stub.requests().pop().unwrap().body["messages"], prompt["messages"]);

    // It is its asker's alone, and its app's.
    let stranger = ground.server.web(&ground.app.code).await;
    assert_eq!(stranger.get(&path(&first, "blocking")).await.expect(404).code(), "not_found");
    for id in ["7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a", "no-id"] {
        assert_eq!(web.get(&path(id, "blocking")).await.expect(404).code(), "not_found", "{id}");
    }
    for mode in ["", "whole", "BLOCKING"] {
        web.get(&path(&first, mode)).await.expect(400);
    }
    web.get(&format!("/messages/{first}/more-like-this")).await.expect(400);

    ground.configure(json!({"more_like_this": {"enabled": false}})).await;
    let refused = web.get(&path(&first, "blocking")).await.expect(403);
    assert_eq!(refused.code(), "app_more_like_this_disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_none_of_the_apps_places() {
    let ground = Ground::with("completion", &[("APP_DEFAULT_ACTIVE_REQUESTS", "1")]).await;
    ground.configure(json!({"more_like_this": {"enabled": true}})).await;
    let web = ground.server.web(&ground.app.code).await;
    let first = asked(&web, "a poem").await;
    ground.stub.script(MODEL, Script::pieces(400, "word ", Duration::from_millis(100)));
    let mut slow = web.sse_stream("/completion-messages", &body("slow", "streaming")).await;
    slow.until("message").await;
    assert_eq!(web.post_json("/completion-messages", &body("no place", "blocking")).await.status, 429);
    ground.stub.script(MODEL, Script::text(&["Another"]));
    assert_eq!(web.get(&path(&first, "blocking")).await.expect(200).json["answer"], json!("Another"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_completion_apps_have_it() {
    let ground = Ground::of("chat").await;
    let web = ground.server.web(&ground.app.code).await;
    let question = json!({"inputs": {}, "query": "Hi", "response_mode": "blocking"});
    let message = web.post_json("/chat-messages", &question).await.expect(200).text_at("/message_id");
    assert_eq!(web.get(&path(&message, "blocking")).await.expect(400).code(), "not_completion_app");
}
