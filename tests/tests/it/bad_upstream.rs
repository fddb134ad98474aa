//! What a client sees, and what is stored, when the model's provider misbehaves.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::upstream::{Misbehave, Script};

use crate::it::ground::{Ground, MODEL, question, streamed};

/// Limits that a test can wait for, and one attempt only.
const IMPATIENT: [(&str, &str); 4] = [
    ("FERRIFY_MODEL_FIRST_TOKEN_SECONDS", "1"),
    ("FERRIFY_MODEL_IDLE_SECONDS", "1"),
    ("FERRIFY_MODEL_TOTAL_SECONDS", "20"),
    ("FERRIFY_MODEL_RETRIES", "0"),
];

/// Asks both ways and checks the wire answers and the rows.
async fn fails(ground: &Ground, script: Script, partial: &str, text: &str) {
    ground.stub.script(MODEL, script);
    let transcript = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    let error = transcript.only("error");
    assert_eq!((&error["status"], &error["code"]), (&json!(400), &json!("completion_request_error")), "{error}");
    assert_eq!(error.get("task_id"), None);
    assert!(transcript.named("message_end").is_empty());
    assert_eq!(transcript.names().last(), Some(&"error"));
    let shown = error["message"].as_str().unwrap();
    assert!(shown.contains(text), "{shown}");
    assert_eq!(transcript.answer(), partial);
    let row = ground.message(error["message_id"].as_str().unwrap()).await;
    assert_eq!(
        (&row["status"], &row["error"], &row["answer"]),
        (&json!("error"), &error["message"], &json!(partial.trim()))
    );

    let refused = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(400);
    assert_eq!((refused.code(), &refused.json["status"]), ("completion_request_error", &json!(400)));
    assert_eq!(ground.server.db().count("messages", "status = 'error' AND error IS NOT NULL", &[]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals() {
    for (script, text) in [
        (Script::refusal(401, "bad key sk-secret"), "Incorrect API key provided"),
        (Script::refusal(429, "slow down").header("Retry-After", "120"), "slow down"),
        (Script::refusal(500, "oops"), "oops"),
        (Script::refusal(400, "context too long"), "context too long"),
    ] {
        let ground = Ground::with("chat", &IMPATIENT).await;
        fails(&ground, script, "", text).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_there() {
    let ground = Ground::with("chat", &IMPATIENT).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // Checked when it was saved, gone when it is used.
    ground.server.db().execute("UPDATE provider_model_credentials SET encrypted_config = jsonb_set(encrypted_config::jsonb, '{endpoint_url}', to_jsonb($1::text))::text", &[&format!("http://{free}/v1")]).await;
    // Another process, which remembers nothing.
    let other = ground.server.sibling(config::Tier::Service).start().await;
    let key = ground.console.api_key(&ground.app).await;
    let error = other.service(&key).post_json("/chat-messages", &question("Hi")).await.expect(400);
    assert_eq!(error.code(), "completion_request_error");
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_before_the_first_token() {
    let ground = Ground::with("chat", &IMPATIENT).await;
    fails(&ground, Script { first_delay: Duration::from_secs(30), ..Script::default() }, "", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_break() {
    for misbehave in [
        Misbehave::Silence,
        Misbehave::CutMidStream,
        Misbehave::CloseEarly,
        Misbehave::InvalidUtf8,
        Misbehave::BrokenSse,
        Misbehave::ErrorEvent,
    ] {
        let ground = Ground::with("chat", &IMPATIENT).await;
        ground
            .stub
            .script(MODEL, Script { misbehave: Some(misbehave), ..Script::text(&["one ", "two ", "three ", "four "]) });
        let transcript = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
        let error = transcript.only("error");
        assert_eq!(error["code"], "completion_request_error", "{misbehave:?}: {error}");
        let row = ground.message(error["message_id"].as_str().unwrap()).await;
        assert_eq!(
            (&row["status"], &row["answer"]),
            (&json!("error"), &json!(transcript.answer().trim())),
            "{misbehave:?}"
        );
        assert_eq!(row["error"], error["message"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hiccup_before_the_first_token_is_not_seen() {
    let ground = Ground::of("chat").await;
    ground.stub.script_sequence(MODEL, vec![Script::refusal(503, "busy"), Script::text(&["fine"])]);
    let answer = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    assert_eq!(answer.json["answer"], "fine");
}

#[tokio::test(flavor = "multi_thread")]
async fn reasoning_is_wrapped() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script { reasoning: Some("hm, well".to_owned()), ..Script::text(&["So: yes"]) });
    let answer = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    assert_eq!(answer.json["answer"], "<think>\nhm, well\n</think>So: yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_key_is_in_answers_or_rows() {
    let ground = Ground::with("chat", &IMPATIENT).await;
    ground.stub.script(MODEL, Script::refusal(401, &format!("bad key key-of-{MODEL}")));
    let transcript = ground.service.sse("/chat-messages", &streamed("Hi")).await;
    assert!(!String::from_utf8_lossy(&transcript.raw).contains("key-of-"));
    let rows = ground.server.db().all("SELECT * FROM messages", &[]).await;
    assert!(!Value::Array(rows).to_string().contains("key-of-"));
}

/// A failure as a stream of another origin shows it, and its row.
async fn fails_as_stream(ground: &Ground, client: &test_kit::Client, path: &str, body: &Value, what: &str) {
    let transcript = client.sse(path, body).await.well_framed();
    let error = transcript.only("error");
    assert_eq!(
        (&error["status"], &error["code"]),
        (&json!(400), &json!("completion_request_error")),
        "{what}: {error}"
    );
    assert_eq!((error.get("task_id"), transcript.named("message_end").len()), (None, 0), "{what}");
    let row = ground.message(error["message_id"].as_str().unwrap()).await;
    assert_eq!((&row["status"], &row["error"]), (&json!("error"), &error["message"]), "{what}");
    assert!(!row["error"].as_str().unwrap().contains("failed repeatedly"), "{what}: nobody was asked");
    assert_eq!(row["answer"], json!(transcript.answer().trim()), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_look_the_same_to_everybody() {
    let broken =
        |misbehave| Script { misbehave: Some(misbehave), ..Script::text(&["one ", "two ", "three ", "four "]) };
    for (name, script) in [
        ("401", Script::refusal(401, "bad key")),
        ("429", Script::refusal(429, "slow down").header("Retry-After", "120")),
        ("500", Script::refusal(500, "oops")),
        ("slow", Script { first_delay: Duration::from_secs(30), ..Script::default() }),
        ("silence", broken(Misbehave::Silence)),
        ("cut", broken(Misbehave::CutMidStream)),
        ("utf-8", broken(Misbehave::InvalidUtf8)),
        ("sse", broken(Misbehave::BrokenSse)),
    ] {
        everybody_sees(name, script).await;
    }
}

/// On an installation of its own, and with one question each: a provider that fails all the time is not asked again.
async fn everybody_sees(name: &str, script: Script) {
    let ground = Ground::with("chat", &IMPATIENT).await;
    let completion = ground.console.create_ready_app("completion", ground.provider, MODEL).await;
    let (chat_page, completion_page) =
        (ground.server.web(&ground.app.code).await, ground.server.web(&completion.code).await);
    let chat = json!({"inputs": {}, "query": "Hi", "response_mode": "streaming"});
    let complete = json!({"inputs": {"query": "Hi"}, "response_mode": "streaming", "user": "alice"});
    let mut debugged = chat.clone();
    debugged["model_config"] = test_kit::Console::model_config("chat", ground.provider, MODEL);
    ground.stub.script(MODEL, script);
    for (client, path, body) in [
        (&*chat_page, "/chat-messages".to_owned(), &chat),
        (&*completion_page, "/completion-messages".to_owned(), &complete),
        (&*ground.console, format!("/apps/{}/chat-messages", ground.app.id), &debugged),
    ] {
        fails_as_stream(&ground, client, &path, body, &format!("{name} at {path}")).await;
    }
}

/// A stream in which halves of surrogate pairs stand alone, as JavaScript and Python send them.
fn halves() -> Script {
    let chunk = |delta: &str, finish: &str| {
        format!(
            "data: {{\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{{delta}}},\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let texts = [r#""content":"a\ud83d""#, r#""content":"\ude00b""#, r#""content":"\ud83d\ude00 \\ud83d""#];
    let body: String = texts.iter().map(|text| chunk(text, "null")).collect();
    let body = body + &chunk("", "\"stop\"") + "data: [DONE]\n\n";
    Script { body: Some(body), ..Script::default() }
}

const MENDED: &str = "a\u{fffd}\u{fffd}b\u{1f600} \\ud83d";

#[tokio::test(flavor = "multi_thread")]
async fn halves_of_surrogate_pairs_are_replaced_in_a_chat() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, halves());
    let transcript = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    assert_eq!(transcript.answer(), MENDED);
    let message = transcript.only("message_end")["message_id"].as_str().unwrap().to_owned();
    assert_eq!(ground.message(&message).await["answer"], json!(MENDED));
    let blocking = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    assert_eq!(blocking.json["answer"], json!(MENDED));
}

#[tokio::test(flavor = "multi_thread")]
async fn halves_of_surrogate_pairs_are_replaced_in_a_workflow() {
    let ground = Ground::of("workflow").await;
    ground.stub.script(MODEL, halves());
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "llm": {"type": "llm", "model": {"provider": ground.provider, "name": MODEL, "mode": "chat", "completion_params": {}},
            "prompt_template": [{"role": "user", "text": "Hi"}],
            "context": {"enabled": false, "variable_selector": []}, "vision": {"enabled": false}},
        "end": {"type": "end", "outputs": [{"variable": "said", "value_selector": ["llm", "text"]}]},
    });
    let graph = crate::it::workflow_runs::graph(nodes, &[("start", "source", "llm"), ("llm", "source", "end")]);
    let draft = json!({"graph": graph, "features": {}, "environment_variables": [], "conversation_variables": []});
    let _ = crate::it::console_workflows::save(&ground.console, &ground.app, &draft).await.expect(200);
    let _ = crate::it::console_workflows::publish(&ground.console, &ground.app).await.expect(200);
    let asked = json!({"inputs": {}, "user": "ann", "response_mode": "blocking"});
    let run = ground.service.post_json("/workflows/run", &asked).await.expect(200);
    assert_eq!(
        (&run.json["data"]["status"], &run.json["data"]["outputs"]),
        (&json!("succeeded"), &json!({"said": MENDED}))
    );
    let row = ground.server.db().one("SELECT outputs FROM workflow_runs", &[]).await;
    assert_eq!(row["outputs"].as_str().map(serde_json::from_str::<Value>).unwrap().unwrap(), json!({"said": MENDED}));
}
