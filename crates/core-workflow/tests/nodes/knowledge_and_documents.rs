//! `knowledge-retrieval` and `document-extractor`.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use core_workflow::capabilities::{DocumentError, Documents, Knowledge, KnowledgeError, Retrieval, Retrieved};
use core_workflow::value::{File, FileKind};
use core_workflow::{Capabilities, Limits, RunSetup};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};

use crate::bench::{MemoryFiles, Ran, file, graph, run, with};
use crate::stub_model::usage;

#[derive(Default)]
struct StubKnowledge {
    pieces: Vec<Json>,
    asked: Mutex<Vec<Retrieval>>,
}

#[async_trait]
impl Knowledge for StubKnowledge {
    async fn retrieve(&self, retrieval: Retrieval) -> Result<Retrieved, KnowledgeError> {
        let query = retrieval.query.clone();
        self.asked.lock().push(retrieval);
        if query.as_deref() == Some("limit") {
            return Err(KnowledgeError { message: "Rate limit".to_owned(), kind: "RateLimitExceeded" });
        }
        Ok(Retrieved { pieces: self.pieces.clone(), usage: usage() })
    }
}

fn retrieval(fields: Json) -> Json {
    let mut node = json!({
        "type": "knowledge-retrieval", "dataset_ids": ["d1"], "retrieval_mode": "multiple",
        "query_variable_selector": ["start", "q"],
    });
    let (Json::Object(node_fields), Json::Object(fields)) = (&mut node, fields) else { panic!("not objects") };
    node_fields.extend(fields);
    node
}

async fn retrieve(fields: Json, inputs: Json, knowledge: &Arc<StubKnowledge>) -> Ran {
    let capabilities = Capabilities { knowledge: Some(Arc::clone(knowledge) as _), ..Capabilities::default() };
    run(&graph(retrieval(fields), &["result"]), with(inputs, capabilities)).await
}

#[tokio::test]
async fn pieces_come_in_the_order_of_their_scores() {
    let piece = |title: &str, score: Json| json!({"title": title, "content": title, "metadata": {"_source": "knowledge", "score": score}});
    let pieces = vec![piece("c", json!(null)), piece("b", json!(0.2)), piece("a", json!(0.9)), piece("b2", json!(0.2))];
    let knowledge = Arc::new(StubKnowledge { pieces, ..StubKnowledge::default() });
    let filters = json!({"logical_operator": "and", "conditions": [
        {"name": "author", "comparison_operator": "is", "value": "{{#start.who#}}"},
        {"name": "tag", "comparison_operator": "in", "value": ["{{#start.who#}}", "x"]},
        {"name": "year", "comparison_operator": "=", "value": 5},
    ]});
    let fields = json!({"metadata_filtering_mode": "manual", "metadata_filtering_conditions": filters});
    let ran = retrieve(fields, json!({"q": "Who?", "who": "Ada"}), &knowledge).await;
    let result = ran.outputs()["result"].clone();
    let titles: Vec<_> = result
        .as_array()
        .unwrap()
        .iter()
        .map(|piece| (piece["title"].as_str().unwrap(), piece["metadata"]["position"].as_u64().unwrap()))
        .collect();
    assert_eq!(titles, [("a", 1), ("b", 2), ("b2", 3), ("c", 4)]);
    assert_eq!(ran.inputs(), json!({"query": "Who?"}));
    assert_eq!((&ran.process_data()["usage"]["total_tokens"], ran.end().totals.usage.total_tokens), (&json!(15), 15));
    let asked = knowledge.asked.lock().pop().unwrap();
    assert_eq!((asked.query.as_deref(), &asked.settings["dataset_ids"]), (Some("Who?"), &json!(["d1"])));
    let conditions = &asked.settings["metadata_filtering_conditions"]["conditions"];
    assert_eq!(
        (&conditions[0]["value"], &conditions[1]["value"], &conditions[2]["value"]),
        (&json!("Ada"), &json!(["Ada", "x"]), &json!(5))
    );
}

