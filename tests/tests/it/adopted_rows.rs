//! Rows that an adopted database has and this release does not write yet: annotations, agents' steps, files of tools.

use serde_json::{Value, json};

use crate::it::costs::{Cost, STATEMENTS};
use crate::it::ground::{Ground, question};

const THOUGHT: &str = "5d0c6f0e-17a6-4a53-9d8e-3a1f1d2b0c01";
const TOOL_FILE: &str = "5d0c6f0e-17a6-4a53-9d8e-3a1f1d2b0c02";
const ANNOTATION: &str = "5d0c6f0e-17a6-4a53-9d8e-3a1f1d2b0c03";

#[tokio::test(flavor = "multi_thread")]
async fn parameters_tell_of_the_annotation_reply() {
    let ground = Ground::of("chat").await;
    assert_eq!(ground.service.get("/parameters").await.expect(200).json["annotation_reply"], json!({"enabled": false}));
    let db = ground.server.db();
    let binding = "INSERT INTO dataset_collection_bindings (id, provider_name, model_name, type, collection_name, created_at) \
                   VALUES ($1::uuid, 'langgenius/openai/openai', 'text-embedding-3-small', 'annotation', 'c', now())";
    db.execute(binding, &[TOOL_FILE]).await;
    let setting = "INSERT INTO app_annotation_settings (id, app_id, score_threshold, collection_binding_id, created_user_id, created_at, updated_user_id, updated_at) \
                   VALUES ($1::uuid, $2::uuid, 0.9, $3::uuid, $1::uuid, now(), $1::uuid, now())";
    db.execute(setting, &[ANNOTATION, &ground.app.id, TOOL_FILE]).await;
    let shown = json!({
        "id": ANNOTATION,
        "enabled": true,
        "score_threshold": 0.9,
        "embedding_model": {
            "embedding_provider_name": "langgenius/openai/openai",
            "embedding_model_name": "text-embedding-3-small",
        },
    });
    // Another process, which remembers nothing.
    let other = ground.server.sibling(config::Tier::All).start().await;
    let key = ground.console.api_key(&ground.app).await;
    assert_eq!(other.service(&key).get("/parameters").await.expect(200).json["annotation_reply"], shown);
    let page = other.web(&ground.app.code).await;
    assert_eq!(page.get("/parameters").await.expect(200).json["annotation_reply"], shown);
    let detail = ground.console.get(&format!("/apps/{}", ground.app.id)).await.expect(200).json;
    assert_eq!(detail["model_config"]["annotation_reply"], shown);
    let setting = ground.console.get(&format!("/apps/{}/annotation-setting", ground.app.id)).await.expect(200).json;
    assert_eq!(setting, shown);
    other.shutdown().await;
}

