//! Drafts are opened, saved and left.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::Console;

use super::{draft, draft_path, graph, save};
use crate::it::console_people::{bare, member, set_up, stranger};

#[tokio::test(flavor = "multi_thread")]
async fn a_canvas_is_opened_saved_and_left() {
    let (server, owner) = set_up().await;
    for mode in ["workflow", "advanced-chat"] {
        let app = owner.create_app(mode, mode).await;
        assert_eq!(owner.get(&draft_path(&app)).await.expect(404).code(), "draft_workflow_not_exist");
        let body = json!({"graph": {"nodes": [], "edges": []}, "features": {"retriever_resource": {"enabled": true}},
            "environment_variables": [], "conversation_variables": []});
        let saved = owner.post_json(&draft_path(&app), &body).await.expect(200);
        assert_eq!(saved.json["result"], json!("success"));
        assert!(saved.json["updated_at"].is_i64());
        let read = owner.get(&draft_path(&app)).await.expect(200).json;
        assert_eq!((&read["hash"], &read["updated_at"]), (&saved.json["hash"], &saved.json["updated_at"]));
        assert_eq!((&read["version"], &read["graph"]), (&json!("draft"), &json!({"nodes": [], "edges": []})));
        assert_eq!(read["created_by"]["email"], json!(Console::OWNER_EMAIL));
        for key in [
            "id",
            "features",
            "marked_name",
            "marked_comment",
            "created_at",
            "updated_by",
            "tool_published",
            "environment_variables",
            "conversation_variables",
            "rag_pipeline_variables",
        ] {
            assert!(read.get(key).is_some(), "{key}");
        }
        let row = server.db().one("SELECT type, tenant_id FROM workflows WHERE app_id = $1::uuid", &[&app.id]).await;
        assert_eq!(row["type"], json!(if mode == "workflow" { "workflow" } else { "chat" }));
    }

    // The page that is closed can send neither a JSON content type nor the CSRF header.
    let app = owner.create_app("workflow", "Left").await;
    let cookies = format!("access_token={}", owner.cookie("access_token").unwrap());
    let beacon = |kind: &'static str, body: String| {
        let client = bare(&server).with_header("Cookie", cookies.clone());
        let path = draft_path(&app);
        async move { client.send(client.request(Method::POST, &path).header("Content-Type", kind).body(body)).await }
    };
    let sent = beacon("text/plain;charset=UTF-8", draft("left").to_string()).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    let wrong = beacon("application/xml", draft("left").to_string()).await.expect(415);
    assert_eq!(wrong.code(), "unsupported_media_type");
    // Other routes want it.
    let client = bare(&server).with_header("Cookie", cookies.clone());
    let _ = client.post_json(&format!("/apps/{}/workflows/publish", app.id), &json!({})).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_comes_back_as_it_was_written() {
    let (_server, owner) = set_up().await;
    let app = owner.create_app("workflow", "Numbers").await;
    let graph = r#"{"viewport":{"zoom":0.7071067811865476,"x":1.0,"y":-0.50},"nodes":[{"zIndex":1e3,"id":"1","big":123456789012345678901234567890,"data":{"type":"start","b":1,"a":2,"text":"ü🤖 \\u0000"}}],"edges":[]}"#;
    let body = format!(r#"{{ "features": {{}}, "graph": {graph}, "unknown": [1] }}"#);
    let request = owner.request(Method::POST, &draft_path(&app)).header("Content-Type", "application/json").body(body);
    let saved = owner.send(request).await.expect(200);
    let read = owner.get(&draft_path(&app)).await.expect(200);
    assert!(read.text().contains(graph), "{}", read.text());

    // The same again is no change, and neither is another spelling of it.
    let spelled = graph.replace("ü", "\\u00fc").replace(',', " ,\n");
    let body = format!(r#"{{"graph": {spelled}, "features": {{}}, "hash": {}}}"#, saved.json["hash"]);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let request = owner.request(Method::POST, &draft_path(&app)).header("Content-Type", "application/json").body(body);
    assert_eq!(owner.send(request).await.expect(200).json, saved.json);
    let changed = save(&owner, &app, &draft("other")).await.expect(200);
    assert_ne!(changed.json["hash"], saved.json["hash"]);
    assert!(changed.json["updated_at"].as_i64() > saved.json["updated_at"].as_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_editors_one_is_told() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("workflow", "Shared").await;
    let first = save(&owner, &app, &draft("one")).await.expect(200);
    let editor = member(&server, "editor").await;
    let with_hash = |text: &str, hash: &Value| {
        let mut body = draft(text);
        body["hash"] = hash.clone();
        body
    };
    let _ = editor.post_json(&draft_path(&app), &with_hash("two", &first.json["hash"])).await.expect(200);
    let late = owner.post_json(&draft_path(&app), &with_hash("three", &first.json["hash"])).await.expect(409);
    assert_eq!(late.code(), "draft_workflow_not_sync");
    // Who sends no hash has not seen the draft.
    assert_eq!(owner.post_json(&draft_path(&app), &draft("four")).await.expect(409).code(), "draft_workflow_not_sync");
    let now = owner.get(&draft_path(&app)).await.expect(200).json;
    assert_eq!(now["graph"], graph("two"));
    assert_eq!(now["updated_by"]["email"], json!("editor@example.com"));

    // However close together they are.
    let hash = &now["hash"];
    let bodies: Vec<Value> = (0..8).map(|i| with_hash(&format!("race {i}"), hash)).collect();
    let path = draft_path(&app);
    let racing = join_all(bodies.iter().map(|body| owner.post_json(&path, body))).await;
    let won = racing.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1, "{:?}", racing.iter().map(|a| a.status).collect::<Vec<_>>());
    let fresh = owner.create_app("workflow", "Fresh").await;
    let (body, path) = (draft("x"), draft_path(&fresh));
    let racing = join_all((0..8).map(|_| owner.post_json(&path, &body))).await;
    assert!(racing.iter().any(|answer| answer.status == 200));
    assert_eq!(server.db().count("workflows", "app_id = $1::uuid", &[&fresh.id]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_draft_is_refused() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("workflow", "Refusing").await;
    let kept = save(&owner, &app, &draft("kept")).await.expect(200);
    let node = |kind: &str| json!({"nodes": [{"id": "1", "data": {"type": kind}}], "edges": []});
    let both =
        json!({"nodes": [{"id": "1", "data": {"type": "start"}}, {"id": "2", "data": {"type": "trigger-webhook"}}]});
    let deep = (0..150).fold(json!(1), |inner, _| json!([inner]));
    for (field, value, message) in [
        ("graph", json!([]), "graph"),
        ("graph", json!("{}"), "graph"),
        ("graph", Value::Null, "graph"),
        ("graph", json!({"nodes": {}}), "nodes in workflow graph must be a list"),
        ("graph", json!({"nodes": [], "edges": 5}), "edges in workflow graph must be a list"),
        ("graph", json!({"nodes": [null]}), "must be an object"),
        ("graph", node("quantum"), "'quantum' is not a valid NodeType"),
        ("graph", both, "Start node and trigger nodes cannot coexist in the same workflow"),
        ("graph", json!({"nodes": [], "deep": deep}), "nested too deeply"),
        ("features", json!([]), "features"),
        ("features", json!({"file_upload": {"allowed_file_types": ["hologram"]}}), "file_upload"),
        ("features", json!({"suggested_questions": [1]}), "suggested_questions"),
        ("environment_variables", json!({}), "environment_variables"),
        ("environment_variables", json!([5]), "object"),
        ("environment_variables", json!([{"value_type": "string", "value": "x"}]), "missing name"),
        ("environment_variables", json!([{"name": "a", "value": "x"}]), "missing value type"),
        ("environment_variables", json!([{"name": "a", "value_type": "string", "value": null}]), "missing value"),
        (
            "environment_variables",
            json!([{"name": "a", "value_type": "object", "value": {}}]),
            "not supported value type",
        ),
        (
            "environment_variables",
            json!([{"name": "a", "value_type": "string", "value": "x".repeat(204_801)}]),
            "variable size 204801 exceeds limit 204800",
        ),
        (
            "conversation_variables",
            json!([{"name": "a", "value_type": "array[number]", "value": ["x"]}]),
            "array[number]",
        ),
        ("hash", json!(5), "hash"),
    ] {
        let mut body = draft("refused");
        body["hash"] = kept.json["hash"].clone();
        body[field] = value;
        let refused = owner.post_json(&draft_path(&app), &body).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid_param"), "{field}: {}", refused.text());
        assert!(refused.json["message"].as_str().unwrap().contains(message), "{message}: {}", refused.text());
    }
    let many = json!({"nodes": [], "edges": [], "more": vec![0; 600_000]});
    let mut body = draft("many");
    body["graph"] = many;
    let refused = owner.post_json(&draft_path(&app), &body).await.expect(400);
    assert!(refused.text().contains("too many values"), "{}", refused.text());
    for broken in ["", "{", "[]", "nonsense"] {
        let request = owner.request(Method::POST, &draft_path(&app)).header("Content-Type", "text/plain").body(broken);
        assert_eq!(owner.send(request).await.expect(400).code(), "bad_request", "{broken}");
    }
    assert_eq!(owner.get(&draft_path(&app)).await.expect(200).json["hash"], kept.json["hash"]);

    // Large is not wrong; and what cannot be stored is left out.
    let text = "x".repeat(9 * 1024 * 1024);
    let mut body = draft(&format!("a\0b{text}"));
    body["hash"] = kept.json["hash"].clone();
    let saved = owner.post_json(&draft_path(&app), &body).await.expect(200);
    let read = owner.get(&draft_path(&app)).await.expect(200).json;
    assert_eq!(read["hash"], saved.json["hash"]);
    assert_eq!(read["graph"]["nodes"][1]["data"]["template"].as_str().unwrap().len(), text.len() + 2);

    let chat = owner.create_app("chat", "Chat").await;
    assert_eq!(owner.get(&draft_path(&chat)).await.expect(404).code(), "app_not_found");
    assert_eq!(owner.post_json(&draft_path(&chat), &draft("x")).await.expect(404).code(), "app_not_found");
    let other = stranger(&server).await;
    assert_eq!(other.get(&draft_path(&app)).await.expect(404).code(), "app_not_found");
    let normal = member(&server, "normal").await;
    assert_eq!(normal.get(&draft_path(&app)).await.expect(403).code(), "forbidden");
}
