//! Published pages, files and the debugger.

use serde_json::{Value, json};
use test_kit::Console;

use crate::it::ground::{Ground, MODEL};

fn ask(query: &str, mode: &str) -> Value {
    json!({"inputs": {}, "query": query, "response_mode": mode})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_chats_on_a_page() {
    let ground = Ground::of("chat").await;
    let web = ground.server.web(&ground.app.code).await;
    let site = web.get("/site").await.expect(200).json;
    assert_eq!(
        (&site["app_id"], &site["model_config"], &site["plan"], &site["custom_config"]),
        (&json!(ground.app.id), &Value::Null, &json!("basic"), &Value::Null)
    );
    assert_eq!(
        (&site["site"]["prompt_public"], &site["site"]["icon_type"], &site["site"]["icon_url"]),
        (&json!(false), &json!("emoji"), &Value::Null)
    );
    assert_eq!(web.get("/parameters").await.expect(200).json["system_parameters"]["file_size_limit"], json!(15));
    assert_eq!(web.get("/meta").await.expect(200).json, json!({"tool_icons": {}}));
    let transcript = web.sse("/chat-messages", &ask("Hi", "streaming")).await.well_framed();
    let end = transcript.only("message_end");
    assert!(end["metadata"]["usage"].is_object());
    let conversation = end["conversation_id"].as_str().unwrap().to_owned();
    let first = end["message_id"].as_str().unwrap().to_owned();
    let mut second = ask("More", "blocking");
    second["conversation_id"] = json!(conversation);
    second["parent_message_id"] = json!(first);
    let second = web.post_json("/chat-messages", &second).await.expect(200).json;
    assert!(second["metadata"].get("usage").is_none());
    let messages = web.get(&format!("/messages?conversation_id={conversation}&limit=20")).await.expect(200).json;
    let rows = messages["data"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &rows[0]["parent_message_id"], &rows[1]["parent_message_id"]),
        (2, &Value::Null, &json!(first))
    );
    assert!(rows[0]["metadata"].is_object() && rows[0]["total_price"].is_string(), "{}", rows[0]);
    let page = web
        .get(&format!("/messages?conversation_id={conversation}&limit=1&first_id={}", rows[1]["id"].as_str().unwrap()))
        .await
        .expect(200)
        .json;
    assert_eq!((&page["data"][0]["id"], &page["has_more"]), (&json!(first), &json!(false)));

    let named =
        web.post_json(&format!("/conversations/{conversation}/name"), &json!({"name": "Mine"})).await.expect(200).json;
    assert_eq!(named["name"], "Mine");
    let _ = web.patch_json(&format!("/conversations/{conversation}/pin"), &json!({})).await.expect(200);
    let _ = web.patch_json(&format!("/conversations/{conversation}/pin"), &json!({})).await.expect(200);
    for (query, count) in [("pinned=true", 1), ("pinned=false", 0), ("limit=5", 1)] {
        let list = web.get(&format!("/conversations?{query}")).await.expect(200).json;
        assert_eq!(list["data"].as_array().unwrap().len(), count, "{query}");
    }
    let _ = web.patch_json(&format!("/conversations/{conversation}/unpin"), &json!({})).await.expect(200);
    assert_eq!(web.get("/conversations?pinned=true").await.expect(200).json["data"], json!([]));
    let feedback = format!("/messages/{first}/feedbacks");
    assert_eq!(web.post_json(&feedback, &json!({"rating": null})).await.expect(400).code(), "invalid_param");
    let _ = web.post_json(&feedback, &json!({"rating": "like", "content": "good"})).await.expect(200);
    let messages = web.get(&format!("/messages?conversation_id={conversation}")).await.expect(200).json;
    assert_eq!(messages["data"][0]["feedback"], json!({"rating": "like"}));
    let suggested = web.get(&format!("/messages/{first}/suggested-questions")).await.expect(403);
    assert_eq!(suggested.code(), "app_suggested_questions_after_answer_disabled");
    assert_eq!(web.get("/saved-messages").await.expect(400).code(), "not_completion_app");
    assert_eq!(
        web.post_json("/completion-messages", &json!({"inputs": {}})).await.expect(400).code(),
        "not_completion_app"
    );
    assert_eq!(web.get("/messages?conversation_id=").await.expect(200).json["data"], json!([]));
    let _ = web.post_json(&format!("/chat-messages/{conversation}/stop"), &json!({})).await.expect(200);

    let stranger = ground.server.web(&ground.app.code).await;
    assert_eq!(stranger.get("/conversations").await.expect(200).json["data"], json!([]));
    assert_eq!(stranger.delete(&format!("/conversations/{conversation}")).await.expect(404).code(), "not_found");
    let _ = web.delete(&format!("/conversations/{conversation}")).await.expect(204);
    let _ = web.delete(&format!("/conversations/{conversation}")).await.expect(404);
    assert_eq!(web.get("/system-features").await.expect(200).json["webapp_auth"]["enabled"], json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn passports_are_checked() {
    let ground = Ground::of("chat").await;
    let open = test_kit::Client::new(format!("{}/api", ground.server.base()));
    assert_eq!(open.get("/site").await.expect(401).code(), "unauthorized");
    assert_eq!(open.post_json("/chat-messages", &json!({})).await.expect(401).code(), "unauthorized");
    assert_eq!(open.get("/passport").await.expect(401).code(), "unauthorized");
    let coded =
        |code: &str| test_kit::Client::new(format!("{}/api", ground.server.base())).with_header("X-App-Code", code);
    assert_eq!(coded("none").get("/passport").await.expect(404).code(), "not_found");
    let code = ground.app.code.clone();
    let passport = coded(&code).get("/passport?user_id=embed-7").await.expect(200).text_at("/access_token");
    let status = |query: String, passport: String| {
        let client = coded(&code).with_header("X-App-Passport", passport);
        async move { client.get(&format!("/login/status{query}")).await }
    };
    assert_eq!(
        status(String::new(), passport.clone()).await.expect(200).json,
        json!({"logged_in": false, "app_logged_in": false})
    );
    let yes = json!({"logged_in": true, "app_logged_in": true});
    assert_eq!(status(format!("?app_code={code}"), passport.clone()).await.expect(200).json, yes);
    assert_eq!(status(format!("?app_code={code}&user_id=embed-7"), passport.clone()).await.expect(200).json, yes);
    let no = json!({"logged_in": true, "app_logged_in": false});
    assert_eq!(status(format!("?app_code={code}&user_id=other"), passport.clone()).await.expect(200).json, no);
    assert_eq!(status(format!("?app_code={code}"), "broken".to_owned()).await.expect(200).json, no);
    assert_eq!(status("?app_code=none".to_owned(), passport.clone()).await.expect(400).code(), "invalid_param");
    let _ = open.post_json("/logout", &json!({})).await.expect(200);
    let cookie = coded(&code)
        .with_header("Cookie", format!("passport-{code}={passport}"))
        .with_header("X-App-Passport", "broken");
    let site = cookie.get("/site").await.expect(200).json;
    let again = coded(&code).get("/passport?user_id=embed-7").await.expect(200).text_at("/access_token");
    assert_eq!(
        coded(&code).with_header("X-App-Passport", again).get("/site").await.expect(200).json["end_user_id"],
        site["end_user_id"]
    );
    let _ = ground
        .console
        .post_json(&format!("/apps/{}/site-enable", ground.app.id), &json!({"enable_site": false}))
        .await
        .expect(200);
    assert_eq!(
        coded(&code).with_header("X-App-Passport", passport).get("/site").await.expect(400).code(),
        "bad_request"
    );
    let _ = coded(&code).get("/passport").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_are_kept() {
    let ground = Ground::of("completion").await;
    let web = ground.server.web(&ground.app.code).await;
    let mut ids = Vec::new();
    for query in ["one", "two", "three"] {
        let body = json!({"inputs": {"query": query}, "response_mode": "blocking"});
        let answer = web.post_json("/completion-messages", &body).await.expect(200).json;
        let metadata = answer["metadata"].as_object().unwrap();
        assert!(answer.get("conversation_id").is_none() && metadata.keys().eq(["retriever_resources"]), "{answer}");
        ids.push(answer["message_id"].as_str().unwrap().to_owned());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    for id in [&ids[2], &ids[0], &ids[0]] {
        let _ = web.post_json("/saved-messages", &json!({"message_id": id})).await.expect(200);
    }
    let list = web.get("/saved-messages").await.expect(200).json;
    let saved: Vec<&str> = list["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert_eq!(saved, [ids[2].as_str(), ids[0].as_str()]);
    assert_eq!(list["data"][0]["inputs"], json!({"query": "three"}));
    let next = web.get(&format!("/saved-messages?limit=1&last_id={}", ids[2])).await.expect(200).json;
    assert_eq!((&next["data"][0]["id"], &next["has_more"]), (&json!(ids[0]), &json!(false)));
    assert_eq!(web.get("/saved-messages?limit=1").await.expect(200).json["has_more"], json!(true));
    let stranger = ground.server.web(&ground.app.code).await;
    assert_eq!(
        stranger.post_json("/saved-messages", &json!({"message_id": ids[0]})).await.expect(404).code(),
        "not_found"
    );
    let _ = web.delete(&format!("/saved-messages/{}", ids[2])).await.expect(204);
    let _ = web.delete(&format!("/saved-messages/{}", ids[2])).await.expect(204);
    assert_eq!(web.get("/saved-messages").await.expect(200).json["data"].as_array().unwrap().len(), 1);
    let suggested = web.get(&format!("/messages/{}/suggested-questions", ids[0])).await.expect(400);
    assert_eq!(suggested.code(), "not_completion_app");
    assert_eq!(web.post_json("/chat-messages", &ask("x", "blocking")).await.expect(400).code(), "not_chat_app");
}

fn form(name: &str, mime: &str, content: &str) -> reqwest::multipart::Form {
    let part = reqwest::multipart::Part::text(content.to_owned()).file_name(name.to_owned()).mime_str(mime).unwrap();
    reqwest::multipart::Form::new().part("file", part)
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_come_back_by_their_links() {
    let ground = Ground::of("chat").await;
    let web = ground.server.web(&ground.app.code).await;
    let upload = |form| web.send(web.request(reqwest::Method::POST, "/files/upload").multipart(form));
    let text = upload(form("notes ä.txt", "text/plain", "héllo")).await.expect(201).json;
    assert_eq!(
        (&text["name"], &text["size"], &text["extension"], &text["preview_url"]),
        (&json!("notes ä.txt"), &json!(6), &json!("txt"), &Value::Null)
    );
    let fetch = |json: &Value| {
        let url = json["source_url"].as_str().unwrap().to_owned();
        let path = url.find("/files/").and_then(|at| url.get(at..)).unwrap_or(&url).to_owned();
        let client = test_kit::Client::new(ground.server.base().to_owned());
        async move {
            (
                client.get(&path).await,
                client.get(&format!("{path}&as_attachment=true")).await,
                client.get(path.split('?').next().unwrap()).await,
                client.get(&path.replace("sign=", "sign=x")).await,
            )
        }
    };
    let (shown, saved, unsigned, forged) = fetch(&text).await;
    let shown = shown.expect(200);
    assert_eq!(
        (shown.header("content-type"), shown.header("content-length"), shown.text()),
        (Some("text/plain; charset=utf-8"), Some("6"), "héllo")
    );
    assert_eq!(
        saved.expect(200).header("content-disposition"),
        Some("attachment; filename*=UTF-8''notes%20%C3%A4.txt")
    );
    assert_eq!(unsigned.expect(400).code(), "invalid_param");
    assert_eq!(forged.expect(404).code(), "not_found");
    let page = upload(form("x.html", "text/html", "<script>")).await.expect(201).json;
    let page = fetch(&page).await.0.expect(200);
    assert_eq!(
        (page.header("content-type"), page.header("x-content-type-options")),
        (Some("application/octet-stream"), Some("nosniff"))
    );
    let console = &ground.console;
    let send = |form| console.send(console.request(reqwest::Method::POST, "/files/upload").multipart(form));
    let own = send(form("a.pdf", "application/pdf", "%PDF")).await.expect(201).json;
    assert!(own["tenant_id"].is_string());
    assert_eq!(
        send(form("a.xyz", "application/x", "x").text("source", "datasets")).await.expect(415).code(),
        "unsupported_file_type"
    );
    let remote = web.get("/remote-files/http%3A%2F%2F10.0.0.1%2Fx.png").await.expect(400);
    assert_eq!(remote.code(), "invalid_param");
    let remote =
        web.post_json("/remote-files/upload", &json!({"url": "http://169.254.169.254/latest"})).await.expect(400);
    assert_eq!(remote.code(), "remote_file_upload_error");
    let link = text["source_url"].as_str().unwrap();
    let link = if link.starts_with('/') { format!("{}{link}", ground.server.base()) } else { link.to_owned() };
    let encoded: String = link.bytes().map(|b| format!("%{b:02X}")).collect();
    let found = web.get(&format!("/remote-files/{encoded}")).await.expect(200).json;
    assert_eq!(found, json!({"file_type": "text/plain; charset=utf-8", "file_length": 6}));
    let taken = web.post_json("/remote-files/upload", &json!({"url": link})).await.expect(201).json;
    assert_eq!(
        (&taken["name"], &taken["mime_type"], &taken["size"]),
        (&json!("file-preview.txt"), &json!("text/plain"), &json!(6))
    );
    let tenant = own["tenant_id"].as_str().unwrap();
    let client = test_kit::Client::new(ground.server.base().to_owned());
    let _ = client.get(&format!("/files/workspaces/{tenant}/webapp-logo")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn builders_debug_with_another_configuration() {
    let ground = Ground::of("chat").await;
    let console = &ground.console;
    let app = format!("/apps/{}", ground.app.id);
    let mut config = Console::model_config("chat", ground.provider, MODEL);
    config["pre_prompt"] = json!("Draft.");
    config["suggested_questions_after_answer"] = json!({"enabled": true});
    let body = json!({"inputs": {}, "query": "Hi", "conversation_id": "", "parent_message_id": null, "response_mode": "streaming", "model_config": config, "files": []});
    let transcript = console.sse(&format!("{app}/chat-messages"), &body).await.well_framed();
    let end = transcript.only("message_end").clone();
    let sent = ground.stub.requests().pop().unwrap().body;
    assert_eq!(sent["messages"][0]["content"].as_str().unwrap().trim(), "Draft.");
    let (conversation, message) = (end["conversation_id"].as_str().unwrap(), end["message_id"].as_str().unwrap());
    let row = ground.message(message).await;
    assert_eq!((&row["invoke_from"], &row["from_source"]), (&json!("debugger"), &json!("console")));
    assert!(row["override_model_configs"].as_str().unwrap().contains("Draft."));
    let _ = console
        .post_json(&format!("{app}/feedbacks"), &json!({"message_id": message, "rating": "dislike", "content": "bad"}))
        .await
        .expect(200);
    let list = console.get(&format!("{app}/chat-messages?conversation_id={conversation}")).await.expect(200).json;
    let detail = &list["data"][0];
    assert_eq!(
        (&list["limit"], &list["has_more"], &detail["id"], &detail["answer"]),
        (&json!(20), &json!(false), &json!(message), &json!("Hello, world!"))
    );
    assert_eq!(detail["message"][0]["role"], "system");
    assert_eq!(detail["feedbacks"][0]["from_account"]["email"], Console::OWNER_EMAIL);
    assert_eq!(&console.get(&format!("{app}/messages/{message}")).await.expect(200).json["id"], &json!(message));
    let suggested = console.get(&format!("{app}/chat-messages/{message}/suggested-questions")).await;
    assert!(suggested.status == 200 || suggested.code() == "provider_not_initialize", "{suggested:?}");
    let mut broken = body.clone();
    broken["model_config"]["model"]["provider"] = json!("none/none/none");
    assert_eq!(console.post_json(&format!("{app}/chat-messages"), &broken).await.expect(400).code(), "invalid_param");
    let mut foreign = body.clone();
    foreign["conversation_id"] = json!("7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a");
    assert_eq!(console.post_json(&format!("{app}/chat-messages"), &foreign).await.expect(404).code(), "not_found");
    assert_eq!(
        console
            .post_json(&format!("{app}/completion-messages"), &json!({"inputs": {}, "model_config": config}))
            .await
            .expect(404)
            .code(),
        "app_not_found"
    );
    let _ = console.post_json(&format!("{app}/chat-messages/{conversation}/stop"), &json!({})).await.expect(200);
    assert_eq!(
        console.get(&format!("{app}/messages/7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a")).await.expect(404).code(),
        "not_found"
    );
    let key = console.api_key(&ground.app).await;
    let listed = ground.server.service(&key).get("/conversations?user=alice").await.expect(200).json;
    assert_eq!(listed["data"], json!([]));
}
