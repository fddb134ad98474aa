//! Tags, and bodies that are wrong in every way.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::it::console_people::set_up;

#[tokio::test(flavor = "multi_thread")]
async fn tags() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("chat", "Tagged").await.id;
    let made = owner.post_json("/tags", &json!({"name": "Fast", "type": "app"})).await.expect(200);
    let id = made.text_at("/id");
    assert_eq!(made.json, json!({"id": id, "name": "Fast", "type": "app", "binding_count": 0}));
    for bad in [
        json!({"name": "Fast", "type": "app"}),
        json!({"name": "", "type": "app"}),
        json!({"name": "t".repeat(51), "type": "app"}),
        json!({"name": "Other", "type": "planet"}),
        json!({"name": "Other"}),
        json!({"type": "app"}),
    ] {
        let refused = owner.post_json("/tags", &bad).await;
        assert_eq!(refused.status, 400, "{bad}: {}", refused.text());
    }
    // The same name for the other kind is another tag.
    let _ = owner.post_json("/tags", &json!({"name": "Fast", "type": "knowledge"})).await.expect(200);
    let bind = json!({"tag_ids": [id], "target_id": app, "type": "app"});
    for _ in 0..2 {
        assert_eq!(owner.post_json("/tag-bindings/create", &bind).await.expect(200).json, json!({"result": "success"}));
    }
    let listed = owner.get("/tags?type=app&keyword=as").await.expect(200).json;
    assert_eq!(listed, json!([{"id": id, "name": "Fast", "type": "app", "binding_count": "1"}]));
    assert_eq!(owner.get("/tags?type=app&keyword=zz").await.expect(200).json, json!([]));
    assert_eq!(owner.get(&format!("/apps/{app}")).await.expect(200).json["tags"][0]["name"], json!("Fast"));
    let renamed = owner.patch_json(&format!("/tags/{id}"), &json!({"name": "Quick"})).await.expect(200);
    assert_eq!(renamed.json["name"], json!("Quick"));
    let unbind = json!({"tag_id": id, "target_id": app, "type": "app"});
    let _ = owner.post_json("/tag-bindings/remove", &unbind).await.expect(200);
    assert_eq!(server.db().count("tag_bindings", "true", &[]).await, 0);
    let elsewhere = json!({"tag_ids": [id], "target_id": Uuid::new_v4(), "type": "app"});
    let _ = owner.post_json("/tag-bindings/create", &elsewhere).await.expect(404);
    let _ = owner.post_json("/tag-bindings/create", &bind).await.expect(200);
    assert!(matches!(owner.delete(&format!("/tags/{id}")).await.status, 200 | 204));
    assert_eq!(server.db().count("tag_bindings", "true", &[]).await, 0);
    let _ = owner.delete(&format!("/tags/{id}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_bodies() {
    let (_server, owner) = set_up().await;
    let send = |body: Vec<u8>, kind: &'static str| {
        let request = owner.request(Method::POST, "/apps").header("Content-Type", kind).body(body);
        let owner = owner.clone();
        async move { owner.send(request).await }
    };
    let json_type = "application/json";
    let app = br#"{"name": "By any name", "mode": "chat"}"#.to_vec();
    for (body, kind, status, code) in [
        (b"{".to_vec(), json_type, 400, "bad_request"),
        (b"[]".to_vec(), json_type, 400, "bad_request"),
        (b"\"text\"".to_vec(), json_type, 400, "bad_request"),
        (b"null".to_vec(), json_type, 400, "bad_request"),
        (b"{\"name\": \"\xff\"}".to_vec(), json_type, 400, "bad_request"),
        (br#"{"name": "x", "mode": "chat""#.to_vec(), json_type, 400, "bad_request"),
        (Vec::new(), json_type, 400, "invalid_param"),
        (format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500)).into_bytes(), json_type, 400, "bad_request"),
        (vec![b' '; 17 * 1024 * 1024], json_type, 413, "request_entity_too_large"),
        (app.clone(), json_type, 201, ""),
        (app, "application/json;utf-8", 201, ""),
    ] {
        let size = body.len();
        let answer = send(body, kind).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{size} bytes of {kind}: {}", answer.text());
        if status >= 400 {
            assert_eq!(answer.json["status"], json!(status));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn characters_that_cannot_be_stored() {
    let (server, owner) = set_up().await;
    let made = owner
        .post_json("/apps", &json!({"name": "N\u{0}UL", "mode": "chat", "description": "\u{0}"}))
        .await
        .expect(201);
    assert_eq!(made.json["name"], json!("NUL"));
    let id = made.text_at("/id");
    let names =
        ["🦀 ünïcödé 名", "Robert'); DROP TABLE apps;--", "<script>alert(1)</script>", "\u{202e}desrever", "a\nb\tc"];
    for name in names {
        let renamed = owner.post_json(&format!("/apps/{id}/name"), &json!({"name": name})).await.expect(200);
        assert_eq!(renamed.json["name"], json!(name));
    }
    assert_eq!(
        owner.post_json(&format!("/apps/{id}/name"), &json!({"name": "\u{0}"})).await.expect(400).code(),
        "invalid_param"
    );
    for query in ["name=%00", "name=%FF", "name=%27%20OR%201%3D1", "name=%5C"] {
        let page = owner.get(&format!("/apps?{query}")).await;
        assert!(matches!(page.status, 200 | 400), "{query}: {} {}", page.status, page.text());
    }
    let nul = owner.sign_in("a\u{0}b@example.com", "pass\u{0}word-1").await;
    assert!(matches!(nul.status, 400 | 401), "{}", nul.text());
    let _ = owner.post_json("/tags", &json!({"name": "t\u{0}ag", "type": "app"})).await.expect(200);
    let _ = owner.get("/tags?type=app&keyword=%00").await.expect(200);
    assert_eq!(server.db().count("apps", "true", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_that_are_not_there() {
    let (_server, owner) = set_up().await;
    assert_eq!(owner.get("/nowhere").await.expect(404).code(), "not_found");
    assert_eq!(owner.delete("/account/profile").await.expect(405).code(), "method_not_allowed");
    for path in ["/billing/subscription", "/admin/insert-explore-apps"] {
        let answer = owner.get(path).await;
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{path}");
    }
}
