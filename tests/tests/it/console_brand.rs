//! A workspace's brand, files at a URL, and the prompts that the advanced editor begins with.

use serde_json::{Value, json};
use test_kit::upstream::{Script, StubUpstream};
use test_kit::{Answer, Console};

use crate::it::console_people::{set_up, set_up_with, stranger};

const PICTURE: &str = "<svg xmlns='http://www.w3.org/2000/svg'/>";

async fn upload(console: &Console, name: &str) -> Answer {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/svg+xml\r\n\r\n{PICTURE}\r\n--x--\r\n"
    );
    let request = console
        .request(reqwest::Method::POST, "/workspaces/custom-config/webapp-logo/upload")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(body);
    console.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logo_is_uploaded_chosen_and_served() {
    let (server, owner) = set_up_with(&[("CAN_REPLACE_LOGO", "true")]).await;
    let refused = upload(&owner, "logo.gif").await.expect(415);
    assert_eq!(refused.code(), "unsupported_file_type");
    let id = upload(&owner, "logo.svg").await.expect(201).text_at("/id");

    let choice = json!({"remove_webapp_brand": true, "replace_webapp_logo": id});
    let chosen = owner.post_json("/workspaces/custom-config", &choice).await.expect(200);
    assert_eq!(chosen.text_at("/result"), "success");
    let tenant = chosen.text_at("/tenant/id");
    assert_eq!(chosen.json["tenant"]["custom_config"]["remove_webapp_brand"], true);
    let url = chosen.text_at("/tenant/custom_config/replace_webapp_logo");
    assert!(url.ends_with(&format!("/files/workspaces/{tenant}/webapp-logo")), "{url}");
    let logo = server.client().get(&format!("/files/workspaces/{tenant}/webapp-logo")).await.expect(200);
    assert_eq!(logo.text(), PICTURE);

    // What is not named stays; an empty logo is the installation's.
    let kept = owner.post_json("/workspaces/custom-config", &json!({})).await.expect(200);
    assert_eq!(kept.json["tenant"]["custom_config"], chosen.json["tenant"]["custom_config"]);
    let back = owner.post_json("/workspaces/custom-config", &json!({"replace_webapp_logo": ""})).await.expect(200);
    assert_eq!(back.json["tenant"]["custom_config"], json!({"remove_webapp_brand": true, "replace_webapp_logo": null}));
    let current = owner.post_json("/workspaces/current", &json!({})).await.expect(200);
    assert_eq!(current.json["custom_config"], back.json["tenant"]["custom_config"]);

    // Pages that are open show what was chosen, and what is chosen next.
    let app = owner.create_app("chat", "Branded").await;
    let page = server.web(&app.code).await;
    for (choice, removed, logo) in [(&choice, true, true), (&json!({"remove_webapp_brand": false}), false, true)] {
        owner.post_json("/workspaces/custom-config", choice).await.expect(200);
        let shown = page.get("/site").await.expect(200).json["custom_config"].clone();
        assert_eq!((&shown["remove_webapp_brand"], shown["replace_webapp_logo"].is_string()), (&removed.into(), logo));
    }

    let other = stranger(&server).await;
    other.post_json("/workspaces/custom-config", &choice).await.expect(404);
    owner.post_json("/workspaces/custom-config", &json!({"replace_webapp_logo": "none"})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_at_a_url_are_looked_at_and_taken() {
    let (server, owner) = set_up().await;
    let stub = StubUpstream::start().await;
    let url = format!("http://{}/v1/models", stub.address());
    let encoded = url.replace(':', "%3A").replace('/', "%2F");
    let found = server.client().get(&format!("/console/api/remote-files/{encoded}")).await.expect(200);
    assert_eq!(found.text_at("/file_type"), "application/json");
    assert!(found.json["file_length"].as_i64().unwrap() > 0);

    let taken = owner.post_json("/remote-files/upload", &json!({"url": url})).await.expect(201);
    assert_eq!((taken.text_at("/name"), taken.text_at("/extension")), ("models.json".into(), "json".into()));
    let role = server.db().one("SELECT created_by_role AS role FROM upload_files", &[]).await;
    assert_eq!(role["role"], "account");
    for (body, code) in [
        (json!({"url": "http://127.0.0.1:1/x"}), "remote_file_upload_error"),
        (json!({"url": "not a url"}), "invalid_param"),
        (json!({}), "invalid_param"),
    ] {
        assert_eq!(owner.post_json("/remote-files/upload", &body).await.expect(400).code(), code, "{body}");
    }
    stub.script("gone", Script::refusal(404, "gone"));
    server.client().post_json("/console/api/remote-files/upload", &json!({"url": url})).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_advanced_editor_begins_with_a_prompt() {
    let (_server, owner) = set_up().await;
    let ask = |query: &str| format!("/app/prompt-templates?{query}");
    let chat = owner.get(&ask("app_mode=chat&model_mode=chat&model_name=m")).await.expect(200);
    assert_eq!(chat.text_at("/chat_prompt_config/prompt/0/role"), "system");
    assert!(chat.text_at("/chat_prompt_config/prompt/0/text").contains("{{#context#}}"));
    assert_eq!(chat.json.get("stop"), None);
    let plain = owner.get(&ask("app_mode=chat&model_mode=chat&model_name=m&has_context=false")).await.expect(200);
    assert_eq!(plain.text_at("/chat_prompt_config/prompt/0/text"), "{{#pre_prompt#}}");
    let text = owner.get(&ask("app_mode=agent-chat&model_mode=completion&model_name=m")).await.expect(200);
    assert!(text.text_at("/completion_prompt_config/prompt/text").ends_with("Assistant: "));
    assert_eq!(
        text.json["completion_prompt_config"]["conversation_histories_role"],
        json!({"user_prefix": "Human", "assistant_prefix": "Assistant"})
    );
    assert_eq!(text.json["stop"], json!(["Human:"]));
    let once = owner.get(&ask("app_mode=completion&model_mode=completion&model_name=m&has_context=false")).await;
    let once = once.expect(200);
    assert_eq!(once.json["completion_prompt_config"], json!({"prompt": {"text": "{{#pre_prompt#}}"}}));
    for wrong in [
        "app_mode=workflow&model_mode=chat&model_name=m",
        "app_mode=chat&model_mode=other&model_name=m",
        "app_mode=chat&model_mode=chat",
        "model_mode=chat&model_name=m",
    ] {
        assert_eq!(owner.get(&ask(wrong)).await.expect(400).json["code"], Value::from("invalid_param"), "{wrong}");
    }
}
