//! What runs are told from outside: Dify's command lists, stops of runs that wait, and forms inside iterations.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::Transcript;

use crate::it::workflow_pause::{OVER, answer, form, outputs, path, run, start, until};
use crate::it::workflow_recovery::wait;
use crate::it::workflow_runs::Flow;

/// As Dify tells a run.
async fn tell(flow: &Flow, task: &Value, commands: &[&str]) {
    let list = format!("workflow:{}:commands", task.as_str().unwrap());
    for command in commands {
        flow.server.database().redis(&["RPUSH", &list, command]).await;
    }
    flow.server.database().redis(&["EXPIRE", &list, "3600"]).await;
    flow.server.database().redis(&["SET", &format!("{list}:pending"), "1", "EX", "3600"]).await;
}

/// A node that takes its time, and one after it.
async fn slow(seconds: u32) -> Flow {
    let nodes = json!({
        "start": start(),
        "work": wait(seconds),
        "say": {"type": "template-transform", "template": "{{ name }}", "variables": [{"variable": "name", "value_selector": ["start", "name"]}]},
        "end": {"type": "end", "outputs": [{"variable": "said", "value_selector": ["say", "output"]}]},
    });
    let edges = [("start", "source", "work"), ("work", "source", "say"), ("say", "source", "end")];
    Flow::of("workflow", nodes, &edges).await
}

