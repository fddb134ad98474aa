//! What every signed-in page of the frontend asks for.

use serde_json::{Value, json};

use crate::it::console_people::set_up;

/// Fails unless an object has all these keys.
#[track_caller]
fn has(object: &Value, keys: &[&str]) {
    for key in keys {
        assert!(object.get(key).is_some(), "{key} is missing in {object}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_and_where() {
    let (server, owner) = set_up().await;
    let profile = owner.get("/account/profile").await.expect(200);
    assert!(profile.header("x-version").is_some());
    let all =
        ["id", "name", "avatar", "avatar_url", "email", "is_password_set", "interface_language", "interface_theme"];
    has(&profile.json, &all);
    has(&profile.json, &["timezone", "last_login_at", "last_login_ip", "created_at"]);
    assert_eq!((&profile.json["name"], &profile.json["is_password_set"]), (&json!("Owner"), &json!(true)));
    assert!(profile.json["created_at"].is_i64() && profile.json["last_login_at"].is_i64());

    for body in [Some(json!({})), None] {
        let mut request = owner.request(reqwest::Method::POST, "/workspaces/current");
        request = request.header("Content-Type", "application/json");
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let current = owner.send(request).await.expect(200).json;
        has(&current, &["id", "name", "plan", "status", "created_at", "role"]);
        assert_eq!((&current["role"], &current["status"]), (&json!("owner"), &json!("normal")));
        assert!(current["id"].as_str().is_some_and(|id| !id.is_empty()));
    }
    crate::it::console_people::stranger(&server).await;
    let workspaces = owner.get("/workspaces").await.expect(200).json;
    assert_eq!(workspaces["workspaces"].as_array().unwrap().len(), 1);
    let only = &workspaces["workspaces"][0];
    has(only, &["id", "name", "plan", "status", "created_at"]);
    assert_eq!(only["current"], json!(true));

    let members = owner.get("/workspaces/current/members").await.expect(200).json;
    let only = &members["accounts"][0];
    has(
        only,
        &["id", "name", "avatar_url", "email", "last_login_at", "last_active_at", "created_at", "role", "status"],
    );
    assert_eq!(members["accounts"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_switches() {
    let (_server, owner) = set_up().await;
    let features = owner.get("/features").await.expect(200).json;
    assert_eq!(features["billing"]["enabled"], json!(false));
    for object in [
        "education",
        "members",
        "apps",
        "vector_space",
        "annotation_quota_limit",
        "documents_upload_quota",
        "workspace_members",
        "knowledge_pipeline",
    ] {
        assert!(features[object].is_object(), "{object}");
    }
    has(
        &features,
        &[
            "docs_processing",
            "can_replace_logo",
            "model_load_balancing_enabled",
            "dataset_operator_enabled",
            "webapp_copyright_enabled",
            "is_allow_transfer_workspace",
        ],
    );

    let providers = owner.get("/workspaces/current/model-providers").await.expect(200).json;
    assert!(providers["data"].as_array().is_some_and(|all| !all.is_empty()));
    for kind in ["llm", "text-embedding", "rerank", "speech2text", "tts", "moderation"] {
        let found = owner.get(&format!("/workspaces/current/models/model-types/{kind}")).await.expect(200);
        assert!(found.json["data"].is_array(), "{kind}");
        let default = owner.get(&format!("/workspaces/current/default-model?model_type={kind}")).await.expect(200);
        assert!(default.json.get("data").is_some(), "{kind}");
    }
    let _ = owner.get("/workspaces/current/models/model-types/astrology").await.expect(400);
    let retrieval = owner.get("/datasets/retrieval-setting").await.expect(200).json;
    assert!(retrieval["retrieval_method"].is_array());
    let version = owner.get("/version?current_version=1.12.0").await.expect(200).json;
    has(&version, &["version", "release_date", "release_notes", "can_auto_update"]);
    has(&version["features"], &["can_replace_logo", "model_load_balancing_enabled"]);

    let preferences = owner.get("/workspaces/current/plugin/preferences/fetch").await.expect(200).json;
    has(&preferences["permission"], &["install_permission", "debug_permission"]);
    has(
        &preferences["auto_upgrade"],
        &["strategy_setting", "upgrade_time_of_day", "upgrade_mode", "exclude_plugins", "include_plugins"],
    );
    let tasks = owner.get("/workspaces/current/plugin/tasks?page=1&page_size=100").await.expect(200).json;
    assert_eq!(tasks, json!({"tasks": []}));
    for (sources, none) in [
        ("/auth/plugin/datasource/default-list", json!({"result": []})),
        ("/auth/plugin/datasource/list", json!({"result": []})),
        ("/data-source/integrates", json!({"data": []})),
        ("/api-key-auth/data-source", json!({"sources": []})),
        ("/rag/pipeline/templates?type=built-in&language=en-US", json!({"pipeline_templates": []})),
    ] {
        assert_eq!(owner.get(sources).await.expect(200).json, none, "{sources}");
    }
    for list in ["/datasets?page=1&limit=30", "/apps?page=1&limit=30&name="] {
        let page = owner.get(list).await.expect(200).json;
        assert_eq!(page, json!({"page": 1, "limit": 30, "total": 0, "has_more": false, "data": []}), "{list}");
    }
    for list in
        ["/tags?type=app", "/tags?type=knowledge", "/workspaces/current/tool-providers", "/spec/schema-definitions"]
    {
        assert!(owner.get(list).await.expect(200).json.is_array(), "{list}");
    }
    let upload = owner.get("/files/upload").await.expect(200).json;
    has(
        &upload,
        &[
            "file_size_limit",
            "batch_count_limit",
            "image_file_size_limit",
            "video_file_size_limit",
            "audio_file_size_limit",
            "workflow_file_upload_limit",
        ],
    );
    assert!(owner.get("/files/support-type").await.expect(200).json["allowed_extensions"].is_array());
    let module = owner.get("/code-based-extension?module=moderation").await.expect(200).json;
    assert_eq!(module, json!({"module": "moderation", "data": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_can_be_changed() {
    let (_server, owner) = set_up().await;
    for (path, field, good, bad) in [
        ("name", "name", "Ada Lovelace", "A"),
        ("interface-language", "interface_language", "zh-Hans", "tlh"),
        ("interface-theme", "interface_theme", "dark", "pink"),
        ("timezone", "timezone", "Europe/Berlin", "Mars/Olympus"),
    ] {
        let path = format!("/account/{path}");
        let changed = owner.post_json(&path, &json!({field: good})).await.expect(200).json;
        assert_eq!(changed[field], json!(good), "{path}");
        assert_eq!(owner.post_json(&path, &json!({field: bad})).await.expect(400).code(), "invalid_param", "{path}");
        assert_eq!(owner.get("/account/profile").await.expect(200).json[field], json!(good), "{path}");
    }
    let renamed = owner.post_json("/workspaces/info", &json!({"name": "Engine House"})).await.expect(200).json;
    assert_eq!((&renamed["result"], &renamed["tenant"]["name"]), (&json!("success"), &json!("Engine House")));
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_workspaces() {
    let (server, owner) = set_up().await;
    let stranger = crate::it::console_people::stranger(&server).await;
    let elsewhere = stranger.post_json("/workspaces/current", &json!({})).await.expect(200).text_at("/id");
    let refused = owner.post_json("/workspaces/switch", &json!({"tenant_id": elsewhere})).await.expect(403);
    assert_eq!(refused.code(), "account_not_link_tenant");
    let me = owner.get("/account/profile").await.expect(200).text_at("/id");
    let join = "INSERT INTO tenant_account_joins (id, tenant_id, account_id, current, role) \
                VALUES (gen_random_uuid(), $1::uuid, $2::uuid, false, 'normal')";
    server.db().execute(join, &[&elsewhere, &me]).await;
    let switched = owner.post_json("/workspaces/switch", &json!({"tenant_id": elsewhere})).await.expect(200).json;
    assert_eq!((&switched["result"], &switched["new_tenant"]["id"]), (&json!("success"), &json!(elsewhere)));
    let current = owner.post_json("/workspaces/current", &json!({})).await.expect(200).json;
    assert_eq!((&current["id"], &current["role"]), (&json!(elsewhere), &json!("normal")));
    let all = owner.get("/workspaces").await.expect(200).json;
    let all = all["workspaces"].as_array().unwrap();
    assert_eq!(all.iter().filter(|workspace| workspace["current"] == true).count(), 1);
    assert_eq!(all.len(), 2);
}
