//! Chat messages over the Service API.

use serde_json::{Value, json};
use test_kit::upstream::Script;

use crate::it::ground::{Ground, MODEL, question, streamed, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_answer_has_the_contracts_frames() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script::text(&["Hel", "lo ", "wörld 🎉"]));
    let transcript = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    assert_eq!(transcript.headers["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(transcript.headers["x-accel-buffering"], "no");
    assert_eq!(transcript.names(), ["message", "message", "message", "message", "message_end"]);
    assert_eq!(transcript.answer(), "Hello wörld 🎉");
    let first = transcript.named("message")[0].clone();
    let keys: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["event", "conversation_id", "message_id", "created_at", "task_id", "id", "answer", "from_variable_selector"]
    );
    assert_eq!(transcript.named("message")[3]["answer"], "");
    let end = transcript.only("message_end");
    assert_eq!((&end["id"], &end["task_id"], &end["files"]), (&first["message_id"], &first["task_id"], &Value::Null));
    let usage = &end["metadata"]["usage"];
    assert_eq!(
        (&usage["prompt_tokens"], &usage["completion_tokens"], &usage["total_tokens"]),
        (&json!(10), &json!(3), &json!(13))
    );
    assert!(usage["total_price"].is_string() && usage["latency"].is_number() && usage["time_to_first_token"].is_null());
    assert_eq!(end["metadata"]["retriever_resources"], json!([]));

    let row = ground.message(first["message_id"].as_str().unwrap()).await;
    assert_eq!(
        (&row["answer"], &row["status"], &row["query"]),
        (&json!("Hello wörld 🎉"), &json!("normal"), &json!("Hi"))
    );
    assert_eq!((&row["message_tokens"], &row["answer_tokens"]), (&json!(10), &json!(3)));
    assert_eq!(
        (&row["invoke_from"], &row["from_source"], &row["app_mode"]),
        (&json!("service-api"), &json!("api"), &json!("chat"))
    );
    assert_eq!(row["message"], json!([{"role": "user", "text": "Hi", "files": []}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_answer_is_the_folded_stream() {
    let ground = Ground::of("chat").await;
    let answer = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    assert_eq!(
        (&answer.json["event"], &answer.json["mode"], &answer.json["answer"]),
        (&json!("message"), &json!("chat"), &json!("Hello, world!"))
    );
    assert_eq!(answer.json["id"], answer.json["message_id"]);
    for key in ["task_id", "conversation_id", "created_at"] {
        assert!(!answer.json[key].is_null(), "{key}");
    }
    let metadata: Vec<&String> = answer.json["metadata"].as_object().unwrap().keys().collect();
    assert_eq!(metadata, ["annotation_reply", "retriever_resources", "usage"]);
    assert!(
        answer.header("x-version").is_some()
            && answer.header("x-request-id").is_some()
            && answer.header("x-env").is_some()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_sees_prompt_history_and_query() {
    let ground = Ground::of("chat").await;
    ground.configure(json!({"pre_prompt": "You are {{who}}.", "user_input_form": [{"text-input": {"label": "Who", "variable": "who", "required": true}}]})).await;
    let with_inputs = |mut body: Value| {
        body["inputs"] = json!({"who": "Bo", "undeclared": 1});
        body
    };
    let first = ground.service.post_json("/chat-messages", &with_inputs(question("one"))).await.expect(200);
    let conversation = first.text_at("/conversation_id");
    let second = ground
        .service
        .post_json("/chat-messages", &within(with_inputs(question("two")), &conversation))
        .await
        .expect(200);
    assert_eq!(second.text_at("/conversation_id"), conversation);
    let sent = ground.stub.requests().pop().unwrap().body;
    let texts: Vec<(&str, &str)> = sent["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (m["role"].as_str().unwrap(), m["content"].as_str().unwrap()))
        .collect();
    assert_eq!(texts, [("system", "You are Bo.\n"), ("user", "one"), ("assistant", "Hello, world!"), ("user", "two")]);
    let row = ground.message(&second.text_at("/message_id")).await;
    assert_eq!(row["inputs"], json!({"who": "Bo"}));
    let conversations = ground.server.db().one("SELECT * FROM conversations", &[]).await;
    assert_eq!((&conversations["dialogue_count"], &conversations["name"]), (&json!(2), &json!("one")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_conversation_is_named_by_the_model() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script::text(&["{\"Your Output\": \"A fine title\"}"]));
    let _ = ground
        .console
        .post_json(
            "/workspaces/current/default-model",
            &json!({"model_settings": [{"model_type": "llm", "provider": ground.provider, "model": MODEL}]}),
        )
        .await
        .expect(200);
    let mut body = question("Please tell me everything about ships");
    body["auto_generate_name"] = json!(true);
    let answer = ground.service.post_json("/chat-messages", &body).await.expect(200);
    let conversation = answer.text_at("/conversation_id");
    for _ in 0..100 {
        let row = ground.server.db().one("SELECT name FROM conversations WHERE id = $1::uuid", &[&conversation]).await;
        if row["name"] == "A fine title" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the conversation was never named");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_user_is_made_once() {
    let ground = Ground::of("chat").await;
    let asks = (0..6).map(|_| async {
        let mut body = question("Hi");
        body["user"] = json!({"id": 7});
        ground.service.post_json("/chat-messages", &body).await.expect(200)
    });
    futures::future::join_all(asks).await;
    let users = ground.server.db().all("SELECT * FROM end_users", &[]).await;
    assert_eq!(users.len(), 1);
    assert_eq!(
        (&users[0]["type"], &users[0]["session_id"], &users[0]["is_anonymous"]),
        (&json!("service-api"), &json!("{\"id\":7}"), &json!(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_model_answers_without_any_configuration() {
    let server = test_kit::TestServer::start(config::Tier::All).await;
    let console = server.console().await;
    let app = console.create_app("chat", "Fresh").await;
    let key = console.api_key(&app).await;
    let transcript = server.service(&key).sse("/chat-messages", &streamed("Hello?")).await.well_framed();
    assert!(!transcript.answer().is_empty());
    assert!(transcript.only("message_end")["metadata"]["usage"]["total_tokens"].as_u64().unwrap() > 0);
}
