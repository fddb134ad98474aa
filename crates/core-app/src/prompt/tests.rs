use models::AppMode;
use serde_json::{Value, json};

use super::*;
use crate::app_config::ConfigDocument;

fn config(mode: AppMode, keys: Value) -> AppConfig {
    AppConfig::read(mode, ConfigDocument(keys.as_object().unwrap().clone()))
}

fn inputs(values: Value) -> Inputs {
    Inputs(values.as_object().unwrap().clone())
}

fn shown(prompt: &Prompt) -> Vec<(String, String)> {
    let Value::Array(saved) = saved_prompt(ModelMode::Chat, &prompt.messages) else { panic!() };
    saved.iter().map(|m| (m["role"].as_str().unwrap().to_owned(), m["text"].as_str().unwrap().to_owned())).collect()
}

fn pair(role: &str, text: &str) -> (String, String) {
    (role.to_owned(), text.to_owned())
}

#[test]
fn simple_chat_has_system_history_user() {
    let config = config(AppMode::Chat, json!({"pre_prompt": "You are {{who}}. {{unset}}"}));
    let history = vec![PastTurn { query: "q1".to_owned(), answer: "a1".to_owned(), files: Vec::new() }];
    let question =
        Question { inputs: inputs(json!({"who": "Bo {{#query#}}"})), query: "q2", history, ..Question::default() };
    let prompt = assemble(&config, ModelMode::Chat, &question);
    assert_eq!(
        shown(&prompt),
        [
            pair("system", "You are Bo {#query#}. {unset}\n"),
            pair("user", "q1"),
            pair("assistant", "a1"),
            pair("user", "q2")
        ]
    );
    assert!(prompt.stop.is_empty());
}

#[test]
fn a_completion_app_sends_its_text_as_the_users() {
    let config = config(AppMode::Completion, json!({"pre_prompt": "Translate: {{query}}"}));
    let question = Question { inputs: inputs(json!({"query": "hello"})), ..Question::default() };
    assert_eq!(shown(&assemble(&config, ModelMode::Chat, &question)), [pair("user", "Translate: hello\n")]);
}

#[test]
fn text_models_get_one_text_and_stop_words() {
    let config = config(AppMode::Chat, json!({"pre_prompt": "Be brief."}));
    let history = vec![PastTurn { query: "q1".to_owned(), answer: "a1".to_owned(), files: Vec::new() }];
    let prompt = assemble(&config, ModelMode::Completion, &Question { query: "q2", history, ..Question::default() });
    let [(role, text)] = &shown(&prompt)[..] else { panic!() };
    assert_eq!(role, "user");
    assert!(
        text.starts_with("Be brief.\n") && text.contains("<histories>\nHuman: q1\nAssistant: a1\n</histories>"),
        "{text}"
    );
    assert!(text.ends_with("Human: q2\n\nAssistant: "), "{text}");
    assert_eq!(prompt.stop, ["\nHuman:", "</histories>"]);
}

#[test]
fn context_comes_first() {
    let config = config(AppMode::Chat, json!({"pre_prompt": "P"}));
    let prompt = assemble(
        &config,
        ModelMode::Chat,
        &Question { query: "q", context: Some("fact {{x}}"), ..Question::default() },
    );
    let text = &shown(&prompt)[0].1;
    assert!(text.contains("<context>\nfact {x}\n</context>") && text.ends_with("\n\nP\n"), "{text}");
}

#[test]
fn advanced_chat_keeps_the_templates_order() {
    let config = config(
        AppMode::Chat,
        json!({"prompt_type": "advanced", "chat_prompt_config": {"prompt": [
            {"role": "system", "text": ""}, {"role": "system", "text": "S {{a}}"}, {"role": "user", "text": "U"}, {"role": "assistant", "text": "A"}]}}),
    );
    let prompt = assemble(
        &config,
        ModelMode::Chat,
        &Question { inputs: inputs(json!({"a": 1})), query: "q", ..Question::default() },
    );
    assert_eq!(shown(&prompt), [pair("system", "S 1"), pair("user", "U"), pair("assistant", "A"), pair("user", "q")]);
}

#[test]
fn advanced_text_prompts_place_everything() {
    let config = config(
        AppMode::Chat,
        json!({"prompt_type": "advanced", "completion_prompt_config": {"prompt": {"text": "{{#histories#}}|{{#query#}}|{{#context#}}"},
            "conversation_histories_role": {"user_prefix": "Me", "assistant_prefix": "You"}}}),
    );
    let history = vec![PastTurn { query: "q1".to_owned(), answer: "a1".to_owned(), files: Vec::new() }];
    let prompt = assemble(&config, ModelMode::Completion, &Question { query: "q2", history, ..Question::default() });
    assert_eq!(shown(&prompt)[0].1, "Me: q1\nYou: a1|q2|");
}

#[test]
fn answers_are_stored_without_places() {
    assert_eq!(answer_to_save("  say {{name}} \n"), "say {name}");
}
