//! Values that are too large for their rows: cut where people look, whole where work goes on.

use std::path::PathBuf;
use std::time::Duration;

use models::workflow_node_execution::{OffloadKind, Offloaded};
use models::{AppId, NodeExecutionId, TenantId, UploadFileId};
use serde_json::{Value, json};
use test_kit::TestServer;
use uuid::Uuid;

use crate::it::console_people::set_up_with;
use crate::it::workflow_runs::Flow;

const LONG: usize = 3_000_000;
const MANY: usize = 5_000;
const ROOMY: [(&str, &str); 2] = [("CODE_MAX_STRING_LENGTH", "20000000"), ("CODE_MAX_NUMBER_ARRAY_LENGTH", "10000")];
const EDGES: [(&str, &str, &str); 3] =
    [("start", "source", "big"), ("big", "source", "after"), ("after", "source", "end")];

fn nodes() -> Value {
    let code = format!(
        "function main() {{ return {{text: 'x'.repeat({LONG}), items: Array.from({{length: {MANY}}}, (_, n) => n), small: 'ok'}} }}"
    );
    json!({
        "start": {"type": "start", "variables": []},
        "big": {"type": "code", "code_language": "javascript", "code": code, "variables": [],
            "outputs": {"text": {"type": "string"}, "items": {"type": "array[number]"}, "small": {"type": "string"}}},
        "after": {"type": "template-transform", "template": "{{ text | length }} {{ items | length }}", "variables": [
            {"variable": "text", "value_selector": ["big", "text"]},
            {"variable": "items", "value_selector": ["big", "items"]},
        ]},
        "end": {"type": "end", "outputs": [{"variable": "said", "value_selector": ["after", "output"]}]},
    })
}

async fn flow() -> Flow {
    Flow::drawn_on(set_up_with(&ROOMY).await, "workflow", nodes(), &EDGES, json!({})).await
}

fn at(flow: &Flow, rest: &str) -> String {
    format!("/apps/{}/{rest}", flow.app.id)
}

/// Where the server keeps its objects.
fn folder(server: &TestServer) -> PathBuf {
    PathBuf::from(&server.environment()["OPENDAL_FS_ROOT"])
}

/// How many objects there are of files.
fn objects(server: &TestServer) -> usize {
    let Ok(tenants) = std::fs::read_dir(folder(server).join("upload_files")) else { return 0 };
    tenants.map(|tenant| std::fs::read_dir(tenant.unwrap().path()).unwrap().count()).sum()
}

async fn uploads(server: &TestServer) -> usize {
    usize::try_from(server.db().count("upload_files", "true", &[]).await).unwrap()
}