const RENAME: &str = r#"{"command_type":"update_variables","updates":[
    {"value":{"id":"1","name":"name","value_type":"string","value":"Bo","selector":["start","name"]}},
    {"value":{"id":"2","name":"lost","value_type":"string","value":"x","selector":["lost"]}}]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_running_run_hears_of_new_values_and_that_it_has_to_pause() {
    let flow = slow(4).await;
    let mut stream = flow.service.sse_stream("/workflows/run", &run("streaming")).await;
    let started = stream.until("workflow_started").await;
    let pause = r#"{"command_type":"pause","reason":"a look at it"}"#;
    tell(&flow, &started["task_id"], &["no json", RENAME, pause]).await;
    let paused = stream.until("workflow_paused").await;
    assert_eq!(
        (&paused["data"]["reasons"], &paused["data"]["paused_nodes"]),
        (&json!([{"TYPE": "scheduled_pause", "message": "a look at it"}]), &json!([]))
    );
    let reason = flow.server.db().one("SELECT * FROM workflow_pause_reasons", &[]).await;
    assert_eq!((&reason["type_"], &reason["message"]), (&json!("scheduled_pause"), &json!("a look at it")));
    assert_eq!(flow.server.db().count("ferrify_paused_runs", "wake_at IS NULL", &[]).await, 1);
    // Anything that it is told wakes it.
    tell(&flow, &started["task_id"], &[r#"{"command_type":"update_variables","updates":[]}"#]).await;
    let row = until(&flow, &OVER).await;
    assert_eq!((&row["status"], outputs(&row)), (&json!("succeeded"), json!({"said": "Bo"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_run_is_aborted_with_a_reason_at_once() {
    let flow = slow(30).await;
    let mut stream = flow.service.sse_stream("/workflows/run", &run("streaming")).await;
    let started = stream.until("workflow_started").await;
    let told = Instant::now();
    tell(&flow, &started["task_id"], &[r#"{"command_type":"abort","reason":"too dear","payload":null}"#]).await;
    let end = stream.until("workflow_finished").await;
    assert!(told.elapsed() < Duration::from_secs(3), "{:?}", told.elapsed());
    assert_eq!((&end["data"]["status"], &end["data"]["error"]), (&json!("stopped"), &json!("Aborted: too dear")));
    let row = until(&flow, &OVER).await;
    assert_eq!((&row["status"], &row["error"]), (&json!("stopped"), &json!("Aborted: too dear")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_node_waits_for_variables_that_somebody_brings() {
    let nodes = json!({
        "start": start(),
        "ask": {"type": "human-input", "required_variables": ["ask.decision"], "pause_reason": "Ask her"},
        "end": {"type": "end", "outputs": [{"variable": "decision", "value_selector": ["ask", "decision"]}]},
    });
    let flow = Flow::of("workflow", nodes, &[("start", "source", "ask"), ("ask", "source", "end")]).await;
    let paused = flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    let data = &paused.only("workflow_paused")["data"];
    assert_eq!(
        (&data["reasons"], &data["paused_nodes"]),
        (&json!([{"TYPE": "scheduled_pause", "message": "Ask her"}]), &json!(["ask"]))
    );
    let task = &paused.only("workflow_paused")["task_id"];
    let decide = r#"{"command_type":"update_variables","updates":[{"value":{"name":"decision","value_type":"string","value":"go","selector":["ask","decision"]}}]}"#;
    tell(&flow, task, &[decide]).await;
    let row = until(&flow, &OVER).await;
    assert_eq!((&row["status"], outputs(&row)), (&json!("succeeded"), json!({"decision": "go"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_is_stopped() {
    let nodes = json!({"start": start(), "ask": form(), "end": {"type": "end", "outputs": []}});
    let flow = Flow::of("workflow", nodes, &[("start", "source", "ask"), ("ask", "yes", "end")]).await;
    let paused = flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    let task = paused.only("workflow_paused")["task_id"].as_str().unwrap().to_owned();
    let stop = format!("/workflows/tasks/{task}/stop");
    let other = flow.console.create_app("workflow", "other").await;
    let stranger = flow.server.service(&flow.console.api_key(&other).await);
    stranger.post_json(&stop, &json!({"user": "bo"})).await.expect(200);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(until(&flow, &["paused", "stopped"]).await["status"], json!("paused"), "it is no run of that app");
    flow.service.post_json(&stop, &json!({"user": "ann"})).await.expect(200);
    let row = until(&flow, &OVER).await;
    assert_eq!((&row["status"], &row["error"]), (&json!("stopped"), &json!("Stopped by user.")));
    let form = paused.only("human_input_required")["data"]["form_token"].as_str().unwrap();
    let late = flow.service.post_json(&path(form), &answer("yes", "x")).await.expect(412);
    assert_eq!(late.code(), "human_input_form_expired");
    let node = flow.server.db().one("SELECT * FROM workflow_node_executions WHERE node_id = 'ask'", &[]).await;
    assert_eq!(node["status"], json!("failed"));
}

/// An iteration over two items with a form in each round.
async fn rounds(parallel: bool) -> Flow {
    let mut ask = form();
    ask["isInIteration"] = json!(true);
    ask["iteration_id"] = json!("each");
    ask["form_content"] = json!("{{#each.item#}}: {{#$output.note#}}");
    let nodes = json!({
        "start": start(),
        "list": {"type": "code", "code_language": "javascript", "code": "function main() { return {items: ['a', 'b']} }",
            "variables": [], "outputs": {"items": {"type": "array[string]"}}},
        "each": {"type": "iteration", "start_node_id": "first", "iterator_selector": ["list", "items"],
            "output_selector": ["ask", "__rendered_content"], "is_parallel": parallel, "parallel_nums": 2},
        "first": {"type": "iteration-start", "isInIteration": true, "iteration_id": "each"},
        "ask": ask,
        "end": {"type": "end", "outputs": [{"variable": "said", "value_selector": ["each", "output"]}]},
    });
    let edges = [
        ("start", "source", "list"),
        ("list", "source", "each"),
        ("first", "source", "ask"),
        ("each", "source", "end"),
    ];
    Flow::of("workflow", nodes, &edges).await
}

async fn waiting(flow: &Flow) -> Vec<Value> {
    let query = "SELECT * FROM ferrify_human_input_forms WHERE status = 'waiting' ORDER BY definition";
    flow.server.db().all(query, &[]).await
}

/// The tokens of forms that wait, as soon as the run does and there are so many.
async fn tokens(flow: &Flow, count: usize) -> Vec<String> {
    let begun = Instant::now();
    loop {
        until(flow, &["paused"]).await;
        let rows = waiting(flow).await;
        if rows.len() == count {
            return rows.iter().map(|row| row["token"].as_str().unwrap().to_owned()).collect();
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{rows:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn said(row: &Value) -> Value {
    outputs(row)["said"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_round_of_an_iteration_waits_for_a_form_of_its_own() {
    let flow = rounds(false).await;
    let paused: Transcript = flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    assert_eq!(paused.only("workflow_paused")["data"]["paused_nodes"], json!(["ask"]));
    let first = tokens(&flow, 1).await;
    assert_eq!(paused.only("human_input_required")["data"]["form_token"], json!(first[0]));
    flow.service.post_json(&path(&first[0]), &answer("yes", "one")).await.expect(200);
    let begun = Instant::now();
    let second = loop {
        let second = tokens(&flow, 1).await;
        if second != first {
            break second;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the run does not pause again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(flow.server.db().count("workflow_pauses", "resumed_at IS NULL", &[]).await, 1);
    flow.service.post_json(&path(&second[0]), &answer("no", "two")).await.expect(200);
    let row = until(&flow, &OVER).await;
    assert_eq!((&row["status"], said(&row)), (&json!("succeeded"), json!(["a: one", "b: two"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_parallel_rounds_are_filled_in_in_any_order() {
    let flow = rounds(true).await;
    let paused = flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    assert_eq!(paused.named("human_input_required").len(), 2);
    assert_eq!(paused.only("workflow_paused")["data"]["reasons"].as_array().unwrap().len(), 2);
    let both = tokens(&flow, 2).await;
    flow.service.post_json(&path(&both[1]), &answer("yes", "two")).await.expect(200);
    let left = tokens(&flow, 1).await;
    assert_eq!(left, both[..1]);
    flow.service.post_json(&path(&left[0]), &answer("yes", "one")).await.expect(200);
    let row = until(&flow, &OVER).await;
    assert_eq!((&row["status"], said(&row)), (&json!("succeeded"), json!(["a: one", "b: two"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_parallel_rounds_may_be_filled_in_at_once() {
    let flow = rounds(true).await;
    flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    let both = tokens(&flow, 2).await;
    let (one, two) = (answer("yes", "one"), answer("yes", "two"));
    let (at_one, at_two) = (path(&both[0]), path(&both[1]));
    let (first, second) = tokio::join!(flow.service.post_json(&at_one, &one), flow.service.post_json(&at_two, &two));
    assert_eq!((first.status, second.status), (200, 200));
    let row = until(&flow, &OVER).await;
    assert_eq!((&row["status"], said(&row)), (&json!("succeeded"), json!(["a: one", "b: two"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatflow_that_waits_is_stopped_by_who_asked_and_keeps_what_it_said() {
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "first": {"type": "answer", "answer": "One moment."},
        "ask": form(),
        "last": {"type": "answer", "answer": "!"},
    });
    let edges = [("start", "source", "first"), ("first", "source", "ask"), ("ask", "yes", "last")];
    let flow = Flow::of("advanced-chat", nodes, &edges).await;
    let ask =
        json!({"inputs": {}, "query": "Hi", "user": "ann", "response_mode": "streaming", "auto_generate_name": false});
    let paused = flow.service.sse("/chat-messages", &ask).await.well_framed();
    let names = paused.names();
    assert_eq!(names[names.len() - 2..], ["human_input_required", "workflow_paused"]);
    let pause = paused.only("workflow_paused");
    assert!(pause["message_id"].is_string() && pause["conversation_id"].is_string());
    let stop = format!("/chat-messages/{}/stop", pause["task_id"].as_str().unwrap());
    flow.service.post_json(&stop, &json!({"user": "bo"})).await.expect(200);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(until(&flow, &["paused", "stopped"]).await["status"], json!("paused"), "it is not his");
    flow.service.post_json(&stop, &json!({"user": "ann"})).await.expect(200);
    assert_eq!(until(&flow, &OVER).await["status"], json!("stopped"));
    let message = flow.server.db().one("SELECT * FROM messages", &[]).await;
    assert_eq!((&message["answer"], &message["status"]), (&json!("One moment."), &json!("normal")));
}
