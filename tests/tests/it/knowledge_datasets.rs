//! Datasets over the Service API.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::it::console_people::{home, stranger};
use crate::it::knowledge_ground::Knowledge;

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_is_made_changed_and_removed() {
    let ground = Knowledge::set_up().await;
    let service = &ground.service;
    let made = service.post_json("/datasets", &json!({"name": "Animals", "description": "All of them"})).await;
    let made = made.expect(200);
    assert_eq!(made.json["embedding_available"], Value::Null);
    assert_eq!((&made.json["permission"], &made.json["provider"]), (&json!("only_me"), &json!("vendor")));
    assert_eq!(made.json["retrieval_model_dict"]["top_k"], 2);
    assert_eq!(made.json["external_knowledge_info"]["external_knowledge_id"], Value::Null);
    let path = format!("/datasets/{}", made.text_at("/id"));

    let twice = service.post_json("/datasets", &json!({"name": "Animals"})).await.expect(409);
    assert_eq!(twice.code(), "dataset_name_duplicate");
    let other = service.post_json("/datasets", &json!({"name": "Plants"})).await.expect(200);
    let taken = service.patch_json(&path, &json!({"name": "Plants"})).await.expect(409);
    assert_eq!(taken.code(), "dataset_name_duplicate");
    // Its own name is free to itself.
    let _ = service.patch_json(&path, &json!({"name": "Animals"})).await.expect(200);

    let changed = service.patch_json(&path, &json!({"name": "Beasts", "permission": "all_team_members"})).await;
    let changed = changed.expect(200);
    assert_eq!((changed.text_at("/name").as_str(), &changed.json["partial_member_list"]), ("Beasts", &json!([])));
    assert_eq!(service.get(&path).await.expect(200).json["name"], "Beasts");

    let listed = service.get("/datasets?limit=1").await.expect(200);
    assert_eq!(
        (&listed.json["total"], &listed.json["has_more"], &listed.json["limit"]),
        (&json!(2), &json!(true), &json!(1))
    );
    assert_eq!(listed.text_at("/data/0/id"), other.text_at("/id"));
    let searched = service.get("/datasets?keyword=beas").await.expect(200);
    assert_eq!((&searched.json["total"], searched.text_at("/data/0/name").as_str()), (&json!(1), "Beasts"));
    assert_eq!(service.get("/datasets?page=9").await.expect(200).json["data"], json!([]));

    let gone = service.delete(&path).await.expect(204);
    assert!(gone.text().is_empty());
    let _ = service.get(&path).await.expect(404);
    assert_eq!(service.delete(&path).await.expect(404).code(), "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told() {
    let ground = Knowledge::set_up().await;
    let service = &ground.service;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(41)}), "name"),
        (json!({"name": "x", "description": "x".repeat(401)}), "description"),
        (json!({"name": "x", "indexing_technique": "magic"}), "indexing_technique"),
        (json!({"name": "x", "permission": "everybody"}), "permission"),
        (json!({"name": "x", "provider": "external"}), "external_knowledge_api_id"),
        (json!({"name": "x", "retrieval_model": {"search_method": "semantic_search"}}), "retrieval_model"),
        (json!({"name": 5}), "name"),
    ] {
        let refused = service.post_json("/datasets", &body).await.expect(400);
        assert_eq!(refused.code(), "invalid_param", "{body}: {}", refused.text());
        assert!(refused.text().contains(field), "{body}: {}", refused.text());
    }
    let unknown = json!({"name": "x", "indexing_technique": "high_quality", "embedding_model": "m", "embedding_model_provider": "nobody"});
    assert_eq!(service.post_json("/datasets", &unknown).await.expect(400).code(), "provider_not_initialize");
    assert_eq!(service.get("/datasets").await.expect(200).json["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_open_one_workspace_and_no_closed_dataset() {
    let ground = Knowledge::set_up().await;
    let dataset = ground.dataset("Mine", "economy").await;
    let path = format!("/datasets/{dataset}");
    let other = stranger(&ground.server).await;
    let key = other.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
    let foreign = ground.server.service(&key);
    assert_eq!(foreign.get("/datasets").await.expect(200).json["total"], 0);
    assert_eq!(foreign.get(&path).await.expect(404).code(), "not_found");
    assert_eq!(foreign.delete(&path).await.expect(404).code(), "not_found");

    let refused = ground.server.service("dataset-wrong").get(&path).await.expect(401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"api\""));
    // The key is proved before the dataset is looked for.
    let _ = ground.server.service("dataset-wrong").get(&format!("/datasets/{}", Uuid::new_v4())).await.expect(401);
    let app = ground.owner.create_app("chat", "App").await;
    let app_key = ground.owner.api_key(&app).await;
    let _ = ground.server.service(&app_key).get("/datasets").await.expect(401);

    ground.server.db().execute("UPDATE datasets SET enable_api = false", &[]).await;
    assert_eq!(ground.service.get(&path).await.expect(403).code(), "forbidden");
    let _ = ground.service.get("/datasets/no-uuid").await.expect(404);
    assert!(!home(&ground.server).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_put_on_datasets() {
    let ground = Knowledge::set_up().await;
    let service = &ground.service;
    let dataset = ground.dataset("Tagged", "economy").await;
    let _ = ground.dataset("Plain", "economy").await;
    let tag = service.post_json("/datasets/tags", &json!({"name": "red"})).await.expect(200);
    assert_eq!((&tag.json["type"], &tag.json["binding_count"]), (&json!("knowledge"), &json!("0")));
    let id = tag.text_at("/id");
    let _ = service.post_json("/datasets/tags", &json!({"name": "red"})).await.expect(400);
    let bind = json!({"tag_ids": [id], "target_id": dataset});
    let _ = service.post_json("/datasets/tags/binding", &bind).await.expect(204);
    let _ = service.post_json("/datasets/tags/binding", &bind).await.expect(204);
    let of = service.get(&format!("/datasets/{dataset}/tags")).await.expect(200);
    assert_eq!(of.json, json!({"data": [{"id": id, "name": "red"}], "total": 1}));
    let found = service.get(&format!("/datasets?tag_ids={id}")).await.expect(200);
    assert_eq!((&found.json["total"], found.text_at("/data/0/tags/0/name").as_str()), (&json!(1), "red"));
    assert_eq!(service.get("/datasets/tags").await.expect(200).json[0]["binding_count"], "1");

    let renamed = service.patch_json("/datasets/tags", &json!({"tag_id": id, "name": "blue"})).await.expect(200);
    assert_eq!(renamed.json["name"], "blue");
    let _ = service.patch_json("/datasets/tags", &json!({"tag_id": "nothing", "name": "x"})).await.expect(404);
    let foreign = json!({"tag_ids": [id], "target_id": Uuid::new_v4()});
    let _ = service.post_json("/datasets/tags/binding", &foreign).await.expect(404);
    let _ =
        service.post_json("/datasets/tags/binding", &json!({"tag_ids": [], "target_id": dataset})).await.expect(400);
    let unbind = json!({"tag_ids": [id], "target_id": dataset});
    let _ = service.post_json("/datasets/tags/unbinding", &unbind).await.expect(204);
    assert_eq!(service.get(&format!("/datasets/{dataset}/tags")).await.expect(200).json["total"], 0);
    let _ = service.delete_json("/datasets/tags", &json!({"tag_id": id})).await.expect(204);
    let _ = service.delete_json("/datasets/tags", &json!({"tag_id": id})).await.expect(404);
}