/// Waits for the jobs that remove files.
async fn until_files(server: &TestServer, wanted: usize) {
    for _ in 0..300 {
        if uploads(server).await == wanted && objects(server) == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{wanted} files are wanted; there are {} rows and {} objects", uploads(server).await, objects(server));
}

/// The value is cut as the contract says.
fn assert_cut(outputs: &Value) {
    let text = outputs["text"].as_str().unwrap();
    assert!(text.len() <= 100_003 && text.ends_with("x..."), "{} characters", text.len());
    assert_eq!(outputs["items"].as_array().unwrap().len(), 1_000);
}

fn assert_whole(outputs: &Value) {
    assert_eq!(outputs["text"].as_str().unwrap().len(), LONG);
    assert_eq!(outputs["items"].as_array().unwrap().len(), MANY);
}

fn flags(node: &Value) -> [bool; 3] {
    ["inputs_truncated", "process_data_truncated", "outputs_truncated"].map(|flag| node[flag].as_bool().unwrap())
}

/// The variable of a node of the draft.
async fn variable(flow: &Flow, node: &str, name: &str) -> Value {
    let path = at(flow, &format!("workflows/draft/nodes/{node}/variables"));
    let answer = flow.console.get(&path).await.expect(200).json;
    answer["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap().clone()
}

/// Follows the link to the whole value.
async fn download(flow: &Flow, variable: &Value) -> test_kit::Answer {
    let url = variable["full_content"]["download_url"].as_str().unwrap();
    let path = url.find("/files/").map(|start| url.split_at(start).1).unwrap();
    flow.server.client().get(path).await.expect(200)
}

async fn try_draft(flow: &Flow) -> test_kit::Transcript {
    flow.console.sse(&at(flow, "workflows/draft/run"), &json!({"inputs": {}, "files": []})).await.well_framed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_everything_whole_and_the_rows_are_cut() {
    let flow = flow().await;
    let body = json!({"inputs": {}, "user": "ann", "response_mode": "streaming"});
    let transcript = flow.service.sse("/workflows/run", &body).await.well_framed();
    let told = transcript.named("node_finished");
    assert_whole(&told[1]["data"]["outputs"]);
    assert_eq!((flags(&told[1]["data"]), flags(&told[2]["data"])), ([false; 3], [false; 3]));
    let end = &transcript.only("workflow_finished")["data"];
    assert_eq!(end["outputs"], json!({"said": "3000000 5000"}));

    let run = end["id"].as_str().unwrap();
    let row = "SELECT * FROM workflow_node_executions WHERE workflow_run_id = $1::uuid AND node_id = $2";
    let big = flow.server.db().one(row, &[run, "big"]).await;
    let kept: Value = serde_json::from_str(big["outputs"].as_str().unwrap()).unwrap();
    assert_cut(&kept);
    assert_eq!(kept["small"], json!("ok"));

    let listed = flow.console.get(&at(&flow, &format!("workflow-runs/{run}/node-executions"))).await.expect(200).json;
    let listed = listed["data"].as_array().unwrap();
    let shown: Vec<_> = listed.iter().map(|node| (node["node_id"].as_str().unwrap(), flags(node))).collect();
    assert_eq!(
        shown,
        [("start", [false; 3]), ("big", [false, false, true]), ("after", [true, false, false]), ("end", [false; 3])]
    );
    assert_cut(&listed[1]["outputs"]);

    let file = flow
        .server
        .db()
        .one(
            "SELECT u.*, o.type, o.app_id FROM workflow_node_execution_offload o JOIN upload_files u ON u.id = o.file_id \
             WHERE o.node_execution_id = $1::uuid AND o.tenant_id = u.tenant_id",
            &[big["id"].as_str().unwrap()],
        )
        .await;
    assert_eq!((&file["type"], &file["app_id"]), (&json!("outputs"), &json!(flow.app.id)));
    assert_eq!((&file["extension"], &file["mime_type"]), (&json!("json"), &json!("application/json")));
    assert_eq!((&file["created_by_role"], &file["created_by"]), (&json!("end_user"), &big["created_by"]));
    let bytes = std::fs::read(folder(&flow.server).join(file["key"].as_str().unwrap())).unwrap();
    assert_eq!(file["size"], json!(bytes.len()));
    assert_whole(&serde_json::from_slice(&bytes).unwrap());
    assert_eq!((uploads(&flow.server).await, objects(&flow.server)), (2, 2));

    // A visitor is told nothing of nodes, and the rows are the same.
    let page = flow.server.web(&flow.app.code).await;
    let transcript = page.sse("/workflows/run", &json!({"inputs": {}})).await.well_framed();
    let told = &transcript.named("node_finished")[1]["data"];
    assert_eq!((&told["outputs"], told.get("outputs_truncated")), (&Value::Null, None));
    assert_eq!(flow.server.db().count("workflow_node_execution_offload", "true", &[]).await, 4);

    // Everything goes with the app.
    let _ = flow.console.delete(&format!("/apps/{}", flow.app.id)).await.expect(204);
    until_files(&flow.server, 0).await;
    assert_eq!(flow.server.db().count("workflow_node_execution_offload", "true", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_shows_the_beginning_and_later_nodes_find_the_whole() {
    let flow = flow().await;
    let transcript = try_draft(&flow).await;
    let told = transcript.named("node_finished");
    assert_cut(&told[1]["data"]["outputs"]);
    assert_eq!(flags(&told[1]["data"]), [false, false, true]);
    assert_eq!(flags(&told[2]["data"]), [true, false, false]);
    assert_eq!(transcript.only("workflow_finished")["data"]["outputs"], json!({"said": "3000000 5000"}));
    let last = flow.console.get(&at(&flow, "workflows/draft/nodes/after/last-run")).await.expect(200).json;
    assert_eq!(flags(&last), [true, false, false]);
    assert_cut(&last["inputs"]);
    // Two of executions, two of variables.
    until_files(&flow.server, 4).await;

    let text = variable(&flow, "big", "text").await;
    assert_eq!((&text["is_truncated"], &text["value_type"]), (&json!(true), &json!("string")));
    assert!(text["value"].as_str().unwrap().len() <= 100_003);
    let full = &text["full_content"];
    assert_eq!(
        (&full["size_bytes"], &full["value_type"], &full["length"]),
        (&json!(LONG), &json!("string"), &Value::Null)
    );
    let answer = download(&flow, &text).await;
    assert_eq!(answer.text(), "x".repeat(LONG));
    let items = variable(&flow, "big", "items").await;
    assert_eq!((&items["is_truncated"], &items["full_content"]["length"]), (&json!(true), &json!(MANY)));
    assert_eq!(items["value"].as_array().unwrap().len(), 1_000);
    let whole: Value = serde_json::from_slice(&download(&flow, &items).await.body).unwrap();
    assert_eq!(whole, json!((0..MANY).collect::<Vec<_>>()));
    let small = variable(&flow, "big", "small").await;
    assert_eq!((&small["is_truncated"], &small["full_content"]), (&json!(false), &Value::Null));
    let all = flow.console.get(&at(&flow, "workflows/draft/variables?limit=100")).await.expect(200).json;
    let cut = all["items"].as_array().unwrap().iter().filter(|item| item["is_truncated"] == true).count();
    assert_eq!(cut, 2);

    // A node that is tried alone works with the whole, and says that what it shows is cut.
    let path = at(&flow, "workflows/draft/nodes/after/run");
    let alone = flow.console.post_json(&path, &json!({"inputs": {}})).await.expect(200).json;
    assert_eq!((&alone["outputs"], flags(&alone)), (&json!({"output": "3000000 5000"}), [true, false, false]));
    assert_cut(&alone["inputs"]);
    let path = at(&flow, "workflows/draft/nodes/big/run");
    let alone = flow.console.post_json(&path, &json!({"inputs": {}})).await.expect(200).json;
    assert_eq!(flags(&alone), [false, false, true]);
    assert_cut(&alone["outputs"]);
    // Its variables have taken the place of those before, and so have their files: four of executions, two of variables.
    until_files(&flow.server, 6).await;
    assert_eq!(flow.server.db().count("workflow_draft_variable_files", "true", &[]).await, 2);

    let _ = flow.console.delete(&format!("/apps/{}", flow.app.id)).await.expect(204);
    until_files(&flow.server, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_when_variables_change() {
    let flow = flow().await;
    let _ = try_draft(&flow).await;
    until_files(&flow.server, 4).await;
    let text = variable(&flow, "big", "text").await;
    let path = at(&flow, &format!("workflows/draft/variables/{}", text["id"].as_str().unwrap()));

    // Another name leaves the value where it is.
    let renamed = flow.console.patch_json(&path, &json!({"name": "prose"})).await.expect(200).json;
    assert_eq!((&renamed["name"], &renamed["is_truncated"]), (&json!("prose"), &json!(true)));
    let _ = flow.console.patch_json(&path, &json!({"name": "text"})).await.expect(200);
    assert_eq!(download(&flow, &variable(&flow, "big", "text").await).await.body.len(), LONG);

    let short = flow.console.patch_json(&path, &json!({"value": "short"})).await.expect(200).json;
    assert_eq!((&short["value"], &short["is_truncated"]), (&json!("short"), &json!(false)));
    until_files(&flow.server, 3).await;
    let long = flow.console.patch_json(&path, &json!({"value": "y".repeat(200_000)})).await.expect(200).json;
    assert_eq!((&long["is_truncated"], &long["edited"]), (&json!(true), &json!(true)));
    assert_eq!(download(&flow, &long).await.text(), "y".repeat(200_000));
    until_files(&flow.server, 4).await;
    // What is not taken leaves nothing behind.
    let refused = json!({"name": "items", "value": "z".repeat(200_000)});
    assert_eq!(flow.console.patch_json(&path, &refused).await.expect(400).json["params"], json!("name"));
    until_files(&flow.server, 4).await;

    // What the node gave out is whole in the file of its execution.
    let back = flow.console.put_json(&format!("{path}/reset"), &json!({})).await.expect(200).json;
    assert_eq!((&back["is_truncated"], &back["edited"]), (&json!(true), &json!(false)));
    assert_eq!(download(&flow, &back).await.body.len(), LONG);
    until_files(&flow.server, 4).await;

    let _ = flow.console.delete(&path).await.expect(204);
    until_files(&flow.server, 3).await;
    let _ = flow.console.delete(&at(&flow, "workflows/draft/nodes/big/variables")).await.expect(204);
    until_files(&flow.server, 2).await;

    // An import over the app takes all variables with it.
    let _ = try_draft(&flow).await;
    until_files(&flow.server, 6).await;
    let yaml = flow.console.get(&at(&flow, "export?include_secret=false")).await.expect(200).text_at("/data");
    let body = json!({"mode": "yaml-content", "yaml_content": yaml, "app_id": flow.app.id});
    let import = flow.console.post_json("/apps/imports", &body).await.expect(200);
    assert_eq!(import.json["status"], json!("completed"), "{}", import.json);
    until_files(&flow.server, 4).await;
    assert_eq!(flow.server.db().count("workflow_draft_variable_files", "true", &[]).await, 0);
    let _ = try_draft(&flow).await;
    until_files(&flow.server, 8).await;
    let _ = flow.console.delete(&at(&flow, "workflows/draft/variables")).await.expect(204);
    until_files(&flow.server, 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_fails_costs_the_whole_value_and_nothing_else() {
    let flow = flow().await;
    // No folder can be made where there is a file.
    std::fs::create_dir_all(folder(&flow.server)).unwrap();
    std::fs::write(folder(&flow.server).join("upload_files"), "in the way").unwrap();
    let transcript = try_draft(&flow).await;
    let end = &transcript.only("workflow_finished")["data"];
    assert_eq!((&end["status"], &end["outputs"]), (&json!("succeeded"), &json!({"said": "3000000 5000"})));
    let run = end["id"].as_str().unwrap();
    let listed = flow.console.get(&at(&flow, &format!("workflow-runs/{run}/node-executions"))).await.expect(200).json;
    assert_cut(&listed["data"][1]["outputs"]);
    assert_eq!(flags(&listed["data"][1]), [false, false, true], "what is cut says so, wherever the whole is");
    assert_eq!(uploads(&flow.server).await, 0);

    // Variables stay whole in their rows: the next try needs them.
    let text = variable(&flow, "big", "text").await;
    assert_eq!((&text["is_truncated"], &text["full_content"]), (&json!(false), &Value::Null));
    assert_eq!(text["value"].as_str().unwrap().len(), LONG);
    let path = at(&flow, "workflows/draft/nodes/after/run");
    let alone = flow.console.post_json(&path, &json!({"inputs": {}})).await.expect(200).json;
    assert_eq!(alone["outputs"], json!({"output": "3000000 5000"}));

    // Back in order, the storage is soon used again.
    std::fs::remove_file(folder(&flow.server).join("upload_files")).unwrap();
    for _ in 0..100 {
        let _ = try_draft(&flow).await;
        if uploads(&flow.server).await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(objects(&flow.server) > 0, "the storage is asked again");
    // Files whose bytes are lost are gone with the app all the same.
    std::fs::remove_dir_all(folder(&flow.server).join("upload_files")).unwrap();
    let _ = flow.console.delete(&format!("/apps/{}", flow.app.id)).await.expect(204);
    until_files(&flow.server, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_are_cut_where_they_are_shown() {
    let mut body = json!({
        "start": {"type": "start", "variables": []},
        "list": {"type": "code", "code_language": "javascript", "code": "function main() { return {items: ['a', 'b']} }",
            "variables": [], "outputs": {"items": {"type": "array[string]"}}},
        "each": {"type": "iteration", "start_node_id": "first", "iterator_selector": ["list", "items"],
            "output_selector": ["long", "text"], "is_parallel": false},
        "first": {"type": "iteration-start", "isInIteration": true, "iteration_id": "each"},
        "end": {"type": "end", "outputs": [{"variable": "texts", "value_selector": ["each", "output"]}]},
    });
    body["long"] = json!({"type": "code", "code_language": "javascript", "isInIteration": true, "iteration_id": "each",
        "code": "function main({item}) { return {text: item.repeat(200000)} }",
        "variables": [{"variable": "item", "value_selector": ["each", "item"]}], "outputs": {"text": {"type": "string"}}});
    let edges = [
        ("start", "source", "list"),
        ("list", "source", "each"),
        ("first", "source", "long"),
        ("each", "source", "end"),
    ];
    let flow = Flow::drawn_on(set_up_with(&ROOMY).await, "workflow", body, &edges, json!({})).await;
    let transcript = try_draft(&flow).await;
    let ended = transcript.named("node_finished");
    let rounds: Vec<_> = ended.iter().filter(|event| event["data"]["node_id"] == "long").collect();
    assert_eq!(rounds.len(), 2);
    for round in rounds {
        assert_eq!(flags(&round["data"]), [false, false, true]);
        assert!(round["data"]["outputs"]["text"].as_str().unwrap().ends_with("..."));
    }
    let done = &transcript.only("iteration_completed")["data"];
    assert_eq!((&done["inputs_truncated"], &done["outputs_truncated"]), (&json!(false), &json!(true)));
    assert!(done["outputs"]["output"][1].as_str().unwrap().ends_with("b..."));
    let end = &transcript.only("workflow_finished")["data"];
    assert_eq!(end["outputs"]["texts"][1].as_str().unwrap().len(), 200_000, "the end of a run is never cut");

    let run = end["id"].as_str().unwrap();
    let listed = flow.console.get(&at(&flow, &format!("workflow-runs/{run}/node-executions"))).await.expect(200).json;
    let cut = |node: &str| {
        let nodes = listed["data"].as_array().unwrap();
        let of_node = nodes.iter().filter(|execution| execution["node_id"] == node);
        of_node.map(flags).collect::<Vec<_>>()
    };
    assert_eq!((cut("long"), cut("each")), (vec![[false, false, true]; 2], vec![[false, false, true]]));
    // Two rounds, the iteration, what the end was given and gave out; and a variable of the iteration and of the end.
    assert_eq!(cut("end"), [[true, false, true]]);
    until_files(&flow.server, 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_twelve_megabytes_of_outputs_is_kept_whole() {
    let mut nodes = nodes();
    let outputs = ["a", "b", "c", "d"].map(|name| json!({"variable": name, "value_selector": ["big", "text"]}));
    nodes["end"]["outputs"] = json!(outputs);
    let flow = Flow::drawn_on(set_up_with(&ROOMY).await, "workflow", nodes, &EDGES, json!({})).await;
    let is_whole = |outputs: &Value| {
        let outputs = outputs.as_object().unwrap();
        outputs.len() == 4 && outputs.values().all(|text| text.as_str().unwrap().len() == LONG)
    };
    let body = json!({"inputs": {}, "user": "ann", "response_mode": "blocking"});
    let answer = flow.service.post_json("/workflows/run", &body).await.expect(200).json;
    assert!(is_whole(&answer["data"]["outputs"]), "{}", answer["data"]["error"]);
    let run = answer["data"]["id"].as_str().unwrap();
    let detail = flow.console.get(&at(&flow, &format!("workflow-runs/{run}"))).await.expect(200).json;
    assert!(is_whole(&detail["outputs"]));
    let found = flow.service.get(&format!("/workflows/run/{run}")).await.expect(200).json;
    assert!(is_whole(&found["outputs"]));
    let listed = flow.console.get(&at(&flow, &format!("workflow-runs/{run}/node-executions"))).await.expect(200).json;
    assert!(listed.to_string().len() < 5_000_000, "nobody loads everything to look at one node");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_nobody_names_any_more_are_told() {
    let server = TestServer::start(config::Tier::All).await;
    let execution = NodeExecutionId::random();
    let (tenant, app) = (TenantId::random(), AppId::random());
    let note = |file: UploadFileId| Offloaded {
        id: Uuid::new_v4(),
        created_at: chrono::Utc::now().naive_utc(),
        tenant_id: tenant,
        app_id: app,
        node_execution_id: Some(execution),
        kind: OffloadKind::Outputs,
        file_id: file,
    };
    let (first, second, third) = (UploadFileId::random(), UploadFileId::random(), UploadFileId::random());
    let mut conn = server.database().conn().await;
    for (file, left) in [
        (first, vec![]),
        // A write whose answer was lost is done again.
        (first, vec![]),
        (second, vec![first]),
        (Offloaded::NOWHERE, vec![second]),
        (third, vec![]),
    ] {
        assert_eq!(Offloaded::replace_all(&mut conn, &[note(file)]).await.unwrap(), left);
    }
    assert_eq!(Offloaded::replace_all(&mut conn, &[]).await.unwrap(), []);
    let found = Offloaded::of_executions(&mut conn, tenant, &[execution]).await.unwrap();
    assert_eq!(found.iter().map(|row| row.file_id).collect::<Vec<_>>(), [third]);
}
