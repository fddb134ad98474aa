//! Variables of a prompt that extensions fill in.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::upstream::{Misbehave, Script};

use crate::it::ground::{Ground, MODEL, question, streamed};
use crate::it::moderation::asked;
use crate::it::moderation_extensions::{KEY, extension, says};

fn tool(variable: &str, id: &str) -> Value {
    json!({"enabled": true, "type": "api", "variable": variable, "label": variable, "config": {"api_based_extension_id": id}})
}

fn last_prompt(ground: &Ground) -> String {
    let call = ground.stub.requests().into_iter().rfind(|request| request.path == "/v1/chat/completions").unwrap();
    call.body["messages"][0]["content"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_extension_knows_is_in_the_prompt() {
    let ground = Ground::of("chat").await;
    let id = extension(&ground, KEY).await;
    let form = json!([
        {"paragraph": {"label": "Town", "variable": "town", "required": true}},
        {"external_data_tool": {"label": "News", "variable": "news", "required": true, "type": "api", "config": {"api_based_extension_id": id}}},
    ]);
    let off = json!({"enabled": false, "type": "api", "variable": "off"});
    ground
        .configure(json!({
            "user_input_form": form,
            "external_data_tools": [tool("weather", &id), off],
            "pre_prompt": "{{town}}: {{weather}} and {{news}}, {{off}}",
        }))
        .await;
    ground.stub.script(KEY, says(&json!({"result": "sunny {{#query#}}\u{0}"})));
    let mut body = question("And now?");
    body["inputs"] = json!({"town": "Ulm", "news": "mine"});
    let answer = ground.service.post_json("/chat-messages", &body).await.expect(200);
    assert_eq!(answer.json["answer"], json!("Hello, world!"));
    let prompt = last_prompt(&ground);
    assert!(prompt.starts_with("Ulm: sunny {#query#} and sunny {#query#}, {off}"), "{prompt}");
    let mut calls: Vec<Value> =
        ground.stub.requests().into_iter().filter(|r| r.path == "/extension").map(|r| r.body).collect();
    calls.retain(|call| call["point"] != "ping");
    calls.sort_by_key(|call| call["params"]["tool_variable"].to_string());
    let call = |variable: &str| {
        let params =
            json!({"app_id": ground.app.id, "tool_variable": variable, "inputs": {"town": "Ulm"}, "query": "And now?"});
        json!({"point": "app.external_data_tool.query", "params": params})
    };
    assert_eq!(calls, [call("news"), call("weather")]);
    // What people entered is kept; what extensions said is not.
    assert_eq!(ground.message(&answer.text_at("/message_id")).await["inputs"], json!({"town": "Ulm"}));
    // Pages are told of the field, and nobody has to fill it in.
    let parameters = ground.service.get("/parameters").await.expect(200);
    assert_eq!(parameters.json["user_input_form"][1]["external_data_tool"]["variable"], json!("news"));
}

#[tokio::test(flavor = "multi_thread")]
async fn completion_apps_ask_as_well_and_all_at_once() {
    let ground = Ground::of("completion").await;
    let id = extension(&ground, KEY).await;
    let tools: Vec<Value> = ["a", "b", "c", "d", "e", "f"].map(|name| tool(name, &id)).into();
    ground
        .configure(json!({"external_data_tools": tools, "pre_prompt": "{{query}} {{a}}{{b}}{{c}}{{d}}{{e}}{{f}}"}))
        .await;
    let slow = Script { first_delay: Duration::from_secs(2), ..says(&json!({"result": "x"})) };
    ground.stub.script(KEY, slow);
    let begun = Instant::now();
    let body = json!({"inputs": {"query": "Hi"}, "response_mode": "blocking", "user": "bob"});
    ground.service.post_json("/completion-messages", &body).await.expect(200);
    assert!(begun.elapsed() < Duration::from_secs(8), "one after the other: {:?}", begun.elapsed());
    assert!(last_prompt(&ground).starts_with("Hi xxxxxx"), "{}", last_prompt(&ground));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_a_prompt_is_a_fault() {
    let ground = Ground::with("chat", &[("FERRIFY_EXTENSION_SECONDS", "1")]).await;
    let id = extension(&ground, KEY).await;
    ground.configure(json!({"external_data_tools": [tool("weather", &id)], "pre_prompt": "{{weather}}"})).await;
    let before = asked(&ground);
    for (script, why) in [
        (says(&json!({})), "result not found in response"),
        (says(&json!({"result": 5})), "result is not string"),
        (says(&json!({"result": null})), "result is not string"),
        (says(&json!([1])), "cannot be read"),
        (Script { body: Some("x".repeat(6_000_000)), ..Script::default() }, "too long"),
        (Script::refusal(500, "broken"), "status_code: 500"),
        (Script::misbehaving(Misbehave::CloseBeforeHeaders), "connection error"),
        (Script::misbehaving(Misbehave::HangBeforeHeaders), "timeout"),
    ] {
        ground.stub.script(KEY, script);
        let refused = ground.service.post_json("/chat-messages", &question("hello")).await.expect(400);
        assert_eq!(refused.code(), "invalid_param");
        let message = refused.text_at("/message");
        assert!(message.contains("variable: weather") && message.contains(why), "{why}: {message}");
    }
    let transcript = ground.service.sse("/chat-messages", &streamed("hello again")).await.well_framed();
    assert_eq!(transcript.names(), ["error"]);
    assert_eq!(asked(&ground), before);
    ground.console.delete(&format!("/api-based-extension/{id}")).await.expect(204);
    let refused = ground.service.post_json("/chat-messages", &question("hello")).await.expect(400);
    assert!(refused.text_at("/message").contains("not found"), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_that_nobody_could_ask_are_not_saved() {
    let ground = Ground::of("chat").await;
    let path = format!("/apps/{}/model-config", ground.app.id);
    for (tools, why) in [
        (json!([tool("v", "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a")]), "not found"),
        (json!([tool("v", "")]), "api_based_extension_id is required"),
        (json!([tool("1v", "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a")]), "variable"),
        (json!([{"enabled": true, "type": "code", "variable": "v"}]), "external_data_tools[].type"),
        (json!(["v"]), "list of objects"),
    ] {
        let mut config = test_kit::Console::model_config("chat", ground.provider, MODEL);
        config["external_data_tools"] = tools;
        let refused = ground.console.post_json(&path, &config).await.expect(400);
        assert!(refused.text_at("/message").contains(why), "{why}: {}", refused.text());
    }
}
