//! A workflow of a few nodes, run to its end.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use core_workflow::capabilities::{FileError, FileStore, NewFile};
use core_workflow::event::{NodeEnd, RunEnd, RunStatus};
use core_workflow::value::{File, FileKind, Map, TransferMethod, Value, map_to_json};
use core_workflow::{Capabilities, Event, Registry, Run, RunSetup, Workflow};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};

/// A start node, the node under test with the id `n`, and an end that shows `shown` of it.
pub(crate) fn graph(mut node: Json, shown: &[&str]) -> Json {
    node["title"] = json!("Node");
    let outputs: Vec<Json> =
        shown.iter().map(|name| json!({"variable": name, "value_selector": ["n", name]})).collect();
    json!({
        "nodes": [
            {"id": "start", "data": {"type": "start", "title": "Start", "variables": []}},
            {"id": "n", "data": node},
            {"id": "end", "data": {"type": "end", "title": "End", "outputs": outputs}},
        ],
        "edges": [{"source": "start", "target": "n"}, {"source": "n", "target": "end"}],
    })
}

/// A run that is over.
pub(crate) struct Ran {
    pub events: Vec<Event>,
}

pub(crate) async fn run(graph: &Json, setup: RunSetup) -> Ran {
    let workflow = Workflow::compile(graph, &Registry::standard()).unwrap();
    let mut run = Run::new(Arc::new(workflow), setup);
    let mut events = Vec::new();
    while let Some(event) = run.next().await {
        events.push(event);
    }
    Ran { events }
}

impl Ran {
    pub(crate) fn end(&self) -> &RunEnd {
        match self.events.last() {
            Some(Event::RunEnded(end)) => end,
            other => panic!("the run has not ended: {other:?}"),
        }
    }

    /// How the node under test has ended; the last attempt of several.
    pub(crate) fn node(&self) -> &NodeEnd {
        self.node_named("n")
    }

    pub(crate) fn node_named(&self, id: &str) -> &NodeEnd {
        let ends = self.events.iter().rev().filter_map(|event| match event {
            Event::NodeSucceeded(end) | Event::NodeFailed(end) | Event::NodeException(end) => Some(end.as_ref()),
            _ => None,
        });
        let mut ends = ends.filter(|end| end.execution.node.id.as_ref() == id);
        ends.next().unwrap()
    }

    /// Outputs of a node that has succeeded.
    pub(crate) fn outputs(&self) -> Json {
        let end = self.node();
        assert_eq!(end.failure, None);
        map_to_json(&end.outputs)
    }

    /// Message and class of the failure of the node under test.
    pub(crate) fn failure(&self) -> (&str, &str) {
        let failure = self.node().failure.as_ref().unwrap();
        (&failure.message, &failure.kind)
    }

    pub(crate) fn process_data(&self) -> Json {
        map_to_json(&self.node().process_data)
    }

    pub(crate) fn inputs(&self) -> Json {
        map_to_json(&self.node().inputs)
    }

    pub(crate) fn status(&self) -> RunStatus {
        self.end().status
    }

    /// Text pieces with their variable and whether they are the last.
    pub(crate) fn chunks(&self) -> Vec<(String, String, bool)> {
        let chunk = |event: &Event| match event {
            Event::Chunk(chunk) => Some((chunk.selector.dotted(), chunk.text.clone(), chunk.is_final)),
            _ => None,
        };
        self.events.iter().filter_map(chunk).collect()
    }

    pub(crate) fn retries(&self) -> Vec<u32> {
        let retry = |event: &Event| match event {
            Event::NodeRetry { retry, .. } => Some(*retry),
            _ => None,
        };
        self.events.iter().filter_map(retry).collect()
    }
}

/// Named values of a JSON object.
pub(crate) fn values(json: Json) -> Map {
    let Value::Object(map) = Value::from_json(json) else { panic!("not an object") };
    map.as_ref().clone()
}

pub(crate) fn with(inputs: Json, capabilities: Capabilities) -> RunSetup {
    RunSetup { inputs: values(inputs), capabilities, ..RunSetup::default() }
}

/// Files in memory.
#[derive(Default)]
pub(crate) struct MemoryFiles {
    pub files: Mutex<HashMap<String, Bytes>>,
    pub stored: Mutex<Vec<NewFile>>,
}

/// A file whose bytes [`MemoryFiles`] has under the same name.
pub(crate) fn file(name: &str, mime_type: &str, kind: FileKind) -> File {
    File {
        id: Some(name.to_owned()),
        tenant_id: "tenant".to_owned(),
        kind,
        transfer_method: TransferMethod::LocalFile,
        remote_url: None,
        related_id: Some(name.to_owned()),
        filename: Some(name.to_owned()),
        extension: name.rsplit_once('.').map(|(_, extension)| format!(".{extension}")),
        mime_type: Some(mime_type.to_owned()),
        size: 1,
        url: Some(format!("https://files.test/{name}")),
    }
}

#[async_trait]
impl FileStore for MemoryFiles {
    async fn read(&self, file: &File, max: usize) -> Result<Bytes, FileError> {
        let name = file.filename.clone().unwrap_or_default();
        let bytes = self.files.lock().get(&name).cloned().ok_or_else(|| FileError(format!("no file `{name}`")))?;
        if bytes.len() > max {
            return Err(FileError(format!("`{name}` is larger than {max} bytes")));
        }
        Ok(bytes)
    }

    async fn store(&self, new: NewFile) -> Result<File, FileError> {
        let file = File {
            transfer_method: TransferMethod::ToolFile,
            size: i64::try_from(new.bytes.len()).unwrap(),
            ..file(&new.name, &new.mime_type, FileKind::Custom)
        };
        self.stored.lock().push(new);
        Ok(file)
    }
}

impl MemoryFiles {
    pub(crate) fn with(files: &[(&str, &[u8])]) -> Arc<Self> {
        let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::copy_from_slice(bytes))).collect();
        Arc::new(Self { files: Mutex::new(files), stored: Mutex::default() })
    }
}
