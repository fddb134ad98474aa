//! The graph of a converted app: start, knowledge if there is any, the model, and the end.

use core_app::app_config::{AppConfig, PromptConfig, TemplateMessage};
use core_model_runtime::Role;
use models::AppMode;
use serde_json::{Value, json};

const START: &str = "start";
const KNOWLEDGE: &str = "knowledge_retrieval";
const MODEL: &str = "llm";

/// What a converted app consists of.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) graph: Value,
    pub(super) features: Value,
}

/// The graph and features of a configuration; what keeps it from having any otherwise.
pub(super) fn of(config: &AppConfig) -> Result<Made, &'static str> {
    let tools = config.document.get("external_data_tools").and_then(Value::as_array);
    if tools.is_some_and(|tools| tools.iter().any(|tool| tool.get("enabled") == Some(&json!(true)))) {
        return Err("it uses external data tools, which workflows do not have");
    }
    let chat = config.mode != AppMode::Completion;
    let knowledge = knowledge(config, chat);
    let model = model(config, chat, knowledge.is_some())?;
    let end = if chat {
        node("answer", json!({"type": "answer", "title": "ANSWER", "answer": "{{#llm.text#}}"}))
    } else {
        let output = json!({"variable": "result", "value_selector": [MODEL, "text"], "value_type": "string"});
        node("end", json!({"type": "end", "title": "END", "outputs": [output]}))
    };
    let nodes = [Some(start(config)), knowledge, Some(model), Some(end)];
    let mut nodes: Vec<Value> = nodes.into_iter().flatten().collect();
    for (i, node) in nodes.iter_mut().enumerate() {
        let position = json!({"x": 80 + 304 * i, "y": 282});
        set(node, "position", position.clone());
        set(node, "positionAbsolute", position);
    }
    let edges: Vec<Value> = nodes.windows(2).map(edge).collect();
    Ok(Made { graph: json!({"nodes": nodes, "edges": edges}), features: features(config, chat) })
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(key.to_owned(), value);
    }
}

fn node(id: &str, data: Value) -> Value {
    json!({"id": id, "type": "custom", "data": data})
}

