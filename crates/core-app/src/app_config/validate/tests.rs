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
        (json!({"external_data_tools": [{"enabled": true, "type": "ftp"}]}), "external_data_tools[].type"),
        (json!({"external_data_tools": [{"enabled": true}]}), "type is required"),
        (json!({"external_data_tools": [5]}), "list of objects"),
        (json!({"external_data_tools": [{"enabled": 1}]}), "boolean"),
        (json!({"external_data_tools": [{"enabled": true, "type": "api", "variable": "1"}]}), "variable"),
        (json!({"external_data_tools": [{"enabled": true, "type": "api", "variable": "v"}]}), "config"),
        (
            json!({"external_data_tools": [{"enabled": true, "type": "api", "variable": "v", "config": {}}]}),
            "api_based_extension_id is required",
        ),
        (
            json!({"user_input_form": [{"external_data_tool": {"label": "a", "variable": "a", "type": "api", "config": {"api_based_extension_id": "x"}}}]}),
            "api_based_extension_id is invalid",
        ),
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

#[test]
fn moderation_is_checked() {
    let on = json!({"enabled": true, "preset_response": "no"});
    let off = json!({"enabled": false});
    let check = |kind: Value, config: Value, expected: Result<(), &str>| {
        let changes = json!({"sensitive_word_avoidance": {"enabled": true, "type": kind, "config": config}});
        match (with(changes).map(drop).map_err(|e| e.0), expected) {
            (Ok(()), Ok(())) => {}
            (Err(fault), Err(why)) if fault.contains(why) => {}
            (got, want) => panic!("{kind} {config}: got {got:?}, want {want:?}"),
        }
    };
    let words = |words: String| json!({"inputs_config": on, "outputs_config": off, "keywords": words});
    check(json!("keywords"), words("a\nb".to_owned()), Ok(()));
    check(json!("keywords"), words(["w"; 100].join("\n")), Ok(()));
    check(json!("keywords"), words(["w"; 101].join("\n")), Err("rows"));
    check(json!("keywords"), words(["w"; 10_000].join("\n")), Err("keywords length"));
    check(json!("keywords"), words("ä".repeat(10_000)), Ok(()));
    check(json!("keywords"), words("ä".repeat(10_001)), Err("keywords length"));
    check(json!("keywords"), words(" \n".to_owned()), Err("keywords is required"));
    check(json!("keywords"), json!({"inputs_config": on, "outputs_config": off, "keywords": 5}), Err("is required"));
    check(json!("keywords"), json!({"inputs_config": on, "keywords": "a"}), Err("outputs_config must be a dict"));
    check(json!("keywords"), json!({"inputs_config": off, "outputs_config": off, "keywords": "a"}), Err("At least"));
    check(json!("keywords"), json!([]), Err("config is required"));
    check(json!("magic"), words("a".to_owned()), Err("type must be"));
    check(json!(null), words("a".to_owned()), Err("type is required"));
    let preset = |preset: Value| {
        let side = json!({"enabled": true, "preset_response": preset});
        json!({"inputs_config": off, "outputs_config": side})
    };
    check(json!("openai_moderation"), preset(json!("no")), Ok(()));
    check(json!("openai_moderation"), preset(json!("")), Err("outputs_config.preset_response is required"));
    check(json!("openai_moderation"), preset(json!("n".repeat(101))), Err("less than 100"));
    check(json!("openai_moderation"), preset(json!(7)), Err("string"));
    let asking =
        |id: Value| json!({"inputs_config": {"enabled": true}, "outputs_config": off, "api_based_extension_id": id});
    check(json!("api"), asking(json!("7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a")), Ok(()));
    check(json!("api"), asking(json!(null)), Err("api_based_extension_id is required"));
    check(json!("api"), asking(json!("1")), Err("api_based_extension_id is invalid"));
}
