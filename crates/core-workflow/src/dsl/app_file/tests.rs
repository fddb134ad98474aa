use std::path::Path;

use serde::Deserialize;

use super::*;
use crate::dsl::{CURRENT_VERSION, ExportApp, ExportBody, ExportOptions, ExportWorkflow, export};

#[track_caller]
fn refused(yaml: &str, message: &str) {
    let refusal = AppFile::read(yaml, CURRENT_VERSION).and_then(|file| file.contents().map(drop)).unwrap_err();
    assert_eq!(refusal.to_string(), message, "{yaml}");
}

#[test]
fn refusals_have_their_texts() {
    for empty in ["", "[]", "just text", "5", "- app"] {
        refused(empty, "Invalid YAML format: content must be a mapping");
    }
    for no_app in ["a: 1", "app: null", "app: {}", "app: text", "nodes: []\nedges: []"] {
        refused(no_app, "Missing app data in YAML content");
    }
    refused("version: 0.5\napp: {mode: workflow}", "Invalid version type, expected str, got <class 'float'>");
    refused("version: 5\napp: {mode: workflow}", "Invalid version type, expected str, got <class 'int'>");
    refused("version: [1]\napp: {mode: workflow}", "Invalid version type, expected str, got <class 'list'>");
    refused("app: {name: x}", "loss app mode");
    refused("app: {mode: workflow}", "Missing workflow data for workflow/advanced chat app");
    refused("app: {mode: workflow}\nworkflow: text", "Missing workflow data for workflow/advanced chat app");
    refused("app: {mode: chat}", "Missing model_config for chat/agent-chat/completion app");
    refused("app: {mode: telepathy}", "'telepathy' is not a valid AppMode");
    refused("app: {mode: rag-pipeline}", "Invalid app mode");
    refused("app: {mode: workflow}\nworkflow: {graph: []}", "Invalid workflow data: graph has the wrong type");
    let broken = AppFile::read("a: [", CURRENT_VERSION).unwrap_err().to_string();
    assert!(broken.starts_with("Invalid YAML format: "), "{broken}");
    let large = "x".repeat(crate::dsl::MAX_BYTES + 1);
    assert_eq!(AppFile::read(&large, CURRENT_VERSION).unwrap_err().to_string(), "File size exceeds the limit of 10MB");
}

#[test]
fn what_is_missing_is_assumed() {
    for yaml in ["app: {mode: chat}", "version: null\napp: {mode: chat}", "version: ''\nkind: other\napp: {mode: chat}"]
    {
        let file = AppFile::read(yaml, CURRENT_VERSION).unwrap();
        assert_eq!((file.version.as_str(), file.status), ("0.1.0", ImportStatus::CompletedWithWarnings), "{yaml}");
    }
    let odd = AppFile::read("version: latest\napp: {mode: chat}", CURRENT_VERSION).unwrap();
    assert_eq!(odd.status, ImportStatus::Failed);
}

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    file: String,
    #[serde(default)]
    expect: serde_json::Value,
}

/// Runs every import case of a folder; how many there were.
fn run(folder: &Path) -> usize {
    let cases: Cases = serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let mut count = 0;
    for case in cases.cases.iter().filter(|case| case.kind == "import") {
        let text = std::fs::read_to_string(folder.join(&case.file)).unwrap();
        for (current, expected) in case.expect.as_object().unwrap() {
            check(&case.id, &text, current, expected);
            count += 1;
        }
    }
    count
}

fn check(id: &str, text: &str, current: &str, expected: &serde_json::Value) {
    let read = AppFile::read(text, current);
    let outcome = read.clone().and_then(|file| match file.status {
        ImportStatus::Pending => Ok(file),
        ImportStatus::Completed | ImportStatus::CompletedWithWarnings | ImportStatus::Failed => {
            file.contents().map(|_| file)
        }
    });
    let status = match &outcome {
        Ok(file) => serde_json::to_value(file.status).unwrap(),
        Err(_) => "failed".into(),
    };
    assert_eq!(status, expected["status"], "{id} into {current}: {outcome:?}");
    let error = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
    if let Some(text) = expected["error"].as_str() {
        assert_eq!(error, text, "{id} into {current}");
    }
    if let (Some(mode), Ok(file)) = (expected["app_mode"].as_str(), &outcome) {
        assert_eq!(file.mode().unwrap(), mode, "{id}");
    }
    if let (Some(version), Ok(file)) = (expected["imported_dsl_version"].as_str(), &outcome) {
        assert_eq!(file.version, version, "{id}");
    }
    if let Ok(file) = outcome {
        comes_back(id, &file);
    }
}

/// A file that is exported again says the same.
fn comes_back(id: &str, file: &AppFile) {
    let Ok(Contents::Workflow(part)) = file.contents() else { return };
    let head = file.head();
    let mode = file.mode().unwrap();
    let app = ExportApp {
        name: head.name,
        mode: &mode,
        icon_type: head.icon_type,
        icon: head.icon,
        icon_background: head.icon_background,
        description: head.description,
        use_icon_as_answer_icon: head.use_icon_as_answer_icon,
    };
    let body = ExportWorkflow {
        graph: part.graph.clone(),
        features: part.features.clone(),
        environment_variables: part.environment_variables.clone(),
        conversation_variables: part.conversation_variables.clone(),
        rag_pipeline_variables: part.rag_pipeline_variables.clone(),
    };
    let options = ExportOptions { include_secret: true, hide_dataset_ids: None };
    let yaml = export(&app, ExportBody::Workflow(Box::new(body)), &options);
    let again = AppFile::read(&yaml, CURRENT_VERSION).unwrap_or_else(|e| panic!("{id}: {e}\n{yaml}"));
    assert_eq!(again.status, ImportStatus::Completed, "{id}");
    let Contents::Workflow(back) = again.contents().unwrap() else { panic!("{id}: another mode") };
    let sorted = |tree: &Tree| tree.to_sorted_json();
    assert_eq!(sorted(&back.graph), sorted(&part.graph), "{id}");
    assert_eq!(sorted(&back.features), sorted(&part.features), "{id}");
    let all = |list: &[Tree]| list.iter().map(sorted).collect::<Vec<_>>();
    assert_eq!(all(&back.environment_variables), all(&part.environment_variables), "{id}");
    assert_eq!(all(&back.conversation_variables), all(&part.conversation_variables), "{id}");
}

#[test]
fn our_own_files_are_imported() {
    assert!(run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import")) >= 19);
}

/// A collection beside the workspace, where there is one.
#[test]
fn files_beside_the_workspace_are_imported() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/workflow");
    if folder.is_dir() {
        assert!(run(&folder) >= 50);
    }
}
