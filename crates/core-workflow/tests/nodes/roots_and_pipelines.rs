//! Triggers, `datasource` and `knowledge-index`.

use std::sync::Arc;

use async_trait::async_trait;
use core_workflow::capabilities::{
    DatasourceCall, DatasourceError, DatasourceStream, Datasources, IndexedDocument, Indexing, KnowledgeError,
    KnowledgeIndex, ToolMessage,
};
use core_workflow::event::RunStatus;
use core_workflow::value::{File, FileKind, map_to_json};
use core_workflow::{Capabilities, NodeType, Registry, RunSetup, Workflow};
use futures::StreamExt;
use parking_lot::Mutex;
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::bench::{Ran, file, run, values};

/// The node under test as the root, and an end.
fn rooted(mut node: Json, shown: &[&str]) -> Json {
    node["title"] = json!("Root");
    let outputs: Vec<Json> =
        shown.iter().map(|name| json!({"variable": name, "value_selector": ["n", name]})).collect();
    json!({
        "nodes": [{"id": "n", "data": node}, {"id": "end", "data": {"type": "end", "outputs": outputs}}],
        "edges": [{"source": "n", "target": "end"}],
    })
}

fn setup(inputs: Json, system: Json, capabilities: Capabilities) -> RunSetup {
    RunSetup { inputs: values(inputs), system: values(system), capabilities, ..RunSetup::default() }
}

#[tokio::test]
async fn a_webhook_is_taken_apart() {
    let node = json!({
        "type": "trigger-webhook", "method": "post", "content_type": "application/json",
        "headers": [{"name": "X-Event-Id", "required": true}, {"name": "missing"}, {"name": "x_tag"}],
        "params": [{"name": "page"}, {"name": "none"}],
        "body": [{"name": "user", "type": "object"}, {"name": "doc", "type": "file"}, {"name": "gone", "type": "string"}],
    });
    let document = file("a.txt", "text/plain", FileKind::Document).to_json();
    let data = json!({
        "method": "POST", "headers": {"x-event-id": "7", "X-Tag": "t"}, "query_params": {"page": "2"},
        "body": {"user": {"name": "Ada"}}, "files": {"doc": document},
    });
    let ran = run(
        &rooted(node, &["user", "doc"]),
        setup(json!({"webhook_data": data}), json!({"app_id": "app"}), Capabilities::default()),
    )
    .await;
    assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
    let outputs = ran.outputs();
    assert_eq!(
        (&outputs["X_Event_Id"], &outputs["missing"], &outputs["x_tag"]),
        (&json!("7"), &json!(null), &json!("t"))
    );
    assert_eq!((&outputs["page"], &outputs["none"], &outputs["gone"]), (&json!("2"), &json!(null), &json!(null)));
    assert_eq!((&outputs["user"], &outputs["doc"]), (&json!({"name": "Ada"}), &document));
    assert_eq!((&outputs["_webhook_raw"], &outputs["sys.app_id"]), (&data, &json!("app")));
    assert_eq!(ran.inputs(), json!({"webhook_data": data}));
}

#[tokio::test]
async fn a_webhook_may_carry_a_text_or_bytes() {
    let document = file("a.bin", "x/y", FileKind::Custom).to_json();
    for (kind, raw, expected) in [
        ("text/plain", json!("hello"), json!("hello")),
        ("text/plain", json!(null), json!("")),
        ("application/octet-stream", document.clone(), document),
    ] {
        let node = json!({"type": "trigger-webhook", "content_type": kind, "body": [{"name": "b", "type": "string"}]});
        let data = json!({"webhook_data": {"body": {"raw": raw}}});
        let ran = run(&rooted(node, &["b"]), setup(data, json!({}), Capabilities::default())).await;
        assert_eq!(ran.outputs()["b"], expected);
    }
    let ran =
        run(&rooted(json!({"type": "trigger-webhook"}), &[]), setup(json!({}), json!({}), Capabilities::default()))
            .await;
    assert_eq!(ran.outputs(), json!({"_webhook_raw": {}}));
}

#[tokio::test]
async fn schedules_and_plugins_put_out_what_they_were_given() {
    let schedule = json!({"type": "trigger-schedule", "mode": "visual", "frequency": "daily", "timezone": "UTC"});
    let plugin = json!({
        "type": "trigger-plugin", "plugin_id": "p", "provider_id": "org/p/github", "event_name": "push",
        "plugin_unique_identifier": "p:1", "event_parameters": {},
    });
    let info = json!({"provider_id": "org/p/github", "event_name": "push", "plugin_unique_identifier": "p:1"});
    for (node, info) in [(schedule, None), (plugin, Some(info))] {
        let ran =
            run(&rooted(node, &["x"]), setup(json!({"x": 1}), json!({"timestamp": 5}), Capabilities::default())).await;
        assert_eq!(ran.outputs(), json!({"x": 1, "sys.timestamp": 5}));
        assert_eq!((ran.inputs(), map_to_json(&ran.end().outputs)), (ran.outputs(), json!({"x": 1})));
        assert_eq!(ran.node().metadata.trigger_info, info);
    }
}

