//! Runs that wait for people, and go on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::{Answer, Transcript};

use crate::it::process::Process;
use crate::it::workflow_recovery::wait;
use crate::it::workflow_runs::Flow;

/// A node that shows a form on pages.
pub(crate) fn form() -> Value {
    json!({
        "type": "human-input",
        "form_content": "Dear {{#start.name#}}, write {{#$output.note#}}",
        "inputs": [
            {"type": "text_input", "output_variable_name": "note", "default": {"type": "constant", "selector": [], "value": "none"}},
            {"type": "paragraph", "output_variable_name": "more", "default": {"type": "variable", "selector": ["start", "name"], "value": ""}},
        ],
        "user_actions": [{"id": "yes", "title": "Agree", "button_style": "primary"}, {"id": "no", "title": "Refuse"}],
        "delivery_methods": [{"type": "webapp", "enabled": true}],
        "timeout": 2, "timeout_unit": "hour",
    })
}

pub(crate) fn start() -> Value {
    json!({"type": "start", "variables": [
        {"variable": "name", "label": "Name", "type": "text-input", "required": true, "max_length": 48},
    ]})
}

fn end(variables: &[(&str, &str, &str)]) -> Value {
    let outputs: Vec<Value> = variables
        .iter()
        .map(|(name, node, variable)| json!({"variable": name, "value_selector": [node, variable]}))
        .collect();
    json!({"type": "end", "outputs": outputs})
}

/// A form whose buttons and whose time lead to ends of their own.
async fn asking() -> Flow {
    let nodes = json!({
        "start": start(),
        "ask": form(),
        "agreed": end(&[("note", "ask", "note"), ("more", "ask", "more"), ("said", "ask", "__rendered_content")]),
        "refused": end(&[("refusal", "ask", "note")]),
        "late": end(&[("late", "ask", "__action_id")]),
    });
    let edges =
        [("start", "source", "ask"), ("ask", "yes", "agreed"), ("ask", "no", "refused"), ("ask", "__timeout", "late")];
    Flow::of("workflow", nodes, &edges).await
}

pub(crate) fn run(mode: &str) -> Value {
    json!({"inputs": {"name": "Ann"}, "user": "ann", "response_mode": mode})
}

pub(crate) fn answer(action: &str, note: &str) -> Value {
    json!({"inputs": {"note": note, "more": "more"}, "action": action, "user": "ann"})
}

pub(crate) fn path(token: &str) -> String {
    format!("/form/human_input/{token}")
}

fn token(paused: &Transcript) -> String {
    paused.only("human_input_required")["data"]["form_token"].as_str().unwrap().to_owned()
}

/// The only run, as soon as it is in one of these states.
pub(crate) async fn until(flow: &Flow, states: &[&str]) -> Value {
    let begun = Instant::now();
    loop {
        let row = flow.server.db().one("SELECT * FROM workflow_runs", &[]).await;
        if states.contains(&row["status"].as_str().unwrap()) {
            return row;
        }
        assert!(begun.elapsed() < Duration::from_secs(70), "the run is still {}", row["status"]);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) const OVER: [&str; 4] = ["succeeded", "partial-succeeded", "failed", "stopped"];

pub(crate) fn outputs(row: &Value) -> Value {
    serde_json::from_str(row["outputs"].as_str().unwrap()).unwrap()
}

/// Nothing but rows and an object is left of a run that waits.
async fn rests(flow: &Flow) {
    let db = flow.server.db();
    assert_eq!(flow.server.database().redis(&["ZCARD", "ferrify:{runs}:leases"]).await, "0");
    assert_eq!(db.count("ferrify_workflow_checkpoints", "true", &[]).await, 0);
    assert_eq!(db.count("ferrify_paused_runs", "claimed_until IS NULL", &[]).await, 1);
    let run = db.one("SELECT * FROM workflow_runs", &[]).await;
    assert_eq!((&run["status"], &run["finished_at"], &run["error"]), (&json!("paused"), &Value::Null, &Value::Null));
    let pause = db.one("SELECT * FROM workflow_pauses", &[]).await;
    assert_eq!((&pause["workflow_run_id"], &pause["resumed_at"]), (&run["id"], &Value::Null));
}

/// Nothing is left of a pause.
async fn is_over(flow: &Flow) {
    let db = flow.server.db();
    let begun = Instant::now();
    while db.count("ferrify_workflow_checkpoints", "true", &[]).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5), "the checkpoint stays");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(db.count("ferrify_paused_runs", "true", &[]).await, 0);
    assert_eq!(db.count("ferrify_human_input_forms", "status = 'waiting'", &[]).await, 0);
    assert_eq!(db.count("workflow_node_executions", "status IN ('running', 'paused')", &[]).await, 0);
    assert_eq!(db.count("workflow_app_logs", "true", &[]).await, 1);
}

