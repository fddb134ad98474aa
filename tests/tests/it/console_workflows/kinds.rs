//! What the canvas is offered: models, defaults of nodes, archives.

use serde_json::json;
use uuid::Uuid;

use super::{draft, publish, save};
use crate::it::console_people::{set_up, set_up_with};
use crate::it::ground::{Ground, MODEL};

#[tokio::test(flavor = "multi_thread")]
async fn models_that_can_be_used_are_published() {
    let ground = Ground::of("chat").await;
    let app = ground.console.create_app("workflow", "With a model").await;
    let mut body = draft("x");
    body["graph"]["nodes"][1] = json!({"id": "say", "data": {"type": "llm", "title": "Ask", "model": {"provider": ground.provider, "name": MODEL, "mode": "chat"}}});
    let _ = save(&ground.console, &app, &body).await.expect(200);
    let _ = publish(&ground.console, &app).await.expect(200);
    body["graph"]["nodes"][1]["data"]["model"]["name"] = json!("unheard-of");
    let _ = save(&ground.console, &app, &body).await.expect(200);
    let refused = publish(&ground.console, &app).await.expect(400);
    assert!(["provider_not_initialize", "model_currently_not_support"].contains(&refused.code()), "{}", refused.text());
    // Triggers begin workflows, too.
    body["graph"]["nodes"] = json!([{"id": "1", "data": {"type": "trigger-schedule"}}]);
    let _ = save(&ground.console, &app, &body).await.expect(200);
    let _ = publish(&ground.console, &app).await.expect(200);
    let card = ground.console.get("/apps?mode=workflow").await.expect(200).json["data"][0].clone();
    assert_eq!(card["has_draft_trigger"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_nodes_have_defaults() {
    let (_server, owner) = set_up_with(&[("HTTP_REQUEST_MAX_READ_TIMEOUT", "77")]).await;
    let app = owner.create_app("workflow", "New").await;
    let path = format!("/apps/{}/workflows/default-workflow-block-configs", app.id);
    let all = owner.get(&path).await.expect(200).json;
    let types: Vec<&str> = all.as_array().unwrap().iter().filter_map(|entry| entry["type"].as_str()).collect();
    assert_eq!(
        types,
        [
            "llm",
            "code",
            "template-transform",
            "question-classifier",
            "http-request",
            "webhook",
            "trigger-schedule",
            "plugin"
        ]
    );
    let one = |kind: &str| {
        let path = format!("{path}/{kind}");
        let owner = &owner;
        async move { owner.get(&path).await.expect(200).json }
    };
    assert_eq!(one("http-request").await["config"]["timeout"]["max_read_timeout"], json!(77));
    assert_eq!(one("code").await["config"]["code_language"], json!("python3"));
    let javascript = one("code?q=%7B%22code_language%22%3A%22javascript%22%7D").await;
    assert!(javascript["config"]["code"].as_str().unwrap().starts_with("function main"));
    for without in ["start", "if-else", "unheard-of"] {
        assert_eq!(one(without).await, json!({}), "{without}");
    }
    assert_eq!(owner.get(&format!("{path}/code?q=nonsense")).await.expect(400).code(), "invalid_param");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_archived() {
    let (_server, owner) = set_up().await;
    let app = owner.create_app("workflow", "Flow").await;
    let page = owner.get(&format!("/apps/{}/workflow-archived-logs?page=1&limit=20", app.id)).await.expect(200).json;
    assert_eq!(page, json!({"page": 1, "limit": 20, "total": 0, "has_more": false, "data": []}));
    let path = format!("/apps/{}/workflow-runs/{}/export", app.id, Uuid::new_v4());
    assert_eq!(owner.get(&path).await.expect(404).code(), "archive_log_not_found");
}