/// A conversation whose first message has everything that can hang on one.
async fn decorated(ground: &Ground) -> (String, String) {
    let answer = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    let (conversation, message) = (answer.text_at("/conversation_id"), answer.text_at("/message_id"));
    let db = ground.server.db();
    let run = async |statement: &str, parameters: &[&str]| {
        assert_eq!(db.execute(statement, parameters).await, 1, "{statement}");
    };
    let owner = db.one("SELECT id::text FROM accounts", &[]).await["id"].as_str().unwrap().to_owned();
    let tenant = db.one("SELECT id::text FROM tenants", &[]).await["id"].as_str().unwrap().to_owned();
    let metadata = json!({
        "annotation_reply": {"id": ANNOTATION, "account": {"id": owner, "name": "Owner"}},
        "retriever_resources": [{"position": 1, "dataset_name": "Books", "segment_id": "s-1", "content": "c", "score": 0.5}],
        "usage": null,
    });
    run("UPDATE messages SET message_metadata = $2 WHERE id = $1::uuid", &[&message, &metadata.to_string()]).await;
    run(
        "INSERT INTO message_agent_thoughts (id, message_id, position, created_by_role, created_by, thought, tool, tool_labels_str, \
            tool_meta_str, tool_input, observation, message_price_unit, answer_price_unit, message_files, created_at) \
         VALUES ($1::uuid, $2::uuid, 1, 'account', $3::uuid, 'Look it up', 'wiki;clock', '{\"wiki\": {\"en_US\": \"Wiki\"}}', \
            '{}', '{\"wiki\": {\"q\": \"x\"}}', '{\"wiki\": \"y\"}', 0.001, 0.001, '[\"5d0c6f0e-17a6-4a53-9d8e-3a1f1d2b0c04\"]', \
            '2026-01-02 03:04:05')",
        &[THOUGHT, &message, &owner],
    )
    .await;
    run(
        "INSERT INTO tool_files (id, user_id, tenant_id, file_key, mimetype, name, size) \
         VALUES ($1::uuid, $2::uuid, $3::uuid, 'tools/t/abc.png', 'image/png', 'cat.png', 42)",
        &[TOOL_FILE, &owner, &tenant],
    )
    .await;
    // As old releases wrote it: the file is named by its link alone.
    run(
        "INSERT INTO message_files (id, message_id, type, transfer_method, created_by_role, created_by, belongs_to, url, created_at) \
         VALUES (gen_random_uuid(), $1::uuid, 'image', 'tool_file', 'account', $2::uuid, 'assistant', $3, now())",
        &[&message, &owner, &format!("/files/tools/{TOOL_FILE}.png")],
    )
    .await;
    run(
        "INSERT INTO message_annotations (id, app_id, conversation_id, message_id, question, content, hit_count, account_id, created_at, updated_at) \
         VALUES ($1::uuid, $2::uuid, $3::uuid, $4::uuid, 'Hi', 'Hello!', 1, $5::uuid, '2026-01-02 03:04:05', now())",
        &[ANNOTATION, &ground.app.id, &conversation, &message, &owner],
    )
    .await;
    run(
        "INSERT INTO app_annotation_hit_histories (id, app_id, annotation_id, source, question, account_id, created_at, score, \
            message_id, annotation_question, annotation_content) \
         VALUES (gen_random_uuid(), $1::uuid, $2::uuid, 'api', 'Hi', $3::uuid, now(), 1, $4::uuid, 'Hi', 'Hello!')",
        &[&ground.app.id, ANNOTATION, &owner, &message],
    )
    .await;
    (conversation, message)
}

