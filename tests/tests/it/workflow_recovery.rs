//! Runs whose process dies.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::upstream::Script;

use crate::it::console_workflows::{publish, save};
use crate::it::ground::{Ground, MODEL};
use crate::it::process::Process;
use crate::it::workflow_runs::{Flow, graph};

/// `seconds` of work in JavaScript, which nobody can hurry.
pub(crate) fn wait(seconds: u32) -> Value {
    json!({"type": "code", "code_language": "python3", "variables": [], "outputs": {"at": {"type": "number"}},
        "code": format!("import time\ndef main():\n    time.sleep({seconds})\n    return {{\"at\": time.time()}}")})
}

async fn ended(flow: &Flow) -> Value {
    let begun = Instant::now();
    loop {
        let row = flow.server.db().one("SELECT * FROM workflow_runs", &[]).await;
        if row["status"] != "running" {
            return row;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "nobody looked after the run");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_in_another_process_without_running_a_finished_node_again() {
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "first": wait(1),
        "second": wait(3),
        "end": {"type": "end", "outputs": [
            {"variable": "first", "value_selector": ["first", "at"]},
            {"variable": "second", "value_selector": ["second", "at"]},
            {"variable": "secret", "value_selector": ["env", "token"]},
        ]},
    });
    let edges = [("start", "source", "first"), ("first", "source", "second"), ("second", "source", "end")];
    let variables = json!({"environment_variables": [
        {"id": uuid::Uuid::new_v4(), "name": "token", "value_type": "secret", "value": "s3cret-of-the-run", "description": ""},
    ]});
    let flow = Flow::with("workflow", nodes, &edges, variables).await;
    let process = Process::start(&flow.server, &[]).await;
    let key = flow.console.api_key(&flow.app).await;
    let service = process.service(&key);
    let body = json!({"inputs": {}, "user": "ann", "response_mode": "streaming"});
    let mut stream = service.sse_stream("/workflows/run", &body).await;
    let mut first_ended = Value::Null;
    while first_ended["data"]["node_id"] != "first" {
        first_ended = stream.until("node_finished").await;
    }
    let begun = Instant::now();
    // The first node's result is in what was written.
    let result = first_ended["data"]["outputs"]["at"].to_string();
    let holds = "position($1 in state) > 0";
    while flow.server.db().count("ferrify_workflow_checkpoints", holds, &[&result]).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the run was not written down");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let state = flow.server.db().one("SELECT state FROM ferrify_workflow_checkpoints", &[]).await;
    assert!(!state["state"].as_str().unwrap().contains("s3cret-of-the-run"), "a secret was written down");
    process.kill().await;

    let row = ended(&flow).await;
    assert_eq!((&row["status"], &row["error"]), (&json!("succeeded"), &Value::Null));
    let outputs: Value = serde_json::from_str(row["outputs"].as_str().unwrap()).unwrap();
    assert_eq!(outputs["first"], first_ended["data"]["outputs"]["at"], "the first node ran once");
    assert_eq!(outputs["secret"], json!("s3cret-of-the-run"));
    let nodes = flow
        .server
        .db()
        .all("SELECT node_id, status FROM workflow_node_executions WHERE status <> 'failed' ORDER BY index", &[])
        .await;
    let told: Vec<_> =
        nodes.iter().map(|node| (node["node_id"].as_str().unwrap(), node["status"].as_str().unwrap())).collect();
    assert_eq!(told, [("start", "succeeded"), ("first", "succeeded"), ("second", "succeeded"), ("end", "succeeded")]);
    assert_eq!(flow.server.db().count("ferrify_workflow_checkpoints", "true", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_had_half_said_is_said_once() {
    let ground = Ground::of("advanced-chat").await;
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "wait": wait(1),
        "llm": {"type": "llm", "model": {"provider": ground.provider, "name": MODEL, "mode": "chat", "completion_params": {}},
            "prompt_template": [{"role": "user", "text": "{{#sys.query#}}"}],
            "context": {"enabled": false, "variable_selector": []}, "vision": {"enabled": false}},
        "answer": {"type": "answer", "answer": "> {{#llm.text#}}!"},
    });
    let edges = [("start", "source", "wait"), ("wait", "source", "llm"), ("llm", "source", "answer")];
    let draft = json!({"graph": graph(nodes, &edges), "features": {}, "environment_variables": [], "conversation_variables": []});
    save(&ground.console, &ground.app, &draft).await.expect(200);
    publish(&ground.console, &ground.app).await.expect(200);
    ground.stub.script(MODEL, Script::pieces(40, "x", Duration::from_millis(100)));
    let process = Process::start(&ground.server, &[]).await;
    let service = process.service(&ground.console.api_key(&ground.app).await);
    let body =
        json!({"inputs": {}, "query": "Hi", "user": "ann", "response_mode": "streaming", "auto_generate_name": false});
    let mut stream = service.sse_stream("/chat-messages", &body).await;
    let mut said = String::new();
    let mut message = String::new();
    // The run is written down while the model speaks.
    while said.len() < 12 || ground.server.db().count("ferrify_workflow_checkpoints", "true", &[]).await == 0 {
        let event = stream.until("message").await;
        said.push_str(event["answer"].as_str().unwrap());
        message = event["message_id"].as_str().unwrap().to_owned();
    }
    assert!(said.starts_with("> xxx"), "{said}");
    process.kill().await;

    let begun = Instant::now();
    while ground.server.db().count("workflow_runs", "status = 'running'", &[]).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "nobody looked after the run");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let row = ground.message(&message).await;
    assert_eq!((&row["status"], &row["answer"]), (&json!("normal"), &json!(format!("> {}!", "x".repeat(40)))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_not_written_down_is_marked_as_failed() {
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "only": wait(14),
        "end": {"type": "end", "outputs": [{"variable": "at", "value_selector": ["only", "at"]}]},
    });
    let flow = Flow::of("workflow", nodes, &[("start", "source", "only"), ("only", "source", "end")]).await;
    let process = Process::start(&flow.server, &[]).await;
    let service = process.service(&flow.console.api_key(&flow.app).await);
    let body = json!({"inputs": {}, "user": "ann", "response_mode": "streaming"});
    let mut stream = service.sse_stream("/workflows/run", &body).await;
    stream.until("node_finished").await;
    process.kill().await;
    let row = ended(&flow).await;
    assert_eq!(
        (&row["status"], &row["error"]),
        (&json!("failed"), &json!("The process that was running the workflow died."))
    );
    assert!(row["finished_at"].is_string());
    assert_eq!(flow.server.db().count("workflow_node_executions", "status = 'running'", &[]).await, 0);
}
