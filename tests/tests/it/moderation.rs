//! Objectionable words, found by a list: in questions, and in answers while they are made.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::Transcript;
use test_kit::upstream::Script;

use crate::it::ground::{Ground, MODEL, question, streamed, within};

pub(crate) const NOT_HEARD: &str = "I will not hear that.";
pub(crate) const NOT_SAID: &str = "I will not say that.";

/// `sensitive_word_avoidance` of a kind, for questions, answers, or both.
pub(crate) fn avoiding(kind: &str, (inputs, outputs): (bool, bool), more: Value) -> Value {
    let mut config = json!({
        "inputs_config": {"enabled": inputs, "preset_response": NOT_HEARD},
        "outputs_config": {"enabled": outputs, "preset_response": NOT_SAID},
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"enabled": true, "type": kind, "config": config})
}

fn words(sides: (bool, bool), list: &[&str]) -> Value {
    json!({"sensitive_word_avoidance": avoiding("keywords", sides, json!({"keywords": list.join("\n")}))})
}

/// What a client shows in the end: a replacement supersedes everything before it.
pub(crate) fn shown(transcript: &Transcript) -> String {
    transcript.events().fold(String::new(), |shown, event| {
        let answer = event["answer"].as_str().unwrap_or_default();
        match event["event"].as_str() {
            Some("message") => shown + answer,
            Some("message_replace") => answer.to_owned(),
            _ => shown,
        }
    })
}

/// How often the model was asked.
pub(crate) fn asked(ground: &Ground) -> usize {
    ground.stub.requests().iter().filter(|request| request.path == "/v1/chat/completions").count()
}

