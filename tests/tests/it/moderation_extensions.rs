//! Moderation by others: OpenAI's model, and extensions of the workspace, which may say anything.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::upstream::{Misbehave, Script};

use crate::it::ground::{Ground, MODEL, question, streamed};
use crate::it::moderation::{NOT_HEARD, NOT_SAID, asked, avoiding, shown};

pub(crate) const KEY: &str = "extension-key-1";

pub(crate) fn says(reply: &Value) -> Script {
    Script { body: Some(reply.to_string()), ..Script::default() }
}

/// An extension of the workspace, and its id.
pub(crate) async fn extension(ground: &Ground, key: &str) -> String {
    ground.stub.script(key, says(&json!({"result": "pong"})));
    let endpoint = format!("http://{}/extension", ground.stub.address());
    let form = json!({"name": format!("Extension {key}"), "api_endpoint": endpoint, "api_key": key});
    ground.console.post_json("/api-based-extension", &form).await.expect(200).text_at("/id")
}

fn by(id: &str, sides: (bool, bool)) -> Value {
    json!({"sensitive_word_avoidance": avoiding("api", sides, json!({"api_based_extension_id": id}))})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_lets_through_refuses_and_rewords() {
    let ground = Ground::of("chat").await;
    let id = extension(&ground, KEY).await;
    let mut config = by(&id, (true, false));
    config["user_input_form"] = json!([{"paragraph": {"label": "Name", "variable": "name", "required": false}}]);
    config["pre_prompt"] = json!("You talk to {{name}}.");
    ground.configure(config).await;
    let mut body = question("Who am I?");
    body["inputs"] = json!({"name": "Bob"});

    ground.stub.script(KEY, says(&json!({"flagged": false, "action": "direct_output"})));
    let answer = ground.service.post_json("/chat-messages", &body).await.expect(200);
    assert_eq!(answer.json["answer"], json!("Hello, world!"));
    let call = ground.stub.requests().into_iter().rfind(|request| request.path == "/extension").unwrap();
    assert_eq!(call.header("authorization"), Some("Bearer extension-key-1"));
    let params = json!({"app_id": ground.app.id, "inputs": {"name": "Bob"}, "query": "Who am I?"});
    assert_eq!(call.body, json!({"point": "app.moderation.input", "params": params}));

    let before = asked(&ground);
    for (preset, expected) in [(json!("Go away."), "Go away."), (json!(""), NOT_HEARD), (Value::Null, NOT_HEARD)] {
        let reply = json!({"flagged": true, "action": "direct_output", "preset_response": preset});
        ground.stub.script(KEY, says(&reply));
        let transcript = ground.service.sse("/chat-messages", &streamed("Who am I?")).await.well_framed();
        assert_eq!((transcript.names(), transcript.answer()), (vec!["message", "message_end"], expected.to_owned()));
    }
    assert_eq!(asked(&ground), before);

    let reply =
        json!({"flagged": true, "action": "overridden", "inputs": {"name": "***", "other": 1}, "query": "Who is *?"});
    ground.stub.script(KEY, says(&reply));
    let answer = ground.service.post_json("/chat-messages", &body).await.expect(200);
    assert_eq!(answer.json["answer"], json!("Hello, world!"));
    let sent = ground.stub.requests().pop().unwrap().body["messages"].to_string();
    assert!(sent.contains("You talk to ***.") && sent.contains("Who is *?"), "{sent}");
    assert!(!sent.contains("Bob") && !sent.contains("Who am I"), "{sent}");
    // The person sees what was asked.
    let row = ground.message(&answer.text_at("/message_id")).await;
    assert_eq!((&row["query"], &row["inputs"]), (&json!("Who am I?"), &json!({"name": "Bob"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_that_does_not_do_its_part_lets_no_question_through() {
    let settings = [
        ("FERRIFY_EXTENSION_SECONDS", "1"),
        ("FERRIFY_EGRESS_ALLOW_PRIVATE", "false"),
        ("FERRIFY_EGRESS_ALLOW", "127.0.0.1/32"),
    ];
    let ground = Ground::with("chat", &settings).await;
    let id = extension(&ground, KEY).await;
    ground.configure(by(&id, (true, false))).await;
    let before = asked(&ground);
    let body = |text: &str| Script { body: Some(text.to_owned()), ..Script::default() };
    for (script, why) in [
        (body("[]"), "cannot be read"),
        (body("{"), "cannot be read"),
        (body(""), "cannot be read"),
        (body(r#"{"flagged": true}"#), "action is missing"),
        (body(r#"{"flagged": "maybe"}"#), "cannot be read"),
        (body(r#"{"flagged": true, "action": "overridden", "inputs": 5}"#), "cannot be read"),
        (body(&format!("{}1", "[".repeat(100_000))), "cannot be read"),
        (body(&format!(r#"{{"x": "{}"}}"#, "x".repeat(6_000_000))), "too long"),
        (Script::refusal(500, "broken"), "status_code: 500"),
        (Script::misbehaving(Misbehave::CloseBeforeHeaders), "connection error"),
        (
            Script { body: Some("{\"flagged\": false}".to_owned()), ..Script::misbehaving(Misbehave::CutMidStream) },
            "connection error",
        ),
        (Script::misbehaving(Misbehave::HangBeforeHeaders), "timeout"),
        (Script { body: Some("{}".to_owned()), ..Script::misbehaving(Misbehave::Silence) }, "timeout"),
    ] {
        ground.stub.script(KEY, script);
        let refused = ground.service.post_json("/chat-messages", &question("hello")).await.expect(400);
        assert_eq!(refused.code(), "invalid_param");
        assert!(refused.text_at("/message").contains(why), "{why}: {}", refused.text());
    }
    ground.stub.script(KEY, Script::refusal(503, "broken"));
    let transcript = ground.service.sse("/chat-messages", &streamed("hello again")).await.well_framed();
    assert_eq!(transcript.names(), ["error"]);
    assert_eq!(transcript.only("error")["code"], json!("invalid_param"));
    let row = ground.server.db().one("SELECT status, answer FROM messages WHERE query = 'hello again'", &[]).await;
    assert_eq!(row, json!({"status": "error", "answer": ""}));

    // Nor does one that is at home in a private network, or that is gone.
    let moved = "UPDATE api_based_extensions SET api_endpoint = 'http://10.1.2.3/x'";
    assert_eq!(ground.server.db().execute(moved, &[]).await, 1);
    let refused = ground.service.post_json("/chat-messages", &question("hello")).await.expect(400);
    assert!(refused.text_at("/message").contains("connection error"), "{}", refused.text());
    assert!(!refused.text().contains("10.1.2.3"), "{}", refused.text());
    ground.console.delete(&format!("/api-based-extension/{id}")).await.expect(204);
    let refused = ground.service.post_json("/chat-messages", &question("hello")).await.expect(400);
    assert!(refused.text_at("/message").contains("not found"), "{}", refused.text());
    assert_eq!(asked(&ground), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_an_extension() {
    let ground = Ground::of("chat").await;
    let id = extension(&ground, KEY).await;
    ground.configure(by(&id, (true, false))).await;
    ground.stub.script(KEY, Script::misbehaving(Misbehave::HangBeforeHeaders));
    let calls = |ground: &Ground| ground.stub.requests().iter().filter(|request| request.path == "/extension").count();
    let before = calls(&ground);
    let stream = ground.service.sse_stream("/chat-messages", &streamed("Stop this.")).await;
    let begun = Instant::now();
    while calls(&ground) == before {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody is asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let lease = ground.server.database().redis(&["ZRANGE", "ferrify:{runs}:leases", "0", "-1"]).await;
    let task = lease.trim().rsplit('/').next().unwrap();
    let stop = ground.service.post_json(&format!("/chat-messages/{task}/stop"), &json!({"user": "alice"})).await;
    assert_eq!(stop.status, 200);
    let stopped = Instant::now();
    let transcript = stream.rest().await;
    assert!(stopped.elapsed() < Duration::from_secs(10), "took {:?}", stopped.elapsed());
    assert_eq!((transcript.names(), transcript.answer()), (vec!["message_end"], String::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_rewords_and_refuses_answers() {
    let ground = Ground::with("chat", &[("MODERATION_BUFFER_SIZE", "10")]).await;
    let id = extension(&ground, KEY).await;
    ground.configure(by(&id, (false, true))).await;
    let ask = || async { ground.service.sse("/chat-messages", &streamed("tell me")).await.well_framed() };
    let stored = |transcript: &test_kit::Transcript| {
        let id = transcript.only("message_end")["message_id"].as_str().unwrap().to_owned();
        let ground = &ground;
        async move { ground.message(&id).await["answer"].as_str().unwrap().to_owned() }
    };

    ground.stub.script(MODEL, Script::text(&["short"]));
    ground.stub.script(KEY, says(&json!({"flagged": true, "action": "overridden", "text": "s***t"})));
    let transcript = ask().await;
    assert_eq!((shown(&transcript), stored(&transcript).await), ("s***t".to_owned(), "s***t".to_owned()));
    let call = ground.stub.requests().into_iter().rfind(|request| request.path == "/extension").unwrap();
    let params = json!({"app_id": ground.app.id, "text": "short"});
    assert_eq!(call.body, json!({"point": "app.moderation.output", "params": params}));
    let answer = ground.service.post_json("/chat-messages", &question("tell me")).await.expect(200);
    assert_eq!(answer.json["answer"], json!("s***t"));

    // Reworded in the middle: what follows is appended to the new words.
    ground.stub.script(MODEL, Script::pieces(40, "äöü ", Duration::from_millis(20)));
    let reworded = json!({"flagged": true, "action": "overridden", "text": "[reworded] "});
    ground.stub.script_sequence(KEY, vec![says(&reworded), says(&json!({"flagged": false}))]);
    let transcript = ask().await;
    let (shown_text, stored_text) = (shown(&transcript), stored(&transcript).await);
    assert!(shown_text.starts_with("[reworded] ") && shown_text.len() > 60, "{shown_text}");
    assert_eq!(shown_text.trim(), stored_text);
    assert_eq!(transcript.named("message").len(), 41, "the model was stopped");

    // Refused in the middle: the model need not go on.
    let refusal = json!({"flagged": true, "action": "direct_output", "preset_response": "Enough."});
    ground.stub.script_sequence(KEY, vec![says(&json!({"flagged": false})), says(&refusal)]);
    ground.stub.script(MODEL, Script::pieces(600, "word ", Duration::from_millis(20)));
    let transcript = ask().await;
    assert_eq!((shown(&transcript), stored(&transcript).await), ("Enough.".to_owned(), "Enough.".to_owned()));
    assert!(transcript.named("message").len() < 500, "the model went on");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_judged_is_let_through() {
    let ground = Ground::with("chat", &[("FERRIFY_EXTENSION_SECONDS", "1")]).await;
    let id = extension(&ground, KEY).await;
    ground.configure(by(&id, (false, true))).await;
    for script in [
        Script::refusal(500, "broken"),
        says(&json!({"flagged": true, "action": "overridden"})),
        says(&json!({"flagged": "x"})),
        Script { body: Some("x".repeat(6_000_000)), ..Script::default() },
        Script::misbehaving(Misbehave::HangBeforeHeaders),
    ] {
        ground.stub.script(KEY, script);
        let transcript = ground.service.sse("/chat-messages", &streamed("tell me")).await.well_framed();
        assert_eq!(shown(&transcript), "Hello, world!");
        assert!(transcript.named("message_replace").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_is_asked_with_the_workspaces_own_key() {
    let ground = Ground::of("chat").await;
    ground.configure(json!({"sensitive_word_avoidance": avoiding("openai_moderation", (true, true), json!({}))})).await;
    let refused = ground.service.post_json("/chat-messages", &question("hello")).await.expect(400);
    assert_eq!(refused.code(), "provider_not_initialize");
    ground.console.add_openai(&ground.stub.openai_base_url(), "moderating-key").await;
    let answer = ground.service.post_json("/chat-messages", &question("please FLAGME not, but flagme")).await;
    assert_eq!(answer.expect(200).json["answer"], json!(NOT_HEARD));
    let call = ground.stub.requests().into_iter().rfind(|request| request.path == "/v1/moderations").unwrap();
    assert_eq!(call.header("authorization"), Some("Bearer moderating-key"));
    assert_eq!(call.body["model"], json!("omni-moderation-latest"));
    ground.stub.script(MODEL, Script::text(&["I say flag", "me"]));
    let transcript = ground.service.sse("/chat-messages", &streamed("hello")).await.well_framed();
    assert_eq!(shown(&transcript), NOT_SAID);
    ground.stub.script(MODEL, Script::text(&["I say nothing"]));
    let answer = ground.service.post_json("/chat-messages", &question("hello")).await.expect(200);
    assert_eq!(answer.json["answer"], json!("I say nothing"));
    ground.stub.script("moderating-key", Script::refusal(400, "not today"));
    let refused = ground.service.post_json("/chat-messages", &question("hello")).await.expect(400);
    assert_eq!(refused.code(), "completion_request_error");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_names_extensions_of_its_own_workspace() {
    let ground = Ground::of("chat").await;
    let path = format!("/apps/{}/model-config", ground.app.id);
    for (id, why) in [
        ("7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a", "not found"),
        ("1", "api_based_extension_id is invalid"),
        ("", "api_based_extension_id is required"),
    ] {
        let mut config = test_kit::Console::model_config("chat", ground.provider, MODEL);
        config["sensitive_word_avoidance"] = avoiding("api", (true, false), json!({"api_based_extension_id": id}));
        let refused = ground.console.post_json(&path, &config).await.expect(400);
        assert!(refused.text_at("/message").contains(why), "{id}: {}", refused.text());
    }
}
