//! Bodies that are right.

use reqwest::Method;
use serde_json::{Value, json};

use super::known::Known;
use crate::it::ground::{Ground, MODEL, question};

/// A body that is right, as far as the route's things exist.
pub(super) fn sample(ground: &Ground, known: &Known, method: &Method, path: &str) -> Value {
    if let Some(body) = known.holdings.sample(&known.message, method, path) {
        return body;
    }
    let inputs = json!({"query": "Hi"});
    let credentials = json!({"mode": "chat", "context_size": "4096", "max_tokens_to_sample": "4096", "endpoint_url": ground.stub.openai_base_url(), "api_key": "k"});
    let of_model = json!({"model": MODEL, "model_type": "llm", "credentials": credentials, "name": "n", "credential_id": known.message});
    let mode = if path.contains("completion") { "completion" } else { "chat" };
    let model_config = test_kit::Console::model_config(mode, ground.provider, MODEL);
    match path {
        "/v1/chat-messages" => question("Hi"),
        "/v1/completion-messages" => json!({"inputs": inputs, "user": "alice"}),
        "/v1/conversations/{id}/name" => json!({"name": "New", "user": "alice"}),
        "/v1/conversations/{id}/variables/{variable}" => json!({"value": 1, "user": "alice"}),
        "/v1/messages/{id}/feedbacks" => json!({"rating": "like", "content": "c", "user": "alice"}),
        p if p.starts_with("/v1/") => json!({"user": "alice"}),
        p if p.starts_with("/inner/api/") && p.ends_with("/mail") => {
            json!({"to": ["ann@example.com"], "subject": "s", "body": "<p>{{ name }}</p>", "substitutions": {"name": "Ann"}})
        }
        p if p.starts_with("/inner/api/") => json!({"name": "n", "owner_email": test_kit::Console::OWNER_EMAIL}),
        "/api/chat-messages" => json!({"inputs": {}, "query": "Hi"}),
        "/api/completion-messages" => json!({"inputs": inputs}),
        "/api/conversations/{id}/name" => json!({"name": "New"}),
        "/api/messages/{id}/feedbacks" => json!({"rating": "like", "content": "c"}),
        "/api/remote-files/upload" => json!({"url": format!("{}/none", ground.stub.openai_base_url())}),
        "/api/saved-messages" => json!({"message_id": known.page_message}),
        p if p.ends_with("/chat-messages") => json!({"inputs": {}, "query": "Hi", "model_config": model_config}),
        p if p.ends_with("/completion-messages") => json!({"inputs": inputs, "model_config": model_config}),
        p if p.ends_with("/model-config") => model_config,
        p if p.ends_with("/feedbacks") => json!({"message_id": known.message, "rating": "like", "content": "c"}),
        // Not the password that it is now: this one is wanted again.
        p if p.ends_with("/account/password") => {
            json!({"password": "not-mine-1", "new_password": "other-word-1", "repeat_new_password": "other-word-1"})
        }
        p if p.ends_with("/account/avatar") => json!({"avatar": "https://pictures.example.com/a.png"}),
        p if p.ends_with("/account/interface-language") => json!({"interface_language": "en-US"}),
        p if p.ends_with("/account/interface-theme") => json!({"interface_theme": "light"}),
        p if p.ends_with("/account/timezone") => json!({"timezone": "UTC"}),
        p if p.ends_with("/account/init") => json!({"interface_language": "en-US", "timezone": "UTC"}),
        p if p.ends_with("/login") => json!({"email": "nobody@example.com", "password": "bm9ib2R5LTEyMw=="}),
        p if p.ends_with("/apps/imports") => {
            json!({"mode": "yaml-content", "yaml_content": "version: 0.5.0\napp: {mode: workflow, name: n}\nworkflow: {graph: {nodes: []}}"})
        }
        p if p.ends_with("/workflows/draft") => {
            json!({"graph": {"nodes": [], "edges": []}, "features": {}, "hash": "none", "environment_variables": []})
        }
        p if p.ends_with("/workflows/{workflow_id}") => json!({"marked_name": "n"}),
        p if p.ends_with("/apps") => {
            json!({"name": "n", "mode": "chat", "icon_type": "emoji", "icon": "i", "icon_background": "#FFF"})
        }
        p if p.ends_with("/api-enable") => json!({"enable_api": true}),
        p if p.ends_with("/site-enable") => json!({"enable_site": true}),
        p if p.ends_with("/icon") => json!({"icon": "i", "icon_background": "#FFF"}),
        p if p.ends_with("/server") => json!({"id": known.message, "parameters": {}}),
        p if p.ends_with("/tags") => json!({"name": "t", "type": "app"}),
        p if p.ends_with("/tag-bindings/create") => {
            json!({"tag_ids": [known.message], "target_id": known.chat, "type": "app"})
        }
        p if p.ends_with("/tag-bindings/remove") => {
            json!({"tag_id": known.message, "target_id": known.chat, "type": "app"})
        }
        p if p.ends_with("/default-model") => {
            json!({"model_settings": [{"model_type": "llm", "provider": ground.provider, "model": MODEL}]})
        }
        p if p.ends_with("/update-role") => json!({"role": "editor"}),
        // The model under test keeps its credentials.
        p if p.contains("/model-providers/") && *method == Method::DELETE => {
            json!({"model": "other", "model_type": "llm", "credential_id": known.message})
        }
        p if p.ends_with("/disable") => json!({"model": "other", "model_type": "llm"}),
        p if p.ends_with("/preferred-provider-type") => json!({"preferred_provider_type": "custom"}),
        p if p.contains("/model-providers/") => of_model,
        p if p.ends_with("/permission/change") => json!({"install_permission": "admins", "debug_permission": "admins"}),
        p if p.ends_with("/exclude") => json!({"plugin_id": "a/b"}),
        p if p.ends_with("/switch") => json!({"tenant_id": known.message}),
        p if p.ends_with("/activate") => {
            json!({"token": "t", "name": "n", "interface_language": "en-US", "timezone": "UTC"})
        }
        p if p.ends_with("/invite-email") => json!({"emails": ["invited@example.com"], "role": "normal"}),
        p if p.ends_with("/validity") || p.ends_with("/owner-transfer-check") || p.ends_with("/account/delete") => {
            json!({"email": "nobody@example.com", "code": "MDAwMDAw", "token": "t"})
        }
        p if p.ends_with("/resets") || p.ends_with("/email-register") => {
            json!({"token": "t", "new_password": "other-word-1", "password_confirm": "other-word-1"})
        }
        p if p.ends_with("/change-email/reset") => json!({"new_email": "nobody@example.com", "token": "t"}),
        p if p.ends_with("/delete/feedback") => json!({"email": "nobody@example.com", "feedback": "f"}),
        _ => json!({"name": "n"}),
    }
}
