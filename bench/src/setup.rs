//! What a person does before the first question, over the Console's HTTP API.

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use egress::header::{CONTENT_TYPE, COOKIE, HeaderName, SET_COOKIE};
use egress::{Client, Method, Policy};
use serde_json::{Value, json};

use crate::process::{EMBEDDING, EMBEDDING_PROVIDER, FIFTY_CHUNKS, PACED, QUIET, SLOW};

const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "bench-password-1";
const PROVIDER: &str = "langgenius/openai_api_compatible/openai_api_compatible";

/// Keys of the apps that are measured.
pub(crate) struct Keys {
    /// Its model answers at once, in fifty chunks.
    pub(crate) fast: String,
    /// Its model answers in fifty chunks, one every 10 ms.
    pub(crate) paced: String,
    /// Its model holds the answer.
    pub(crate) slow: String,
    /// Its model thinks, and says nothing.
    pub(crate) quiet: String,
    /// A workflow: start, one template, end.
    pub(crate) short_workflow: String,
    /// A workflow with twenty templates in a row.
    pub(crate) long_workflow: String,
}

struct Console {
    http: Client,
    base: String,
    cookies: String,
    csrf: String,
}

/// A dataset key of a new workspace that has an embedding model of the stub.
pub(crate) async fn dataset_key(server: u16, stub: u16) -> anyhow::Result<String> {
    let console = Console::set_up(server).await?;
    let credentials = json!({
        "endpoint_url": format!("http://127.0.0.1:{stub}/v1"), "api_key": "bench", "context_size": "8000", "max_chunks": "64"
    });
    let body = json!({"model": EMBEDDING, "model_type": "text-embedding", "credentials": credentials});
    let path = format!("/workspaces/current/model-providers/{EMBEDDING_PROVIDER}/models/credentials");
    console.call(Method::POST, &path, &body).await?;
    let key = console.call(Method::POST, "/datasets/api-keys", &json!({})).await?;
    key.get("token").and_then(Value::as_str).map(str::to_owned).context("the new key has no token")
}

pub(crate) async fn run(server: u16, stub: u16) -> anyhow::Result<Keys> {
    let console = Console::set_up(server).await?;
    Ok(Keys {
        fast: console.app(stub, FIFTY_CHUNKS).await?,
        paced: console.app(stub, PACED).await?,
        slow: console.app(stub, SLOW).await?,
        quiet: console.app(stub, QUIET).await?,
        short_workflow: console.workflow(1).await?,
        long_workflow: console.workflow(20).await?,
    })
}

