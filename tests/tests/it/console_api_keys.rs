//! API keys of apps and of the workspace.

use serde_json::json;
use uuid::Uuid;

use crate::it::console_people::{home, set_up, set_up_with};

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_shown_in_clear_and_stored_sealed() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("chat", "With keys").await;
    let path = format!("/apps/{}/api-keys", app.id);
    assert_eq!(owner.get(&path).await.expect(200).json, json!({"data": []}));
    let made = owner.post_json(&path, &json!({"ignored": true})).await.expect(201);
    let key = made.text_at("/token");
    assert!(
        key.strip_prefix("app-")
            .is_some_and(|rest| rest.len() == 24 && rest.bytes().all(|b| b.is_ascii_alphanumeric())),
        "{key}"
    );
    assert_eq!((&made.json["type"], &made.json["last_used_at"]), (&json!("app"), &json!(null)));
    assert!(made.json["created_at"].is_i64());
    let row = server.db().one("SELECT token FROM api_tokens", &[]).await;
    assert!(!row["token"].as_str().unwrap().contains(key.trim_start_matches("app-")), "{row}");
    assert_eq!(server.db().count("ferrify_api_token_hashes", "true", &[]).await, 1);
    let listed = owner.get(&path).await.expect(200);
    assert_eq!((listed.text_at("/data/0/token"), listed.text_at("/data/0/id")), (key.clone(), made.text_at("/id")));
    let _ = server.service(&key).get("/parameters").await.expect(200);

    for _ in 1..10 {
        let _ = owner.post_json(&path, &json!({})).await.expect(201);
    }
    let refused = owner.post_json(&path, &json!({})).await.expect(400);
    assert!(refused.json["message"].as_str().unwrap().contains("10"), "{}", refused.text());
    assert_eq!(owner.get(&path).await.expect(200).json["data"].as_array().unwrap().len(), 10);
    // Each app has its own ten.
    let other = owner.create_app("chat", "Another").await;
    let _ = owner.post_json(&format!("/apps/{}/api-keys", other.id), &json!({})).await.expect(201);
    let foreign = format!("/apps/{}/api-keys/{}", other.id, made.text_at("/id"));
    assert_eq!(owner.delete(&foreign).await.expect(404).code(), "not_found");

    let _ = owner.delete(&format!("{path}/{}", made.text_at("/id"))).await.expect(204);
    let _ = server.service(&key).get("/parameters").await.expect(401);
    let _ = owner.delete(&format!("{path}/{}", made.text_at("/id"))).await.expect(404);
    let _ = owner.post_json(&path, &json!({})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_for_datasets() {
    let (server, owner) = set_up().await;
    let path = "/datasets/api-keys";
    let made = owner.post_json(path, &json!({})).await.expect(200);
    assert!(made.text_at("/token").strip_prefix("dataset-").is_some_and(|rest| rest.len() == 24));
    assert_eq!(made.json["type"], json!("dataset"));
    for _ in 1..10 {
        let _ = owner.post_json(path, &json!({})).await.expect(200);
    }
    assert_eq!(owner.post_json(path, &json!({})).await.expect(400).code(), "max_keys_exceeded");
    // It opens no app.
    let _ = server.service(&made.text_at("/token")).get("/parameters").await.expect(401);
    let _ = owner.delete(&format!("{path}/{}", made.text_at("/id"))).await.expect(204);
    assert_eq!(owner.get(path).await.expect(200).json["data"].as_array().unwrap().len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_can_be_stored_in_clear() {
    let (server, owner) = set_up_with(&[("API_KEY_ENCRYPTION_ENABLED", "false")]).await;
    let app = owner.create_app("chat", "For both").await;
    let key = owner.api_key(&app).await;
    assert_eq!(server.db().one("SELECT token FROM api_tokens", &[]).await["token"], json!(key));
    let _ = server.service(&key).get("/parameters").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_an_adopted_database_work_and_are_hashed() {
    const KEY: &str = "app-ABCDEFGHIJKLMNOPQRSTUVWX";
    let (server, owner) = set_up().await;
    let app = owner.create_app("chat", "Adopted").await;
    let id = Uuid::new_v4().to_string();
    let insert =
        "INSERT INTO api_tokens (id, app_id, tenant_id, type, token) VALUES ($1::uuid, $2::uuid, $3::uuid, 'app', $4)";
    server.db().execute(insert, &[&id, &app.id, &home(&server).await, KEY]).await;
    for _ in 0..2 {
        let _ = server.service(KEY).get("/parameters").await.expect(200);
    }
    assert_eq!(server.db().count("ferrify_api_token_hashes", "api_token_id = $1::uuid", &[&id]).await, 1);
    let path = format!("/apps/{}/api-keys", app.id);
    assert_eq!(owner.get(&path).await.expect(200).text_at("/data/0/token"), KEY);
    // What is stored sealed is not itself a key.
    let own = owner.api_key(&app).await;
    let sealed = server.db().one("SELECT token FROM api_tokens WHERE token <> $1", &[KEY]).await["token"].clone();
    let _ = server.service(sealed.as_str().unwrap()).get("/parameters").await.expect(401);
    let _ = server.service(&own).get("/parameters").await.expect(200);
    let _ = owner.delete(&format!("{path}/{id}")).await.expect(204);
    let _ = server.service(KEY).get("/parameters").await.expect(401);
    assert_eq!(server.db().count("ferrify_api_token_hashes", "api_token_id = $1::uuid", &[&id]).await, 0);
}
