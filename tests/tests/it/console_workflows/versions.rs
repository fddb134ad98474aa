//! Publishing, and the versions that it makes.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{draft, draft_path, graph, publish, published, save, variable, versions};
use crate::it::console_people::{set_up, stranger};

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
