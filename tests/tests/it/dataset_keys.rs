//! Keys that open one dataset.

use std::time::Duration;

use config::Tier;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::ServiceClient;

use crate::it::console_people::{member, stranger};
use crate::it::knowledge_ground::Knowledge;

/// Every operation that is described under `/v1` for dataset keys.
fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(server::openapi(Tier::Service).unwrap()).unwrap();
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/v1") else { continue };
        if path.starts_with("/datasets") || path.starts_with("/workspaces") {
            let names = operations.as_object().unwrap().keys().filter(|name| *name != "parameters");
            found.extend(names.map(|name| (name.to_uppercase().parse().unwrap(), path.to_owned())));
        }
    }
    found
}

fn with_dataset(path: &str, dataset: &str) -> String {
    let other = "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a";
    let parts = path.split('/').map(|part| match part {
        "{dataset_id}" => dataset,
        "{model_type}" => "llm",
        "{action}" => "disable",
        part if part.starts_with('{') => other,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn status(service: &ServiceClient, method: &Method, path: &str) -> (u16, Value) {
    let request = service.request(method.clone(), path).json(&json!({}));
    let answer = service.send(request).await;
    (answer.status, answer.json["code"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_its_dataset_and_nothing_else() {
    let ground = Knowledge::set_up().await;
    let (mine, other) = (ground.dataset("Mine", "economy").await, ground.dataset("Other", "economy").await);
    let _ = ground.indexed_text(&mine, "foxes.txt", "Foxes run.").await;
    let path = format!("/datasets/{mine}/api-keys");
    assert_eq!(ground.owner.get(&path).await.expect(200).json, json!({"data": []}));
    let made = ground.owner.post_json(&path, &json!({})).await.expect(201);
    assert!(made.text_at("/token").strip_prefix("ds-").is_some_and(|rest| rest.len() == 24), "{}", made.text());
    assert_eq!((&made.json["type"], &made.json["last_used_at"]), (&json!("dataset"), &Value::Null));
    let service = ground.server.service(&made.text_at("/token"));
    assert_eq!(service.get(&format!("/datasets/{mine}")).await.expect(200).json["name"], "Mine");
    let asked = json!({"query": "foxes"});
    let found = service.post_json(&format!("/datasets/{mine}/retrieve"), &asked).await.expect(200);
    assert_eq!(found.json["records"][0]["segment"]["content"], "Foxes run.");

    // Another dataset is not there, the workspace is closed, whatever the route; the models are open.
    let before = ground.server.db().one("SELECT count(*) AS n, max(updated_at) AS at FROM datasets", &[]).await;
    let mut walked = (0, 0);
    for (method, path) in operations() {
        let (status, code) = status(&service, &method, &with_dataset(&path, &other)).await;
        if path.contains("{dataset_id}") {
            assert_eq!((status, &code), (404, &json!("not_found")), "{method} {path}");
            walked.0 += 1;
        } else if path.starts_with("/workspaces") {
            assert_eq!(status, 200, "{method} {path}");
        } else {
            assert_eq!((status, &code), (403, &json!("forbidden")), "{method} {path}");
            walked.1 += 1;
        }
    }
    assert!(walked.0 > 25 && walked.1 > 6, "{walked:?}");
    let _ = service.get("/datasets/no-uuid").await.expect(404);
    // An id in capitals is the same id.
    let _ = service.get(&format!("/datasets/{}", mine.to_uppercase())).await.expect(200);
    assert_eq!(ground.server.db().one("SELECT count(*) AS n, max(updated_at) AS at FROM datasets", &[]).await, before);
    let _ = service.get("/parameters").await.expect(401);

    // Closing the dataset closes it to its own keys, too.
    let _ = ground.owner.post_json(&format!("{path}/disable"), &json!({})).await.expect(200);
    let _ = service.get(&format!("/datasets/{mine}")).await.expect(403);
    let _ = service.get("/workspaces/current/models/model-types/llm").await.expect(403);
    let _ = ground.owner.post_json(&format!("{path}/enable"), &json!({})).await.expect(200);
    // Other processes hear of its end, too.
    let sibling = ground.server.sibling(Tier::Service).start().await;
    let there = sibling.service(&made.text_at("/token"));
    let _ = there.get(&format!("/datasets/{mine}")).await.expect(200);
    let _ = ground.owner.delete(&format!("{path}/{}", made.text_at("/id"))).await.expect(204);
    let _ = service.get(&format!("/datasets/{mine}")).await.expect(401);
    let mut heard = false;
    for _ in 0..100 {
        heard = there.get(&format!("/datasets/{mine}")).await.status == 401;
        if heard {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(heard);
    let _ = ground.owner.delete(&format!("{path}/{}", made.text_at("/id"))).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_has_ten_keys() {
    let ground = Knowledge::set_up().await;
    let (mine, other) = (ground.dataset("Mine", "economy").await, ground.dataset("Other", "economy").await);
    let path = format!("/datasets/{mine}/api-keys");
    let body = json!({});
    let answers = join_all((0..24).map(|_| ground.owner.post_json(&path, &body))).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.code() == "max_keys_exceeded").collect();
    assert_eq!((made.len(), refused.len()), (10, 14));
    assert!(refused.iter().all(|answer| answer.status == 400));
    let listed = ground.owner.get(&path).await.expect(200).json["data"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 10);
    assert!(listed.as_array().unwrap().iter().all(|key| key["token"].as_str().unwrap().starts_with("ds-")));
    // They are no keys of the workspace, nor of another dataset, and do not count there.
    let key = made[0].text_at("/id");
    assert_eq!(ground.owner.get("/datasets/api-keys").await.expect(200).json["data"].as_array().unwrap().len(), 1);
    let _ = ground.owner.delete(&format!("/datasets/api-keys/{key}")).await.expect(404);
    let _ = ground.owner.delete(&format!("/datasets/{other}/api-keys/{key}")).await.expect(404);
    let _ = ground.owner.post_json(&format!("/datasets/{other}/api-keys"), &body).await.expect(201);
    // What is stored of a key names nobody: who knows Dify's tables only lets nobody in by it.
    let nobody = "type = 'dataset' AND tenant_id IS NULL AND app_id IS NULL";
    assert_eq!(ground.server.db().count("api_tokens", nobody, &[]).await, 11);

    // With the dataset its keys go, and nothing of them stays.
    let service = ground.server.service(&made[0].text_at("/token"));
    let _ = service.get(&format!("/datasets/{mine}")).await.expect(200);
    let _ = ground.owner.delete(&format!("/datasets/{mine}")).await.expect(204);
    let _ = service.get(&format!("/datasets/{mine}")).await.expect(404);
    let _ = service.get("/workspaces/current/models/model-types/llm").await.expect(404);
    assert_eq!(ground.server.db().count("api_tokens", nobody, &[]).await, 1);
    assert_eq!(ground.server.db().count("ferrify_dataset_keys", "true", &[]).await, 1);
    // Those of the other dataset and of the workspace.
    assert_eq!(ground.server.db().count("ferrify_api_token_hashes", "true", &[]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unbound_key_opens_nothing() {
    let ground = Knowledge::set_up().await;
    let mine = ground.dataset("Mine", "economy").await;
    let made = ground.owner.post_json(&format!("/datasets/{mine}/api-keys"), &json!({})).await.expect(201);
    ground.server.db().execute("DELETE FROM ferrify_dataset_keys", &[]).await;
    let service = ground.server.service(&made.text_at("/token"));
    for path in [format!("/datasets/{mine}"), "/datasets".to_owned()] {
        let _ = service.get(&path).await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_make_and_remove_them() {
    let ground = Knowledge::set_up().await;
    let mine = ground.dataset("Mine", "economy").await;
    ground.server.db().execute("UPDATE datasets SET permission = 'all_team_members'", &[]).await;
    let path = format!("/datasets/{mine}/api-keys");
    let (editor, normal) = (member(&ground.server, "editor").await, member(&ground.server, "normal").await);
    assert_eq!(normal.post_json(&path, &json!({})).await.expect(403).code(), "forbidden");
    let made = editor.post_json(&path, &json!({})).await.expect(201);
    assert_eq!(normal.get(&path).await.expect(200).text_at("/data/0/id"), made.text_at("/id"));
    let key = format!("{path}/{}", made.text_at("/id"));
    assert_eq!(editor.delete(&key).await.expect(403).code(), "forbidden");
    let _ = ground.owner.delete(&format!("{path}/no-id")).await.expect(405);

    let elsewhere = stranger(&ground.server).await;
    for (method, path) in [(Method::GET, &path), (Method::POST, &path), (Method::DELETE, &key)] {
        let answer = elsewhere.send(elsewhere.request(method.clone(), path).json(&json!({}))).await;
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{method} {path}");
    }
    // A dataset that is not open to somebody has no keys for them.
    ground.server.db().execute("UPDATE datasets SET permission = 'only_me'", &[]).await;
    let _ = editor.get(&path).await.expect(403);
    let _ = ground.owner.delete(&key).await.expect(204);
}
