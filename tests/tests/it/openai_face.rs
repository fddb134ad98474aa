//! Apps for clients of OpenAI's: what such a client sends, and what it reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::upstream::Script;

use crate::it::console_workflows::{publish, save};
use crate::it::ground::{Ground, MODEL, question};

const PATH: &str = "/chat/completions";

fn asked(messages: Value) -> Value {
    json!({"model": "any", "messages": messages})
}

fn hello() -> Value {
    asked(json!([{"role": "user", "content": "Hello"}]))
}

/// The data lines of a stream, and its comments.
async fn lines(ground: &Ground, body: &Value) -> (Vec<Value>, String) {
    let response = ground.service.begin(ground.service.request(Method::POST, PATH).json(body)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let text = response.text().await.unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    (data.filter(|line| *line != "[DONE]").map(|line| serde_json::from_str(line).unwrap()).collect(), text)
}

fn content(chunks: &[Value]) -> String {
    chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_a_model() {
    let ground = Ground::of("chat").await;
    let list = ground.service.get("/models").await.expect(200).json;
    let model = &list["data"][0];
    assert_eq!((&list["object"], &model["object"]), (&json!("list"), &json!("model")));
    let tenant = ground.server.db().one("SELECT tenant_id FROM apps WHERE id = $1::uuid", &[&ground.app.id]).await;
    assert_eq!(model["owned_by"], tenant["tenant_id"]);
    assert!(model["created"].as_i64().unwrap() > 1_700_000_000);
    let answer = ground.service.post_json(PATH, &hello()).await.expect(200).json;
    assert_eq!(answer["model"], model["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_is_given_whole_or_in_chunks() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script::text(&["Good", " day", "!"]));
    let whole = ground.service.post_json(PATH, &hello()).await.expect(200).json;
    assert_eq!(whole["object"], "chat.completion");
    let expected = json!({"index": 0, "message": {"role": "assistant", "content": "Good day!", "refusal": null}, "logprobs": null, "finish_reason": "stop"});
    assert_eq!(whole["choices"], json!([expected]));
    let usage = &whole["usage"];
    assert!(usage["prompt_tokens"].as_u64().unwrap() > 0 && usage["completion_tokens"].as_u64().unwrap() > 0);
    assert!(whole["id"].as_str().unwrap().starts_with("chatcmpl-"));

    let mut body = hello();
    body["stream"] = json!(true);
    let (chunks, text) = lines(&ground, &body).await;
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    assert_eq!(chunks[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert_eq!(content(&chunks), "Good day!");
    let last = chunks.last().unwrap();
    assert_eq!((&last["choices"][0]["finish_reason"], &last["choices"][0]["delta"]), (&json!("stop"), &json!({})));
    assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk" && chunk["id"] == chunks[0]["id"]));
    assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()));

    body["stream_options"] = json!({"include_usage": true});
    let (chunks, _) = lines(&ground, &body).await;
    let last = chunks.last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]), (&json!([]), usage));
    assert!(chunks[..chunks.len() - 1].iter().all(|chunk| chunk["usage"] == Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_messages_are_remembered_and_not_kept() {
    let ground = Ground::of("chat").await;
    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "My name is Ann."},
        {"role": "assistant", "content": "Hello Ann."},
        {"role": "user", "content": "What is my name?"},
    ]);
    let answer = ground.service.post_json(PATH, &asked(messages.clone())).await.expect(200).json;
    assert!(answer.get("metadata").is_none());
    let sent = ground.stub.requests().pop().unwrap().body;
    let texts: Vec<&str> = sent["messages"].as_array().unwrap().iter().filter_map(|m| m["content"].as_str()).collect();
    let after = texts.iter().position(|text| *text == "My name is Ann.").unwrap();
    assert_eq!(texts[after..], ["My name is Ann.", "Hello Ann.", "Be brief.\n\nWhat is my name?"]);
    let db = ground.server.db();
    assert_eq!(db.count("conversations", "NOT is_deleted", &[]).await, 0);
    assert_eq!(db.count("conversations", "is_deleted", &[]).await, 1);
    let purges = "kind = 'purge_conversation' AND run_at > now() + interval '23 hours'";
    assert_eq!(db.count("ferrify_jobs", purges, &[]).await, 1);
    let listed = ground.service.get("/conversations?user=DEFAULT-USER").await.expect(200).json;
    assert_eq!(listed["data"], json!([]));

    // With a person and `store` it is kept, earlier turns and all, and can be gone on with here and there.
    let mut body = asked(messages);
    body["user"] = json!("alice");
    body["store"] = json!(true);
    let kept = ground.service.post_json(PATH, &body).await.expect(200).text_at("/metadata/conversation_id");
    let page = ground.service.get(&format!("/messages?user=alice&conversation_id={kept}")).await.expect(200).json;
    let queries: Vec<&str> = page["data"].as_array().unwrap().iter().filter_map(|m| m["query"].as_str()).collect();
    assert_eq!(queries, ["My name is Ann.", "Be brief.\n\nWhat is my name?"]);
    let next = json!({
        "messages": [{"role": "user", "content": "not looked at"}, {"role": "assistant", "content": "-"}, {"role": "user", "content": "And now?"}],
        "user": "alice", "metadata": {"conversation_id": kept},
    });
    let same = ground.service.post_json(PATH, &next).await.expect(200).text_at("/metadata/conversation_id");
    assert_eq!(same, kept);
    let sent = ground.stub.requests().pop().unwrap().body.to_string();
    assert!(sent.contains("My name is Ann.") && !sent.contains("not looked at"), "{sent}");
    // Somebody else's is nobody's.
    let foreign =
        json!({"messages": [{"role": "user", "content": "Hi"}], "user": "bob", "metadata": {"conversation_id": kept}});
    let refused = ground.service.post_json(PATH, &foreign).await.expect(404);
    assert_eq!(refused.json["error"]["code"], "not_found");
    let mut native = question("And here?");
    native["conversation_id"] = json!(kept);
    let _ = ground.service.post_json("/chat-messages", &native).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_their_shape() {
    let ground = Ground::of("chat").await;
    for (body, param) in [
        (json!({}), "messages"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": "Hi"}), "messages"),
        (asked(json!([{"role": "assistant", "content": "Hi"}])), "messages"),
        (asked(json!([{"role": "nobody", "content": "Hi"}])), "messages"),
        (asked(json!([{"role": "user", "content": 7}])), "messages"),
        (
            asked(json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:x"}}]}])),
            "messages",
        ),
        (json!({"messages": hello()["messages"], "n": 2}), "n"),
        (json!({"messages": hello()["messages"], "metadata": {"inputs": "no json"}}), "metadata.inputs"),
        (json!({"messages": hello()["messages"], "metadata": {"conversation_id": "x"}}), "metadata.conversation_id"),
    ] {
        let refused = ground.service.post_json(PATH, &body).await.expect(400).json;
        let error = &refused["error"];
        assert_eq!(error["type"], "invalid_request_error", "{refused}");
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()) && error["code"].is_string());
        assert!(error["param"].as_str().is_none_or(|shown| shown.starts_with(param)), "{refused}");
    }
    let request = ground.service.request(Method::POST, PATH).header("Content-Type", "application/json").body("{");
    let broken = ground.service.send(request).await.expect(400).json;
    assert_eq!(broken["error"]["type"], "invalid_request_error");
    let stranger = ground.server.service("app-x");
    for answer in [stranger.get("/models").await.expect(401), stranger.post_json(PATH, &hello()).await.expect(401)] {
        assert_eq!(answer.json["error"]["type"], "authentication_error");
        assert!(answer.header("www-authenticate").is_some());
    }
    let dataset = ground.console.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
    let _ = ground.server.service(&dataset).get("/models").await.expect(401);

    ground.stub.script(MODEL, Script::refusal(429, "slow down"));
    let failed = ground.service.post_json(PATH, &hello()).await;
    assert_eq!((failed.status, &failed.json["error"]["code"]), (400, &json!("completion_request_error")));
    let mut body = hello();
    body["stream"] = json!(true);
    let (chunks, text) = lines(&ground, &body).await;
    assert_eq!(chunks.last().unwrap()["error"]["code"], "completion_request_error");
    assert!(!text.contains("[DONE]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_come_as_links_or_as_data() {
    let ground = Ground::of("chat").await;
    ground
        .configure(json!({"file_upload": {"image": {
            "enabled": true, "number_limits": 3, "detail": "high", "transfer_methods": ["remote_url", "local_file"],
        }}}))
        .await;
    let png = STANDARD.encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0");
    let parts = json!([
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{png}")}},
    ]);
    let _ = ground.service.post_json(PATH, &asked(json!([{"role": "user", "content": parts}]))).await.expect(200);
    let db = ground.server.db();
    let upload = db.one("SELECT name, extension, mime_type FROM upload_files", &[]).await;
    assert_eq!(upload, json!({"name": "image.png", "extension": "png", "mime_type": "image/png"}));
    assert_eq!(db.count("message_files", "transfer_method = 'local_file' AND type = 'image'", &[]).await, 1);
    let huge = STANDARD.encode(vec![0_u8; 2 * 1024 * 1024]);
    let parts = json!([{"type": "file", "file": {"filename": "a/b.txt", "file_data": format!("data:text/plain;base64,{huge}")}}]);
    let refused = ground.service.post_json(PATH, &asked(json!([{"role": "user", "content": parts}]))).await.expect(400);
    assert_eq!(refused.json["error"]["code"], "invalid_param", "a hostile name");
}

#[tokio::test(flavor = "multi_thread")]
async fn completion_apps_get_the_question_as_their_first_text() {
    let ground = Ground::of("completion").await;
    ground
        .configure(json!({
            "pre_prompt": "{{system}} Translate: {{text}}",
            "user_input_form": [
                {"text-input": {"label": "System", "variable": "system", "required": false}},
                {"paragraph": {"label": "Text", "variable": "text", "required": true}},
                {"select": {"label": "Tone", "variable": "tone", "required": false, "options": ["kind", "cold"]}},
            ],
        }))
        .await;
    let mut body = asked(json!([{"role": "system", "content": "Kindly."}, {"role": "user", "content": "Good day"}]));
    body["metadata"] = json!({"inputs": "{\"tone\": \"kind\"}"});
    let answer = ground.service.post_json(PATH, &body).await.expect(200).json;
    assert_eq!(answer["choices"][0]["message"]["role"], "assistant");
    let sent = ground.stub.requests().pop().unwrap().body.to_string();
    assert!(sent.contains("Kindly. Translate: Good day"), "{sent}");
    let inputs = ground.server.db().one("SELECT inputs FROM messages", &[]).await;
    assert_eq!(inputs["inputs"]["tone"], "kind");
}

/// A workflow that repeats its input.
fn repeating() -> Value {
    let variable =
        json!({"type": "paragraph", "variable": "text", "label": "Text", "required": true, "max_length": 1000});
    let output = json!({"variable": "said", "value_selector": ["s", "text"], "value_type": "string"});
    json!({
        "nodes": [
            {"id": "s", "type": "custom", "data": {"type": "start", "title": "Start", "variables": [variable]}},
            {"id": "e", "type": "custom", "data": {"type": "end", "title": "End", "outputs": [output]}},
        ],
        "edges": [{"id": "a", "source": "s", "target": "e", "sourceHandle": "source", "targetHandle": "target"}],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn workflows_answer_with_their_first_text() {
    let ground = Ground::of("chat").await;
    let app = ground.console.create_app("workflow", "Echo").await;
    let _ = save(&ground.console, &app, &json!({"graph": repeating(), "features": {}})).await.expect(200);
    let _ = publish(&ground.console, &app).await.expect(200);
    let service = ground.server.service(&ground.console.api_key(&app).await);
    let whole = service.post_json(PATH, &hello()).await.expect(200).json;
    assert_eq!(whole["choices"][0]["message"]["content"], "Hello");
    let mut body = hello();
    body["stream"] = json!(true);
    let response = service.begin(service.request(Method::POST, PATH).json(&body)).await.text().await.unwrap();
    assert!(response.contains("\"content\":\"Hello\"") && response.ends_with("data: [DONE]\n\n"), "{response}");
    assert_eq!(service.get("/models").await.expect(200).json["data"][0]["id"], "echo");
}
