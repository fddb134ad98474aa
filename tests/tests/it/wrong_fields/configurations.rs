//! Saved configurations and the inputs of messages: objects that the descriptions do not go into.

use serde_json::json;

use super::values::odd_values;
use super::{UNLIMITED, assert_sound};
use crate::it::ground::{Ground, MODEL, question};

#[tokio::test(flavor = "multi_thread")]
async fn of_configurations() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let right = test_kit::Console::model_config("chat", ground.provider, MODEL);
    let path = format!("/apps/{}/model-config", ground.app.id);
    let inner = json!({
        "file_upload": {"enabled": true, "allowed_file_types": [5], "number_limits": "x", "image": {"enabled": 1}},
        "user_input_form": [{"text-input": {"label": 1, "variable": "v", "max_length": "long", "default": []}}],
        "model": {"provider": ground.provider, "name": MODEL, "mode": 3, "completion_params": {"stop": [1], "temperature": {}}},
        "agent_mode": {"enabled": "yes", "tools": {}},
        "dataset_configs": {"datasets": {"datasets": 7}, "top_k": "many"},
        "completion_prompt_config": {"prompt": 5, "conversation_histories_role": []},
        "chat_prompt_config": {"prompt": {"role": 1}},
    });
    for key in right.as_object().unwrap().keys() {
        for odd in odd_values().into_iter().chain(inner.get(key).cloned()) {
            let mut config = right.clone();
            config[key] = odd.clone();
            let shown: String = odd.to_string().chars().take(60).collect();
            let saved = ground.console.post_json(&path, &config).await;
            assert_sound(&saved, &format!("{key} = {shown}"));
            if saved.status == 200 {
                for answer in [
                    ground.service.get("/parameters").await,
                    ground.console.get(&format!("/apps/{}", ground.app.id)).await,
                    ground.service.post_json("/chat-messages", &question("Hi")).await,
                ] {
                    assert_sound(&answer, &format!("after {key} = {shown}"));
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_files_and_inputs() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let form = json!([
        {"text-input": {"label": "T", "variable": "t", "required": false, "max_length": 5}},
        {"number": {"label": "N", "variable": "n", "required": false}},
        {"checkbox": {"label": "C", "variable": "c", "required": false}},
        {"select": {"label": "S", "variable": "s", "required": false, "options": ["a"]}},
    ]);
    let upload = json!({"enabled": true, "allowed_file_types": ["image", "document"], "allowed_file_upload_methods": ["local_file", "remote_url"], "number_limits": 2});
    ground.configure(json!({"user_input_form": form, "file_upload": upload})).await;
    for name in ["t", "n", "c", "s", "undeclared"] {
        for odd in odd_values() {
            let mut body = question("Hi");
            body["inputs"] = json!({name: odd});
            assert_sound(&ground.service.post_json("/chat-messages", &body).await, &format!("{name} = {odd:.40}"));
        }
    }
    let id = "00000000-0000-0000-0000-000000000000";
    for (item, status) in [
        (json!(5), 400),
        (json!({}), 200),
        (json!({"type": "image", "transfer_method": "remote_url"}), 200),
        (json!({"type": "image", "transfer_method": 5}), 400),
        (json!({"type": 5, "transfer_method": "remote_url", "url": "http://127.0.0.1:1/a.png"}), 400),
        (json!({"type": "planet", "transfer_method": "remote_url", "url": "http://127.0.0.1:1/a.png"}), 400),
        (json!({"type": "audio", "transfer_method": "remote_url", "url": "http://127.0.0.1:1/a.mp3"}), 400),
        (json!({"type": "image", "transfer_method": "by_bird", "url": "x"}), 400),
        (json!({"type": "image", "transfer_method": "local_file"}), 400),
        (json!({"type": "image", "transfer_method": "local_file", "upload_file_id": "none"}), 400),
        (json!({"type": "image", "transfer_method": "local_file", "upload_file_id": id}), 400),
        (json!({"type": "image", "transfer_method": "tool_file", "tool_file_id": id}), 400),
    ] {
        let mut body = question("Hi");
        body["files"] = json!([item]);
        let answer = ground.service.post_json("/chat-messages", &body).await;
        assert_sound(&answer, &item.to_string());
        assert_eq!(answer.status, status, "{item}: {}", answer.text());
        if status == 400 {
            assert_eq!(answer.code(), "invalid_param", "{item}");
        }
    }
    let mut body = question("Hi");
    body["files"] =
        json!(vec![json!({"type": "image", "transfer_method": "remote_url", "url": "http://127.0.0.1:1/a.png"}); 3]);
    assert_eq!(ground.service.post_json("/chat-messages", &body).await.expect(400).code(), "invalid_param");
}