fn message_of(transcript: &Transcript) -> String {
    transcript.only("message_end")["message_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_question_is_answered_without_a_model() {
    let ground = Ground::of("chat").await;
    ground.configure(words((true, false), &["secret", "禁止词"])).await;
    let before = asked(&ground);
    let mut body = question("What are your SECRETS?");
    body["auto_generate_name"] = json!(true);
    let answer = ground.service.post_json("/chat-messages", &body).await.expect(200);
    assert_eq!(answer.json["answer"], json!(NOT_HEARD));
    assert_eq!(answer.json["metadata"]["usage"]["total_tokens"], json!(0));

    let transcript = ground.service.sse("/chat-messages", &streamed("这是禁止词吗")).await.well_framed();
    assert_eq!(transcript.names(), ["message", "message_end"]);
    assert_eq!(transcript.answer(), NOT_HEARD);
    let row = ground.message(&message_of(&transcript)).await;
    assert_eq!((&row["answer"], &row["status"], &row["error"]), (&json!(NOT_HEARD), &json!("normal"), &Value::Null));
    assert_eq!(row["query"], json!("这是禁止词吗"));

    // The conversation goes on, with a question that may be asked, and is not named after one that may not.
    let conversation = answer.text_at("/conversation_id");
    let fine = ground.service.post_json("/chat-messages", &within(question("And you?"), &conversation)).await;
    assert_eq!(fine.expect(200).json["answer"], json!("Hello, world!"));
    assert_eq!(asked(&ground), before + 1);
    let row = ground.server.db().one("SELECT name FROM conversations WHERE id = $1::uuid", &[&conversation]).await;
    assert_eq!(row["name"], json!("What are your SECRET…"));
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_are_looked_at_like_questions() {
    let ground = Ground::of("completion").await;
    ground.configure(words((true, false), &["secret"])).await;
    let ask = |text: &str, mode: &str| json!({"inputs": {"query": text}, "response_mode": mode, "user": "bob"});
    let answer = ground.service.post_json("/completion-messages", &ask("a Secret", "blocking")).await.expect(200);
    assert_eq!(answer.json["answer"], json!(NOT_HEARD));
    let transcript = ground.service.sse("/completion-messages", &ask("a Secret", "streaming")).await.well_framed();
    assert_eq!(transcript.names(), ["message", "message_end"]);
    let answer = ground.service.post_json("/completion-messages", &ask("fine", "blocking")).await.expect(200);
    assert_eq!(answer.json["answer"], json!("Hello, world!"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_in_an_answer_replaces_all_of_it() {
    let ground = Ground::of("chat").await;
    ground.configure(words((false, true), &["verboten", "禁止词"])).await;
    for pieces in [&["das ist ver", "boten, ", "aber"][..], &["这是禁", "止", "词"], &["VERBOTEN"]] {
        ground.stub.script(MODEL, Script::text(pieces));
        let transcript = ground.service.sse("/chat-messages", &streamed("tell me")).await.well_framed();
        let names = transcript.names();
        assert_eq!(names[names.len() - 2..], ["message_replace", "message_end"], "{pieces:?}");
        let replaced = transcript.only("message_replace");
        assert_eq!((&replaced["answer"], &replaced["reason"]), (&json!(NOT_SAID), &json!("")));
        let row = ground.message(&message_of(&transcript)).await;
        assert_eq!((&row["answer"], &row["status"]), (&json!(NOT_SAID), &json!("normal")));
        let answer = ground.service.post_json("/chat-messages", &question("tell me")).await.expect(200);
        assert_eq!(answer.json["answer"], json!(NOT_SAID));
        assert!(answer.json["metadata"]["usage"]["total_tokens"].as_u64().unwrap() > 0, "a model was paid");
    }
    ground.stub.script(MODEL, Script::text(&["erlaubt"]));
    let transcript = ground.service.sse("/chat-messages", &streamed("tell me")).await.well_framed();
    assert!(transcript.named("message_replace").is_empty());
    // A question with the word is not what was asked for.
    let answer = ground.service.post_json("/chat-messages", &question("verboten?")).await.expect(200);
    assert_eq!(answer.json["answer"], json!("erlaubt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_says_too_much_is_stopped() {
    let ground = Ground::with("chat", &[("MODERATION_BUFFER_SIZE", "20")]).await;
    ground.configure(words((false, true), &["evil thing"])).await;
    let mut script = Script::pieces(600, "more ", Duration::from_millis(20));
    for (piece, text) in script.chunks.iter_mut().zip(["good ", "good ", "ev", "il th", "ing "]) {
        *piece = text.to_owned();
    }
    ground.stub.script(MODEL, script);
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("tell me")).await;
    let replaced = stream.until("message_replace").await;
    assert_eq!(replaced["answer"], json!(NOT_SAID));
    let transcript = stream.rest().await.well_framed();
    assert_eq!(transcript.names().last(), Some(&"message_end"));
    assert!(transcript.named("message").len() < 500, "the model went on");
    assert_eq!(shown(&transcript), NOT_SAID);
    assert_eq!(ground.message(&message_of(&transcript)).await["answer"], json!(NOT_SAID));
    assert!(ground.stub.cancelled() > 0, "nobody told the model to stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_answer_is_looked_at_too() {
    let ground = Ground::of("chat").await;
    ground.configure(words((false, true), &["evil"])).await;
    ground.stub.script(MODEL, Script::pieces(200, "evil", Duration::from_millis(50)));
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("tell me")).await;
    let task = stream.until("message").await["task_id"].as_str().unwrap().to_owned();
    let stop = ground.service.post_json(&format!("/chat-messages/{task}/stop"), &json!({"user": "alice"})).await;
    assert_eq!(stop.status, 200);
    let transcript = stream.rest().await.well_framed();
    let names = transcript.names();
    assert_eq!(names[names.len() - 2..], ["message_replace", "message_end"]);
    assert_eq!(ground.message(&message_of(&transcript)).await["answer"], json!(NOT_SAID));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_not_saved() {
    let ground = Ground::of("chat").await;
    let path = format!("/apps/{}/model-config", ground.app.id);
    let lines = |count: usize| vec!["w"; count].join("\n");
    for (changes, why) in [
        (json!({"keywords": lines(10_000)}), "keywords length"),
        (json!({"keywords": lines(101)}), "rows"),
        (json!({"keywords": ""}), "keywords is required"),
        (json!({"keywords": "w", "inputs_config": null}), "inputs_config must be a dict"),
        (json!({"keywords": "w", "inputs_config": {"enabled": false}}), "At least one"),
        (
            json!({"keywords": "w", "inputs_config": {"enabled": true, "preset_response": ""}}),
            "preset_response is required",
        ),
    ] {
        let mut config = test_kit::Console::model_config("chat", ground.provider, MODEL);
        config["sensitive_word_avoidance"] = avoiding("keywords", (true, false), changes);
        let refused = ground.console.post_json(&path, &config).await.expect(400);
        assert!(refused.text_at("/message").contains(why), "{why}: {}", refused.text());
    }
}