fn refused(answer: Answer, status: u16, code: &str) {
    let answer = answer.expect(status);
    assert_eq!((answer.code(), &answer.json["status"]), (code, &json!(status)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_run_waits_for_its_form_and_goes_on_when_it_is_filled_in() {
    let flow = asking().await;
    let paused = flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    assert_eq!(
        paused.names(),
        [
            "workflow_started",
            "node_started",
            "node_finished",
            "node_started",
            "human_input_required",
            "workflow_paused"
        ]
    );
    assert_eq!(paused.only("workflow_started")["data"]["reason"], json!("initial"));
    let asked = &paused.only("human_input_required")["data"];
    assert_eq!(
        (&asked["node_id"], &asked["node_title"], &asked["display_in_ui"], &asked["resolved_default_values"]),
        (&json!("ask"), &json!("ask"), &json!(true), &json!({"more": "Ann"}))
    );
    assert_eq!(asked["form_content"], json!("Dear Ann, write {{#$output.note#}}"));
    let pause = paused.only("workflow_paused");
    let data = &pause["data"];
    assert_eq!(
        (&data["paused_nodes"], &data["status"], &data["outputs"], &data["total_steps"]),
        (&json!(["ask"]), &json!("paused"), &json!({}), &json!(2))
    );
    assert_eq!(data["workflow_run_id"], pause["workflow_run_id"]);
    assert_eq!(
        (&data["reasons"][0]["TYPE"], &data["reasons"][0]["form_id"], &data["reasons"][0]["form_token"]),
        (&json!("human_input_required"), &asked["form_id"], &asked["form_token"])
    );
    rests(&flow).await;
    let db = flow.server.db();
    let reason = db.one("SELECT * FROM workflow_pause_reasons", &[]).await;
    assert_eq!(
        (&reason["type_"], &reason["form_id"], &reason["node_id"]),
        (&json!("human_input_required"), &asked["form_id"], &json!("ask"))
    );
    let waiting = db.one("SELECT * FROM workflow_node_executions WHERE node_id = 'ask'", &[]).await;
    assert_eq!((&waiting["status"], &waiting["finished_at"]), (&json!("paused"), &Value::Null));

    let at = path(&token(&paused));
    let shown = flow.service.get(&at).await.expect(200).json;
    assert_eq!((&shown["form_content"], &shown["inputs"]), (&asked["form_content"], &asked["inputs"]));
    assert_eq!(shown["inputs"][0]["default"], json!({"type": "constant", "selector": [], "value": "none"}));
    assert_eq!(shown["user_actions"][0], json!({"id": "yes", "title": "Agree", "button_style": "primary"}));
    assert_eq!(shown["resolved_default_values"], json!({"more": "Ann"}));
    let left = shown["expiration_time"].as_i64().unwrap() - chrono::Utc::now().timestamp();
    assert!((7100..=7200).contains(&left), "{left}");

    refused(flow.service.post_json(&at, &answer("maybe", "x")).await, 400, "invalid_form_data");
    let few = json!({"inputs": {"note": "x"}, "action": "yes", "user": "ann"});
    refused(flow.service.post_json(&at, &few).await, 400, "invalid_form_data");
    let nobody = json!({"inputs": {"note": "x", "more": "y"}, "action": "yes"});
    refused(flow.service.post_json(&at, &nobody).await, 400, "invalid_param");
    refused(flow.service.post_json(&path("guessed"), &answer("yes", "x")).await, 404, "not_found");
    let other = flow.console.create_app("workflow", "other").await;
    let stranger = flow.server.service(&flow.console.api_key(&other).await);
    refused(stranger.get(&at).await, 404, "not_found");
    refused(stranger.post_json(&at, &answer("yes", "x")).await, 404, "not_found");
    refused(flow.console.get(&at).await, 404, "not_found");

    assert_eq!(flow.service.post_json(&at, &answer("yes", "fine")).await.expect(200).json, json!({}));
    refused(flow.service.post_json(&at, &answer("no", "late")).await, 412, "human_input_form_submitted");
    refused(flow.service.get(&at).await, 412, "human_input_form_submitted");
    let row = until(&flow, &OVER).await;
    assert_eq!((&row["status"], &row["total_steps"]), (&json!("succeeded"), &json!(3)));
    assert_eq!(outputs(&row), json!({"note": "fine", "more": "more", "said": "Dear Ann, write fine"}));
    assert!(row["finished_at"].is_string());
    let nodes = db.all("SELECT * FROM workflow_node_executions ORDER BY index", &[]).await;
    let told: Vec<_> =
        nodes.iter().map(|node| (node["node_id"].as_str().unwrap(), node["status"].as_str().unwrap())).collect();
    assert_eq!(told, [("start", "succeeded"), ("ask", "succeeded"), ("agreed", "succeeded")]);
    assert_eq!(nodes[1]["id"], waiting["id"]);
    is_over(&flow).await;
    assert_eq!(db.count("workflow_pauses", "resumed_at IS NOT NULL", &[]).await, 1);
    let form = db.one("SELECT * FROM ferrify_human_input_forms", &[]).await;
    assert_eq!((&form["submitted_by_role"], &form["action_id"]), (&json!("end_user"), &json!("yes")));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_the_resumed_run_tell_that_it_goes_on() {
    let flow = asking().await;
    let paused = flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    let task = paused.only("workflow_started")["task_id"].as_str().unwrap().to_owned();
    let tenant = flow.server.db().one("SELECT tenant_id FROM workflow_runs", &[]).await;
    flow.service.post_json(&path(&token(&paused)), &answer("no", "never")).await.expect(200);
    until(&flow, &OVER).await;
    is_over(&flow).await;
    let key = format!("ferrify:{{{}}}:run:{task}:events", tenant["tenant_id"].as_str().unwrap());
    let begun = Instant::now();
    let mut kept = String::new();
    while !kept.contains("workflow_finished") {
        assert!(begun.elapsed() < Duration::from_secs(5), "{kept}");
        kept = flow.server.database().redis(&["XRANGE", &key, "-", "+"]).await;
    }
    let resumed = kept.split_once(r#""reason":"resumption""#).expect("the run says that it goes on").1;
    for name in ["human_input_form_filled", r#""action_text":"Refuse""#, r#""submitted_data":{"note":"never""#] {
        assert!(resumed.contains(name), "{name}: {resumed}");
    }
    assert!(kept.contains(r#""inputs":{"name":"Ann""#), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_run_answers_that_it_waits_and_leaves_its_place() {
    let flow = asking().await;
    flow.server.db().execute("UPDATE apps SET max_active_requests = 1", &[]).await;
    let body = flow.service.post_json("/workflows/run", &run("blocking")).await.expect(200).json;
    let data = &body["data"];
    assert_eq!(
        (&data["status"], &data["finished_at"], &data["paused_nodes"], &data["error"]),
        (&json!("paused"), &Value::Null, &json!(["ask"]), &Value::Null)
    );
    assert_eq!((&data["id"], &data["total_steps"]), (&body["workflow_run_id"], &json!(2)));
    let reason = &data["reasons"][0];
    assert_eq!((&reason["TYPE"], &reason["node_title"]), (&json!("human_input_required"), &json!("ask")));
    rests(&flow).await;
    let second = flow.service.post_json("/workflows/run", &run("blocking")).await.expect(200).json;
    assert_eq!(second["data"]["status"], json!("paused"), "the first one holds no place");
    let shown = flow.service.get(&format!("/workflows/run/{}", data["id"].as_str().unwrap())).await.expect(200).json;
    assert_eq!((&shown["status"], &shown["finished_at"]), (&json!("paused"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatflow_keeps_its_answer_so_far_and_completes_it_over_a_page() {
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "first": {"type": "answer", "answer": "One moment. "},
        "ask": form(),
        "last": {"type": "answer", "answer": "{{#ask.note#}}!"},
    });
    let edges = [("start", "source", "first"), ("first", "source", "ask"), ("ask", "yes", "last")];
    let flow = Flow::of("advanced-chat", nodes, &edges).await;
    let ask =
        json!({"inputs": {}, "query": "Hi", "user": "ann", "response_mode": "blocking", "auto_generate_name": false});
    let body = flow.service.post_json("/chat-messages", &ask).await.expect(200).json;
    assert_eq!(
        (&body["event"], &body["answer"], &body["mode"]),
        (&json!("workflow_paused"), &json!("One moment. "), &json!("advanced-chat"))
    );
    let data = &body["data"];
    assert_eq!(
        (&data["answer"], &data["message_id"], &data["status"], &data["workflow_run_id"]),
        (&body["answer"], &body["message_id"], &json!("paused"), &body["workflow_run_id"])
    );
    assert_eq!((&data["id"], &data["paused_nodes"]), (&body["message_id"], &json!(["ask"])));
    rests(&flow).await;
    let db = flow.server.db();
    let message = db.one("SELECT * FROM messages", &[]).await;
    assert_eq!((&message["answer"], &message["status"]), (&json!("One moment."), &json!("paused")));

    // Nobody is asked who they are.
    let page = flow.server.client().at(format!("{}/api", flow.server.base()));
    let at = path(data["reasons"][0]["form_token"].as_str().unwrap());
    let shown = page.get(&at).await.expect(200).json;
    assert_eq!(
        (&shown["site"]["app_id"], &shown["site"]["end_user_id"], &shown["site"]["site"]["title"]),
        (&json!(flow.app.id), &Value::Null, &json!("flow"))
    );
    assert_eq!(shown["user_actions"][1]["id"], json!("no"));
    refused(page.post_json(&at, &json!({"inputs": {}, "action": "yes"})).await, 400, "invalid_form_data");
    refused(page.get(&path("guessed")).await, 404, "not_found");
    let filled = json!({"inputs": {"note": "Done", "more": ""}, "action": "yes"});
    assert_eq!(page.post_json(&at, &filled).await.expect(200).json, json!({}));
    refused(page.post_json(&at, &filled).await, 412, "human_input_form_submitted");
    assert_eq!(until(&flow, &OVER).await["status"], json!("succeeded"));
    let message = db.one("SELECT * FROM messages", &[]).await;
    assert_eq!((&message["answer"], &message["status"]), (&json!("One moment. Done!"), &json!("normal")));
    is_over(&flow).await;
    let form = db.one("SELECT * FROM ferrify_human_input_forms", &[]).await;
    assert_eq!((&form["submitted_by"], &form["status"]), (&Value::Null, &json!("submitted")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_asked_only_so_often() {
    let (server, _console) = crate::it::console_people::set_up().await;
    let limited = server.sibling(config::Tier::Web).set("WEB_FORM_SUBMIT_RATE_LIMIT_MAX_ATTEMPTS", "2").start().await;
    let page = limited.client().at(format!("{}/api", limited.base()));
    for _ in 0..2 {
        refused(page.get(&path("guessed")).await, 404, "not_found");
    }
    let refusal = page.post_json(&path("guessed"), &json!({"inputs": {}, "action": "yes"})).await.expect(429);
    assert!(refusal.header("retry-after").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_builder_fills_in_the_form_of_a_draft_and_nobody_else_does() {
    let flow = asking().await;
    let mut asks = form();
    asks["delivery_methods"] = json!([]);
    let nodes = json!({"start": start(), "ask": asks, "agreed": end(&[("note", "ask", "note")])});
    flow.draw(nodes, &[("start", "source", "ask"), ("ask", "yes", "agreed")], json!({})).await;
    let draft = format!("/apps/{}/workflows/draft/run", flow.app.id);
    let paused = flow.console.sse(&draft, &json!({"inputs": {"name": "Ann"}, "files": []})).await.well_framed();
    let at = path(&token(&paused));
    refused(flow.service.get(&at).await, 404, "not_found");
    refused(flow.service.post_json(&at, &answer("yes", "x")).await, 404, "not_found");
    let page = flow.server.client().at(format!("{}/api", flow.server.base()));
    refused(page.get(&at).await, 404, "not_found");
    assert_eq!(flow.console.get(&at).await.expect(200).json["user_actions"][0]["id"], json!("yes"));
    flow.console.post_json(&at, &answer("yes", "tried")).await.expect(200);
    let row = until(&flow, &OVER).await;
    assert_eq!(outputs(&row), json!({"note": "tried"}));
    let saved = flow.server.db().all("SELECT node_id, name, value FROM workflow_draft_variables", &[]).await;
    assert!(
        saved.iter().any(|row| row["node_id"] == "ask" && row["name"] == "note" && row["value"] == r#""tried""#),
        "{saved:?}"
    );

    // Published, the same form is told to nobody.
    let nodes = flow.console.get(&format!("/apps/{}/workflows/draft", flow.app.id)).await.expect(200);
    assert!(nodes.json["graph"].is_object());
    crate::it::console_workflows::publish(&flow.console, &flow.app).await.expect(200);
    let paused = flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    let asked = &paused.only("human_input_required")["data"];
    assert_eq!((&asked["form_token"], &asked["display_in_ui"]), (&Value::Null, &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_nobody_fills_in_expires() {
    let flow = asking().await;
    let paused = flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    let db = flow.server.db();
    db.execute("UPDATE ferrify_human_input_forms SET expires_at = now() - interval '1 minute'", &[]).await;
    let at = path(&token(&paused));
    refused(flow.service.get(&at).await, 412, "human_input_form_expired");
    refused(flow.service.post_json(&at, &answer("yes", "late")).await, 412, "human_input_form_expired");
    assert_eq!(until(&flow, &["paused"]).await["status"], json!("paused"));
    db.execute("UPDATE ferrify_paused_runs SET wake_at = now() - interval '1 minute'", &[]).await;
    let row = until(&flow, &OVER).await;
    assert_eq!((&row["status"], outputs(&row)), (&json!("succeeded"), json!({"late": ""})));
    is_over(&flow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_who_fill_in_a_form_at_once_one_does() {
    let flow = asking().await;
    let paused = flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    let at = path(&token(&paused));
    let bodies: Vec<Value> = (0..8).map(|n| answer(if n % 2 == 0 { "yes" } else { "no" }, &n.to_string())).collect();
    let answers = futures::future::join_all(bodies.iter().map(|body| flow.service.post_json(&at, body))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    let winner = statuses.iter().position(|status| *status == 200).unwrap();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    let row = until(&flow, &OVER).await;
    let said = if winner % 2 == 0 { outputs(&row)["note"].clone() } else { outputs(&row)["refusal"].clone() };
    assert_eq!(said, json!(winner.to_string()));
    is_over(&flow).await;
    assert_eq!(flow.server.db().count("workflow_node_executions", "true", &[]).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_longer_than_its_process_lives() {
    let flow = asking().await;
    let process = Process::start(&flow.server, &[]).await;
    let service = process.service(&flow.console.api_key(&flow.app).await);
    let paused = service.sse("/workflows/run", &run("streaming")).await.well_framed();
    process.kill().await;
    rests(&flow).await;
    flow.service.post_json(&path(&token(&paused)), &answer("yes", "there")).await.expect(200);
    assert_eq!(outputs(&until(&flow, &OVER).await)["note"], json!("there"));
    is_over(&flow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_not_lost_with_the_process_that_took_it() {
    let nodes = json!({
        "start": start(),
        "ask": form(),
        "work": wait(4),
        "agreed": end(&[("note", "ask", "note"), ("at", "work", "at")]),
    });
    let edges = [("start", "source", "ask"), ("ask", "yes", "work"), ("work", "source", "agreed")];
    let flow = Flow::of("workflow", nodes, &edges).await;
    let process = Process::start(&flow.server, &[]).await;
    let service = process.service(&flow.console.api_key(&flow.app).await);
    let paused = service.sse("/workflows/run", &run("streaming")).await.well_framed();
    service.post_json(&path(&token(&paused)), &answer("yes", "taken")).await.expect(200);
    until(&flow, &["running"]).await;
    assert_eq!(flow.server.db().count("ferrify_workflow_checkpoints", "true", &[]).await, 1);
    process.kill().await;
    let row = until(&flow, &OVER).await;
    assert_eq!((&row["status"], &outputs(&row)["note"]), (&json!("succeeded"), &json!("taken")));
    is_over(&flow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_taken_by_a_process_that_died_at_once_is_found() {
    let flow = asking().await;
    flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    let db = flow.server.db();
    // All that such a process has done: the transaction of the submission, and the claim.
    db.execute(
        "UPDATE ferrify_human_input_forms SET status = 'submitted', action_id = 'yes', submission = $1",
        &[r#"{"note":"found","more":""}"#],
    )
    .await;
    db.execute("UPDATE ferrify_paused_runs SET wake_at = now(), claimed_until = now() + interval '3 seconds'", &[])
        .await;
    assert_eq!(outputs(&until(&flow, &OVER).await)["note"], json!("found"));
    is_over(&flow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_state_is_gone_fails_and_its_message_with_it() {
    let nodes =
        json!({"start": {"type": "start", "variables": []}, "ask": form(), "last": {"type": "answer", "answer": "!"}});
    let flow = Flow::of("advanced-chat", nodes, &[("start", "source", "ask"), ("ask", "yes", "last")]).await;
    let ask =
        json!({"inputs": {}, "query": "Hi", "user": "ann", "response_mode": "streaming", "auto_generate_name": false});
    let paused = flow.service.sse("/chat-messages", &ask).await.well_framed();
    let db = flow.server.db();
    db.execute("UPDATE workflow_pauses SET state_object_key = 'workflow_pauses/none.json'", &[]).await;
    flow.service.post_json(&path(&token(&paused)), &answer("yes", "x")).await.expect(200);
    let row = until(&flow, &OVER).await;
    assert_eq!(row["status"], json!("failed"));
    assert!(row["error"].as_str().unwrap().contains("is gone"), "{}", row["error"]);
    let message = db.one("SELECT * FROM messages", &[]).await;
    assert_eq!((&message["status"], &message["error"]), (&json!("error"), &row["error"]));
    is_over(&flow).await;
}

/// Objects of runs that wait.
fn objects(flow: &Flow) -> usize {
    let root = std::path::PathBuf::from(&flow.server.environment()["OPENDAL_FS_ROOT"]).join("workflow_pauses");
    let folders = std::fs::read_dir(root).into_iter().flatten();
    folders.map(|tenant| std::fs::read_dir(tenant.unwrap().path()).unwrap().count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waiting_runs_have_done_is_kept_once_and_goes_with_its_app() {
    let variables = json!({"environment_variables": [
        {"id": uuid::Uuid::new_v4(), "name": "token", "value_type": "secret", "value": "s3cret-of-the-run", "description": ""},
    ]});
    let nodes = json!({"start": start(), "ask": form(), "agreed": end(&[("secret", "env", "token")])});
    let flow = Flow::with("workflow", nodes, &[("start", "source", "ask"), ("ask", "yes", "agreed")], variables).await;
    let paused = flow.service.sse("/workflows/run", &run("streaming")).await.well_framed();
    assert_eq!(objects(&flow), 1);
    let db = flow.server.db();
    let key = db.one("SELECT state_object_key FROM workflow_pauses", &[]).await;
    let root = std::path::PathBuf::from(&flow.server.environment()["OPENDAL_FS_ROOT"]);
    let kept = std::fs::read_to_string(root.join(key["state_object_key"].as_str().unwrap())).unwrap();
    assert!(kept.contains("Ann") && !kept.contains("s3cret-of-the-run"), "secrets are not kept: {kept}");
    flow.service.post_json(&path(&token(&paused)), &answer("yes", "x")).await.expect(200);
    assert_eq!(outputs(&until(&flow, &OVER).await), json!({"secret": "s3cret-of-the-run"}));
    assert_eq!(objects(&flow), 0);

    flow.service.post_json("/workflows/run", &run("blocking")).await.expect(200);
    assert_eq!(objects(&flow), 1);
    flow.console.delete(&format!("/apps/{}", flow.app.id)).await.expect(204);
    let begun = Instant::now();
    while objects(&flow) > 0 || db.count("ferrify_human_input_forms", "true", &[]).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the app's waiting run stays");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(db.count("ferrify_paused_runs", "true", &[]).await, 0);
}