fn edge(pair: &[Value]) -> Value {
    let text = |node: Option<&Value>, pointer: &str| {
        node.and_then(|node| node.pointer(pointer)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (source, target) = (text(pair.first(), "/id"), text(pair.last(), "/id"));
    json!({
        "id": format!("{source}-{target}"),
        "type": "custom",
        "source": source,
        "sourceHandle": "source",
        "target": target,
        "targetHandle": "target",
        "data": {"sourceType": text(pair.first(), "/data/type"), "targetType": text(pair.last(), "/data/type")},
    })
}

/// The form, each field with its type among its other members.
fn start(config: &AppConfig) -> Value {
    let form = config.document.get("user_input_form").and_then(Value::as_array);
    let fields = form.into_iter().flatten().filter_map(|item| {
        let (kind, inner) = item.as_object()?.iter().next()?;
        let mut field = inner.as_object()?.clone();
        field.insert("type".to_owned(), kind.clone().into());
        Some(Value::Object(field))
    });
    let variables: Vec<Value> = fields.collect();
    node(START, json!({"type": "start", "title": "START", "variables": variables}))
}

fn knowledge(config: &AppConfig, chat: bool) -> Option<Value> {
    let datasets = config.document.get("dataset_configs")?;
    let attached = datasets.get("datasets")?.get("datasets")?.as_array()?;
    let ids: Vec<&str> = attached.iter().filter_map(|entry| entry.get("dataset")?.get("id")?.as_str()).collect();
    if ids.is_empty() {
        return None;
    }
    let selector = if chat {
        json!(["sys", "query"])
    } else {
        json!([START, config.document.text("dataset_query_variable").unwrap_or("query")])
    };
    let mode = datasets.get("retrieval_model").and_then(Value::as_str).unwrap_or("multiple");
    let mut data = json!({
        "type": "knowledge-retrieval",
        "title": "KNOWLEDGE RETRIEVAL",
        "query_variable_selector": selector,
        "dataset_ids": ids,
        "retrieval_mode": mode,
    });
    if mode == "single" {
        set(&mut data, "single_retrieval_config", json!({"model": config.document.get("model")}));
    } else {
        let key = |key: &str| datasets.get(key).cloned().unwrap_or(Value::Null);
        let reranking = datasets.get("reranking_model").filter(|model| model.is_object()).map(|model| {
            let part = |key: &str| model.get(key).cloned().unwrap_or(Value::Null);
            json!({"provider": part("reranking_provider_name"), "model": part("reranking_model_name")})
        });
        let multiple = json!({
            "top_k": key("top_k"),
            "score_threshold": key("score_threshold"),
            "reranking_enable": key("reranking_enable"),
            "reranking_mode": key("reranking_mode"),
            "reranking_model": reranking,
            "weights": key("weights"),
        });
        set(&mut data, "multiple_retrieval_config", multiple);
    }
    Some(node(KNOWLEDGE, data))
}

fn model(config: &AppConfig, chat: bool, knows: bool) -> Result<Value, &'static str> {
    let choice = config.model.as_ref().ok_or("it has no model")?;
    let completes = choice.mode.as_deref() == Some("completion");
    let detail = config.document.get("file_upload").and_then(|upload| upload.get("image"));
    let vision = detail.and_then(|image| image.get("enabled")).and_then(Value::as_bool).unwrap_or(false);
    let detail = detail.and_then(|image| image.get("detail")?.as_str()).unwrap_or("high");
    let mut data = json!({
        "type": "llm",
        "title": "LLM",
        "model": config.document.get("model"),
        "prompt_template": prompt(config, chat, completes, knows),
        "variables": [],
        "context": {"enabled": knows, "variable_selector": if knows { json!([KNOWLEDGE, "result"]) } else { json!([]) }},
        "vision": if vision {
            json!({"enabled": true, "configs": {"variable_selector": ["sys", "files"], "detail": detail}})
        } else {
            json!({"enabled": false})
        },
    });
    if chat {
        let prefixes = match &config.prompt {
            PromptConfig::Advanced(advanced) if completes => {
                json!({"user": advanced.prefixes.user, "assistant": advanced.prefixes.assistant})
            }
            PromptConfig::Advanced(_) | PromptConfig::Simple { .. } => Value::Null,
        };
        let window = json!({"enabled": false, "size": 10});
        let query = "{{#sys.query#}}";
        let memory = json!({"role_prefix": prefixes, "window": window, "query_prompt_template": query});
        set(&mut data, "memory", memory);
    }
    Ok(node(MODEL, data))
}

fn prompt(config: &AppConfig, chat: bool, completes: bool, knows: bool) -> Value {
    let text = |template: &str| selectors(config, template, chat);
    let message = |role: &str, text: String| json!({"role": role, "text": text});
    match &config.prompt {
        PromptConfig::Simple { pre_prompt } => {
            let context = if knows && !pre_prompt.contains("{{#context#}}") {
                "Use this context where it helps:\n<context>\n{{#context#}}\n</context>\n\n"
            } else {
                ""
            };
            let prompt = text(&format!("{context}{pre_prompt}"));
            if completes {
                let asked = if chat { "\n\n{{#histories#}}\nHuman: {{#sys.query#}}\nAssistant:" } else { "" };
                json!({"text": format!("{prompt}{asked}"), "edition_type": "basic"})
            } else {
                json!([message(if chat { "system" } else { "user" }, prompt)])
            }
        }
        PromptConfig::Advanced(advanced) if completes => {
            json!({"text": text(&advanced.completion), "edition_type": "basic"})
        }
        PromptConfig::Advanced(advanced) => {
            advanced.chat.iter().map(|TemplateMessage { role, text: t }| message(role_text(*role), text(t))).collect()
        }
    }
}

const fn role_text(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::Assistant => "assistant",
        Role::User | Role::Tool => "user",
    }
}

