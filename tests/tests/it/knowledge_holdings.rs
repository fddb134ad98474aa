//! A dataset with something of everything, and right bodies of the routes about datasets.

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::upstream::{Script, StubUpstream};
use test_kit::{Console, ServiceClient, TestServer};

use crate::it::console_knowledge::{config, ended, upload};

const EMBEDDING_PROVIDER: &str = "langgenius/demo/demo";
const EMBEDDING_MODEL: &str = "demo-embedding";

/// Whose they are, and where.
pub(crate) struct Place<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) console: &'a Console,
    /// Plays the external API.
    pub(crate) stub: &'a StubUpstream,
    pub(crate) app: &'a str,
}

/// Ids of what is there, and a key to it.
pub(crate) struct Holdings {
    pub(crate) service: ServiceClient,
    pub(crate) dataset: String,
    external: String,
    pub(crate) document: String,
    /// Whose text may be replaced, so that the other one stays as it is.
    spare: String,
    /// With the child.
    pub(crate) segment: String,
    /// Which may be changed.
    other_segment: String,
    pub(crate) child: String,
    pub(crate) field: String,
    pub(crate) batch: String,
    pub(crate) api: String,
    /// Of this dataset only.
    pub(crate) key: String,
    pub(crate) annotation: String,
    text: String,
    table: String,
    endpoint: String,
}

/// How files become parents and children.
fn nested(files: &[String]) -> Value {
    let mut body = config(files, "high_quality");
    body["embedding_model"] = json!(EMBEDDING_MODEL);
    body["embedding_model_provider"] = json!(EMBEDDING_PROVIDER);
    body["doc_form"] = json!("hierarchical_model");
    body["process_rule"] = rule();
    body
}

fn rule() -> Value {
    json!({"mode": "hierarchical", "rules": {
        "pre_processing_rules": [], "parent_mode": "paragraph",
        "segmentation": {"separator": "\n\n", "max_tokens": 500},
        "subchunk_segmentation": {"separator": ". ", "max_tokens": 100},
    }})
}

impl Holdings {
    pub(crate) async fn fill(place: &Place<'_>) -> Self {
        let console = place.console;
        let key = console.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
        let text = "Foxes run. Foxes sleep.\n\nCats purr. Cats climb.";
        let mut files = Vec::new();
        for name in ["one.txt", "two.txt", "three.txt"] {
            files.push(upload(console, name, text).await);
        }
        let table = upload(console, "table.csv", "content\nBears dance.\n").await;
        let text = files.pop().unwrap();
        let made = console.post_json("/datasets/init", &nested(&files)).await.expect(200);
        let (dataset, batch) = (made.text_at("/dataset/id"), made.text_at("/batch"));
        let states = ended(console, &dataset, &batch).await;
        assert_eq!(states["data"][0]["indexing_status"], "completed", "{states}");
        let (document, spare) = (made.text_at("/documents/0/id"), made.text_at("/documents/1/id"));
        let segments = console.get(&format!("/datasets/{dataset}/documents/{document}/segments")).await.expect(200);
        let field = json!({"type": "string", "name": "author"});
        let field = console.post_json(&format!("/datasets/{dataset}/metadata"), &field).await.expect(201);
        let endpoint = format!("http://{}/external", place.stub.address());
        place.stub.script("shelf-key", Script { body: Some(json!({"records": []}).to_string()), ..Script::default() });
        let api =
            json!({"name": format!("Library {batch}"), "settings": {"endpoint": endpoint, "api_key": "shelf-key"}});
        let api = console.post_json("/datasets/external-knowledge-api", &api).await.expect(201).text_at("/id");
        let external =
            json!({"external_knowledge_api_id": api, "external_knowledge_id": "k", "name": format!("Abroad {batch}")});
        let external = console.post_json("/datasets/external", &external).await.expect(201).text_at("/id");
        let own = console.post_json(&format!("/datasets/{dataset}/api-keys"), &json!({})).await.expect(201);
        let annotation = json!({"question": "Who runs?", "answer": "Foxes."});
        let annotations = format!("/apps/{}/annotations", place.app);
        let annotation = console.post_json(&annotations, &annotation).await.expect(200).text_at("/id");
        Self {
            service: place.server.service(&key),
            segment: segments.text_at("/data/0/id"),
            other_segment: segments.text_at("/data/1/id"),
            child: segments.text_at("/data/0/child_chunks/0/id"),
            field: field.text_at("/id"),
            key: own.text_at("/id"),
            dataset,
            external,
            document,
            spare,
            batch,
            api,
            annotation,
            text,
            table,
            endpoint,
        }
    }

