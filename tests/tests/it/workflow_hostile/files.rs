//! Workflow files that are no workflow files, and imports that wait.

use serde_json::{Value, json};
use test_kit::{Answer, Console};

use super::{blank, deploy, outcome, unharmed};
use crate::it::console_people::stranger;
use crate::it::workflow_runs::{IN_A_LINE, greeting};

async fn import(console: &Console, yaml: &str) -> Answer {
    console.post_json("/apps/imports", &json!({"mode": "yaml-content", "yaml_content": yaml})).await
}

const HEAD: &str = "app: {mode: workflow, name: x}\nversion: 0.5.0\n";

fn file(rest: &str) -> String {
    format!("{HEAD}{rest}\nworkflow: {{graph: {{nodes: [], edges: []}}, features: {{}}}}\n")
}

fn with_node(data: &str) -> String {
    format!(
        "{HEAD}workflow: {{graph: {{edges: [], nodes: [{{id: n, type: custom, data: {{type: start, title: x, variables: [], more: {data}}}}}]}}, features: {{}}}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_yaml_can_do() {
    let flow = blank("workflow", &[]).await;
    for (yaml, status) in [
        (file("kind: app"), "completed"),
        (file("kind: dataset"), "completed"),
        (file("kind: [1]"), "completed"),
        (file("kind: null"), "completed"),
        (format!("\u{feff}{}", file("kind: app")), "completed"),
        (file("kind: app").replace('\n', "\r\n"), "completed"),
        (with_node("!!python/object/apply:os.system [ls]"), "failed"),
        (with_node("!!binary aGVsbG8="), "completed"),
        (with_node("2001-12-14t21:59:43.10-05:00"), "completed"),
        (with_node("{<<: {a: 1}, b: 2}"), "completed"),
        (with_node("123456789012345678901234567890"), "completed"),
        (with_node(".nan"), "completed"),
        (with_node("-.inf"), "completed"),
        (with_node("{1: a, true: b, null: c, 1.5: d}"), "completed"),
        (with_node("\"\\0\""), "completed"),
        (with_node("\"\\uD800\""), "failed"),
        (with_node("{[a]: 1}"), "failed"),
        (with_node("{{a: 1}: 1}"), "failed"),
        (with_node("*unknown"), "failed"),
        (with_node("&a [*a]"), "failed"),
        (format!("{}---\n{}", file(""), file("")), "failed"),
        (format!("{}...\n", file("")), "completed"),
        (file("\tkind: app"), "failed"),
        (file("app: {mode: chat}"), "failed"),
        (format!("%YAML 9.9\n---\n{}", file("")), "completed"),
        ("\u{0}".to_owned(), "failed"),
        ("null".to_owned(), "failed"),
        ("5".to_owned(), "failed"),
        ("!!set {a, b}".to_owned(), "failed"),
        (format!("{HEAD}workflow: []"), "failed"),
        (format!("{HEAD}workflow: {{graph: {{nodes: [5], edges: []}}}}"), "failed"),
        (format!("{HEAD}workflow: {{graph: {{nodes: [], edges: {{}}}}}}"), "failed"),
        (format!("{HEAD}workflow: {{graph: {{nodes: [], edges: []}}, environment_variables: 5}}"), "failed"),
        (format!("{HEAD}workflow: {{graph: {{nodes: [], edges: []}}, conversation_variables: [[]]}}"), "failed"),
        (format!("{HEAD}dependencies: 5\nworkflow: {{graph: {{nodes: [], edges: []}}}}"), "completed"),
        ("app: [x]\nversion: 0.5.0".to_owned(), "failed"),
        ("app: {mode: [workflow]}\nversion: 0.5.0".to_owned(), "failed"),
        (
            "app: {mode: workflow, name: [x]}\nversion: 0.5.0\nworkflow: {graph: {nodes: [], edges: []}, x: 1}"
                .to_owned(),
            "completed",
        ),
    ] {
        let answer = import(&flow.console, &yaml).await;
        let shown = format!("{yaml}: {}", answer.text());
        assert_eq!(answer.status, if status == "failed" { 400 } else { 200 }, "{shown}");
        assert_eq!(answer.json["status"], json!(status), "{shown}");
        let error = answer.json["error"].as_str().unwrap();
        assert_eq!(
            (error.is_empty(), answer.json["app_id"].is_null()),
            (status != "failed", status == "failed"),
            "{shown}"
        );
        assert!(error.len() < 1000, "{shown}");
        if let Some(id) = answer.json["app_id"].as_str() {
            let again = flow.console.get(&format!("/apps/{id}/export")).await.expect(200).text_at("/data");
            assert_eq!(import(&flow.console, &again).await.json["status"], json!("completed"), "{shown}\n{again}");
        }
    }
    let sent = br#"{"mode": "yaml-content", "yaml_content": "a: \ud800"}"#.to_vec();
    let request =
        flow.console.request(reqwest::Method::POST, "/apps/imports").header("Content-Type", "application/json");
    assert_eq!(flow.console.send(request.body(sent)).await.expect(400).code(), "bad_request");
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_waits_can_be_confirmed_once_in_its_workspace_and_in_time() {
    let flow = blank("workflow", &[]).await;
    deploy(&flow, greeting(), &IN_A_LINE).await;
    let newer = file("kind: app").replace("0.5.0", "0.9.0");
    let confirm =
        async |console: &Console, id: &str| console.post_json(&format!("/apps/imports/{id}/confirm"), &json!({})).await;
    let waits = async || {
        let answer = import(&flow.console, &newer).await.expect(202);
        assert_eq!((&answer.json["status"], &answer.json["app_id"]), (&json!("pending"), &Value::Null));
        answer.text_at("/id")
    };
    let over = "Import information expired or does not exist";
    let apps = || async { flow.server.db().count("apps", "true", &[]).await };
    let before = apps().await;
    // Its time is over.
    let late = waits().await;
    flow.server.database().redis(&["PEXPIRE", &format!("app_import_info:{late}"), "1"]).await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let answer = confirm(&flow.console, &late).await.expect(400);
    assert_eq!((&answer.json["status"], &answer.json["error"]), (&json!("failed"), &json!(over)));
    // Somebody of elsewhere does not use it up.
    let id = waits().await;
    let other = stranger(&flow.server).await;
    assert_eq!(confirm(&other, &id).await.expect(400).json["error"], json!(over));
    assert_eq!(apps().await, before);
    let done = confirm(&flow.console, &id).await.expect(200);
    assert_eq!(done.json["status"], json!("completed"));
    assert_eq!(apps().await, before + 1);
    assert_eq!(confirm(&flow.console, &id).await.expect(400).json["error"], json!(over));
    // What waits was changed behind the server's back.
    for broken in ["", "null", "[]", "{}", "no JSON", "{\"import_mode\": 5}"] {
        let id = waits().await;
        flow.server.database().redis(&["SET", &format!("app_import_info:{id}"), broken]).await;
        let answer = confirm(&flow.console, &id).await.expect(400);
        assert_eq!(answer.json["status"], json!("failed"), "{broken}: {}", answer.text());
    }
    // One that would take the place of an app of another workspace, which the published one survives.
    let mut sent = json!({"mode": "yaml-content", "yaml_content": newer, "app_id": flow.app.id});
    let foreign = other.post_json("/apps/imports", &sent).await;
    assert!(matches!(foreign.status, 202 | 400), "{}", foreign.text());
    if foreign.status == 202 {
        let answer = confirm(&other, &foreign.text_at("/id")).await.expect(400);
        assert_eq!(answer.json["error"], json!("App not found"));
    }
    let data = outcome(&flow, json!({"name": "Ann"})).await;
    assert_eq!(data["outputs"], json!({"said": "Hello, Ann!"}));
    // One whose app goes away while it waits.
    let doomed = flow.console.create_app("workflow", "doomed").await;
    sent["app_id"] = json!(doomed.id);
    let id = flow.console.post_json("/apps/imports", &sent).await.expect(202).text_at("/id");
    flow.console.delete(&format!("/apps/{}", doomed.id)).await.expect(204);
    let answer = confirm(&flow.console, &id).await.expect(400);
    assert_eq!(answer.json["status"], json!("failed"), "{}", answer.text());
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_files_are_taken_and_run() {
    let flow = blank("workflow", &[]).await;
    for (version, status, http) in [
        ("version: 0.1.0", "completed-with-warnings", 200),
        ("version: 0.4.99", "completed-with-warnings", 200),
        ("version: '0.5.99'", "pending", 202),
        ("version: 0.5.0-rc1", "completed", 200),
        ("version: 1.0.0", "pending", 202),
        ("version: 999999999999999999999.0.0", "pending", 202),
        ("version: ''", "completed-with-warnings", 200),
        ("version: '-1.0.0'", "failed", 400),
        ("version: [0, 5]", "failed", 400),
        ("version: 0.5", "failed", 400),
        ("version: true", "failed", 400),
    ] {
        let answer = import(&flow.console, &file("kind: app").replace("version: 0.5.0", version)).await;
        assert_eq!((answer.status, &answer.json["status"]), (http, &json!(status)), "{version}: {}", answer.text());
    }
    unharmed(&flow.server).await;
}
