//! Every field of every described route, wrong in every way.
//!
//! The routes come from the descriptions that the tiers give of themselves, so a new one is walked without being named
//! here. [`sample`] has bodies that are right, where what is wrong must get past the other fields to be seen.

use config::Tier;
use reqwest::Method;
use serde_json::{Map, Value, json};
use test_kit::{Answer, Client};

use crate::it::ground::{Ground, MODEL, question};

/// One route that takes a body or a query.
struct Route {
    method: Method,
    path: String,
    /// Fields of the JSON body with their schemas; `None` where the route takes no JSON.
    body: Option<Map<String, Value>>,
    query: Vec<String>,
}

fn routes(tier: Tier) -> Vec<Route> {
    let document = serde_json::to_value(server::openapi(tier).unwrap()).unwrap();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            let schema = operation.pointer("/requestBody/content/application~1json/schema");
            let body = schema.map(|schema| {
                let schema = resolved(&document, schema);
                schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
            });
            let parameters = operation.get("parameters").and_then(Value::as_array);
            let of_query = parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query");
            let query: Vec<_> = of_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
            if body.is_some() || !query.is_empty() {
                let method = method.to_uppercase().parse().unwrap();
                routes.push(Route { method, path: path.clone(), body, query });
            }
        }
    }
    routes
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(path) => resolved(document, document.pointer(path.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// The JSON types that a field's schema admits; empty for one that takes anything or that is described elsewhere.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn of_wrong_type(schema: &Value) -> Vec<Value> {
    let admitted = types(schema);
    if admitted.is_empty() {
        return Vec::new();
    }
    let all = [
        ("integer", json!(5)),
        ("number", json!(1.5)),
        ("boolean", json!(true)),
        ("string", json!("text")),
        ("array", json!([1])),
        ("object", json!({"a": 1})),
    ];
    let wrong = all.into_iter().filter(|(name, _)| !admitted.contains(name));
    wrong.filter(|(name, _)| *name != "integer" || !admitted.contains(&"number")).map(|(_, value)| value).collect()
}

/// What might be let through and must not do any harm.
fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(""),
        json!("   "),
        json!("x".repeat(300)),
        json!("ü".repeat(20_000)),
        json!("a\u{0}b"),
        json!("\u{0}"),
        json!("not-a-uuid"),
        json!("00000000-0000-0000-0000-000000000000"),
        json!(i64::MAX),
        json!(-1),
        json!(1e300),
        json!(false),
        json!([]),
        json!([null, 1, "a", {"b": []}]),
        json!({}),
        json!({"\u{0}": {"a\u{0}": [null]}}),
    ]
}

/// Fields that take any JSON value.
fn takes_anything(field: &str) -> bool {
    matches!(field, "user" | "value")
}

/// What the ids in paths stand for.
struct Known {
    chat: String,
    completion: String,
    workflow: String,
    conversation: String,
    message: String,
    page_conversation: String,
    page_message: String,
}

impl Known {
    fn fill(&self, path: &str) -> String {
        let app = match path {
            p if p.contains("completion-messages") => &self.completion,
            p if p.contains("/workflow") => &self.workflow,
            _ => &self.chat,
        };
        let id = match path {
            p if p.starts_with("/api/conversations") => &self.page_conversation,
            p if p.starts_with("/api/messages") => &self.page_message,
            p if p.contains("/messages/") => &self.message,
            _ => &self.conversation,
        };
        let mut filled = path
            .replace("{app_id}", app)
            .replace("{id}", id)
            .replace("{provider}", "langgenius/openai_api_compatible/openai_api_compatible");
        // Everything else in a path is an id of something; this one is of something else.
        while let Some((before, (_, after))) =
            filled.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            filled = format!("{before}{}{after}", self.message);
        }
        filled
    }
}

