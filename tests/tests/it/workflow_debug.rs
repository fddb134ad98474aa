//! Trying drafts on the Console, and looking at runs.

use serde_json::{Value, json};

use crate::it::workflow_runs::{Flow, IN_A_LINE, greeting};

fn at(flow: &Flow, rest: &str) -> String {
    format!("/apps/{}/{rest}", flow.app.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_tried_and_its_run_is_in_the_history() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    let mut nodes = greeting();
    nodes["hello"]["template"] = json!("Draft of {{ name }}");
    flow.draw(nodes, &IN_A_LINE, json!({})).await;
    let body = json!({"inputs": {"name": "Ann"}, "files": []});
    let transcript = flow.console.sse(&at(&flow, "workflows/draft/run"), &body).await.well_framed();
    let end = &transcript.only("workflow_finished")["data"];
    assert_eq!((&end["status"], &end["outputs"]), (&json!("succeeded"), &json!({"said": "Draft of Ann"})));
    assert!(end["created_by"]["email"].is_string());

    let run = end["id"].as_str().unwrap();
    let runs = flow.console.get(&at(&flow, "workflow-runs")).await.expect(200).json;
    assert_eq!(
        (runs["data"][0]["id"].as_str(), &runs["has_more"], &runs["limit"]),
        (Some(run), &json!(false), &json!(20))
    );
    assert_eq!(runs["data"][0]["version"], json!("draft"));
    assert!(runs["data"][0]["created_by_account"]["name"].is_string());
    let published = flow.console.get(&at(&flow, "workflow-runs?triggered_from=app-run")).await.expect(200).json;
    assert_eq!(published["data"], json!([]));
    let counts = flow.console.get(&at(&flow, "workflow-runs/count?time_range=1h")).await.expect(200).json;
    assert_eq!((&counts["total"], &counts["succeeded"], &counts["failed"]), (&json!(1), &json!(1), &json!(0)));

    let detail = flow.console.get(&at(&flow, &format!("workflow-runs/{run}"))).await.expect(200).json;
    assert_eq!((&detail["outputs"], &detail["inputs"]["name"]), (&json!({"said": "Draft of Ann"}), &json!("Ann")));
    assert!(detail["graph"]["nodes"].is_array());
    let nodes = flow.console.get(&at(&flow, &format!("workflow-runs/{run}/node-executions"))).await.expect(200).json;
    let ids: Vec<&str> =
        nodes["data"].as_array().unwrap().iter().map(|node| node["node_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["start", "hello", "end"]);
    let unknown =
        flow.console.get(&at(&flow, &format!("workflow-runs/{}", uuid::Uuid::new_v4()))).await.expect(200).json;
    assert_eq!(unknown["id"], Value::Null);
    assert_eq!(flow.server.db().count("workflow_app_logs", "true", &[]).await, 0, "a try is not in the app's log");

    let saved = flow
        .server
        .db()
        .all("SELECT node_id, name, value FROM workflow_draft_variables ORDER BY node_id, name", &[])
        .await;
    let has = |node: &str, name: &str, value: &str| {
        saved.iter().any(|row| row["node_id"] == node && row["name"] == name && row["value"] == value)
    };
    assert!(has("hello", "output", r#""Draft of Ann""#) && has("start", "name", r#""Ann""#), "{saved:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_is_tried_with_what_it_is_given() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    let path = at(&flow, "workflows/draft/nodes/hello/run");
    let tried = flow.console.post_json(&path, &json!({"inputs": {"#start.name#": "Bo"}})).await.expect(200).json;
    assert_eq!((&tried["status"], &tried["outputs"]), (&json!("succeeded"), &json!({"output": "Hello, Bo!"})));
    assert_eq!((&tried["index"], &tried["node_type"]), (&json!(1), &json!("template-transform")));
    let by_own_name = flow.console.post_json(&path, &json!({"inputs": {"name": "Cy"}})).await.expect(200).json;
    assert_eq!(by_own_name["outputs"], json!({"output": "Hello, Cy!"}));
    let last = flow.console.get(&at(&flow, "workflows/draft/nodes/hello/last-run")).await.expect(200).json;
    assert_eq!(last["id"], by_own_name["id"]);
    flow.console.get(&at(&flow, "workflows/draft/nodes/end/last-run")).await.expect(404);
    flow.console.post_json(&at(&flow, "workflows/draft/nodes/none/run"), &json!({"inputs": {}})).await.expect(404);
    assert_eq!(flow.server.db().count("workflow_runs", "true", &[]).await, 0);
    assert_eq!(flow.server.db().count("workflow_node_executions", "triggered_from = 'single-step'", &[]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_lists_runs_that_are_no_tries() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    for name in ["Ann", "Bo"] {
        let body = json!({"inputs": {"name": name}, "user": name.to_lowercase()});
        flow.service.post_json("/workflows/run", &body).await.expect(200);
    }
    let logs = flow.console.get(&at(&flow, "workflow-app-logs?limit=1")).await.expect(200).json;
    assert_eq!((&logs["total"], &logs["has_more"]), (&json!(2), &json!(true)));
    let first = &logs["data"][0];
    assert_eq!(first["created_from"], json!("service-api"));
    assert_eq!(first["created_by_end_user"]["session_id"], json!("bo"));
    assert_eq!(first["workflow_run"]["status"], json!("succeeded"));
    let found = flow.console.get(&at(&flow, "workflow-app-logs?keyword=Ann")).await.expect(200).json;
    assert_eq!(found["total"], json!(1));
    let nobody = flow.console.get(&at(&flow, "workflow-app-logs?created_by_account=no@body.example")).await.expect(400);
    assert_eq!(nobody.code(), "invalid_param");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_iteration_is_tried_alone() {
    let mut body = greeting();
    body["list"] = json!({"type": "code", "code_language": "javascript", "code": "function main() { return {items: ['a', 'b']} }",
        "variables": [], "outputs": {"items": {"type": "array[string]"}}});
    body["each"] = json!({"type": "iteration", "start_node_id": "first", "iterator_selector": ["list", "items"],
        "output_selector": ["shout", "output"], "is_parallel": false});
    body["first"] = json!({"type": "iteration-start", "isInIteration": true, "iteration_id": "each"});
    body["shout"] = json!({"type": "template-transform", "template": "{{ item | upper }}", "isInIteration": true, "iteration_id": "each",
        "variables": [{"variable": "item", "value_selector": ["each", "item"]}]});
    let edges = [
        ("start", "source", "hello"),
        ("hello", "source", "list"),
        ("list", "source", "each"),
        ("first", "source", "shout"),
        ("each", "source", "end"),
    ];
    let flow = Flow::of("workflow", body, &edges).await;
    let path = at(&flow, "workflows/draft/iteration/nodes/each/run");
    let transcript = flow.console.sse(&path, &json!({"inputs": {"#list.items#": ["x", "y"]}})).await.well_framed();
    let done = &transcript.only("iteration_completed")["data"];
    assert_eq!((&done["status"], &done["outputs"]), (&json!("succeeded"), &json!({"output": ["X", "Y"]})));
    assert_eq!(transcript.named("iteration_next").len(), 2);
    // Under another name it is not there, and neither is what has no rounds.
    for rest in
        ["loop/nodes/each", "start/nodes/each", "telepathy/nodes/each", "iteration/nodes/shout", "iteration/nodes/no"]
    {
        let path = at(&flow, &format!("workflows/draft/{rest}/run"));
        let answer = flow.console.post_json(&path, &json!({"inputs": {}})).await.expect(404);
        assert_eq!(answer.code(), "not_found", "{rest}");
    }
}
