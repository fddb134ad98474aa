//! Every workflow file there is: through an import into a draft and out again, and through the APIs of a published app
//! to what its cases expect.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use test_kit::{App, Console, ServiceClient, TestServer};
use workflow_fixtures::case::{Case, CaseKind, Folder, RunExpectation};

use crate::it::console_people::set_up;
use crate::it::console_workflows::{draft_path, publish, save};

/// The project's own files, and those beside it where they are there.
fn folders() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = ["../crates/workflow-fixtures/fixtures", "../../shared/fixtures/workflow"];
    all.iter().map(|folder| here.join(folder)).filter(|folder| folder.is_dir()).collect()
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    files
}

fn parsed(yaml: &str) -> Value {
    serde_yaml_ng::from_str(yaml).unwrap()
}

/// Where a part of a file is not the same as another: the path, and both. Numbers are compared by what they are worth.
/// Only what the first one has is looked at when `within` is set.
fn difference(one: &Value, other: &Value, within: bool, path: &str) -> Option<String> {
    let found = || Some(format!("{path}: {one} became {other}"));
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            if !within && one.len() != other.len() {
                return Some(format!("{path}: {:?} became {:?}", one.keys(), other.keys()));
            }
            one.iter().find_map(|(key, value)| {
                difference(value, other.get(key).unwrap_or(&Value::Null), within, &format!("{path}.{key}"))
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs.into_iter().find_map(|(at, (one, other))| difference(one, other, within, &format!("{path}[{at}]")))
        }
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => None,
        _ if one == other => None,
        _ => found(),
    }
}

