//! A person at the Console, and what tests need of one: apps, models, keys.

use std::ops::Deref;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const OPENAI_COMPATIBLE: &str = "langgenius/openai_api_compatible/openai_api_compatible";
const OPENAI: &str = "langgenius/openai/openai";
const ANTHROPIC: &str = "langgenius/anthropic/anthropic";

/// Signed in, with cookies and the CSRF header; paths begin below `/console/api`.
#[derive(Clone)]
pub struct Console {
    client: Client,
}

/// An app as it was created.
#[derive(Debug, Clone)]
pub struct App {
    pub id: String,
    pub mode: String,
    /// Of its site, for [`crate::TestServer::web`].
    pub code: String,
    pub detail: Value,
}

impl Console {
    pub const OWNER_EMAIL: &'static str = "owner@example.com";
    pub const OWNER_PASSWORD: &'static str = "owner-password-1";

    /// At a server's root; the installation is set up when it is not yet.
    pub async fn sign_in_as_owner(base: &str) -> Self {
        let console = Self { client: Client::new(format!("{base}/console/api")).with_cookies() };
        let state = console.get("/setup").await.expect(200);
        if state.text_at("/step") == "not_started" {
            let owner = json!({"email": Self::OWNER_EMAIL, "name": "Owner", "password": Self::OWNER_PASSWORD, "language": "en-US"});
            console.post_json("/setup", &owner).await.expect(201);
        }
        console.sign_in(Self::OWNER_EMAIL, Self::OWNER_PASSWORD).await.expect(200);
        console
    }

    /// Somebody who is not signed in yet.
    pub fn visitor(base: &str) -> Self {
        Self { client: Client::new(format!("{base}/console/api")).with_cookies() }
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": STANDARD.encode(password), "remember_me": true});
        self.post_json("/login", &body).await
    }

    /// `mode` is one of chat, completion, agent-chat, advanced-chat, workflow.
    pub async fn create_app(&self, mode: &str, name: &str) -> App {
        let body =
            json!({"name": name, "mode": mode, "icon_type": "emoji", "icon": "🤖", "icon_background": "#FFEAD5"});
        let id = self.post_json("/apps", &body).await.expect(201).text_at("/id");
        let detail = self.get(&format!("/apps/{id}")).await.expect(200).json;
        let code =
            detail.pointer("/site/code").or_else(|| detail.pointer("/site/access_token")).and_then(Value::as_str);
        App { id, mode: mode.to_owned(), code: code.unwrap_or_default().to_owned(), detail }
    }

    /// Saves the whole configuration of an app with a form.
    pub async fn save_model_config(&self, app: &App, config: &Value) {
        self.post_json(&format!("/apps/{}/model-config", app.id), config).await.expect(200);
    }

    /// An app that is ready to answer; a workflow still has to be drawn.
    pub async fn create_ready_app(&self, mode: &str, provider: &str, model: &str) -> App {
        let app = self.create_app(mode, &format!("A {mode} app")).await;
        if matches!(mode, "chat" | "agent-chat" | "completion") {
            self.save_model_config(&app, &Self::model_config(mode, provider, model)).await;
        }
        app
    }

    /// What the frontend would save for an app without any extras.
    pub fn model_config(mode: &str, provider: &str, model: &str) -> Value {
        let completion = mode == "completion";
        let form = if completion {
            json!([{"paragraph": {"label": "Query", "variable": "query", "required": true, "default": ""}}])
        } else {
            json!([])
        };
        let image = json!({"enabled": false, "number_limits": 3, "detail": "high", "transfer_methods": ["remote_url", "local_file"]});
        json!({
            "opening_statement": null,
            "suggested_questions": [],
            "suggested_questions_after_answer": {"enabled": false},
            "speech_to_text": {"enabled": false},
            "text_to_speech": {"enabled": false},
            "retriever_resource": {"enabled": true},
            "annotation_reply": {"enabled": false},
            "more_like_this": {"enabled": false},
            "sensitive_word_avoidance": {"enabled": false, "type": "", "configs": []},
            "external_data_tools": [],
            "model": {"provider": provider, "name": model, "mode": "chat", "completion_params": {}},
            "user_input_form": form,
            "dataset_query_variable": null,
            "pre_prompt": if completion { json!("{{query}}") } else { json!("") },
            "agent_mode": {"enabled": false, "strategy": null, "tools": [], "prompt": null},
            "prompt_type": "simple",
            "chat_prompt_config": {},
            "completion_prompt_config": {},
            "dataset_configs": {"retrieval_model": "multiple", "datasets": {"datasets": []}},
            "file_upload": {"image": image},
        })
    }

    /// Makes a model of any OpenAI-like server known; returns the provider to name in configurations. With the stub
    /// upstream, its script is found by key first, then by model.
    pub async fn add_openai_compatible(&self, base_url: &str, model: &str) -> &'static str {
        self.add_openai_compatible_with(model, &json!({"endpoint_url": base_url, "api_key": format!("key-of-{model}")}))
            .await
    }

    /// As above, with credentials that take the place of the usual ones.
    pub async fn add_openai_compatible_with(&self, model: &str, credentials: &Value) -> &'static str {
        let mut all = json!({"mode": "chat", "context_size": "4096", "max_tokens_to_sample": "4096"});
        if let (Some(all), Some(given)) = (all.as_object_mut(), credentials.as_object()) {
            all.extend(given.clone());
        }
        let body = json!({"model": model, "model_type": "llm", "credentials": all, "name": format!("Key of {model}")});
        let path = format!("/workspaces/current/model-providers/{OPENAI_COMPATIBLE}/models/credentials");
        self.post_json(&path, &body).await.expect(201);
        OPENAI_COMPATIBLE
    }

    /// `base_url` with `/v1` at its end.
    pub async fn add_openai(&self, base_url: &str, key: &str) -> &'static str {
        self.add_provider(OPENAI, &json!({"openai_api_key": key, "openai_api_base": base_url})).await
    }

    /// `base_url` without a path.
    pub async fn add_anthropic(&self, base_url: &str, key: &str) -> &'static str {
        self.add_provider(ANTHROPIC, &json!({"anthropic_api_key": key, "anthropic_api_url": base_url})).await
    }

    /// Credentials that hold for all models of a provider.
    pub async fn add_provider(&self, provider: &'static str, credentials: &Value) -> &'static str {
        let body = json!({"credentials": credentials, "name": "Test key"});
        let path = format!("/workspaces/current/model-providers/{provider}/credentials");
        self.post_json(&path, &body).await.expect(201);
        provider
    }

    /// A new key for [`crate::TestServer::service`].
    pub async fn api_key(&self, app: &App) -> String {
        let path = format!("/apps/{}/api-keys", app.id);
        self.post_json(&path, &json!({})).await.expect(201).text_at("/token")
    }
}

impl Deref for Console {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
