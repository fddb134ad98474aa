//! Who may do what at the Console, and that nobody reaches into another workspace.

use controllers_common::auth::Right;
use controllers_console::rights::ROUTES;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::{Answer, Console};
use uuid::Uuid;

use crate::it::console_people::{bare, member, set_up, stranger};

/// A path of the table with ids in it.
fn filled(path: &str, app: &str) -> String {
    let id = Uuid::new_v4().to_string();
    path.replace("{app_id}", app)
        .replace("{provider}", "langgenius/openai/openai")
        .replace("{model_type}", "llm")
        .replace("{action}", "enable")
        .split('/')
        .map(|part| if part.starts_with('{') { id.as_str() } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

async fn call(console: &Console, method: &str, path: &str) -> Answer {
    let request = console.request(method.parse::<Method>().unwrap(), path);
    let request = if method == "GET" { request } else { request.json(&json!({})) };
    console.send(request).await
}

/// As the contract says, not as the table does.
#[tokio::test(flavor = "multi_thread")]
async fn what_roles_may_not() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("chat", "Guarded").await.id;
    let for_editors = [
        ("POST", "/apps".to_owned()),
        ("PUT", format!("/apps/{app}")),
        ("DELETE", format!("/apps/{app}")),
        ("POST", format!("/apps/{app}/copy")),
        ("POST", format!("/apps/{app}/name")),
        ("POST", format!("/apps/{app}/site-enable")),
        ("POST", format!("/apps/{app}/site")),
        ("POST", format!("/apps/{app}/model-config")),
        ("POST", format!("/apps/{app}/api-keys")),
        ("POST", format!("/apps/{app}/chat-messages")),
        ("GET", format!("/apps/{app}/chat-messages")),
        ("DELETE", format!("/tags/{app}")),
    ];
    let provider = "/workspaces/current/model-providers/langgenius/openai/openai";
    let for_admins = [
        ("POST", format!("/apps/{app}/api-enable")),
        ("POST", format!("/apps/{app}/site/access-token-reset")),
        ("DELETE", format!("/apps/{app}/api-keys/{app}")),
        ("POST", "/datasets/api-keys".to_owned()),
        ("POST", format!("{provider}/credentials")),
        ("PUT", format!("{provider}/credentials")),
        ("DELETE", format!("{provider}/credentials")),
        ("POST", format!("{provider}/models/credentials")),
        ("POST", "/workspaces/current/default-model".to_owned()),
        ("DELETE", format!("/workspaces/current/members/{app}")),
        ("PUT", format!("/workspaces/current/members/{app}/update-role")),
    ];
    let (editor, normal) = (member(&server, "editor").await, member(&server, "normal").await);
    for (method, path) in &for_admins {
        assert_eq!(call(&editor, method, path).await.expect(403).code(), "forbidden", "editor {method} {path}");
    }
    for (method, path) in for_admins.iter().chain(&for_editors) {
        assert_eq!(call(&normal, method, path).await.expect(403).code(), "forbidden", "normal {method} {path}");
    }
    // The role counts before the body and before the app.
    let nowhere = format!("/apps/{}/name", Uuid::new_v4());
    let broken = normal.request(Method::POST, &nowhere).body("{");
    assert_eq!(normal.send(broken).await.expect(403).code(), "forbidden");
    assert_eq!(editor.post_json(&nowhere, &json!({})).await.expect(404).code(), "app_not_found");
    for path in [format!("/apps/{app}"), "/apps".to_owned(), format!("/apps/{app}/api-keys")] {
        let _ = normal.get(&path).await.expect(200);
    }
    // A role takes effect at once.
    server.db().execute("UPDATE tenant_account_joins SET role = 'editor' WHERE role = 'normal'", &[]).await;
    let _ = normal.post_json(&format!("/apps/{app}/name"), &json!({"name": "Renamed"})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_nobody_everywhere() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("chat", "Closed").await.id;
    let client = bare(&server);
    for (method, path, right) in ROUTES {
        if matches!(right, Right::Public | Right::SetUp) {
            continue;
        }
        let request = client.request(method.parse::<Method>().unwrap(), &filled(path, &app));
        let answer = client.send(request).await;
        assert_eq!((answer.status, answer.code()), (401, "unauthorized"), "{method} {path}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_of_other_workspaces_are_not_there() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("chat", "Mine").await;
    let key = owner.api_key(&app).await;
    let stranger = stranger(&server).await;
    let everything = "SELECT a.*, s.code FROM apps a JOIN sites s ON s.app_id = a.id";
    let before: Value = server.db().one(everything, &[]).await;
    let mut tried = 0;
    for (method, path, _) in ROUTES.iter().filter(|(_, path, _)| path.contains("{app_id}") && path.starts_with("/apps"))
    {
        let answer = call(&stranger, method, &filled(path, &app.id)).await;
        assert_eq!((answer.status, answer.code()), (404, "app_not_found"), "{method} {path}: {}", answer.text());
        assert!(!answer.text().contains("Mine"), "{method} {path}");
        tried += 1;
    }
    assert!(tried > 15, "{tried} routes only");
    assert_eq!(stranger.get("/apps").await.expect(200).json["total"], json!(0));
    assert_eq!(server.db().one(everything, &[]).await, before);
    assert_eq!(server.db().count("api_tokens", "true", &[]).await, 1);
    let _ = server.service(&key).get("/parameters").await.expect(200);

    for odd in ["not-a-uuid", "%00", "00000000-0000-0000-0000-000000000000", "../apps", "1' OR '1'='1"] {
        let answer = owner.get(&format!("/apps/{odd}/api-keys")).await;
        assert_eq!(answer.status, 404, "{odd}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn things_of_other_workspaces_are_not_there() {
    let (server, owner) = set_up().await;
    let stranger = stranger(&server).await;
    let app = owner.create_app("chat", "Mine").await.id;
    let tag = owner.post_json("/tags", &json!({"name": "Mine", "type": "app"})).await.expect(200).text_at("/id");
    let own = owner.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/id");
    let theirs = stranger.create_app("chat", "Theirs").await.id;
    assert_eq!(stranger.get("/tags?type=app").await.expect(200).json, json!([]));
    assert_eq!(stranger.get("/datasets/api-keys").await.expect(200).json, json!({"data": []}));
    let _ = stranger.delete(&format!("/datasets/api-keys/{own}")).await.expect(404);
    let _ = stranger.patch_json(&format!("/tags/{tag}"), &json!({"name": "Taken"})).await.expect(404);
    let _ = stranger.delete(&format!("/tags/{tag}")).await.expect(404);
    // A foreign tag is passed over; a foreign app is not there.
    for (target, status) in [(&theirs, 200), (&app, 404)] {
        let body = json!({"tag_ids": [tag], "target_id": target, "type": "app"});
        let answer = stranger.post_json("/tag-bindings/create", &body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    assert_eq!(server.db().count("tag_bindings", "true", &[]).await, 0);
    let keys = owner.post_json(&format!("/apps/{app}/api-keys"), &json!({})).await.expect(201).text_at("/id");
    // A key of another app, through an app of one's own.
    let _ = stranger.delete(&format!("/apps/{theirs}/api-keys/{keys}")).await.expect(404);
    assert_eq!(server.db().count("api_tokens", "type = 'app'", &[]).await, 1);
    // Members of another workspace cannot be touched.
    let me = owner.get("/account/profile").await.expect(200).text_at("/id");
    let _ = stranger.delete(&format!("/workspaces/current/members/{me}")).await.expect(404);
    let promoted =
        stranger.put_json(&format!("/workspaces/current/members/{me}/update-role"), &json!({"role": "normal"})).await;
    assert!((400..500).contains(&promoted.status), "{}", promoted.text());
    assert_eq!(owner.post_json("/workspaces/current", &json!({})).await.expect(200).json["role"], json!("owner"));
}
