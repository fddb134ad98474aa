//! Apps: lists, changes, pages, and what changes do to the public tiers.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::{Client, Console};
use uuid::Uuid;

use crate::it::console_people::{member, set_up};
use crate::it::ground::{Ground, question};

async fn names(console: &Console, query: &str) -> Vec<String> {
    let page = console.get(&format!("/apps?{query}")).await.expect(200).json;
    page["data"].as_array().unwrap().iter().map(|app| app["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_pages_and_filters() {
    let (server, owner) = set_up().await;
    let mut ids = Vec::new();
    for (mode, name) in [("chat", "Alpha"), ("completion", "Beta"), ("chat", "alphabet"), ("chat", "50% off_")] {
        ids.push(owner.create_app(mode, name).await.id);
    }
    let editor = member(&server, "editor").await;
    let _ = editor.create_app("chat", "Edited").await;

    assert_eq!(names(&owner, "page=1&limit=30&name=").await, ["Edited", "50% off_", "alphabet", "Beta", "Alpha"]);
    let first = owner.get("/apps?page=1&limit=2").await.expect(200).json;
    assert_eq!(
        (&first["page"], &first["limit"], &first["total"], &first["has_more"]),
        (&json!(1), &json!(2), &json!(5), &json!(true))
    );
    let last = owner.get("/apps?page=3&limit=2").await.expect(200).json;
    assert_eq!((&last["has_more"], last["data"].as_array().unwrap().len()), (&json!(false), 1));
    let beyond = owner.get("/apps?page=9&limit=2").await.expect(200).json;
    assert_eq!((&beyond["total"], &beyond["data"], &beyond["has_more"]), (&json!(5), &json!([]), &json!(false)));
    for (query, expected) in [
        ("mode=completion", vec!["Beta"]),
        ("mode=all&name=ALPHA", vec!["alphabet", "Alpha"]),
        ("mode=workflow", vec![]),
        ("name=0%25", vec!["50% off_"]),
        ("name=%25", vec!["50% off_"]),
        ("name=_", vec!["50% off_"]),
        ("is_created_by_me=true&mode=chat", vec!["50% off_", "alphabet", "Alpha"]),
    ] {
        assert_eq!(names(&owner, query).await, expected, "{query}");
    }
    assert_eq!(names(&editor, "is_created_by_me=true").await, ["Edited"]);

    let mut tags = Vec::new();
    for (name, app) in [("one", &ids[0]), ("two", &ids[1])] {
        let tag = owner.post_json("/tags", &json!({"name": name, "type": "app"})).await.expect(200).text_at("/id");
        let bind = json!({"tag_ids": [tag], "target_id": app, "type": "app"});
        let _ = owner.post_json("/tag-bindings/create", &bind).await.expect(200);
        tags.push(tag);
    }
    assert_eq!(names(&owner, &format!("tag_ids={}", tags[0])).await, ["Alpha"]);
    assert_eq!(names(&owner, &format!("tag_ids={}", tags.join(","))).await, ["Beta", "Alpha"]);
    assert!(names(&owner, &format!("tag_ids={}", Uuid::new_v4())).await.is_empty());
    for bad in ["page=0", "page=100000", "limit=0", "limit=101", "limit=many", "mode=telepathy", "tag_ids=x"] {
        assert_eq!(owner.get(&format!("/apps?{bad}")).await.expect(400).code(), "invalid_param", "{bad}");
    }

    let card = owner.get("/apps?mode=completion").await.expect(200).json["data"][0].clone();
    for key in [
        "id",
        "name",
        "mode",
        "icon_type",
        "icon",
        "icon_background",
        "icon_url",
        "description",
        "tags",
        "created_at",
        "updated_at",
        "model_config",
        "created_by",
        "updated_by",
        "author_name",
    ] {
        assert!(card.get(key).is_some(), "{key}");
    }
    assert_eq!(card["tags"][0]["name"], json!("two"));
    assert_eq!((&card["mode"], &card["author_name"]), (&json!("completion"), &json!("Owner")));
    assert!(card["created_at"].is_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_as_it_was_made() {
    let (server, owner) = set_up().await;
    let body = json!({"name": "Helper", "mode": "chat", "icon_type": "emoji", "icon": "🤖", "icon_background": "#FFEAD5", "description": "It helps."});
    let made = owner.post_json("/apps", &body).await.expect(201);
    assert_eq!((&made.json["mode"], &made.json["name"]), (&json!("chat"), &json!("Helper")));
    let id = made.text_at("/id");
    let app = owner.get(&format!("/apps/{id}")).await.expect(200).json;
    for key in [
        "id",
        "name",
        "mode",
        "description",
        "icon_type",
        "icon",
        "icon_background",
        "icon_url",
        "enable_site",
        "enable_api",
        "api_base_url",
        "site",
        "model_config",
        "workflow",
        "deleted_tools",
        "tags",
        "created_at",
        "updated_at",
        "created_by",
        "updated_by",
        "max_active_requests",
        "use_icon_as_answer_icon",
        "tracing",
    ] {
        assert!(app.get(key).is_some(), "{key}");
    }
    assert_eq!((&app["enable_site"], &app["enable_api"], &app["workflow"]), (&json!(true), &json!(true), &Value::Null));
    assert_eq!((&app["deleted_tools"], &app["tags"]), (&json!([]), &json!([])));
    assert!(app["api_base_url"].as_str().unwrap().ends_with("/v1"));
    let site = &app["site"];
    for key in [
        "access_token",
        "code",
        "title",
        "icon_type",
        "icon",
        "icon_background",
        "icon_url",
        "description",
        "default_language",
        "chat_color_theme",
        "chat_color_theme_inverted",
        "customize_domain",
        "copyright",
        "privacy_policy",
        "custom_disclaimer",
        "customize_token_strategy",
        "prompt_public",
        "app_base_url",
        "show_workflow_steps",
        "use_icon_as_answer_icon",
        "created_by",
        "created_at",
        "updated_by",
        "updated_at",
    ] {
        assert!(site.get(key).is_some(), "{key}");
    }
    assert_eq!((&site["access_token"], site["code"].as_str().unwrap().len()), (&site["code"], 16));
    assert_eq!((&site["title"], &site["default_language"]), (&json!("Helper"), &json!("en-US")));
    let config = &app["model_config"];
    for (key, value) in [
        ("opening_statement", Value::Null),
        ("suggested_questions", json!([])),
        ("suggested_questions_after_answer", json!({"enabled": false})),
        ("retriever_resource", json!({"enabled": true})),
        ("more_like_this", json!({"enabled": false})),
        ("user_input_form", json!([])),
        ("prompt_type", json!("simple")),
        ("external_data_tools", json!([])),
        ("dataset_query_variable", Value::Null),
    ] {
        assert_eq!(config[key], value, "{key}");
    }
    for key in ["sensitive_word_avoidance", "model", "agent_mode", "dataset_configs", "file_upload", "annotation_reply"]
    {
        assert!(config[key].is_object(), "{key}");
    }
    assert!(config.get("pre_prompt").is_some());
    assert_eq!(server.db().count("installed_apps", "app_id = $1::uuid", &[&id]).await, 1);

    for (change, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": null}), "name"),
        (json!({"mode": "telepathy"}), "mode"),
        (json!({"mode": null}), "mode"),
        (json!({"description": "d".repeat(401)}), "description"),
        (json!({"icon_type": "hologram"}), "icon_type"),
    ] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = owner.post_json("/apps", &body).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid_param"), "{change}: {}", refused.text());
        assert_eq!(refused.json["params"], json!(field), "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_and_copying() {
    let (_server, owner) = set_up().await;
    let app = owner.create_app("chat", "Before").await;
    let path = format!("/apps/{}", app.id);
    let renamed = owner.post_json(&format!("{path}/name"), &json!({"name": "After"})).await.expect(200).json;
    assert_eq!((&renamed["name"], &renamed["id"]), (&json!("After"), &json!(app.id)));
    let icon = json!({"icon": "🚀", "icon_background": "#000000"});
    assert_eq!(owner.post_json(&format!("{path}/icon"), &icon).await.expect(200).json["icon"], json!("🚀"));
    let update = json!({"name": "Whole", "description": "New", "icon_type": "emoji", "icon": "🦀", "icon_background": "#FFF", "max_active_requests": 3});
    let updated = owner.put_json(&path, &update).await.expect(200).json;
    for (key, value) in update.as_object().unwrap() {
        assert_eq!(&updated[key], value, "{key}");
    }
    // What is missing is emptied.
    let emptied = owner.put_json(&path, &json!({"name": "Bare"})).await.expect(200).json;
    assert_eq!((&emptied["description"], &emptied["use_icon_as_answer_icon"]), (&json!(""), &json!(false)));
    let copy = owner.post_json(&format!("{path}/copy"), &json!({"name": "Copied"})).await.expect(201);
    assert_eq!(copy.json["name"], json!("Copied"));
    assert_ne!((copy.text_at("/id"), copy.text_at("/site/code")), (app.id.clone(), app.code.clone()));
    let disabled = json!({"enabled": false});
    assert_eq!(owner.get(&format!("{path}/annotation-setting")).await.expect(200).json, disabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_takes_everything_along() {
    let ground = Ground::of("chat").await;
    let _ = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    let other = ground.console.create_ready_app("chat", ground.provider, crate::it::ground::MODEL).await;
    let path = format!("/apps/{}", ground.app.id);
    let web = ground.server.web(&ground.app.code).await;
    let _ = web.get("/site").await.expect(200);
    let _ = ground.console.delete(&path).await.expect(204);
    assert_eq!(ground.console.get(&path).await.expect(404).code(), "app_not_found");
    assert_eq!(ground.console.delete(&path).await.expect(404).code(), "app_not_found");
    // Until its keys are gone too, the key is known and the app is not.
    assert!(matches!(ground.service.get("/parameters").await.status, 401 | 403));
    assert_eq!(web.get("/site").await.status, 404);
    let tables =
        ["app_model_configs", "sites", "installed_apps", "api_tokens", "conversations", "messages", "end_users"];
    let mut left = Vec::new();
    for _ in 0..100 {
        left.clear();
        for table in tables {
            if ground.server.db().count(table, "app_id = $1::uuid", &[&ground.app.id]).await > 0 {
                left.push(table);
            }
        }
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(left.is_empty(), "{left:?}");
    assert!(matches!(ground.service.get("/parameters").await.status, 401 | 403));
    let _ = ground.console.get(&format!("/apps/{}", other.id)).await.expect(200);
    assert_eq!(ground.server.db().count("sites", "app_id = $1::uuid", &[&other.id]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn switches_reach_the_public_tiers() {
    let ground = Ground::of("chat").await;
    let path = format!("/apps/{}", ground.app.id);
    let web = ground.server.web(&ground.app.code).await;
    let newcomer =
        Client::new(format!("{}/api", ground.server.base())).with_header("X-App-Code", ground.app.code.as_str());
    let _ = web.get("/parameters").await.expect(200);

    let off =
        ground.console.post_json(&format!("{path}/site-enable"), &json!({"enable_site": false})).await.expect(200);
    assert_eq!(off.json["enable_site"], json!(false));
    assert_eq!(newcomer.get("/passport").await.expect(404).code(), "not_found");
    assert_eq!(web.get("/parameters").await.expect(400).code(), "bad_request");
    // The API is another door.
    let _ = ground.service.get("/parameters").await.expect(200);
    let _ = ground.console.post_json(&format!("{path}/site-enable"), &json!({"enable_site": true})).await.expect(200);
    let _ = web.get("/parameters").await.expect(200);

    let off = ground.console.post_json(&format!("{path}/api-enable"), &json!({"enable_api": false})).await.expect(200);
    assert_eq!(off.json["enable_api"], json!(false));
    assert_eq!(ground.service.get("/parameters").await.expect(403).code(), "app_api_disabled");
    let _ = web.get("/parameters").await.expect(200);
    let _ = ground.console.post_json(&format!("{path}/api-enable"), &json!({"enable_api": true})).await.expect(200);
    let _ = ground.service.get("/parameters").await.expect(200);
    for bad in [json!({}), json!({"enable_api": "maybe"})] {
        let _ = ground.console.post_json(&format!("{path}/api-enable"), &bad).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_an_app() {
    let ground = Ground::of("chat").await;
    let path = format!("/apps/{}/site", ground.app.id);
    let web = ground.server.web(&ground.app.code).await;
    let update = json!({"title": "Ask us", "description": "Anything", "default_language": "de-DE", "chat_color_theme": "#123456", "copyright": "Us", "privacy_policy": "https://example.com/privacy", "custom_disclaimer": "No promises", "prompt_public": true, "icon": null});
    let changed = ground.console.post_json(&path, &update).await.expect(200);
    for key in [
        "app_id",
        "access_token",
        "code",
        "title",
        "icon",
        "icon_background",
        "description",
        "default_language",
        "customize_domain",
        "copyright",
        "privacy_policy",
        "custom_disclaimer",
        "customize_token_strategy",
        "prompt_public",
        "show_workflow_steps",
        "use_icon_as_answer_icon",
    ] {
        assert!(changed.json.get(key).is_some(), "{key}");
    }
    assert_eq!((&changed.json["title"], &changed.json["icon"]), (&json!("Ask us"), &json!("🤖")));
    let seen = web.get("/site").await.expect(200).json;
    assert_eq!((&seen["site"]["title"], &seen["site"]["custom_disclaimer"]), (&json!("Ask us"), &json!("No promises")));
    for bad in [
        json!({"customize_token_strategy": "perhaps"}),
        json!({"custom_disclaimer": "x".repeat(513)}),
        json!({"prompt_public": "yes"}),
    ] {
        assert_eq!(ground.console.post_json(&path, &bad).await.expect(400).code(), "invalid_param", "{bad}");
    }

    let reset = ground.console.post_json(&format!("{path}/access-token-reset"), &json!({})).await.expect(200);
    let code = reset.text_at("/code");
    assert!(code.len() == 16 && code != ground.app.code && reset.text_at("/access_token") == code);
    let old = Client::new(format!("{}/api", ground.server.base())).with_header("X-App-Code", ground.app.code.as_str());
    assert_eq!(old.get("/passport").await.expect(404).code(), "not_found");
    assert_ne!(web.get("/parameters").await.status, 200);
    let _ = ground.server.web(&code).await.get("/site").await.expect(200);
}