/// A body that is right, as far as the route's things exist.
fn sample(ground: &Ground, known: &Known, method: &Method, path: &str) -> Value {
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
        p if p.ends_with("/account/avatar") => json!({"avatar": "a"}),
        p if p.ends_with("/account/interface-language") => json!({"interface_language": "en-US"}),
        p if p.ends_with("/account/interface-theme") => json!({"interface_theme": "light"}),
        p if p.ends_with("/account/timezone") => json!({"timezone": "UTC"}),
        p if p.ends_with("/account/init") => json!({"interface_language": "en-US", "timezone": "UTC"}),
        p if p.ends_with("/login") => json!({"email": "nobody@example.com", "password": "bm9ib2R5LTEyMw=="}),
        p if p.ends_with("/datasets/external") => json!({
            "external_knowledge_api_id": known.message, "external_knowledge_id": "k", "name": "n",
            "external_retrieval_model": {"top_k": 2, "score_threshold": 0.0, "score_threshold_enabled": false},
        }),
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

async fn known(ground: &Ground, page: &Client) -> Known {
    let completion = ground.console.create_ready_app("completion", ground.provider, MODEL).await;
    let workflow = ground.console.create_app("workflow", "A workflow").await;
    let asked = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    let of_page = page.post_json("/chat-messages", &json!({"inputs": {}, "query": "Hi"})).await.expect(200);
    Known {
        chat: ground.app.id.clone(),
        completion: completion.id,
        workflow: workflow.id,
        conversation: asked.text_at("/conversation_id"),
        message: asked.text_at("/message_id"),
        page_conversation: of_page.text_at("/conversation_id"),
        page_message: of_page.text_at("/message_id"),
    }
}

/// What is wrong with an answer that should be no fault of ours, and if it is a fault, in the contract's shape.
fn unsound(answer: &Answer, what: &str) -> Option<String> {
    let said = answer.json["message"].as_str().is_some_and(|message| !message.is_empty());
    // A file that cannot be imported is told of in the form of an import.
    let failed_import =
        answer.json["status"] == "failed" && answer.json["error"].as_str().is_some_and(|e| !e.is_empty());
    let shaped = failed_import || (!answer.code().is_empty() && said && answer.json["status"] == json!(answer.status));
    let sound = answer.status < 400 || (answer.status < 500 && shaped);
    (!sound).then(|| format!("{what}: {} {}", answer.status, answer.text()))
}

#[track_caller]
fn assert_sound(answer: &Answer, what: &str) {
    assert_eq!(unsound(answer, what), None);
}

/// A walk over one tier.
struct Walk<'a> {
    ground: &'a Ground,
    known: &'a Known,
    /// Whoever may call everything, at the root.
    client: &'a Client,
    routes: Vec<Route>,
}