    /// The ids that this knows, put into a path.
    pub(crate) fn fill_in(&self, path: &str) -> String {
        let dataset = if path.ends_with("/external-hit-testing") { &self.external } else { &self.dataset };
        let document = if path.contains("/update") { &self.spare } else { &self.document };
        let segment = if path.contains("{child_chunk_id}") { &self.segment } else { &self.other_segment };
        let action = if path.contains("/annotation-reply/") { "disable" } else { "enable" };
        path.replace("{dataset_id}", dataset)
            .replace("{document_id}", document)
            .replace("{segment_id}", segment)
            .replace("{child_chunk_id}", &self.child)
            .replace("{metadata_id}", &self.field)
            .replace("{batch}", &self.batch)
            .replace("{api_id}", &self.api)
            .replace("{annotation_id}", &self.annotation)
            .replace("{vector_type}", "pgvector")
            .replace("{action}", action)
    }

    /// A right body of a route about datasets or annotations; `None` for others. `other` is an id of something else.
    pub(crate) fn sample(&self, other: &str, method: &Method, path: &str) -> Option<Value> {
        let end = path.rsplit('/').next().unwrap_or_default();
        if path.contains("/annotation") {
            return Some(match end {
                "annotations" | "{annotation_id}" => json!({"question": "Who?", "answer": "Foxes."}),
                "{action}" => json!({"score_threshold": 0.9, "embedding_provider_name": EMBEDDING_PROVIDER,
                    "embedding_model_name": EMBEDDING_MODEL}),
                _ => json!({"score_threshold": 0.5}),
            });
        }
        let below = path.split_once("/datasets").map(|(_, below)| below)?;
        Some(match (method.as_str(), end) {
            _ if below.starts_with("/tags") => {
                json!({"name": "t", "tag_id": other, "tag_ids": [other], "target_id": self.dataset})
            }
            (_, "external-knowledge-api" | "{api_id}") => {
                json!({"name": "Archive", "settings": {"endpoint": self.endpoint, "api_key": "shelf-key"}})
            }
            (_, "external") => json!({
                "external_knowledge_api_id": self.api, "external_knowledge_id": "k", "name": "n",
                "external_retrieval_model": {"top_k": 2, "score_threshold": 0.0, "score_threshold_enabled": false},
            }),
            (_, "retrieve" | "hit-testing" | "external-hit-testing") => json!({"query": "foxes"}),
            (_, "init") => config(std::slice::from_ref(&self.text), "economy"),
            (_, "indexing-estimate") => json!({
                "info_list": config(std::slice::from_ref(&self.text), "economy")["data_source"]["info_list"],
                "indexing_technique": "economy", "process_rule": {"mode": "automatic"}, "doc_form": "text_model",
            }),
            ("POST", "documents") => nested(std::slice::from_ref(&self.text)),
            (_, "create-by-text" | "create_by_text" | "update-by-text" | "update_by_text") => json!({
                "name": "walk.txt", "text": "Bears dance.", "process_rule": rule(), "doc_form": "hierarchical_model",
            }),
            ("PUT", "metadata") => json!({"doc_type": "book", "doc_metadata": {"title": "t"}}),
            _ if below.ends_with("/documents/metadata") => {
                let values = json!([{"id": self.field, "name": "author", "value": "x"}]);
                json!({"operation_data": [{"document_id": self.document, "metadata_list": values}]})
            }
            (_, "metadata") => json!({"type": "string", "name": "n"}),
            (_, "download-zip" | "retry") => json!({"document_ids": [self.document]}),
            (_, "{action}") => json!({"document_ids": [self.document]}),
            (_, "segments") => json!({"segments": [{"content": "Bears dance."}]}),
            ("POST", "{segment_id}") => json!({"segment": {"content": "Cats purr."}}),
            ("PATCH", "child_chunks") => json!({"chunks": [{"content": "Cats purr."}]}),
            (_, "segment" | "{segment_id}" | "child_chunks" | "{child_chunk_id}") => json!({"content": "Cats purr."}),
            (_, "batch_import") => json!({"upload_file_id": self.table}),
            _ => json!({"name": "n"}),
        })
    }
}
