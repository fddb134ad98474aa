//! Moderation of chatflows: their features say what is to be done.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::upstream::Script;

use crate::it::console_workflows::{publish, save};
use crate::it::ground::{Ground, MODEL};
use crate::it::moderation::{NOT_HEARD, NOT_SAID, avoiding, shown};
use crate::it::moderation_extensions::{KEY, extension, says};
use crate::it::workflow_pause::{form, start};
use crate::it::workflow_runs::graph;

async fn chatflow(ground: &Ground, moderation: Value, with_model: bool) {
    let mut nodes = json!({
        "start": {"type": "start", "variables": [{"variable": "name", "label": "Name", "type": "text-input", "required": false}]},
        "answer": {"type": "answer", "answer": "{{#start.name#}} said: {{#sys.query#}}"},
    });
    let mut edges = vec![("start", "source", "answer")];
    if with_model {
        nodes["llm"] = json!({"type": "llm", "model": {"provider": ground.provider, "name": MODEL, "mode": "chat", "completion_params": {}},
            "prompt_template": [{"role": "user", "text": "{{#sys.query#}}"}],
            "context": {"enabled": false, "variable_selector": []}, "vision": {"enabled": false}});
        nodes["answer"]["answer"] = json!("{{#llm.text#}}");
        edges = vec![("start", "source", "llm"), ("llm", "source", "answer")];
    }
    let features = json!({"sensitive_word_avoidance": moderation});
    let draft = json!({"graph": graph(nodes, &edges), "features": features, "environment_variables": [], "conversation_variables": []});
    save(&ground.console, &ground.app, &draft).await.expect(200);
    publish(&ground.console, &ground.app).await.expect(200);
}

