//! Chatflows that ask a model.

use serde_json::{Value, json};
use test_kit::upstream::Script;

use crate::it::console_workflows::{publish, save};
use crate::it::ground::{Ground, MODEL};
use crate::it::workflow_runs::graph;

fn nodes(provider: &str) -> Value {
    json!({
        "start": {"type": "start", "variables": []},
        "llm": {"type": "llm", "model": {"provider": provider, "name": MODEL, "mode": "chat", "completion_params": {"temperature": 0.5}},
            "prompt_template": [{"role": "system", "text": "Be brief, {{#sys.user_id#}}."}],
            "memory": {"window": {"enabled": false, "size": 10}, "query_prompt_template": "{{#sys.query#}}"},
            "context": {"enabled": false, "variable_selector": []}, "vision": {"enabled": false}},
        "answer": {"type": "answer", "answer": "> {{#llm.text#}}!"},
    })
}

/// A published chatflow on the ground's model.
async fn chatflow(error: Option<Value>) -> Ground {
    published(Ground::of("advanced-chat").await, error).await
}

/// The ground's app as such a chatflow.
pub(crate) async fn published(ground: Ground, error: Option<Value>) -> Ground {
    let mut nodes = nodes(ground.provider);
    let mut edges = vec![("start", "source", "llm"), ("llm", "source", "answer")];
    if let Some(strategy) = error {
        nodes["llm"]["error_strategy"] = strategy;
        nodes["sorry"] = json!({"type": "answer", "answer": "Sorry: {{#llm.error_type#}}"});
        edges.push(("llm", "fail-branch", "sorry"));
    }
    let draft = json!({"graph": graph(nodes, &edges), "features": {}, "environment_variables": [], "conversation_variables": []});
    save(&ground.console, &ground.app, &draft).await.expect(200);
    publish(&ground.console, &ground.app).await.expect(200);
    ground
}

fn ask(query: &str, conversation: &str, mode: &str) -> Value {
    json!({"inputs": {}, "query": query, "user": "ann", "conversation_id": conversation, "response_mode": mode, "auto_generate_name": false})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_models_text_streams_through_the_answer() {
    let ground = chatflow(None).await;
    ground.stub.script(MODEL, Script::text(&["Hel", "lo"]));
    let transcript = ground.service.sse("/chat-messages", &ask("Hi", "", "streaming")).await.well_framed();
    let messages = transcript.named("message");
    let deltas: Vec<&str> = messages.iter().map(|message| message["answer"].as_str().unwrap()).collect();
    assert_eq!(deltas, ["> ", "Hel", "lo", "", "!"]);
    assert_eq!(messages[1]["from_variable_selector"], json!(["llm", "text"]));
    assert_eq!(messages[0]["from_variable_selector"], json!(["answer", "answer"]));
    let usage = &transcript.only("message_end")["metadata"]["usage"];
    assert_eq!((&usage["prompt_tokens"], &usage["total_tokens"]), (&json!(10), &json!(12)));
    assert!(usage["time_to_first_token"].is_number());
    let finished = &transcript.only("workflow_finished")["data"];
    assert_eq!(finished["total_tokens"], json!(12));
    let row = ground.message(transcript.only("message_end")["message_id"].as_str().unwrap()).await;
    assert_eq!((&row["answer"], &row["message_tokens"]), (&json!("> Hello!"), &json!(10)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_remembers_the_conversation() {
    let ground = chatflow(None).await;
    ground.stub.script(MODEL, Script::text(&["One"]));
    let first = ground.service.post_json("/chat-messages", &ask("first?", "", "blocking")).await.expect(200);
    let conversation = first.text_at("/conversation_id");
    ground.stub.script(MODEL, Script::text(&["Two"]));
    ground.service.post_json("/chat-messages", &ask("second?", &conversation, "blocking")).await.expect(200);
    let request = ground.stub.requests().pop().unwrap();
    let messages = &request.body["messages"];
    assert_eq!(messages[0]["content"], json!("Be brief, ann."), "{messages}");
    let roles: Vec<&str> = messages.as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"], "{messages}");
    assert_eq!(messages[2]["content"], json!("> One!"));
    assert_eq!(messages[3]["content"], json!("second?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_model_fails_the_run_or_takes_its_branch() {
    let ground = chatflow(None).await;
    ground.stub.script(MODEL, Script::refusal(401, "no"));
    let failed = ground.service.post_json("/chat-messages", &ask("Hi", "", "blocking")).await.expect(400);
    assert_eq!(failed.code(), "invalid_param");
    assert!(failed.text_at("/message").starts_with("Run failed: "), "{}", failed.text());
    let transcript = ground.service.sse("/chat-messages", &ask("Hi", "", "streaming")).await.well_framed();
    let names = transcript.names();
    assert_eq!(names[names.len() - 2..], ["workflow_finished", "error"]);
    assert_eq!(ground.server.db().count("messages", "status = 'error'", &[]).await, 2);

    let ground = chatflow(Some(json!("fail-branch"))).await;
    ground.stub.script(MODEL, Script::refusal(401, "no"));
    let handled = ground.service.post_json("/chat-messages", &ask("Hi", "", "blocking")).await.expect(200);
    assert_eq!(handled.json["answer"], json!("Sorry: InvokeAuthorizationError"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_the_run_and_keeps_what_was_said() {
    let ground = chatflow(None).await;
    let silence = Some(test_kit::upstream::Misbehave::Silence);
    ground.stub.script(MODEL, Script { misbehave: silence, ..Script::text(&["one ", "two ", "three ", "four "]) });
    let mut stream = ground.service.sse_stream("/chat-messages", &ask("go", "", "streaming")).await;
    let mut said = String::new();
    let mut task = String::new();
    while !said.contains("one") {
        let message = stream.until("message").await;
        said.push_str(message["answer"].as_str().unwrap());
        task = message["task_id"].as_str().unwrap().to_owned();
    }
    ground.service.post_json(&format!("/chat-messages/{task}/stop"), &json!({"user": "ann"})).await.expect(200);
    let rest = stream.rest().await;
    let finished = &rest.only("workflow_finished")["data"];
    assert_eq!((&finished["status"], &finished["error"]), (&json!("stopped"), &json!("Stopped by user.")));
    rest.only("message_end");
    let run = ground.server.db().one("SELECT status FROM workflow_runs", &[]).await;
    assert_eq!(run["status"], json!("stopped"));
    assert_eq!(ground.server.db().count("workflow_node_executions", "status = 'running'", &[]).await, 0);
}
