//! Saving the configuration of an app.

use serde_json::{Value, json};
use test_kit::Console;
use test_kit::upstream::Script;

use crate::it::ground::{Ground, MODEL, question};

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_configuration_is_the_published_one_at_once() {
    let ground = Ground::of("chat").await;
    let first = ground.service.get("/parameters").await.expect(200).json;
    assert_eq!(first["opening_statement"], json!(""));
    let form = json!([{"text-input": {"label": "Name", "variable": "name", "required": true, "max_length": 48, "default": ""}}]);
    ground
        .configure(json!({
            "opening_statement": "Welcome!",
            "suggested_questions": ["Who?", "What?"],
            "suggested_questions_after_answer": {"enabled": true},
            "user_input_form": form,
            "pre_prompt": "Be brief, {{name}}.",
        }))
        .await;
    let now = ground.service.get("/parameters").await.expect(200).json;
    assert_eq!(
        (&now["opening_statement"], &now["suggested_questions"]),
        (&json!("Welcome!"), &json!(["Who?", "What?"]))
    );
    assert_eq!(now["suggested_questions_after_answer"]["enabled"], json!(true));
    for (key, value) in form[0]["text-input"].as_object().unwrap() {
        assert_eq!(&now["user_input_form"][0]["text-input"][key], value, "{key}");
    }
    let page = ground.server.web(&ground.app.code).await;
    assert_eq!(page.get("/parameters").await.expect(200).json["opening_statement"], json!("Welcome!"));
    let refused = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(400);
    assert_eq!(refused.code(), "invalid_param");
    ground.stub.script(MODEL, Script::text(&["Fine"]));
    let mut with_name = question("Hi");
    with_name["inputs"] = json!({"name": "Ada"});
    assert_eq!(ground.service.post_json("/chat-messages", &with_name).await.expect(200).text_at("/answer"), "Fine");

    let app = ground.console.get(&format!("/apps/{}", ground.app.id)).await.expect(200).json;
    assert_eq!(app["model_config"]["pre_prompt"], json!("Be brief, {{name}}."));
    assert_eq!(app["model_config"]["model"]["name"], json!(MODEL));
    // Each saving is a row of its own.
    assert_eq!(ground.server.db().count("app_model_configs", "app_id = $1::uuid", &[&ground.app.id]).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_servers_caches_hear_of_it() {
    let ground = Ground::of("chat").await;
    let replica = ground.server.sibling(config::Tier::Service).start().await;
    let key = ground.console.api_key(&ground.app).await;
    let service = replica.service(&key);
    assert_eq!(service.get("/parameters").await.expect(200).json["opening_statement"], json!(""));
    ground.configure(json!({"opening_statement": "Hello from the other side"})).await;
    let mut told = Value::Null;
    for _ in 0..50 {
        told = service.get("/parameters").await.expect(200).json["opening_statement"].clone();
        if told != json!("") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(told, json!("Hello from the other side"));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_configuration() {
    let ground = Ground::of("chat").await;
    let path = format!("/apps/{}/model-config", ground.app.id);
    let before = ground.console.get(&format!("/apps/{}", ground.app.id)).await.expect(200).json;
    let model = |change: Value| {
        let mut model = json!({"provider": ground.provider, "name": MODEL, "mode": "chat", "completion_params": {}});
        model.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({"model": model})
    };
    let field = |kind: &str, inner: Value| json!({"user_input_form": [{kind: inner}]});
    let cases = [
        (json!({"model": null}), "model"),
        (json!({"model": "gpt"}), "model"),
        (model(json!({"provider": "nobody/knows/it"})), "model.provider"),
        (model(json!({"provider": "../../etc"})), "model.provider"),
        (model(json!({"name": "unheard-of"})), "model.name"),
        (model(json!({"name": ""})), "model.name"),
        (model(json!({"completion_params": null})), "completion_params"),
        (model(json!({"completion_params": {"stop": ["1", "2", "3", "4", "5"]}})), "stop"),
        (json!({"user_input_form": "none"}), "user_input_form"),
        (field("hologram", json!({"label": "A", "variable": "a"})), "user_input_form"),
        (field("text-input", json!({"variable": "a"})), "label"),
        (field("text-input", json!({"label": "A"})), "variable"),
        (field("text-input", json!({"label": "A", "variable": "1a"})), "variable"),
        (field("text-input", json!({"label": "A", "variable": "a", "required": "yes"})), "required"),
        (field("select", json!({"label": "A", "variable": "a"})), "options"),
        (field("select", json!({"label": "A", "variable": "a", "options": ["x"], "default": "y"})), "default"),
        (
            json!({"user_input_form": [{"paragraph": {"label": "A", "variable": "a"}}, {"number": {"label": "B", "variable": "a"}}]}),
            "unique",
        ),
        (json!({"prompt_type": "expert"}), "prompt_type"),
        (
            json!({"prompt_type": "advanced", "chat_prompt_config": {}, "completion_prompt_config": {}}),
            "chat_prompt_config",
        ),
        (json!({"pre_prompt": ["list"]}), "pre_prompt"),
        (json!({"opening_statement": 1}), "opening_statement"),
        (json!({"suggested_questions": "one"}), "suggested_questions"),
        (json!({"suggested_questions": [1]}), "suggested_questions"),
        (json!({"speech_to_text": {"enabled": "yes"}}), "speech_to_text"),
        (json!({"more_like_this": "on"}), "more_like_this"),
        (json!({"agent_mode": {"enabled": true, "strategy": "guess", "tools": []}}), "agent_mode"),
        (json!({"dataset_configs": {"retrieval_model": "psychic"}}), "dataset_configs"),
        (json!({"sensitive_word_avoidance": {"enabled": true, "type": "", "config": {}}}), "sensitive_word_avoidance"),
        (
            json!({"file_upload": {"image": {"enabled": true, "number_limits": 99, "detail": "high", "transfer_methods": []}}}),
            "file_upload",
        ),
    ];
    for (change, named) in cases {
        let mut config = Console::model_config("chat", ground.provider, MODEL);
        config.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = ground.console.post_json(&path, &config).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid_param"), "{change}: {}", refused.text());
        assert!(refused.json["message"].as_str().unwrap().contains(named), "{change}: {}", refused.text());
    }
    assert_eq!(ground.console.get(&format!("/apps/{}", ground.app.id)).await.expect(200).json, before);

    // Workflows have no such configuration.
    let workflow = ground.console.create_app("workflow", "Flow").await;
    let config = Console::model_config("chat", ground.provider, MODEL);
    let refused = ground.console.post_json(&format!("/apps/{}/model-config", workflow.id), &config).await.expect(404);
    assert_eq!(refused.code(), "app_not_found");
}