fn ask(query: &str, mode: &str) -> Value {
    json!({"inputs": {"name": "Ann"}, "query": query, "user": "ann", "response_mode": mode, "auto_generate_name": false})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_question_runs_nothing() {
    let ground = Ground::of("advanced-chat").await;
    chatflow(&ground, avoiding("keywords", (true, false), json!({"keywords": "secret"})), false).await;
    let transcript = ground.service.sse("/chat-messages", &ask("a SECRET", "streaming")).await.well_framed();
    assert_eq!((transcript.names(), transcript.answer()), (vec!["message", "message_end"], NOT_HEARD.to_owned()));
    let end = transcript.only("message_end");
    assert_eq!(end["metadata"]["usage"]["total_tokens"], json!(0));
    let row = ground.message(end["message_id"].as_str().unwrap()).await;
    assert_eq!(
        (&row["answer"], &row["workflow_run_id"], &row["status"]),
        (&json!(NOT_HEARD), &Value::Null, &json!("normal"))
    );
    let answer = ground.service.post_json("/chat-messages", &ask("a SECRET", "blocking")).await.expect(200);
    assert_eq!(answer.json["answer"], json!(NOT_HEARD));
    assert_eq!(ground.server.db().count("workflow_runs", "true", &[]).await, 0);
    // The builder's tries are looked at, too.
    let draft = format!("/apps/{}/advanced-chat/workflows/draft/run", ground.app.id);
    let tried =
        ground.console.sse(&draft, &json!({"inputs": {}, "query": "a secret", "files": []})).await.well_framed();
    assert_eq!(tried.answer(), NOT_HEARD);

    let transcript = ground.service.sse("/chat-messages", &ask("a thing", "streaming")).await.well_framed();
    assert_eq!(transcript.answer(), "Ann said: a thing");
    let started = transcript.only("workflow_started");
    let row = ground.message(started["message_id"].as_str().unwrap()).await;
    assert_eq!(row["workflow_run_id"], started["workflow_run_id"]);
    assert_eq!(ground.server.db().count("workflow_runs", "true", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_gives_the_run_other_words() {
    let ground = Ground::of("advanced-chat").await;
    let id = extension(&ground, KEY).await;
    chatflow(&ground, avoiding("api", (true, false), json!({"api_based_extension_id": id})), false).await;
    let reply = json!({"flagged": true, "action": "overridden", "inputs": {"name": "Somebody"}, "query": "something"});
    ground.stub.script(KEY, says(&reply));
    let transcript = ground.service.sse("/chat-messages", &ask("a secret", "streaming")).await.well_framed();
    assert_eq!(transcript.answer(), "Somebody said: something");
    let inputs = &transcript.only("workflow_started")["data"]["inputs"];
    assert_eq!((&inputs["name"], &inputs["sys.query"]), (&json!("Somebody"), &json!("something")));
    let row = ground.message(transcript.only("message_end")["message_id"].as_str().unwrap()).await;
    assert_eq!((&row["query"], &row["inputs"]), (&json!("a secret"), &json!({"name": "Ann"})));
    let run = ground.server.db().one("SELECT inputs FROM workflow_runs", &[]).await;
    assert!(!run["inputs"].as_str().unwrap().contains("secret"), "{run}");

    ground.stub.script(KEY, Script::refusal(500, "broken"));
    let transcript = ground.service.sse("/chat-messages", &ask("a secret", "streaming")).await.well_framed();
    assert_eq!(transcript.names(), ["error"]);
    assert_eq!(ground.server.db().count("workflow_runs", "true", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_in_an_answer_replaces_all_of_it() {
    let ground = Ground::of("advanced-chat").await;
    chatflow(&ground, avoiding("keywords", (false, true), json!({"keywords": "verboten"})), true).await;
    ground.stub.script(MODEL, Script::text(&["das ist ver", "boten"]));
    let transcript = ground.service.sse("/chat-messages", &ask("tell me", "streaming")).await.well_framed();
    let names = transcript.names();
    assert_eq!(names[names.len() - 3..], ["workflow_finished", "message_replace", "message_end"]);
    let replaced = transcript.only("message_replace");
    assert_eq!((&replaced["answer"], &replaced["reason"]), (&json!(NOT_SAID), &json!("output_moderation")));
    let row = ground.message(transcript.only("message_end")["message_id"].as_str().unwrap()).await;
    assert_eq!((&row["answer"], &row["status"]), (&json!(NOT_SAID), &json!("normal")));
    let answer = ground.service.post_json("/chat-messages", &ask("tell me", "blocking")).await.expect(200);
    assert_eq!(answer.json["answer"], json!(NOT_SAID));
    ground.stub.script(MODEL, Script::text(&["erlaubt"]));
    let transcript = ground.service.sse("/chat-messages", &ask("tell me", "streaming")).await.well_framed();
    assert!(transcript.named("message_replace").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_says_too_much_is_stopped() {
    let ground = Ground::with("advanced-chat", &[("MODERATION_BUFFER_SIZE", "20")]).await;
    chatflow(&ground, avoiding("keywords", (false, true), json!({"keywords": "evil thing"})), true).await;
    let mut script = Script::pieces(600, "more ", Duration::from_millis(20));
    for (piece, text) in script.chunks.iter_mut().zip(["good ", "good ", "ev", "il th", "ing "]) {
        *piece = text.to_owned();
    }
    ground.stub.script(MODEL, script);
    let transcript = ground.service.sse("/chat-messages", &ask("tell me", "streaming")).await.well_framed();
    assert!(transcript.named("message").len() < 500, "the model went on");
    assert_eq!(shown(&transcript), NOT_SAID);
    let finished = &transcript.only("workflow_finished")["data"];
    assert_eq!(finished["status"], json!("stopped"));
    assert!(finished["error"].as_str().unwrap().contains("moderation"), "{finished}");
    let row = ground.message(transcript.only("message_end")["message_id"].as_str().unwrap()).await;
    assert_eq!((&row["answer"], &row["status"]), (&json!(NOT_SAID), &json!("normal")));
    assert!(ground.stub.cancelled() > 0, "nobody told the model to stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_for_an_answer_that_is_refused() {
    let ground = Ground::of("advanced-chat").await;
    let nodes = json!({
        "start": start(),
        "said": {"type": "answer", "answer": "It is {{#sys.query#}}. "},
        "ask": form(),
        "after": {"type": "answer", "answer": "And then."},
    });
    let edges = [("start", "source", "said"), ("said", "source", "ask"), ("ask", "yes", "after")];
    let moderation = avoiding("keywords", (false, true), json!({"keywords": "verboten"}));
    let features = json!({"sensitive_word_avoidance": moderation});
    let draft = json!({"graph": graph(nodes, &edges), "features": features, "environment_variables": [], "conversation_variables": []});
    save(&ground.console, &ground.app, &draft).await.expect(200);
    publish(&ground.console, &ground.app).await.expect(200);
    let paused = ground.service.sse("/chat-messages", &ask("erlaubt", "streaming")).await.well_framed();
    assert_eq!(paused.names().last(), Some(&"workflow_paused"));
    let refused = ground.service.sse("/chat-messages", &ask("verboten", "streaming")).await.well_framed();
    let names = refused.names();
    assert_eq!(names[names.len() - 3..], ["workflow_finished", "message_replace", "message_end"]);
    assert!(refused.named("human_input_required").is_empty());
    assert_eq!(refused.only("workflow_finished")["data"]["status"], json!("stopped"));
    let row = ground.message(refused.only("message_end")["message_id"].as_str().unwrap()).await;
    assert_eq!((&row["answer"], &row["status"]), (&json!(NOT_SAID), &json!("normal")));
    let waiting = ground.server.db().count("ferrify_human_input_forms", "status = 'waiting'", &[]).await;
    assert_eq!(waiting, 1);
}
