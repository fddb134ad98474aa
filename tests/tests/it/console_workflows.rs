//! Drafts of workflows, publishing them, and their versions.

mod drafts;
mod kinds;
mod secrets;
mod versions;

use serde_json::{Value, json};
use test_kit::{Answer, App, Console};

/// A graph that begins, repeats a text, and ends.
pub(crate) fn graph(text: &str) -> Value {
    json!({
        "nodes": [
            {"id": "begin", "type": "custom", "position": {"x": 80.5, "y": 282}, "data": {"type": "start", "title": "Start", "variables": []}},
            {"id": "say", "type": "custom", "data": {"type": "template-transform", "title": "Say", "template": text, "variables": []}},
            {"id": "finish", "type": "custom", "data": {"type": "end", "title": "End",
                "outputs": [{"variable": "said", "value_selector": ["say", "output"], "value_type": "string"}]}},
        ],
        "edges": [
            {"id": "e1", "source": "begin", "target": "say", "sourceHandle": "source"},
            {"id": "e2", "source": "say", "target": "finish", "sourceHandle": "source"},
        ],
        "viewport": {"x": 0, "y": 0, "zoom": 0.7},
    })
}

/// What the frontend would save.
pub(crate) fn draft(text: &str) -> Value {
    json!({
        "graph": graph(text),
        "features": {"retriever_resource": {"enabled": true}},
        "environment_variables": [],
        "conversation_variables": [],
    })
}

pub(crate) fn draft_path(app: &App) -> String {
    format!("/apps/{}/workflows/draft", app.id)
}

/// Saves over whatever is there.
pub(crate) async fn save(console: &Console, app: &App, body: &Value) -> Answer {
    let now = console.get(&draft_path(app)).await;
    let mut body = body.clone();
    if now.status == 200 {
        body["hash"] = now.json["hash"].clone();
    }
    console.post_json(&draft_path(app), &body).await
}

pub(crate) async fn publish(console: &Console, app: &App) -> Answer {
    console.post_json(&format!("/apps/{}/workflows/publish", app.id), &json!({})).await
}

async fn published(console: &Console, app: &App) -> Value {
    console.get(&format!("/apps/{}/workflows/publish", app.id)).await.expect(200).json
}

async fn versions(console: &Console, app: &App, query: &str) -> Value {
    console.get(&format!("/apps/{}/workflows?{query}", app.id)).await.expect(200).json
}

fn variable(id: &str, name: &str, kind: &str, value: Value) -> Value {
    json!({"id": id, "name": name, "value_type": kind, "value": value, "description": format!("about {name}")})
}