/// `{{name}}` of a form's field becomes a selector of the start node.
fn selectors(config: &AppConfig, template: &str, chat: bool) -> String {
    let mut text = template.to_owned();
    for variable in &config.variables {
        text = text.replace(&format!("{{{{{}}}}}", variable.name), &format!("{{{{#{START}.{}#}}}}", variable.name));
    }
    if chat { text.replace("{{#query#}}", "{{#sys.query#}}") } else { text }
}

fn features(config: &AppConfig, chat: bool) -> Value {
    let of_chats = [
        "opening_statement",
        "suggested_questions",
        "suggested_questions_after_answer",
        "speech_to_text",
        "retriever_resource",
    ];
    let of_all = ["text_to_speech", "file_upload", "sensitive_word_avoidance"];
    let keys = of_chats.into_iter().filter(|_| chat).chain(of_all);
    keys.filter_map(|key| Some((key, config.document.get(key)?.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use core_app::app_config::ConfigDocument;
    use core_workflow::dsl::{Tree, check_graph};

    use super::*;

    fn config(mode: AppMode, change: Value) -> AppConfig {
        let mut document = ConfigDocument::fresh(mode);
        document
            .set("model", json!({"provider": "p", "name": "m", "mode": "chat", "completion_params": {"stop": ["x"]}}));
        for (key, value) in change.as_object().unwrap() {
            document.set(key, value.clone());
        }
        AppConfig::read(mode, document)
    }

    fn made(mode: AppMode, change: Value) -> Made {
        let made = of(&config(mode, change)).unwrap();
        check_graph(&Tree::from_json(&made.graph.to_string()).unwrap()).unwrap();
        made
    }

    fn types(made: &Made) -> Vec<&str> {
        made.graph["nodes"].as_array().unwrap().iter().map(|n| n["data"]["type"].as_str().unwrap()).collect()
    }

    #[test]
    fn a_completion_app_becomes_a_workflow() {
        let made = made(AppMode::Completion, json!({"pre_prompt": "Say {{query}} and {{other}}."}));
        assert_eq!(types(&made), ["start", "llm", "end"]);
        assert_eq!(made.graph["nodes"][0]["data"]["variables"][0]["type"], json!("paragraph"));
        let prompt = &made.graph["nodes"][1]["data"]["prompt_template"];
        assert_eq!(*prompt, json!([{"role": "user", "text": "Say {{#start.query#}} and {{other}}."}]));
        assert_eq!(made.graph["nodes"][1]["data"]["memory"], Value::Null);
        assert_eq!(made.graph["edges"][1]["source"], json!("llm"));
        assert_eq!(made.features.get("opening_statement"), None);
    }

    #[test]
    fn a_chat_app_keeps_knowledge_and_memory() {
        let datasets = json!({"retrieval_model": "multiple", "top_k": 4, "datasets": {"datasets": [{"dataset": {"enabled": true, "id": "d"}}]}});
        let made = made(
            AppMode::Chat,
            json!({"pre_prompt": "Be brief.", "dataset_configs": datasets, "opening_statement": "Hi"}),
        );
        assert_eq!(types(&made), ["start", "knowledge-retrieval", "llm", "answer"]);
        assert_eq!(made.graph["nodes"][1]["data"]["dataset_ids"], json!(["d"]));
        let model = &made.graph["nodes"][2]["data"];
        assert!(model["prompt_template"][0]["text"].as_str().unwrap().contains("{{#context#}}"));
        assert_eq!(model["memory"]["query_prompt_template"], json!("{{#sys.query#}}"));
        assert_eq!(made.features["opening_statement"], json!("Hi"));
    }

    #[test]
    fn what_workflows_lack_is_said() {
        let tool = json!({"external_data_tools": [{"enabled": true, "type": "api"}]});
        assert!(of(&config(AppMode::Chat, tool)).is_err());
        assert!(of(&config(AppMode::Chat, json!({"model": null}))).is_err());
    }
}