#[derive(Default)]
struct StubDatasources {
    calls: Mutex<Vec<DatasourceCall>>,
}

#[async_trait]
impl Datasources for StubDatasources {
    async fn uploaded(&self, call: DatasourceCall) -> Result<File, DatasourceError> {
        let id = call.info["related_id"].as_str().map(str::to_owned);
        self.calls.lock().push(call);
        let id = id.ok_or_else(|| DatasourceError("Invalid upload file Info".to_owned()))?;
        Ok(file(&id, "text/plain", FileKind::Custom))
    }

    async fn drive_file(&self, call: DatasourceCall) -> Result<File, DatasourceError> {
        self.calls.lock().push(call);
        Ok(file("drive.txt", "text/plain", FileKind::Custom))
    }

    async fn document(&self, call: DatasourceCall) -> Result<DatasourceStream, DatasourceError> {
        self.calls.lock().push(call);
        let piece =
            |text: &str| Ok(ToolMessage::Variable { name: "content".to_owned(), value: json!(text), stream: true });
        let title = ToolMessage::Variable { name: "title".to_owned(), value: json!("T"), stream: false };
        Ok(futures::stream::iter([piece("one "), Ok(title), piece("two")]).boxed())
    }
}

async fn fetch(system: Json, datasources: &Arc<StubDatasources>) -> Ran {
    let node = json!({
        "type": "datasource", "plugin_id": "org/p", "provider_name": "notion", "provider_type": "online_document",
        "datasource_name": "pages", "datasource_configurations": {},
        "datasource_parameters": {
            "depth": {"type": "constant", "value": 2}, "who": {"type": "mixed", "value": "{{#sys.user_id#}}"},
            "gone": {"type": "variable", "value": ["rag", "shared", "x"]},
        },
    });
    let capabilities = Capabilities { datasources: Some(Arc::clone(datasources) as _), ..Capabilities::default() };
    run(&rooted(node, &["file"]), setup(json!({}), system, capabilities)).await
}

#[tokio::test]
async fn a_datasource_puts_out_its_document() {
    let datasources = Arc::new(StubDatasources::default());
    let info = json!({"related_id": "up.txt"});
    let ran =
        fetch(json!({"datasource_type": "local_file", "datasource_info": info, "user_id": "u"}), &datasources).await;
    assert_eq!(
        (&ran.outputs()["file"]["filename"], &ran.outputs()["datasource_type"]),
        (&json!("up.txt"), &json!("local_file"))
    );
    assert_eq!(ran.node().metadata.datasource_info, Some(info));
    assert_eq!(ran.inputs(), json!({"depth": 2, "who": "u"}));
    let call = datasources.calls.lock().pop().unwrap();
    assert_eq!(
        (call.plugin_id.as_str(), call.provider.as_str(), call.datasource.as_str()),
        ("org/p", "notion", "pages")
    );
    assert_eq!(map_to_json(&call.parameters), json!({"depth": 2, "who": "u"}));

    let ran = fetch(json!({"datasource_type": "online_drive", "datasource_info": {"id": "1"}}), &datasources).await;
    assert_eq!(ran.outputs()["file"]["filename"], "drive.txt");
    let ran = fetch(json!({"datasource_type": "online_document", "datasource_info": {"id": "1"}}), &datasources).await;
    assert_eq!(ran.outputs(), json!({"title": "T", "content": "one two"}));
    datasources.calls.lock().clear();
    let page = json!({"source_url": "https://x/", "content": "c"});
    let ran = fetch(json!({"datasource_type": "website_crawl", "datasource_info": page}), &datasources).await;
    assert_eq!(ran.outputs(), json!({"source_url": "https://x/", "content": "c", "datasource_type": "website_crawl"}));
    assert!(datasources.calls.lock().is_empty());
}

#[tokio::test]
async fn a_datasource_says_what_is_missing() {
    let datasources = Arc::new(StubDatasources::default());
    let cases = [
        (json!({}), "Datasource type is not set"),
        (json!({"datasource_type": "local_file"}), "Datasource info is not set"),
        (json!({"datasource_type": "fax", "datasource_info": {"a": 1}}), "Unsupported datasource provider: fax"),
        (
            json!({"datasource_type": "local_file", "datasource_info": {"a": 1}}),
            "Failed to invoke datasource: Invalid upload file Info",
        ),
    ];
    for (system, message) in cases {
        assert_eq!(fetch(system, &datasources).await.failure(), (message, "DatasourceNodeError"));
    }
    let system = json!({"datasource_type": "local_file", "datasource_info": {"a": 1}});
    let ran = run(&rooted(json!({"type": "datasource"}), &[]), setup(json!({}), system, Capabilities::default())).await;
    assert_eq!(ran.failure().0, "datasources are not available here");
}