/// Imports a file, confirming what has to be; the app, or why there is none.
async fn import(console: &Console, yaml: &str) -> Result<App, String> {
    let mut answer = console.post_json("/apps/imports", &json!({"mode": "yaml-content", "yaml_content": yaml})).await;
    if answer.status == 202 {
        let path = format!("/apps/imports/{}/confirm", answer.text_at("/id"));
        answer = console.post_json(&path, &json!({})).await;
    }
    if answer.status == 200 {
        let (id, mode) = (answer.text_at("/app_id"), answer.text_at("/app_mode"));
        return Ok(App { id, mode, code: String::new(), detail: Value::Null });
    }
    assert_eq!((answer.status, &answer.json["status"]), (400, &json!("failed")), "{}", answer.text());
    Err(answer.text_at("/error"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_means_the_same_after_an_import_and_an_export() {
    let (_server, owner) = set_up().await;
    let mut compared = 0;
    for file in folders().iter().flat_map(|folder| yaml_files(folder)) {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let app = match import(&owner, &text).await {
            Ok(app) => app,
            Err(error) => {
                let is_wrong = name.contains("invalid_") || parsed(&text).get("app").is_none();
                assert!(is_wrong, "{name}: {error}");
                continue;
            }
        };
        let original = parsed(&text);
        let draft = owner.get(&draft_path(&app)).await.expect(200).json;
        let whole =
            owner.get(&format!("/apps/{}/export?include_secret=true", app.id)).await.expect(200).text_at("/data");
        let exported = parsed(&whole);
        for (what, now) in [("the draft", &draft["graph"]), ("the export", &exported["workflow"]["graph"])] {
            let lost = difference(&original["workflow"]["graph"], now, false, "graph");
            assert_eq!(lost, None, "{name}: {what}");
        }
        for part in ["environment_variables", "conversation_variables", "features"] {
            let empty = || if part == "features" { json!({}) } else { json!([]) };
            let was = original["workflow"].get(part).filter(|part| !part.is_null()).cloned().unwrap_or_else(empty);
            let lost = difference(&was, &exported["workflow"][part], true, part);
            assert_eq!(lost, None, "{name}");
        }
        let app_was = original["app"].as_object().unwrap().clone();
        for (key, value) in app_was.iter().filter(|(key, value)| !value.is_null() && *key != "icon_type") {
            let lost = difference(value, &exported["app"][key], false, key);
            assert_eq!(lost, None, "{name}");
        }
        assert_eq!((&exported["kind"], &exported["version"]), (&json!("app"), &json!("0.5.0")), "{name}");
        compared += 1;
    }
    assert!(compared >= 40, "{compared} files");
}

/// A file that holds a graph and nothing else, as an app.
fn as_app(text: String) -> String {
    let file = parsed(&text);
    if file.get("app").is_some() || file.get("nodes").is_none() {
        return text;
    }
    json!({"app": {"mode": "workflow", "name": "bare"}, "version": "0.5.0", "workflow": {"graph": file, "features": {}}}).to_string()
}

/// Gives the start node a field for every input of the case that has none, and notes their names; false if an input is
/// nothing that a form can take.
fn widen(graph: &mut Value, case: &Case, added: &mut Vec<String>) -> bool {
    let nodes = graph["nodes"].as_array_mut().unwrap();
    let Some(start) = nodes.iter_mut().find(|node| node["data"]["type"] == "start") else {
        return case.inputs.is_empty();
    };
    let mut fields = start["data"]["variables"].as_array().cloned().unwrap_or_default();
    for (name, value) in &case.inputs {
        if fields.iter().any(|field| field["variable"] == json!(name)) {
            continue;
        }
        let kind = match value {
            Value::String(_) => "paragraph",
            Value::Number(_) => "number",
            Value::Object(_) => "json_object",
            Value::Null | Value::Bool(_) | Value::Array(_) => return false,
        };
        fields.push(json!({"variable": name, "label": name, "type": kind, "required": false}));
        added.push(name.clone());
    }
    start["data"]["variables"] = json!(fields);
    true
}

/// Publishes what the case needs and runs it; where what came out is not what was expected.
async fn run(
    server: &TestServer,
    (app, service): (&App, &ServiceClient),
    case: &Case,
    expected: &RunExpectation,
) -> Vec<String> {
    let body = json!({"inputs": case.inputs, "query": case.query, "user": case.id, "response_mode": "blocking", "auto_generate_name": false});
    let chat = app.mode == "advanced-chat";
    let path = if chat { "/chat-messages" } else { "/workflows/run" };
    let answer = service.post_json(path, &body).await;
    let mut statuses = expected.status_any_of.clone().unwrap_or_default();
    statuses.extend(expected.status.clone());
    if statuses.iter().any(|status| status == "invalid") {
        let is_refused = answer.status == 400 && !answer.code().is_empty();
        return if is_refused { Vec::new() } else { vec![format!("it was not refused: {}", answer.text())] };
    }
    let failed_chat = chat && answer.status == 400 && statuses.iter().any(|status| status == "failed");
    if answer.status != 200 && !failed_chat {
        return vec![format!("{}: {}", answer.status, answer.text())];
    }
    let newest = "SELECT * FROM workflow_runs WHERE app_id = $1::uuid ORDER BY created_at DESC, id DESC LIMIT 1";
    let row = server.db().one(newest, &[&app.id]).await;
    let outputs: Value = serde_json::from_str(row["outputs"].as_str().unwrap()).unwrap();
    let mut wrong = Vec::new();
    if !statuses.iter().any(|status| row["status"] == json!(status)) {
        wrong.push(format!("status {} is none of {statuses:?}: {}", row["status"], row["error"]));
    }
    let mut any_of = expected.outputs_any_of.clone().unwrap_or_default();
    any_of.extend(expected.outputs.clone());
    if !any_of.is_empty() && !any_of.iter().any(|wanted| difference(wanted, &outputs, false, "").is_none()) {
        wrong.push(format!("outputs {outputs} are none of {any_of:?}"));
    }
    if let Some(part) = expected.error.as_ref().or(expected.error_contains.as_ref()) {
        let error = row["error"].as_str().unwrap_or_default();
        if !error.contains(part) {
            wrong.push(format!("error {error} has no {part}"));
        }
    }
    if !chat && !failed_chat && difference(&outputs, &answer.json["data"]["outputs"], false, "").is_some() {
        wrong.push(format!("the answer's outputs are not those of the run: {}", answer.text()));
    }
    if chat && !failed_chat && expected.streamed.as_deref().is_some_and(|said| answer.json["answer"] != json!(said)) {
        wrong.push(format!("answer {} is not {:?}", answer.json["answer"], expected.streamed));
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn published_files_do_what_their_cases_expect() {
    let (server, console) = set_up().await;
    let (mut ran, mut wrong) = (0, Vec::new());
    for path in folders() {
        let folder = Folder::read(&path).unwrap();
        let mut by_file: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
        for entry in &folder.cases {
            let case = entry.case.as_ref().unwrap();
            if case.kind == CaseKind::Run && case.mocks.is_empty() {
                by_file.entry(case.file.as_str()).or_default().push(case);
            }
        }
        for (file, cases) in by_file {
            let text = as_app(folder.text(cases[0]).unwrap());
            let expected = |case: &Case| RunExpectation::read(&case.expect).unwrap();
            let invalid = |case: &&Case| expected(case).status.as_deref() == Some("invalid");
            let app = match import(&console, &text).await {
                Ok(app) => app,
                Err(error) => {
                    assert!(cases.iter().all(invalid), "{file}: {error}");
                    ran += cases.len();
                    continue;
                }
            };
            let service = server.service(&console.api_key(&app).await);
            let draft = console.get(&draft_path(&app)).await.expect(200).json;
            let mut graph = draft["graph"].clone();
            let mut added = Vec::new();
            let mut fit: Vec<&Case> = cases.into_iter().filter(|case| widen(&mut graph, case, &mut added)).collect();
            // A field that is empty is not the same as none.
            fit.retain(|case| added.iter().all(|name| case.inputs.contains_key(name)));
            let mut body = json!({"graph": graph, "features": draft["features"]});
            for part in ["environment_variables", "conversation_variables"] {
                body[part] = draft[part].clone();
            }
            save(&console, &app, &body).await.expect(200);
            let published = publish(&console, &app).await;
            if published.status != 200 {
                assert!(published.status == 400 && fit.iter().all(invalid), "{file}: {}", published.text());
                ran += fit.len();
                continue;
            }
            for case in fit.into_iter().filter(|case| app.mode == "workflow" || !case.query.is_empty()) {
                let found = run(&server, (&app, &service), case, &expected(case)).await;
                wrong.extend(found.into_iter().map(|line| format!("{}: {line}", case.id)));
                ran += 1;
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(ran >= 40, "{ran} cases");
    assert_eq!(server.db().count("workflow_runs", "status = 'running'", &[]).await, 0);
}
