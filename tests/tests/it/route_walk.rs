//! A walk over every route that programs and visitors call: with no credential, with a wrong one, with one of another
//! kind, and with a good one that reaches for other people's things. A route that is in no table ends the walk. (Routes of
//! datasets are walked in `knowledge_foreign`, those of the Console in `console_rights`.)

use std::collections::BTreeMap;

use config::Tier;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::{Answer, Client};

use crate::it::console_people::stranger;
use crate::it::ground::{Ground, question};

/// What a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    AppKey,
    DatasetKey,
    Visitor,
    Nobody,
}

/// Routes that ask for nothing, and why.
const OPEN: [(&str, &str); 12] = [
    // Says what is here.
    ("GET", "/v1/"),
    ("GET", "/api/system-features"),
    ("GET", "/api/webapp/access-mode"),
    ("GET", "/api/webapp/permission"),
    // Where a visitor becomes one, or is none.
    ("GET", "/api/passport"),
    ("GET", "/api/login/status"),
    ("POST", "/api/logout"),
    // The token in the path is the credential.
    ("GET", "/api/form/human_input/{form_token}"),
    ("POST", "/api/form/human_input/{form_token}"),
    ("POST", "/api/form/human_input/{form_token}/upload-token"),
    ("POST", "/api/human-input-forms/files"),
    ("POST", "/mcp/server/{server_code}/mcp"),
];
const OF_DATASETS: [&str; 2] = ["/v1/datasets", "/v1/workspaces"];

/// Every described operation of the tiers for programs and visitors.
fn operations() -> Vec<(Method, String, Guard)> {
    let mut all = Vec::new();
    for tier in [Tier::Service, Tier::Web] {
        let document = serde_json::to_value(server::openapi(tier).unwrap()).unwrap();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for name in operations.as_object().unwrap().keys().filter(|name| *name != "parameters") {
                let method = name.to_uppercase();
                let guard = if OPEN.contains(&(method.as_str(), path.as_str())) {
                    Guard::Nobody
                } else if OF_DATASETS.iter().any(|prefix| path.starts_with(prefix)) {
                    Guard::DatasetKey
                } else if path.starts_with("/v1/") {
                    Guard::AppKey
                } else {
                    Guard::Visitor
                };
                all.push((method.parse().unwrap(), path.clone(), guard));
            }
        }
    }
    all
}

const ID: &str = "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a";