fn assert_shown(message: &Value) {
    let thought = json!({
        "id": THOUGHT, "chain_id": null, "message_id": message["id"], "position": 1, "thought": "Look it up",
        "tool": "wiki;clock", "tool_labels": {"wiki": {"en_US": "Wiki"}}, "tool_input": "{\"wiki\": {\"q\": \"x\"}}",
        "created_at": 1_767_323_045, "observation": "{\"wiki\": \"y\"}",
        "files": ["5d0c6f0e-17a6-4a53-9d8e-3a1f1d2b0c04"],
    });
    assert_eq!(message["agent_thoughts"], json!([thought]));
    let file = &message["message_files"][0];
    assert_eq!(
        (&file["filename"], &file["mime_type"], &file["size"], &file["transfer_method"], &file["belongs_to"]),
        (&json!("cat.png"), &json!("image/png"), &json!(42), &json!("tool_file"), &json!("assistant"))
    );
    let url = file["url"].as_str().unwrap();
    assert!(url.contains(&format!("/files/tools/{TOOL_FILE}.png?timestamp=")), "{url}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_show_what_hangs_on_them() {
    let ground = Ground::of("chat").await;
    let (conversation, id) = decorated(&ground).await;
    let listed = ground.service.get(&format!("/messages?user=alice&conversation_id={conversation}")).await.expect(200);
    let message = &listed.json["data"][0];
    assert_shown(message);
    let citation = &message["retriever_resources"][0];
    assert_eq!((&citation["dataset_name"], &citation["message_id"]), (&json!("Books"), &json!(id)));

    let path = format!("/apps/{}/chat-messages?conversation_id={conversation}", ground.app.id);
    let detail = &ground.console.get(&path).await.expect(200).json["data"][0];
    assert_shown(detail);
    let annotation = &detail["annotation"];
    assert_eq!(
        (&annotation["id"], &annotation["question"], &annotation["content"], &annotation["created_at"]),
        (&json!(ANNOTATION), &json!("Hi"), &json!("Hello!"), &json!(1_767_323_045))
    );
    assert_eq!(annotation["account"]["email"], json!(test_kit::Console::OWNER_EMAIL));
    let hit = &detail["annotation_hit_history"];
    assert_eq!(
        (&hit["annotation_id"], &hit["annotation_create_account"]["name"], &hit["created_at"]),
        (&json!(ANNOTATION), &json!("Owner"), &json!(1_767_323_045))
    );
    assert_eq!(detail["metadata"]["annotation_reply"]["account"]["name"], "Owner");
    let one = ground.console.get(&format!("/apps/{}/messages/{id}", ground.app.id)).await.expect(200).json;
    assert_eq!(&one["annotation"], annotation);

    // The same rows under a conversation of a page.
    let page = ground.server.web(&ground.app.code).await;
    let asked = json!({"inputs": {}, "query": "Hi", "response_mode": "blocking"});
    let of_page = page.post_json("/chat-messages", &asked).await.expect(200);
    let (conversation, shown) = (of_page.text_at("/conversation_id"), of_page.text_at("/message_id"));
    let db = ground.server.db();
    for table in ["message_agent_thoughts", "message_files"] {
        let moved = format!("UPDATE {table} SET message_id = $2::uuid WHERE message_id = $1::uuid");
        assert_eq!(db.execute(&moved, &[&id, &shown]).await, 1);
    }
    assert_shown(&page.get(&format!("/messages?conversation_id={conversation}")).await.expect(200).json["data"][0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_messages_costs_the_same_whatever_its_length() {
    let ground = Ground::of("chat").await;
    let (conversation, message) = decorated(&ground).await;
    let statements = Cost::of(&ground.server, STATEMENTS);
    let console = format!("/apps/{}/chat-messages?conversation_id={conversation}", ground.app.id);
    let service = format!("/messages?user=alice&conversation_id={conversation}");
    let cheapest = async || {
        let listed = ground.service.get(&service).await.expect(200).json["data"].as_array().unwrap().len();
        ground.console.get(&console).await.expect(200);
        let of_service = statements.least(1, async || drop(ground.service.get(&service).await.expect(200))).await;
        let of_builder = statements.least(1, async || drop(ground.console.get(&console).await.expect(200))).await;
        (listed, of_service, of_builder)
    };
    let (one, service, builder) = cheapest().await;
    let db = ground.server.db();
    let columns = "app_id, conversation_id, inputs, query, message, message_unit_price, answer, answer_unit_price, currency, \
                   from_source, from_end_user_id, created_at, updated_at, agent_based";
    let copy = format!(
        "INSERT INTO messages (id, {columns}) SELECT gen_random_uuid(), {columns} FROM messages, generate_series(1, 15) WHERE messages.id = $1::uuid"
    );
    assert_eq!(db.execute(&copy, &[&message]).await, 15);
    let thoughts = "INSERT INTO message_agent_thoughts (id, message_id, position, created_by_role, created_by, tool_labels_str, tool_meta_str, created_at) \
                    SELECT gen_random_uuid(), id, 1, 'account', id, '{}', '{}', now() FROM messages";
    assert_eq!(db.execute(thoughts, &[]).await, 16);
    let (many, service_of_many, builder_of_many) = cheapest().await;
    assert_eq!((one, many), (1, 16));
    assert_eq!((service, builder), (service_of_many, builder_of_many));
    assert!(service <= 8.0, "{service} statements for a page");
}

/// A link without its host.
fn path_of(link: &str) -> &str {
    link.split_at(link.find("/files/").unwrap()).1
}

#[tokio::test(flavor = "multi_thread")]
async fn links_in_answers_open_their_files_again() {
    let ground = Ground::of("chat").await;
    let form = reqwest::multipart::Form::new().text("user", "alice").part(
        "file",
        reqwest::multipart::Part::bytes(b"hello".to_vec()).file_name("a.txt").mime_str("text/plain").unwrap(),
    );
    let request = ground.service.request(reqwest::Method::POST, "/files/upload").multipart(form);
    let link = ground.service.send(request).await.expect(201).text_at("/source_url");
    let answer = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    let (conversation, message) = (answer.text_at("/conversation_id"), answer.text_at("/message_id"));
    // Signed at another time, as far as anybody can tell: the host is another one, and so is its time.
    let path = path_of(&link);
    let stored = format!(
        "Here: [a.txt](https://old.example.com{path}). Not ours: [x](/files/{message}/file-preview?timestamp=1&nonce=2&sign=3)"
    );
    let db = ground.server.db();
    db.execute("UPDATE messages SET answer = $2 WHERE id = $1::uuid", &[&message, &stored]).await;
    for shown in [
        ground
            .service
            .get(&format!("/messages?user=alice&conversation_id={conversation}"))
            .await
            .expect(200)
            .text_at("/data/0/answer"),
        ground
            .console
            .get(&format!("/apps/{}/chat-messages?conversation_id={conversation}", ground.app.id))
            .await
            .expect(200)
            .text_at("/data/0/answer"),
    ] {
        assert!(
            !shown.contains("old.example.com") && shown.ends_with("file-preview?timestamp=1&nonce=2&sign=3)"),
            "{shown}"
        );
        let fresh = shown.split_once("](").unwrap().1.split_once(')').unwrap().0;
        let path = path_of(fresh);
        assert_eq!(ground.server.client().get(path).await.expect(200).text(), "hello");
    }
    let kept = db.one("SELECT answer FROM messages WHERE id = $1::uuid", &[&message]).await;
    assert_eq!(kept["answer"], json!(stored), "reading changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_keeps_its_placeholder() {
    let ground = Ground::of("chat").await;
    assert_eq!(ground.service.get("/site").await.expect(200).json["input_placeholder"], Value::Null);
    let site = format!("/apps/{}/site", ground.app.id);
    let set = ground.console.post_json(&site, &json!({"input_placeholder": "Ask me"})).await.expect(200);
    assert_eq!(set.json["input_placeholder"], "Ask me");
    let other = ground.console.post_json(&site, &json!({"title": "Other"})).await.expect(200);
    assert_eq!(other.json["input_placeholder"], "Ask me", "what is not named stays");
    assert_eq!(ground.service.get("/site").await.expect(200).json["input_placeholder"], "Ask me");
    let page = ground.server.web(&ground.app.code).await;
    assert_eq!(page.get("/site").await.expect(200).json["site"]["input_placeholder"], "Ask me");
    let detail = ground.console.get(&format!("/apps/{}", ground.app.id)).await.expect(200).json;
    assert_eq!(detail["site"]["input_placeholder"], "Ask me");
    let copy = ground.console.post_json(&format!("/apps/{}/copy", ground.app.id), &json!({})).await.expect(201);
    let copied = ground.console.get(&format!("/apps/{}", copy.text_at("/id"))).await.expect(200).json;
    assert_eq!(copied["site"]["input_placeholder"], "Ask me");
    let long = json!({"input_placeholder": "x".repeat(256)});
    assert_eq!(ground.console.post_json(&site, &long).await.expect(400).code(), "invalid_param");
    let _ = ground.console.post_json(&site, &json!({"input_placeholder": ""})).await.expect(200);
    assert_eq!(ground.service.get("/site").await.expect(200).json["input_placeholder"], Value::Null);
    assert_eq!(ground.server.db().count("ferrify_sites", "true", &[]).await, 1, "the copy has its own");
}
