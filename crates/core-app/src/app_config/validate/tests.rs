use super::*;

fn catalogue() -> Catalogue {
    Catalogue {
        models: vec![KnownModel {
            provider: "langgenius/openai/openai".to_owned(),
            name: "gpt-4o".to_owned(),
            mode: Some("chat".to_owned()),
        }],
        providers: vec!["langgenius/openai/openai".to_owned()],
    }
}

fn with(changes: Value) -> Result<ConfigDocument, ConfigError> {
    let mut config =
        json!({"model": {"provider": "openai", "name": "gpt-4o", "mode": "x", "completion_params": {}}, "unlisted": 1});
    let map = config.as_object_mut().unwrap();
    map.extend(changes.as_object().unwrap().clone());
    validate(AppMode::Chat, map, &catalogue())
}

#[test]
fn a_valid_configuration_is_normalised() {
    let document = with(json!({})).unwrap();
    let model = document.get("model").unwrap();
    assert_eq!(
        model,
        &json!({"provider": "langgenius/openai/openai", "name": "gpt-4o", "mode": "chat", "completion_params": {"stop": []}})
    );
    assert_eq!(document.get("unlisted"), None);
    assert_eq!(document.get("agent_mode").unwrap()["strategy"], "router");
    assert_eq!(document.get("opening_statement"), Some(&json!("")));
}

#[test]
fn faults_are_named() {
    let cases = [
        (json!({"model": null}), "model is required"),
        (json!({"model": {"provider": "nobody", "name": "gpt-4o", "completion_params": {}}}), "model.provider"),
        (json!({"model": {"provider": "openai", "name": "gpt-9", "completion_params": {}}}), "model.name"),
        (
            json!({"model": {"provider": "openai", "name": "gpt-4o", "completion_params": {"stop": ["1", "2", "3", "4", "5"]}}}),
            "stop",
        ),
        (json!({"user_input_form": {}}), "user_input_form"),
        (json!({"user_input_form": [{"slider": {"label": "a", "variable": "a"}}]}), "user_input_form"),
        (json!({"user_input_form": [{"paragraph": {"label": "a", "variable": "1a"}}]}), "variable"),
        (
            json!({"user_input_form": [{"paragraph": {"label": "a", "variable": "a"}}, {"number": {"label": "a", "variable": "a"}}]}),
            "unique",
        ),
        (
            json!({"user_input_form": [{"select": {"label": "a", "variable": "a", "options": ["x"], "default": "y"}}]}),
            "default",
        ),
        (json!({"file_upload": {"allowed_file_types": ["spreadsheet"]}}), "allowed_file_types"),
        (json!({"prompt_type": "expert"}), "prompt_type"),
        (json!({"prompt_type": "advanced"}), "chat_prompt_config"),
        (json!({"pre_prompt": 5}), "pre_prompt"),
        (json!({"opening_statement": []}), "opening_statement"),
        (json!({"suggested_questions": [1]}), "suggested_questions"),
        (json!({"more_like_this": {"enabled": "yes"}}), "more_like_this"),
        (json!({"agent_mode": {"enabled": 1}}), "agent_mode"),
        (json!({"sensitive_word_avoidance": {"enabled": true, "type": "magic"}}), "sensitive_word_avoidance.type"),
        (json!({"external_data_tools": [{"enabled": true, "type": "ftp"}]}), "external_data_tools"),
    ];
    for (changes, expected) in cases {
        let message = with(changes.clone()).unwrap_err().0;
        assert!(message.contains(expected), "{changes}: {message}");
    }
}

#[test]
fn variable_names() {
    for good in ["a", "_x1", "名字", "query_2"] {
        assert!(VARIABLE_NAME.is_match(good), "{good}");
    }
    for bad in ["", "1a", "a b", "a-b", &"x".repeat(101)] {
        assert!(!VARIABLE_NAME.is_match(bad), "{bad}");
    }
}