#[tokio::test]
async fn what_is_searched_for_is_checked() {
    let knowledge = Arc::new(StubKnowledge::default());
    let picture = file("a.png", "image/png", FileKind::Image).to_json();
    let cases = [
        (json!({}), json!({"q": 5}), "Query variable is not string type."),
        (json!({}), json!({}), "Query variable is not string type."),
        (json!({}), json!({"q": null}), "Query variable is not string type."),
        (
            json!({"query_attachment_selector": ["start", "f"]}),
            json!({"q": "x", "f": "y"}),
            "Attachments variable is not array file or file type.",
        ),
    ];
    for (fields, inputs, message) in cases {
        let ran = retrieve(fields, inputs, &knowledge).await;
        assert_eq!(ran.failure(), (message, "KnowledgeRetrievalNodeError"));
    }
    assert_eq!(
        retrieve(json!({}), json!({"q": "limit"}), &knowledge).await.failure(),
        ("Rate limit", "RateLimitExceeded")
    );
    knowledge.asked.lock().clear();
    // Nothing to search for is no search.
    let nothing = json!({"query_variable_selector": null});
    assert_eq!(retrieve(nothing.clone(), json!({}), &knowledge).await.outputs(), json!({}));
    assert_eq!(retrieve(json!({}), json!({"q": "  "}), &knowledge).await.outputs(), json!({"result": []}));
    assert!(knowledge.asked.lock().is_empty());
    let mut by_picture = nothing;
    by_picture["query_attachment_selector"] = json!(["start", "f"]);
    let ran = retrieve(by_picture, json!({"f": picture}), &knowledge).await;
    assert_eq!(ran.inputs()["attachments"][0]["filename"], "a.png");
    let asked = knowledge.asked.lock().pop().unwrap();
    assert_eq!((asked.query, asked.attachments.len()), (None, 1));
    let ran = run(&graph(retrieval(json!({})), &["result"]), with(json!({"q": "x"}), Capabilities::default())).await;
    assert_eq!(ran.failure(), ("knowledge retrieval is not available here", "KnowledgeRetrievalNodeError"));
}

struct StubDocuments;

#[async_trait]
impl Documents for StubDocuments {
    async fn extract(&self, file: &File, bytes: Bytes) -> Result<String, DocumentError> {
        match file.extension.as_deref() {
            Some(".txt") => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Some(".pdf") => Err(DocumentError::Failed("Failed to extract text from PDF: broken".to_owned())),
            other => Err(DocumentError::Unsupported(other.unwrap_or_default().to_owned())),
        }
    }
}

async fn extract(inputs: Json, limits: Limits) -> Ran {
    let files = MemoryFiles::with(&[("a.txt", b"text of a"), ("b.txt", b"of b"), ("c.pdf", b"x"), ("d.exe", b"x")]);
    let capabilities =
        Capabilities { files: Some(files as _), documents: Some(Arc::new(StubDocuments)), ..Capabilities::default() };
    let node = json!({"type": "document-extractor", "variable_selector": ["start", "f"]});
    run(&graph(node, &["text"]), RunSetup { limits, ..with(inputs, capabilities) }).await
}

fn document(name: &str) -> Json {
    file(name, "text/plain", FileKind::Document).to_json()
}

#[tokio::test]
async fn one_file_has_a_text_and_a_list_has_texts() {
    let ran = extract(json!({"f": document("a.txt")}), Limits::default()).await;
    assert_eq!(ran.outputs(), json!({"text": "text of a"}));
    assert_eq!(ran.inputs(), json!({"variable_selector": ["start", "f"]}));
    assert_eq!(ran.process_data()["documents"][0]["filename"], "a.txt");
    let ran = extract(json!({"f": [document("a.txt"), document("b.txt")]}), Limits::default()).await;
    assert_eq!(ran.outputs(), json!({"text": ["text of a", "of b"]}));
    assert_eq!(extract(json!({"f": []}), Limits::default()).await.outputs(), json!({"text": []}));
}

#[tokio::test]
async fn documents_that_cannot_be_read_say_why() {
    let cases = [
        (json!({}), "File variable not found for selector: ['start', 'f']", "DocumentExtractorError"),
        (json!({"f": "text"}), "Variable ['start', 'f'] is not an ArrayFileSegment", "DocumentExtractorError"),
        (json!({"f": ["text"]}), "Variable ['start', 'f'] is not an ArrayFileSegment", "DocumentExtractorError"),
        (json!({"f": document("d.exe")}), "Unsupported Extension Type: .exe", "UnsupportedFileTypeError"),
        (
            json!({"f": [document("a.txt"), document("c.pdf")]}),
            "Failed to extract text from PDF: broken",
            "TextExtractionError",
        ),
        (json!({"f": document("gone.txt")}), "no file `gone.txt`", "FileDownloadError"),
    ];
    for (inputs, message, kind) in cases {
        assert_eq!(extract(inputs, Limits::default()).await.failure(), (message, kind));
    }
    let limits = Limits { max_file_bytes: 10, ..Limits::default() };
    let ran = extract(json!({"f": [document("a.txt"), document("b.txt")]}), limits).await;
    assert_eq!(ran.failure(), ("`b.txt` is larger than 1 bytes", "FileDownloadError"));
    let node = json!({"type": "document-extractor", "variable_selector": ["start", "f"]});
    let ran = run(&graph(node, &["text"]), with(json!({"f": document("a.txt")}), Capabilities::default())).await;
    assert_eq!(ran.failure(), ("documents cannot be read here", "DocumentExtractorError"));
}
