//! Drafts of workflows, publishing them, and their versions.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::{Answer, App, Console, TestServer};
use uuid::Uuid;

use crate::it::console_people::{bare, member, set_up, set_up_with, stranger};
use crate::it::ground::{Ground, MODEL};

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

fn variable(id: &str, name: &str, kind: &str, value: Value) -> Value {
    json!({"id": id, "name": name, "value_type": kind, "value": value, "description": format!("about {name}")})
}

async fn environment_column(server: &TestServer, app: &App) -> String {
    let rows = server.db().all("SELECT environment_variables FROM workflows WHERE app_id = $1::uuid", &[&app.id]).await;
    rows.iter().map(|row| row["environment_variables"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_never_shown_again() {
    const SECRET: &str = "s3cr3t-of-the-workflow";
    let (server, owner) = set_up().await;
    let app = owner.create_app("workflow", "Secretive").await;
    let mut body = draft("x");
    body["environment_variables"] = json!([
        variable("1", "PLAIN", "string", json!("open")),
        variable("2", "COUNT", "number", json!(1.5)),
        variable("3", "TOKEN", "secret", json!(SECRET)),
        variable("4", "EMPTY", "secret", json!("")),
    ]);
    let mut answers = vec![save(&owner, &app, &body).await.expect(200)];
    let read = owner.get(&draft_path(&app)).await.expect(200);
    let shown = &read.json["environment_variables"];
    assert_eq!(shown[0], variable("1", "PLAIN", "string", json!("open")));
    assert_eq!(shown[1], variable("2", "COUNT", "number", json!(1.5)));
    assert_eq!(shown[2], variable("3", "TOKEN", "secret", json!("********************")));
    let sealed = environment_column(&server, &app).await;
    answers.push(read);

    // Both ways of saying "as it was" keep it, and saying so is no change.
    for unchanged in ["[__HIDDEN__]", "********************"] {
        body["environment_variables"][2]["value"] = json!(unchanged);
        answers.push(save(&owner, &app, &body).await.expect(200));
        assert_eq!(environment_column(&server, &app).await, sealed, "{unchanged}");
    }
    // Another name for the same id, too.
    body["environment_variables"][2]["name"] = json!("RENAMED");
    answers.push(save(&owner, &app, &body).await.expect(200));
    let ciphertext = |column: &str, name: &str| {
        serde_json::from_str::<Value>(column).unwrap()[name]["value"].as_str().unwrap().to_owned()
    };
    let renamed = environment_column(&server, &app).await;
    assert_eq!(ciphertext(&renamed, "RENAMED"), ciphertext(&sealed, "TOKEN"));
    // A client that does not speak of variables leaves them alone.
    let mut silent = draft("y");
    silent.as_object_mut().unwrap().remove("environment_variables");
    answers.push(save(&owner, &app, &silent).await.expect(200));
    assert_eq!(environment_column(&server, &app).await, renamed);
    // A new value is another secret.
    body["environment_variables"][2]["value"] = json!("n3w-s3cr3t");
    answers.push(save(&owner, &app, &body).await.expect(200));
    assert_ne!(ciphertext(&environment_column(&server, &app).await, "RENAMED"), ciphertext(&sealed, "TOKEN"));

    answers.push(publish(&owner, &app).await.expect(200));
    for path in ["workflows/publish", "workflows?page=1&limit=10", "workflows/draft"] {
        answers.push(owner.get(&format!("/apps/{}/{path}", app.id)).await.expect(200));
    }
    for answer in &answers {
        assert!(!answer.text().contains(SECRET) && !answer.text().contains("n3w-s3cr3t"), "{}", answer.text());
    }
    let stored = environment_column(&server, &app).await;
    assert!(!stored.contains(SECRET) && !stored.contains("n3w-s3cr3t"), "{stored}");
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_makes_a_version_that_stays() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("advanced-chat", "Versioned").await;
    let nothing = published(&owner, &app).await;
    assert_eq!((&nothing["id"], &nothing["graph"]), (&Value::Null, &Value::Null));
    assert_eq!(publish(&owner, &app).await.expect(400).code(), "invalid_param");
    let mut body = draft("one");
    body["conversation_variables"] = json!([variable("free text", "times", "number", json!(0))]);
    let _ = save(&owner, &app, &body).await.expect(200);
    assert_eq!(versions(&owner, &app, "page=1").await, json!({"items": [], "page": 1, "limit": 10, "has_more": false}));

    let path = format!("/apps/{}/workflows/publish", app.id);
    let named = json!({"marked_name": "First", "marked_comment": "Of all"});
    let answer = owner.post_json(&path, &named).await.expect(200);
    assert_eq!(answer.json["result"], json!("success"));
    let first = published(&owner, &app).await;
    assert_eq!((&first["graph"], &first["marked_name"]), (&graph("one"), &json!("First")));
    assert_eq!((&first["created_at"], &first["updated_by"]), (&answer.json["created_at"], &Value::Null));
    assert_eq!(first["conversation_variables"][0]["name"], json!("times"));
    let version = first["version"].as_str().unwrap();
    assert_eq!((version.len(), version.split_at(10).1.starts_with(' ')), (26, true), "{version}");
    let detail = owner.get(&format!("/apps/{}", app.id)).await.expect(200).json;
    assert_eq!((&detail["workflow"]["id"], &detail["mode"]), (&first["id"], &json!("advanced-chat")));
    let card = owner.get("/apps?mode=advanced-chat").await.expect(200).json["data"][0].clone();
    assert_eq!((&card["workflow"]["id"], &card["has_draft_trigger"]), (&first["id"], &json!(false)));

    // A draft is nobody's business until it is published.
    let broken = json!({"nodes": [{"id": "1", "data": {"type": "llm", "model": {"provider": "nobody/knows/it", "name": "m"}}}], "edges": []});
    let mut unusable = draft("x");
    unusable["graph"] = broken;
    let _ = save(&owner, &app, &unusable).await.expect(200);
    let refused = publish(&owner, &app).await.expect(400);
    assert_eq!(refused.code(), "provider_not_initialize");
    assert_eq!(published(&owner, &app).await, first);
    assert_eq!(server.db().count("workflows", "app_id = $1::uuid", &[&app.id]).await, 2);

    let _ = save(&owner, &app, &draft("two")).await.expect(200);
    let _ = publish(&owner, &app).await.expect(200);
    let second = published(&owner, &app).await;
    assert_eq!(second["graph"], graph("two"));
    let list = versions(&owner, &app, "page=1&limit=10&user_id=&named_only=false").await;
    let names: Vec<&str> = list["items"].as_array().unwrap().iter().map(|v| v["version"].as_str().unwrap()).collect();
    assert_eq!(names, ["draft", second["version"].as_str().unwrap(), version]);
    assert_eq!(list["items"][2]["graph"], graph("one"));
    let page = versions(&owner, &app, "page=1&limit=1").await;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["has_more"]), (1, &json!(true)));
    let last = versions(&owner, &app, "page=3&limit=1").await;
    assert_eq!((&last["items"][0]["id"], &last["has_more"]), (&first["id"], &json!(false)));
    let marked = versions(&owner, &app, "named_only=true").await;
    assert_eq!((marked["items"].as_array().unwrap().len(), &marked["items"][0]["id"]), (1, &first["id"]));
    let me = owner.get("/account/profile").await.expect(200).text_at("/id");
    assert_eq!(versions(&owner, &app, &format!("user_id={me}")).await["items"].as_array().unwrap().len(), 3);
    for other in [Uuid::new_v4().to_string(), "x".to_owned()] {
        let answer = owner.get(&format!("/apps/{}/workflows?user_id={other}", app.id)).await.expect(403);
        assert_eq!(answer.code(), "forbidden");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_named_removed_and_restored() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("workflow", "Old").await;
    let mut body = draft("one");
    body["environment_variables"] = json!([variable("1", "TOKEN", "secret", json!("old-secret"))]);
    let _ = save(&owner, &app, &body).await.expect(200);
    let _ = publish(&owner, &app).await.expect(200);
    let first = published(&owner, &app).await["id"].as_str().unwrap().to_owned();
    let sealed = server.db().one("SELECT environment_variables FROM workflows WHERE id = $1::uuid", &[&first]).await;
    let _ = save(&owner, &app, &draft("two")).await.expect(200);
    let _ = publish(&owner, &app).await.expect(200);
    let second = published(&owner, &app).await["id"].as_str().unwrap().to_owned();
    let path = |id: &str| format!("/apps/{}/workflows/{id}", app.id);

    let marked = owner.patch_json(&path(&first), &json!({"marked_name": "Good one"})).await.expect(200);
    assert_eq!((&marked.json["marked_name"], &marked.json["marked_comment"]), (&json!("Good one"), &json!("")));
    assert_eq!(owner.patch_json(&path(&first), &json!({})).await.expect(400).code(), "bad_request");
    for long in [json!({"marked_name": "x".repeat(21)}), json!({"marked_comment": "x".repeat(101)})] {
        assert_eq!(owner.patch_json(&path(&first), &long).await.expect(400).code(), "invalid_param");
    }
    let unknown = Uuid::new_v4().to_string();
    let name = json!({"marked_name": "x"});
    assert_eq!(owner.patch_json(&path(&unknown), &name).await.expect(404).code(), "not_found");
    assert_eq!(owner.patch_json(&path("no-id"), &name).await.expect(404).code(), "not_found");

    let restored = owner.post_json(&format!("{}/restore", path(&first)), &json!({})).await.expect(200);
    let draft_now = owner.get(&draft_path(&app)).await.expect(200).json;
    assert_eq!((&draft_now["graph"], &draft_now["hash"]), (&graph("one"), &restored.json["hash"]));
    let column = "SELECT environment_variables FROM workflows WHERE app_id = $1::uuid AND version = 'draft'";
    assert_eq!(server.db().one(column, &[&app.id]).await, sealed);
    let _ = owner.post_json(&format!("{}/restore", path(&unknown)), &json!({})).await.expect(404);

    for (id, message) in [(second.as_str(), "currently in use"), (draft_now["id"].as_str().unwrap(), "draft")] {
        let refused = owner.delete(&path(id)).await.expect(400);
        assert!(refused.text().contains(message), "{}", refused.text());
    }
    let tool = "INSERT INTO tool_workflow_providers (id, name, label, icon, app_id, version, user_id, tenant_id, description, parameter_configuration) \
        SELECT gen_random_uuid(), 't', 't', '{}', app_id, version, created_by, tenant_id, '', '[]' FROM workflows WHERE id = $1::uuid";
    server.db().execute(tool, &[&first]).await;
    assert!(
        versions(&owner, &app, "").await["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|v| v["tool_published"] == json!(true))
    );
    assert!(owner.delete(&path(&first)).await.expect(400).text().contains("published as a tool"));
    server.db().execute("DELETE FROM tool_workflow_providers", &[]).await;

    // Another app's version, and another workspace's.
    let neighbour = owner.create_app("workflow", "Neighbour").await;
    let foreign = format!("/apps/{}/workflows/{first}", neighbour.id);
    assert_eq!(owner.delete(&foreign).await.expect(404).code(), "not_found");
    assert_eq!(owner.patch_json(&foreign, &name).await.expect(404).code(), "not_found");
    assert_eq!(owner.post_json(&format!("{foreign}/restore"), &json!({})).await.expect(404).code(), "not_found");
    let other = stranger(&server).await;
    assert_eq!(other.delete(&path(&first)).await.expect(404).code(), "app_not_found");

    let _ = owner.delete(&path(&first)).await.expect(204);
    assert_eq!(owner.delete(&path(&first)).await.expect(404).code(), "not_found");
    assert_eq!(published(&owner, &app).await["id"], json!(second));
}

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