/// The path with the ids of a table, else with one of nothing.
fn filled(path: &str, ids: &BTreeMap<&str, String>) -> String {
    let part = |part: &str| match ids.get(part) {
        Some(id) => id.clone(),
        None if part == "{action}" => "enable".to_owned(),
        None if part == "{url}" => "https%3A%2F%2Fexample.com%2Fa".to_owned(),
        None if part == "{model_type}" => "llm".to_owned(),
        None if part.starts_with('{') => ID.to_owned(),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn ask(client: &Client, method: &Method, path: &str, body: Option<&Value>) -> Answer {
    let request = client.request(method.clone(), path);
    client.send(if let Some(body) = body { request.json(body) } else { request }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_keeps_strangers_out() {
    let ground = Ground::of("chat").await;
    let app_key = ground.console.api_key(&ground.app).await;
    let dataset_key = ground.console.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
    let root = ground.server.client();
    let bearer = |token: &str| root.at(ground.server.base()).with_bearer(token);
    let passport = |token: &str| {
        let code = ground.app.code.clone();
        root.at(ground.server.base()).with_header("X-App-Passport", token).with_header("X-App-Code", code)
    };
    let (app, dataset) = (bearer(&app_key), bearer(&dataset_key));
    let (mut walked, mut faults) = (0, Vec::new());
    for (method, path, guard) in operations() {
        let path = filled(&path, &BTreeMap::new());
        let strangers = match guard {
            Guard::Nobody => continue,
            Guard::AppKey => vec![
                bearer("app-000000000000000000000000"),
                bearer(""),
                root.at(ground.server.base()).with_header("Authorization", format!("Basic {app_key}")),
                dataset.clone(),
            ],
            Guard::DatasetKey => vec![bearer("dataset-000000000000000000000000"), app.clone()],
            Guard::Visitor => vec![passport("x.y.z"), app.clone(), bearer(&dataset_key)],
        };
        for client in strangers.iter().chain([&root]) {
            let answer = ask(client, &method, &path, None).await;
            let code = answer.json["code"].as_str().or_else(|| answer.json["error"]["code"].as_str());
            if (answer.status, code) != (401, Some("unauthorized")) {
                faults.push(format!("{method} {path}: {} {}", answer.status, answer.text()));
            }
        }
        walked += 1;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(walked > 95, "{walked} routes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_whose_api_is_off_is_shut_everywhere() {
    let ground = Ground::of("chat").await;
    let off = json!({"enable_api": false});
    let _ = ground.console.post_json(&format!("/apps/{}/api-enable", ground.app.id), &off).await.expect(200);
    let key = ground.console.api_key(&ground.app).await;
    let client = ground.server.client().at(ground.server.base()).with_bearer(&key);
    let mut faults = Vec::new();
    for (method, path, _) in operations().into_iter().filter(|(_, _, guard)| *guard == Guard::AppKey) {
        let answer = ask(&client, &method, &filled(&path, &BTreeMap::new()), None).await;
        if answer.status != 403 {
            faults.push(format!("{method} {path}: {} {}", answer.status, answer.text()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What belongs to somebody.
async fn belongings(ground: &Ground) -> BTreeMap<&'static str, String> {
    let answer = ground.service.post_json("/chat-messages", &question("Mine")).await.expect(200);
    let form = reqwest::multipart::Form::new().text("user", "alice").part(
        "file",
        reqwest::multipart::Part::bytes(b"hi".to_vec()).file_name("a.txt").mime_str("text/plain").unwrap(),
    );
    let upload = ground.service.request(Method::POST, "/files/upload").multipart(form);
    let file = ground.service.send(upload).await.expect(201).text_at("/id");
    let note =
        ground.service.post_json("/apps/annotations", &json!({"question": "Q", "answer": "A"})).await.expect(201);
    let person = ground.server.db().one("SELECT id FROM end_users WHERE session_id = 'alice'", &[]).await;
    let (conversation, message) = (answer.text_at("/conversation_id"), answer.text_at("/message_id"));
    BTreeMap::from([
        ("conversation", conversation),
        ("message", message),
        ("{task_id}", answer.text_at("/task_id")),
        ("{file_id}", file),
        ("{annotation_id}", note.text_at("/id")),
        ("person", person["id"].as_str().unwrap().to_owned()),
    ])
}

/// Which thing the `{id}` of a path is.
fn thing(path: &str) -> &'static str {
    if path.contains("/conversations/") {
        "conversation"
    } else if path.contains("messages/{id}") {
        "message"
    } else {
        "person"
    }
}

/// A body that a route takes, where it needs one to look at its path.
fn body(method: &Method, path: &str) -> Option<Value> {
    Some(match (method.as_str(), path.rsplit('/').next().unwrap_or_default()) {
        ("POST", "feedbacks") => json!({"rating": "like", "user": "alice"}),
        ("POST", "name") => json!({"name": "Taken", "user": "alice"}),
        ("PUT", "{annotation_id}") => json!({"question": "Taken", "answer": "Taken"}),
        ("PUT", "{variable}") => json!({"value": 1, "user": "alice"}),
        ("POST", "{form_token}") => json!({"inputs": {}, "action": "x", "user": "alice"}),
        ("POST", "run") => json!({"inputs": {}, "user": "alice"}),
        ("POST" | "DELETE", _) => json!({"user": "alice"}),
        _ => return None,
    })
}

/// Routes that answer the same whether there is such a thing or not, and change nothing.
const INDIFFERENT: [&str; 4] =
    ["/stop", "/unpin", "/saved-messages/{id}", "/annotation-reply/{action}/status/{job_id}"];

/// Reaches for somebody's things; what was answered otherwise than that there is no such thing.
async fn reach(client: &Client, guard: Guard, theirs: &BTreeMap<&'static str, String>) -> (usize, Vec<String>) {
    let (mut tried, mut faults) = (0, Vec::new());
    for (method, pattern, of) in operations() {
        if of != guard || !pattern.contains('{') || INDIFFERENT.iter().any(|end| pattern.ends_with(end)) {
            continue;
        }
        // What is asked for a person or a mode is answered before the thing is looked for.
        if pattern.contains("workflow") || pattern.contains("{url}") || pattern.contains("{action}") {
            continue;
        }
        let mut ids = theirs.clone();
        if let Some(id) = theirs.get(thing(&pattern)) {
            ids.insert("{id}", id.clone());
        }
        let mut path = filled(&pattern, &ids);
        if method == Method::GET {
            path.push_str("?user=alice&response_mode=blocking");
        }
        let answer = ask(client, &method, &path, body(&method, &pattern).as_ref()).await;
        let refused = matches!(answer.status, 404)
            || pattern == "/v1/files/{file_id}/preview" && answer.code() == "file_access_denied"
            || pattern.ends_with("more-like-this") && answer.code() == "not_completion_app";
        if !refused {
            faults.push(format!("{method} {pattern}: {} {}", answer.status, answer.text()));
        }
        tried += 1;
    }
    (tried, faults)
}

async fn rows(ground: &Ground) -> Vec<Value> {
    let mut all = Vec::new();
    for table in ["conversations", "messages", "message_annotations", "message_feedbacks", "pinned_conversations"] {
        all.extend(ground.server.db().all(&format!("SELECT to_jsonb(t) AS row FROM {table} t ORDER BY id"), &[]).await);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_things_are_not_there() {
    let ground = Ground::of("chat").await;
    let theirs = belongings(&ground).await;
    let before = rows(&ground).await;
    // Another workspace, another app of the workspace, and another visitor of the page.
    let elsewhere = stranger(&ground.server).await;
    let foreign = elsewhere.create_app("chat", "Elsewhere").await;
    let beside = ground.console.create_ready_app("chat", ground.provider, crate::it::ground::MODEL).await;
    let base = ground.server.base();
    for key in [elsewhere.api_key(&foreign).await, ground.console.api_key(&beside).await] {
        let client = ground.server.client().at(base).with_bearer(&key);
        let (tried, faults) = reach(&client, Guard::AppKey, &theirs).await;
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        assert!(tried >= 12, "{tried}");
    }
    let page = ground.server.web(&ground.app.code).await;
    let (tried, faults) = reach(&page.at(base), Guard::Visitor, &theirs).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(tried >= 6, "{tried}");
    assert_eq!(rows(&ground).await, before);
}
