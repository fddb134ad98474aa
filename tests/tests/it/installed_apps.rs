//! Members of a workspace use its apps on the explore page.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_kit::upstream::Script;
use test_kit::{App, Console};
use uuid::Uuid;

use crate::it::console_people::{home, member, stranger};
use crate::it::ground::{Ground, MODEL};
use crate::it::workflow_runs::{Flow, IN_A_LINE, greeting};

/// Where a member finds an app; there must be one such place.
async fn place(console: &Console, app: &App) -> String {
    let list = console.get(&format!("/installed-apps?app_id={}", app.id)).await.expect(200).json;
    let [only] = list["installed_apps"].as_array().unwrap().as_slice() else { panic!("{list}") };
    format!("/installed-apps/{}", only["id"].as_str().unwrap())
}

fn asked(query: &str, conversation: &str) -> Value {
    json!({"inputs": {}, "query": query, "response_mode": "streaming", "conversation_id": conversation})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_chats_as_a_visitor_does() {
    let ground = Ground::of("chat").await;
    ground.configure(json!({"suggested_questions_after_answer": {"enabled": true}})).await;
    let person = member(&ground.server, "normal").await;
    let place = place(&person, &ground.app).await;
    let parameters = person.get(&format!("{place}/parameters")).await.expect(200).json;
    assert_eq!(parameters, ground.server.web(&ground.app.code).await.get("/parameters").await.expect(200).json);
    assert_eq!(person.get(&format!("{place}/meta")).await.expect(200).json, json!({"tool_icons": {}}));

    let chat = format!("{place}/chat-messages");
    let transcript = person.sse(&chat, &asked("Hello", "")).await.well_framed();
    assert_eq!(transcript.answer(), "Hello, world!");
    let end = transcript.only("message_end");
    let (message, conversation) = (end["message_id"].as_str().unwrap(), end["conversation_id"].as_str().unwrap());
    // Always a stream, whatever is asked for.
    let mut whole = asked("Again", conversation);
    whole["response_mode"] = json!("blocking");
    person.sse(&chat, &whole).await.well_framed();
    let row = ground
        .server
        .db()
        .one(
            "SELECT invoke_from, from_source, from_account_id, from_end_user_id FROM messages WHERE id = $1::uuid",
            &[message],
        )
        .await;
    assert_eq!((&row["invoke_from"], &row["from_source"]), (&json!("explore"), &json!("console")));
    assert!(row["from_account_id"].is_string() && row["from_end_user_id"].is_null());

    let conversations = format!("{place}/conversations");
    let list = |query: &str| {
        let (person, path) = (&person, format!("{conversations}{query}"));
        async move { person.get(&path).await.expect(200).json["data"].as_array().unwrap().len() }
    };
    let path = format!("{conversations}/{conversation}");
    assert_eq!(
        person.post_json(&format!("{path}/name"), &json!({"name": "Tides"})).await.expect(200).json["name"],
        "Tides"
    );
    let pinned = person.patch_json(&format!("{path}/pin"), &json!({})).await.expect(200).json;
    assert_eq!(pinned, json!({"result": "success"}));
    assert_eq!((list("?pinned=true").await, list("?pinned=false").await, list("").await), (1, 0, 1));
    person.patch_json(&format!("{path}/unpin"), &json!({})).await.expect(200);
    assert_eq!(list("?pinned=true").await, 0);

    let messages = person.get(&format!("{place}/messages?conversation_id={conversation}&last_id=x")).await.expect(200);
    assert_eq!(messages.json["data"].as_array().unwrap().len(), 2);
    assert_eq!(messages.json["data"][0]["query"], "Hello");
    let judged = format!("{place}/messages/{message}/feedbacks");
    assert_eq!(
        person.post_json(&judged, &json!({"rating": "like"})).await.expect(200).json,
        json!({"result": "success"})
    );
    ground.stub.script(MODEL, Script::text(&["[\"And then?\"]"]));
    let default = json!({"model_settings": [{"model_type": "llm", "provider": ground.provider, "model": MODEL}]});
    ground.console.post_json("/workspaces/current/default-model", &default).await.expect(200);
    let next = person.get(&format!("{place}/messages/{message}/suggested-questions")).await.expect(200);
    assert_eq!(next.json, json!({"data": ["And then?"]}));

    // What is somebody's is nobody else's: neither another member's, nor a builder's, nor a visitor's.
    let web = ground.server.web(&ground.app.code).await;
    for other in [&ground.console, &member(&ground.server, "editor").await] {
        assert_eq!(other.get(&conversations).await.expect(200).json["data"], json!([]));
        other.get(&format!("{place}/messages?conversation_id={conversation}")).await.expect(404);
        other.post_json(&judged, &json!({"rating": "dislike"})).await.expect(404);
        other.post_json(&format!("{path}/name"), &json!({"name": "Mine"})).await.expect(404);
        other.delete(&path).await.expect(404);
        assert_eq!(other.sse(&chat, &asked("Mine?", conversation)).await.refused().status, 404);
    }
    assert_eq!(web.get("/conversations").await.expect(200).json["data"], json!([]));
    web.get(&format!("/messages?conversation_id={conversation}")).await.expect(404);
    person.delete(&path).await.expect(204);
    assert_eq!(list("").await, 0);
    for (method, rest) in [("POST", "completion-messages"), ("POST", "workflows/run"), ("GET", "saved-messages")] {
        let request = person.request(method.parse().unwrap(), &format!("{place}/{rest}"));
        let request = if method == "POST" { request.json(&json!({"inputs": {}})) } else { request };
        let refused = person.send(request).await.expect(400);
        assert!(["not_completion_app", "not_workflow_app"].contains(&refused.code()), "{rest}: {}", refused.code());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_keeps_answers_of_a_completion_app() {
    let ground = Ground::of("completion").await;
    ground.configure(json!({"more_like_this": {"enabled": true}})).await;
    let person = member(&ground.server, "normal").await;
    let place = place(&person, &ground.app).await;
    let body = json!({"inputs": {"query": "A poem"}, "response_mode": "streaming"});
    let transcript = person.sse(&format!("{place}/completion-messages"), &body).await.well_framed();
    let end = transcript.only("message_end");
    assert!(end["metadata"].get("usage").is_none(), "{end}");
    let message = end["message_id"].as_str().unwrap();
    ground.stub.script(MODEL, Script::text(&["Another", " one"]));
    let more = format!("{place}/messages/{message}/more-like-this?response_mode=blocking");
    let other = person.get(&more).await.expect(200);
    assert_eq!(other.json["answer"], "Another one");
    let saved = format!("{place}/saved-messages");
    for _ in 0..2 {
        person.post_json(&saved, &json!({"message_id": other.text_at("/message_id")})).await.expect(200);
    }
    let kept = person.get(&saved).await.expect(200).json;
    assert_eq!((kept["data"].as_array().unwrap().len(), &kept["data"][0]["answer"]), (1, &json!("Another one")));
    assert_eq!(ground.console.get(&saved).await.expect(200).json["data"], json!([]));
    ground.console.get(&more).await.expect(404);
    ground.console.post_json(&saved, &json!({"message_id": message})).await.expect(404);
    person.delete(&format!("{saved}/{}", other.text_at("/message_id"))).await.expect(204);
    assert_eq!(person.get(&saved).await.expect(200).json["data"], json!([]));
    ground.configure(json!({"more_like_this": {"enabled": false}})).await;
    assert_eq!(person.get(&more).await.expect(403).code(), "app_more_like_this_disabled");
    person.get(&format!("{place}/messages/{message}/suggested-questions")).await.expect(400);
    // A stranger's stop is ignored, the member's own is not.
    ground.stub.script(MODEL, Script::pieces(400, "word ", std::time::Duration::from_millis(50)));
    let mut stream = person.sse_stream(&format!("{place}/completion-messages"), &body).await;
    let first = stream.until("message").await;
    let stop = format!("{place}/completion-messages/{}/stop", first["task_id"].as_str().unwrap());
    ground.console.post_json(&stop, &json!({})).await.expect(200);
    stream.until("message").await;
    assert_eq!(person.post_json(&stop, &json!({})).await.expect(200).json, json!({"result": "success"}));
    let rest = stream.rest().await;
    assert!(rest.answer().split(' ').count() < 300);
    rest.only("message_end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_runs_a_workflow_and_a_chatflow() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    let place = place(&flow.console, &flow.app).await;
    let body = json!({"inputs": {"name": "Ann"}});
    let transcript = flow.console.sse(&format!("{place}/workflows/run"), &body).await.well_framed();
    let end = &transcript.only("workflow_finished")["data"];
    assert_eq!(end["status"], "succeeded");
    assert_eq!(end["created_by"]["email"], Console::OWNER_EMAIL);
    for node in transcript.named("node_finished") {
        assert!(node["data"]["outputs"].is_null() && node["data"]["process_data"].is_null(), "{node}");
    }
    let log = flow.server.db().one("SELECT created_from, created_by_role FROM workflow_app_logs", &[]).await;
    assert_eq!((&log["created_from"], &log["created_by_role"]), (&json!("installed-app"), &json!("account")));
    flow.console.post_json(&format!("{place}/workflows/tasks/{}/stop", Uuid::new_v4()), &json!({})).await.expect(200);
    let nodes = json!({"start": {"type": "start", "variables": []}, "answer": {"type": "answer", "answer": "> {{#sys.query#}}"}});
    let chat = Flow::with("advanced-chat", nodes, &[("start", "source", "answer")], json!({})).await;
    let place = self::place(&chat.console, &chat.app).await;
    let transcript = chat.console.sse(&format!("{place}/chat-messages"), &asked("Hi", "")).await.well_framed();
    assert_eq!(transcript.answer(), "> Hi");
    assert_eq!(transcript.only("workflow_finished")["data"]["created_by"]["email"], Console::OWNER_EMAIL);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_heard_and_read_to() {
    let ground = Ground::of("chat").await;
    let place = place(&ground.console, &ground.app).await;
    let console = &ground.console;
    let said = |bytes: usize| {
        let part = Part::bytes(vec![7; bytes]).file_name("said.wav").mime_str("audio/wav").unwrap();
        let request = console.request(Method::POST, &format!("{place}/audio-to-text"));
        console.send(request.multipart(Form::new().part("file", part)))
    };
    let read = || async { console.post_json(&format!("{place}/text-to-audio"), &json!({"text": "Hello"})).await };
    said(9).await.expect(400);
    read().await.expect(400);
    console.add_openai(&ground.stub.openai_base_url(), "sk-audio").await;
    for (kind, model) in [("speech2text", "whisper-1"), ("tts", "tts-1")] {
        let setting = json!({"model_type": kind, "provider": "langgenius/openai/openai", "model": model});
        console.post_json("/workspaces/current/default-model", &json!({"model_settings": [setting]})).await.expect(200);
    }
    let on = json!({"speech_to_text": {"enabled": true}, "text_to_speech": {"enabled": true, "voice": "nova"}});
    ground.configure(on).await;
    assert_eq!(said(9).await.expect(200).json, json!({"text": "a transcript"}));
    let sound = read().await.expect(200);
    assert_eq!(sound.header("content-type"), Some("audio/mpeg"));
    let none = console.request(Method::POST, &format!("{place}/audio-to-text")).multipart(Form::new().text("a", "b"));
    assert_eq!(console.send(none).await.expect(400).code(), "no_audio_uploaded");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_lists_what_is_used_and_pinned_first() {
    let ground = Ground::of("chat").await;
    let console = &ground.console;
    let other = console.create_ready_app("chat", ground.provider, MODEL).await;
    let third = console.create_app("workflow", "Third").await;
    let order = || async {
        let list = console.get("/installed-apps").await.expect(200).json;
        let items = list["installed_apps"].as_array().unwrap().clone();
        items.iter().map(|item| item["app"]["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(order().await.len(), 3);
    let at = place(console, &other).await;
    console.sse(&format!("{at}/chat-messages"), &asked("Hi", "")).await.well_framed();
    assert_eq!(order().await[0], other.id);
    let pinned = place(console, &third).await;
    let told = console.patch_json(&pinned, &json!({"is_pinned": true})).await.expect(200).json;
    assert_eq!(told["result"], "success");
    assert_eq!(order().await[..2], [third.id.clone(), other.id.clone()]);
    let list = console.get(&format!("/installed-apps?app_id={}", other.id)).await.expect(200).json;
    let item = &list["installed_apps"][0];
    let keys = ["id", "app", "app_owner_tenant_id", "is_pinned", "last_used_at", "editable", "uninstallable"];
    assert!(keys.iter().all(|key| item.get(key).is_some()), "{item}");
    assert!(item["last_used_at"].is_i64() && item["editable"] == true && item["uninstallable"] == true, "{item}");
    let plain = member(&ground.server, "normal").await;
    assert_eq!(plain.get("/installed-apps").await.expect(200).json["installed_apps"][0]["editable"], false);
    assert_eq!(console.get("/installed-apps?app_id=x").await.expect(400).code(), "invalid_param");
    // One's own app stays.
    assert_eq!(console.delete(&at).await.expect(400).code(), "bad_request");
    // Nothing is published yet.
    assert_eq!(console.get(&format!("{pinned}/parameters")).await.expect(400).code(), "app_unavailable");
    // Another workspace has none of this.
    let elsewhere = stranger(&ground.server).await;
    assert_eq!(elsewhere.get("/installed-apps").await.expect(200).json, json!({"installed_apps": []}));
    for path in [at.as_str(), "/installed-apps/none", "/installed-apps/7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a"] {
        elsewhere.patch_json(path, &json!({"is_pinned": true})).await.expect(404);
        elsewhere.delete(path).await.expect(404);
        elsewhere.get(&format!("{path}/parameters")).await.expect(404);
        elsewhere.post_json(&format!("{path}/chat-messages"), &json!({"query": 1})).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recommended_to_all_is_installed_elsewhere() {
    let ground = Ground::of("chat").await;
    let elsewhere = stranger(&ground.server).await;
    let body = json!({"app_id": ground.app.id});
    elsewhere.post_json("/installed-apps", &body).await.expect(404);
    let db = ground.server.db();
    let recommend = "INSERT INTO recommended_apps (id, app_id, description, copyright, privacy_policy, category, position, \
                     is_listed, install_count, language, custom_disclaimer) \
                     VALUES (gen_random_uuid(), $1::uuid, '{}', '', '', 'x', 1, true, 0, 'en-US', '')";
    assert_eq!(db.execute(recommend, &[&ground.app.id]).await, 1);
    elsewhere.post_json("/installed-apps", &body).await.expect(403);
    db.execute("UPDATE apps SET is_public = true WHERE id = $1::uuid", &[&ground.app.id]).await;
    for _ in 0..2 {
        let told = elsewhere.post_json("/installed-apps", &body).await.expect(200).json;
        assert_eq!(told, json!({"message": "App installed successfully"}));
    }
    assert_eq!(db.one("SELECT install_count FROM recommended_apps", &[]).await["install_count"], json!(1));
    let at = place(&elsewhere, &ground.app).await;
    let list = elsewhere.get("/installed-apps").await.expect(200).json;
    assert_eq!(list["installed_apps"][0]["app_owner_tenant_id"], json!(home(&ground.server).await));
    assert_eq!(list["installed_apps"][0]["uninstallable"], false);
    let transcript = elsewhere.sse(&format!("{at}/chat-messages"), &asked("Hi", "")).await.well_framed();
    assert_eq!(transcript.answer(), "Hello, world!");
    // The builder's other place of the app is not theirs.
    let theirs = place(&ground.console, &ground.app).await;
    elsewhere.get(&format!("{theirs}/conversations")).await.expect(404);
    elsewhere.delete(&at).await.expect(204);
    elsewhere.get(&format!("{at}/conversations")).await.expect(404);
}