impl Console {
    /// The owner of a new installation, signed in.
    async fn set_up(server: u16) -> anyhow::Result<Self> {
        let http = Client::new(Policy { allow_private: true, ..Policy::default() })?;
        let base = format!("http://127.0.0.1:{server}/console/api");
        let mut console = Self { http, base, cookies: String::new(), csrf: String::new() };
        console.call(Method::POST, "/setup", &json!({"email": EMAIL, "name": "Bench", "password": PASSWORD})).await?;
        console.sign_in().await?;
        Ok(console)
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        let mut request =
            self.http.request(method, &format!("{}{path}", self.base))?.header(CONTENT_TYPE, "application/json");
        if !self.cookies.is_empty() {
            request = request.header(COOKIE, &self.cookies).header(HeaderName::from_static("x-csrf-token"), &self.csrf);
        }
        let response = request.json(body).send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("{path} answered {status}: {text}");
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// A published workflow with so many template nodes in a row; its API key.
    async fn workflow(&self, templates: usize) -> anyhow::Result<String> {
        let name = format!("workflow-{templates}");
        let app =
            json!({"name": name, "mode": "workflow", "icon_type": "emoji", "icon": "x", "icon_background": "#fff"});
        let app = self.call(Method::POST, "/apps", &app).await?;
        let id = app.get("id").and_then(Value::as_str).context("the new app has no id")?;
        let node =
            |id: &str, data: Value| json!({"id": id, "type": "custom", "data": data, "position": {"x": 0, "y": 0}});
        let form =
            json!([{"variable": "text", "label": "Text", "type": "paragraph", "required": true, "max_length": null}]);
        let mut nodes = vec![node("start", json!({"type": "start", "title": "Start", "variables": form}))];
        let mut edges = Vec::new();
        let mut last = ("start".to_owned(), "text");
        for number in 0..templates {
            let id = format!("t{number}");
            let variables = json!([{"variable": "text", "value_selector": [last.0, last.1]}]);
            let template =
                json!({"type": "template-transform", "title": id, "template": "{{ text }}!", "variables": variables});
            nodes.push(node(&id, template));
            edges.push(json!({"source": last.0, "target": id, "sourceHandle": "source"}));
            last = (id, "output");
        }
        let outputs = json!([{"variable": "text", "value_selector": [last.0, last.1]}]);
        nodes.push(node("end", json!({"type": "end", "title": "End", "outputs": outputs})));
        edges.push(json!({"source": last.0, "target": "end", "sourceHandle": "source"}));
        let graph = json!({"nodes": nodes, "edges": edges, "viewport": {"x": 0, "y": 0, "zoom": 1}});
        let draft = json!({"graph": graph, "features": {}, "environment_variables": [], "conversation_variables": []});
        self.call(Method::POST, &format!("/apps/{id}/workflows/draft"), &draft).await?;
        self.call(Method::POST, &format!("/apps/{id}/workflows/publish"), &json!({})).await?;
        let key = self.call(Method::POST, &format!("/apps/{id}/api-keys"), &json!({})).await?;
        key.get("token").and_then(Value::as_str).map(str::to_owned).context("the new key has no token")
    }

    async fn sign_in(&mut self) -> anyhow::Result<()> {
        let body = json!({"email": EMAIL, "password": STANDARD.encode(PASSWORD)});
        let response = self
            .http
            .post(&format!("{}/login", self.base))?
            .header(CONTENT_TYPE, "application/json")
            .json(&body)
            .send()
            .await?;
        let cookies: Vec<String> = response
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|c| c.to_str().ok()?.split(';').next().map(str::to_owned))
            .collect();
        let csrf =
            cookies.iter().find_map(|c| c.strip_prefix("csrf_token=")).context("signing in set no CSRF cookie")?;
        self.csrf = csrf.to_owned();
        self.cookies = cookies.join("; ");
        Ok(())
    }

    /// A chat app on a model of the stub; its API key.
    async fn app(&self, stub: u16, model: &str) -> anyhow::Result<String> {
        let credentials = json!({
            "endpoint_url": format!("http://127.0.0.1:{stub}/v1"), "api_key": "bench", "mode": "chat", "context_size": "128000",
            "max_tokens_to_sample": "4096", "function_calling_type": "no_call", "stream_function_calling": "not_supported", "vision_support": "no_support"
        });
        let body = json!({"model": model, "model_type": "llm", "credentials": credentials});
        self.call(Method::POST, &format!("/workspaces/current/model-providers/{PROVIDER}/models/credentials"), &body)
            .await?;
        let app = self
            .call(
                Method::POST,
                "/apps",
                &json!({"name": model, "mode": "chat", "icon_type": "emoji", "icon": "x", "icon_background": "#fff"}),
            )
            .await?;
        let id = app.get("id").and_then(Value::as_str).context("the new app has no id")?;
        let config = json!({
            "model": {"provider": PROVIDER, "name": model, "mode": "chat", "completion_params": {}},
            "pre_prompt": "You are a helpful assistant.", "prompt_type": "simple", "user_input_form": []
        });
        self.call(Method::POST, &format!("/apps/{id}/model-config"), &config).await?;
        let key = self.call(Method::POST, &format!("/apps/{id}/api-keys"), &json!({})).await?;
        key.get("token").and_then(Value::as_str).map(str::to_owned).context("the new key has no token")
    }
}
