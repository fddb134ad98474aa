//! What new nodes look like.

use actix_web::web;
use config::AuthoringSettings;
use controllers_common::auth::Editor;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::ValidQuery;
use models::AppId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use services::apps::Apps;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::workflow_app;

const CODE_PYTHON: &str = "def main(arg1: str, arg2: str):\n    return {\n        \"result\": arg1 + arg2,\n    }\n";
const CODE_JAVASCRIPT: &str = "function main({arg1, arg2}) {\n    return {\n        result: arg1 + arg2\n    }\n}\n";
const HISTORIES: &str = "Here are the chat histories between human and assistant, inside <histories></histories> XML tags.\n\n<histories>\n{{#histories#}}\n</histories>\n\n\nHuman: {{#sys.query#}}\n\nAssistant:";

/// What a new node of a type begins with. Its form is the type's own.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(crate) struct BlockConfig(Map<String, Value>);

impl BlockConfig {
    fn new(kind: Option<&str>, config: Value) -> Self {
        let mut entry = Map::new();
        if let Some(kind) = kind {
            entry.insert("type".to_owned(), kind.into());
        }
        entry.insert("config".to_owned(), config);
        Self(entry)
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.0.insert(key.to_owned(), value);
        self
    }
}

fn code(language: &str) -> BlockConfig {
    let (language, text) =
        if language == "javascript" { ("javascript", CODE_JAVASCRIPT) } else { ("python3", CODE_PYTHON) };
    let argument = |name: &str| json!({"variable": name, "value_selector": []});
    let config = json!({
        "variables": [argument("arg1"), argument("arg2")],
        "code_language": language,
        "code": text,
        "outputs": {"result": {"type": "string", "children": null}},
    });
    BlockConfig::new(Some("code"), config)
}

fn llm() -> BlockConfig {
    let system = json!({"role": "system", "text": "You are a helpful AI assistant.", "edition_type": "basic"});
    let config = json!({"prompt_templates": {
        "chat_model": {"prompts": [system]},
        "completion_model": {
            "conversation_histories_role": {"user_prefix": "Human", "assistant_prefix": "Assistant"},
            "prompt": {"text": HISTORIES, "edition_type": "basic"},
            "stop": ["Human:"],
        },
    }});
    BlockConfig::new(Some("llm"), config)
}

fn http_request(settings: &AuthoringSettings) -> BlockConfig {
    let (connect, read, write) =
        (settings.http_connect_timeout, settings.http_read_timeout, settings.http_write_timeout);
    let config = json!({
        "method": "get",
        "authorization": {"type": "no-auth"},
        "body": {"type": "none"},
        "timeout": {
            "connect": connect,
            "read": read,
            "write": write,
            "max_connect_timeout": connect,
            "max_read_timeout": read,
            "max_write_timeout": write,
        },
        "ssl_verify": settings.http_verify,
    });
    let retry = json!({"max_retries": 3, "retry_interval": 2.0, "retry_enabled": true});
    BlockConfig::new(Some("http-request"), config).with("retry_config", retry)
}

fn parameter_extractor() -> BlockConfig {
    let completion = json!({
        "conversation_histories_role": {"user_prefix": "Human", "assistant_prefix": "Assistant"},
        "stop": ["Human:"],
    });
    // The original's list has no `type` here.
    BlockConfig::new(None, json!({"model": {"prompt_templates": {"completion_model": completion}}}))
}

fn webhook() -> BlockConfig {
    let config = json!({
        "method": "get",
        "content_type": "application/json",
        "headers": [],
        "params": [],
        "body": [],
        "async_mode": true,
        "status_code": 200,
        "response_body": "",
        "timeout": 30,
    });
    BlockConfig::new(Some("webhook"), config)
}

fn schedule() -> BlockConfig {
    let visual = json!({"time": "12:00 AM", "on_minute": 0, "weekdays": ["sun"], "monthly_days": [1]});
    let config = json!({"mode": "visual", "frequency": "daily", "visual_config": visual, "timezone": "UTC"});
    BlockConfig::new(Some("trigger-schedule"), config)
}

fn plugin() -> BlockConfig {
    let config = json!({
        "title": "",
        "plugin_id": "",
        "provider_id": "",
        "event_name": "",
        "subscription_id": "",
        "plugin_unique_identifier": "",
        "event_parameters": {},
    });
    BlockConfig::new(Some("plugin"), config)
}

fn template() -> BlockConfig {
    let variable = json!({"variable": "arg1", "value_selector": []});
    BlockConfig::new(Some("template-transform"), json!({"variables": [variable], "template": "{{ arg1 }}"}))
}

fn classifier() -> BlockConfig {
    BlockConfig::new(Some("question-classifier"), json!({"instructions": ""}))
}

/// What all types of nodes begin with, where they begin with anything.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/default-workflow-block-configs",
    params(("app_id" = String, Path)),
    responses((status = 200, body = Vec<BlockConfig>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn all_block_configs(
    user: Editor,
    app: web::Path<AppId>,
    apps: web::Data<Apps>,
    settings: web::Data<AuthoringSettings>,
) -> Result<web::Json<Vec<BlockConfig>>, ApiError> {
    workflow_app(&apps, user.tenant_id(), *app).await?;
    Ok(web::Json(vec![
        llm(),
        code("python3"),
        template(),
        classifier(),
        http_request(&settings),
        parameter_extractor(),
        webhook(),
        schedule(),
        plugin(),
    ]))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BlockQuery {
    /// JSON text of an object that narrows the choice: `{"code_language": "javascript"}`.
    q: Option<String>,
}

/// What a node of one type begins with; an empty object for types that begin with nothing.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/default-workflow-block-configs/{block_type}",
    params(("app_id" = String, Path), ("block_type" = String, Path), BlockQuery),
    responses((status = 200, body = BlockConfig), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn block_config(
    user: Editor,
    path: web::Path<(AppId, String)>,
    ValidQuery(query): ValidQuery<BlockQuery>,
    apps: web::Data<Apps>,
    settings: web::Data<AuthoringSettings>,
) -> Result<web::Json<BlockConfig>, ApiError> {
    let (app, kind) = path.into_inner();
    workflow_app(&apps, user.tenant_id(), app).await?;
    let filters: Map<String, Value> = match query.q.as_deref().filter(|q| !q.is_empty()) {
        Some(q) => serde_json::from_str(q)
            .map_err(|_no_object| ApiError::invalid_field("q", "q: must be the JSON text of an object"))?,
        None => Map::new(),
    };
    Ok(web::Json(match kind.as_str() {
        "llm" => llm(),
        "code" => code(filters.get("code_language").and_then(Value::as_str).unwrap_or_default()),
        "template-transform" => template(),
        "question-classifier" => classifier(),
        "http-request" => http_request(&settings),
        "parameter-extractor" => parameter_extractor(),
        "trigger-webhook" => webhook(),
        "trigger-schedule" => schedule(),
        "trigger-plugin" => plugin(),
        _ => BlockConfig(Map::new()),
    }))
}