impl Walk<'_> {
    async fn send(&self, route: &Route, body: &Value) -> Answer {
        let path = self.known.fill(&route.path);
        self.client.send(self.client.request(route.method.clone(), &path).json(body)).await
    }

    async fn wrong_types(&self) -> usize {
        let mut tried = 0;
        for route in &self.routes {
            let Some(fields) = &route.body else { continue };
            let right = sample(self.ground, self.known, &route.method, &route.path);
            for (field, schema) in fields.iter().filter(|(field, _)| !takes_anything(field)) {
                for wrong in of_wrong_type(schema) {
                    let mut body = right.clone();
                    body[field] = wrong.clone();
                    let what = format!("{} {} with {field} = {wrong}", route.method, route.path);
                    let answer = self.send(route, &body).await;
                    assert_eq!(answer.status, 400, "{what}: {}", answer.text());
                    assert_sound(&answer, &what);
                    assert_eq!(answer.code(), "invalid_param", "{what}");
                    let named = answer.json["params"].as_str().unwrap_or_default();
                    assert!(named.starts_with(field.as_str()), "{what}: {}", answer.text());
                    tried += 1;
                }
            }
        }
        tried
    }

    async fn odd_values(&self) {
        let mut faults = Vec::new();
        for route in &self.routes {
            let Some(fields) = &route.body else { continue };
            let right = sample(self.ground, self.known, &route.method, &route.path);
            for field in fields.keys() {
                for odd in odd_values() {
                    let mut body = right.clone();
                    body[field] = odd.clone();
                    let answer = self.send(route, &body).await;
                    let shown: String = odd.to_string().chars().take(40).collect();
                    faults.extend(unsound(&answer, &format!("{} {} with {field} = {shown}", route.method, route.path)));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    async fn missing_fields(&self) {
        for route in &self.routes {
            let Some(fields) = &route.body else { continue };
            let right = sample(self.ground, self.known, &route.method, &route.path);
            for field in fields.keys() {
                let mut body = right.clone();
                body.as_object_mut().unwrap().remove(field);
                let answer = self.send(route, &body).await;
                assert_sound(&answer, &format!("{} {} without {field}", route.method, route.path));
            }
        }
    }

    async fn queries(&self) {
        let long = "x".repeat(5000);
        for route in &self.routes {
            let path = self.known.fill(&route.path);
            for name in &route.query {
                for value in
                    ["", "x", "%00", "%FF", "-1", "0", "1.5", "99999999999999999999", "null", "a%27%22%5C%25_", &long]
                {
                    let asked = format!("{path}?{name}={value}");
                    let answer = self.client.send(self.client.request(route.method.clone(), &asked)).await;
                    let shown: String = asked.chars().take(120).collect();
                    assert_sound(&answer, &format!("{} {shown}", route.method));
                }
            }
        }
    }

    /// Bodies that are no JSON objects; `strict` where the content type counts.
    async fn broken_bodies(&self, strict: bool) {
        for route in self.routes.iter().filter(|route| route.body.is_some()) {
            let path = self.known.fill(&route.path);
            for (kind, body, code) in [
                ("application/json", "{", "bad_request"),
                ("application/json", "[1]", "bad_request"),
                ("application/json", "\"text\"", "bad_request"),
                ("text/plain", "{}", "unsupported_media_type"),
            ] {
                let request = self.client.request(route.method.clone(), &path).header("Content-Type", kind).body(body);
                let answer = self.client.send(request).await;
                let what = format!("{} {} with {body} as {kind}", route.method, route.path);
                assert_sound(&answer, &what);
                if kind == "application/json" || strict {
                    assert_eq!(answer.code(), code, "{what}: {}", answer.text());
                }
            }
        }
        // The limit is the tier's, not a route's.
        let route = self.routes.iter().find(|route| route.body.is_some()).unwrap();
        let path = self.known.fill(&route.path);
        let request = self.client.request(route.method.clone(), &path).header("Content-Type", "application/json");
        let answer = self.client.send(request.body(vec![b' '; 20 * 1024 * 1024])).await;
        assert_eq!((answer.status, answer.code()), (413, "request_entity_too_large"), "{path}: {}", answer.text());
    }
}

/// Nobody is limited: these tests ask more than anybody should.
const UNLIMITED: [(&str, &str); 3] =
    [("FERRIFY_END_USER_PER_MINUTE", "1000000"), ("FERRIFY_IP_PER_SECOND", "100000"), ("FERRIFY_IP_BURST", "100000")];

#[tokio::test(flavor = "multi_thread")]
async fn of_the_service_api() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = known(&ground, &page).await;
    let root = ground.service.at(ground.server.base());
    // Those of dataset keys have their own tests.
    let of_apps = |path: &str| {
        path.starts_with("/v1/") && !path.starts_with("/v1/datasets") && !path.starts_with("/v1/workspaces")
    };
    let routes = routes(Tier::Service).into_iter().filter(|route| of_apps(&route.path)).collect();
    let walk = Walk { ground: &ground, known: &known, client: &root, routes };
    assert!(walk.wrong_types().await > 40);
    walk.broken_bodies(true).await;
    walk.queries().await;
    walk.missing_fields().await;
    walk.odd_values().await;
    // The other family's routes, with an app of theirs.
    let key = ground.console.api_key(&test_kit::App { id: known.completion.clone(), ..ground.app.clone() }).await;
    let completion = root.clone().with_bearer(&key);
    Walk { client: &completion, ..walk }.odd_values().await;
    let stuck = "status = 'normal' AND answer = '' AND message_metadata IS NULL";
    assert_eq!(ground.server.db().count("messages", stuck, &[]).await, 0, "every message has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_web_api() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = known(&ground, &page).await;
    let root = page.at(ground.server.base());
    let routes = routes(Tier::Web).into_iter().filter(|route| route.path.starts_with("/api/")).collect();
    let walk = Walk { ground: &ground, known: &known, client: &root, routes };
    assert!(walk.wrong_types().await > 30);
    walk.broken_bodies(true).await;
    walk.queries().await;
    walk.missing_fields().await;
    walk.odd_values().await;
    let detail = ground.console.get(&format!("/apps/{}", known.completion)).await.expect(200);
    let completion = ground.server.web(&detail.text_at("/site/code")).await.at(ground.server.base());
    Walk { client: &completion, ..walk }.odd_values().await;
}

/// The routes of the Console, without those that end the session or that are called once in an installation's life.
fn of_builders() -> Vec<Route> {
    let apart = |path: &str| path.ends_with("/setup") || path.ends_with("/init") || path.ends_with("/logout");
    // Routes below a dataset want one that is there: they have their own tests.
    let apart = |path: &str| apart(path) || path.contains("{dataset_id}");
    let all = routes(Tier::Console).into_iter();
    all.filter(|route| route.path.starts_with("/console/api/") && !apart(&route.path)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_console() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = known(&ground, &page).await;
    let root = ground.console.at(ground.server.base());
    let walk = Walk { ground: &ground, known: &known, client: &root, routes: of_builders() };
    assert!(walk.wrong_types().await > 150);
    walk.broken_bodies(false).await;
    walk.queries().await;
    walk.missing_fields().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_console_with_odd_values() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = known(&ground, &page).await;
    let root = ground.console.at(ground.server.base());
    Walk { ground: &ground, known: &known, client: &root, routes: of_builders() }.odd_values().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_configurations() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let right = test_kit::Console::model_config("chat", ground.provider, MODEL);
    let path = format!("/apps/{}/model-config", ground.app.id);
    let inner = json!({
        "file_upload": {"enabled": true, "allowed_file_types": [5], "number_limits": "x", "image": {"enabled": 1}},
        "user_input_form": [{"text-input": {"label": 1, "variable": "v", "max_length": "long", "default": []}}],
        "model": {"provider": ground.provider, "name": MODEL, "mode": 3, "completion_params": {"stop": [1], "temperature": {}}},
        "agent_mode": {"enabled": "yes", "tools": {}},
        "dataset_configs": {"datasets": {"datasets": 7}, "top_k": "many"},
        "completion_prompt_config": {"prompt": 5, "conversation_histories_role": []},
        "chat_prompt_config": {"prompt": {"role": 1}},
    });
    for key in right.as_object().unwrap().keys() {
        for odd in odd_values().into_iter().chain(inner.get(key).cloned()) {
            let mut config = right.clone();
            config[key] = odd.clone();
            let shown: String = odd.to_string().chars().take(60).collect();
            let saved = ground.console.post_json(&path, &config).await;
            assert_sound(&saved, &format!("{key} = {shown}"));
            if saved.status == 200 {
                for answer in [
                    ground.service.get("/parameters").await,
                    ground.console.get(&format!("/apps/{}", ground.app.id)).await,
                    ground.service.post_json("/chat-messages", &question("Hi")).await,
                ] {
                    assert_sound(&answer, &format!("after {key} = {shown}"));
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_files_and_inputs() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let form = json!([
        {"text-input": {"label": "T", "variable": "t", "required": false, "max_length": 5}},
        {"number": {"label": "N", "variable": "n", "required": false}},
        {"checkbox": {"label": "C", "variable": "c", "required": false}},
        {"select": {"label": "S", "variable": "s", "required": false, "options": ["a"]}},
    ]);
    let upload = json!({"enabled": true, "allowed_file_types": ["image", "document"], "allowed_file_upload_methods": ["local_file", "remote_url"], "number_limits": 2});
    ground.configure(json!({"user_input_form": form, "file_upload": upload})).await;
    for name in ["t", "n", "c", "s", "undeclared"] {
        for odd in odd_values() {
            let mut body = question("Hi");
            body["inputs"] = json!({name: odd});
            assert_sound(&ground.service.post_json("/chat-messages", &body).await, &format!("{name} = {odd:.40}"));
        }
    }
    let id = "00000000-0000-0000-0000-000000000000";
    for (item, status) in [
        (json!(5), 400),
        (json!({}), 200),
        (json!({"type": "image", "transfer_method": "remote_url"}), 200),
        (json!({"type": "image", "transfer_method": 5}), 400),
        (json!({"type": 5, "transfer_method": "remote_url", "url": "http://127.0.0.1:1/a.png"}), 400),
        (json!({"type": "planet", "transfer_method": "remote_url", "url": "http://127.0.0.1:1/a.png"}), 400),
        (json!({"type": "audio", "transfer_method": "remote_url", "url": "http://127.0.0.1:1/a.mp3"}), 400),
        (json!({"type": "image", "transfer_method": "by_bird", "url": "x"}), 400),
        (json!({"type": "image", "transfer_method": "local_file"}), 400),
        (json!({"type": "image", "transfer_method": "local_file", "upload_file_id": "none"}), 400),
        (json!({"type": "image", "transfer_method": "local_file", "upload_file_id": id}), 400),
        (json!({"type": "image", "transfer_method": "tool_file", "tool_file_id": id}), 400),
    ] {
        let mut body = question("Hi");
        body["files"] = json!([item]);
        let answer = ground.service.post_json("/chat-messages", &body).await;
        assert_sound(&answer, &item.to_string());
        assert_eq!(answer.status, status, "{item}: {}", answer.text());
        if status == 400 {
            assert_eq!(answer.code(), "invalid_param", "{item}");
        }
    }
    let mut body = question("Hi");
    body["files"] =
        json!(vec![json!({"type": "image", "transfer_method": "remote_url", "url": "http://127.0.0.1:1/a.png"}); 3]);
    assert_eq!(ground.service.post_json("/chat-messages", &body).await.expect(400).code(), "invalid_param");
}
