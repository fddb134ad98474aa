//! Answers about an app are given again for nothing, until the app changes.

use serde_json::json;

use crate::it::costs::{Cost, STATEMENTS};
use crate::it::ground::Ground;

#[tokio::test(flavor = "multi_thread")]
async fn answers_about_an_app_cost_no_statement() {
    let ground = Ground::of("chat").await;
    let page = ground.server.web(&ground.app.code).await;
    let cost = Cost::of(&ground.server, STATEMENTS);
    for (client, path) in [
        (&*ground.service, "/parameters"),
        (&*ground.service, "/meta"),
        (&*ground.service, "/site"),
        (&*page, "/parameters"),
        (&*page, "/meta"),
        (&*page, "/site"),
    ] {
        let first = client.get(path).await.expect(200);
        let spent = cost.least(10, async || drop(client.get(path).await.expect(200))).await;
        assert!(spent < 0.1, "{path}: {spent}");
        let again = client.get(path).await.expect(200);
        assert_eq!((&again.json, again.header("etag")), (&first.json, first.header("etag")), "{path}");
        assert_eq!(again.header("content-type"), Some("application/json"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_at_once() {
    let ground = Ground::of("chat").await;
    let page = ground.server.web(&ground.app.code).await;
    let tag = ground.service.get("/parameters").await.expect(200).header("etag").unwrap().to_owned();
    let site = ground.service.get("/site").await.expect(200).header("etag").unwrap().to_owned();
    let _ = page.get("/parameters").await.expect(200);
    ground.configure(json!({"opening_statement": "Hello there"})).await;
    for client in [&*ground.service, &*page] {
        let changed = client.get("/parameters").await.expect(200);
        assert_eq!(changed.json["opening_statement"], "Hello there");
        assert_ne!(changed.header("etag"), Some(tag.as_str()));
    }
    let _ =
        ground.console.post_json(&format!("/apps/{}/site", ground.app.id), &json!({"title": "New"})).await.expect(200);
    let changed = ground.service.get("/site").await.expect(200);
    assert_eq!(changed.json["title"], "New");
    assert_ne!(changed.header("etag"), Some(site.as_str()));
}