#[derive(Default)]
struct StubIndex {
    calls: Mutex<Vec<Indexing>>,
}

#[async_trait]
impl KnowledgeIndex for StubIndex {
    async fn index(&self, indexing: Indexing) -> Result<IndexedDocument, KnowledgeError> {
        if indexing.dataset_id == "gone" {
            return Err(KnowledgeError {
                message: "Dataset gone not found.".to_owned(),
                kind: "KnowledgeIndexNodeError",
            });
        }
        self.calls.lock().push(indexing);
        Ok(IndexedDocument { dataset_name: "Set".to_owned(), document_name: "Doc".to_owned(), created_at: 12.5 })
    }

    async fn preview(&self, indexing: Indexing) -> Result<JsonMap<String, Json>, KnowledgeError> {
        Ok(json!({"preview": indexing.chunks, "total_segments": 1}).as_object().unwrap().clone())
    }
}

async fn index(chunks: Json, system: Json, index: Option<Arc<StubIndex>>) -> Ran {
    let graph = json!({
        "nodes": [
            {"id": "source", "data": {"type": "start", "variables": []}},
            {"id": "n", "data": {
                "type": "knowledge-index", "chunk_structure": "text_model", "indexing_technique": "high_quality",
                "index_chunk_variable_selector": ["source", "chunks"],
            }},
        ],
        "edges": [{"source": "source", "target": "n"}],
    });
    let capabilities = Capabilities { index: index.map(|index| index as _), ..Capabilities::default() };
    run(&graph, setup(json!({"chunks": chunks}), system, capabilities)).await
}

#[tokio::test]
async fn chunks_are_indexed_or_shown() {
    let stub = Arc::new(StubIndex::default());
    let chunks = json!({"general_chunks": ["a"]});
    let system = json!({"dataset_id": "set", "document_id": "doc", "batch": "b", "original_document_id": "old"});
    let ran = index(chunks.clone(), system, Some(Arc::clone(&stub))).await;
    let expected = json!({
        "dataset_id": "set", "dataset_name": "Set", "batch": "b", "document_id": "doc", "document_name": "Doc",
        "created_at": 12.5, "display_status": "completed",
    });
    assert_eq!((ran.outputs(), map_to_json(&ran.end().outputs)), (expected.clone(), expected));
    assert_eq!((ran.inputs(), ran.chunks().len()), (json!({"chunks": chunks}), 0));
    let call = stub.calls.lock().pop().unwrap();
    assert_eq!(
        (call.original_document_id.as_deref(), &call.chunks, &call.settings["chunk_structure"]),
        (Some("old"), &chunks, &json!("text_model"))
    );
    let ran = index(chunks.clone(), json!({"dataset_id": "set", "invoke_from": "debugger"}), Some(stub)).await;
    assert_eq!(ran.outputs(), json!({"preview": chunks, "total_segments": 1}));
}

#[tokio::test]
async fn indexing_says_what_is_missing() {
    let chunks = json!({"general_chunks": ["a"]});
    let told = json!({"dataset_id": "set", "document_id": "doc", "batch": "b"});
    let without = |name: &str| {
        let mut told = told.clone();
        told.as_object_mut().unwrap().shift_remove(name);
        told
    };
    let gone = json!({"dataset_id": "gone", "document_id": "doc", "batch": "b"});
    let cases = [
        (chunks.clone(), without("dataset_id"), "Dataset ID is required."),
        (json!({}), told.clone(), "Chunks is required."),
        (json!([]), told.clone(), "Chunks is required."),
        (chunks.clone(), without("document_id"), "Document ID is required."),
        (chunks.clone(), without("batch"), "Batch is required."),
        (chunks.clone(), gone, "Dataset gone not found."),
    ];
    for (chunks, system, message) in cases {
        let ran = index(chunks, system, Some(Arc::default())).await;
        assert_eq!(ran.failure(), (message, "KnowledgeIndexNodeError"));
    }
    assert_eq!(index(chunks, told, None).await.failure().0, "indexing is not available here");
}

#[test]
fn every_type_of_node_can_be_built() {
    for kind in NodeType::ALL {
        let data = json!({"type": kind.as_str(), "title": "x"});
        let graph = json!({"nodes": [{"id": "n", "data": data}], "edges": []});
        if let Err(error) = Workflow::compile_single(&graph, &Registry::standard(), "n") {
            // Fields may be missing; the type may not.
            assert!(!error.to_string().contains("cannot be run"), "{error}");
        }
    }
}
