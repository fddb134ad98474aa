//! What the tests of knowledge stand on: a server, its owner, and a program with a dataset key.

use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_kit::{Answer, Console, ServiceClient, TestServer};

use crate::it::console_people::set_up_with;

pub(crate) struct Knowledge {
    pub server: TestServer,
    pub owner: Console,
    pub service: ServiceClient,
}

impl Knowledge {
    pub(crate) async fn set_up() -> Self {
        Self::set_up_with(&[]).await
    }

    pub(crate) async fn set_up_with(settings: &[(&str, &str)]) -> Self {
        let (server, owner) = set_up_with(settings).await;
        let key = owner.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
        let service = server.service(&key);
        Self { server, owner, service }
    }

    /// An empty dataset; its id.
    pub(crate) async fn dataset(&self, name: &str, technique: &str) -> String {
        let body = json!({"name": name, "indexing_technique": technique});
        self.service.post_json("/datasets", &body).await.expect(200).text_at("/id")
    }

    /// A document of a text, split at blank lines; the whole answer.
    pub(crate) async fn add_text(&self, dataset: &str, name: &str, text: &str) -> Answer {
        self.add_text_with(dataset, name, text, json!({"process_rule": blank_lines()})).await
    }

    pub(crate) async fn add_text_with(&self, dataset: &str, name: &str, text: &str, more: Value) -> Answer {
        let mut body = json!({"name": name, "text": text});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.service.post_json(&format!("/datasets/{dataset}/document/create-by-text"), &body).await
    }

    pub(crate) async fn add_file(&self, dataset: &str, name: &str, bytes: Vec<u8>, data: &Value) -> Answer {
        let path = format!("/datasets/{dataset}/document/create-by-file");
        let form = Form::new()
            .text("data", data.to_string())
            .part("file", Part::bytes(bytes).file_name(name.to_owned()).mime_str("application/octet-stream").unwrap());
        self.service.send(self.service.request(Method::POST, &path).multipart(form)).await
    }

    /// The state of the one document of a batch, once it has come to this status.
    pub(crate) async fn comes_to(&self, dataset: &str, batch: &str, status: &str) -> Value {
        comes_to(&self.service, dataset, batch, status).await
    }

    /// A completed document of a text: its id.
    pub(crate) async fn indexed_text(&self, dataset: &str, name: &str, text: &str) -> String {
        let made = self.add_text(dataset, name, text).await.expect(200);
        self.comes_to(dataset, &made.text_at("/batch"), "completed").await;
        made.text_at("/document/id")
    }

    /// The contents of a document's segments, in order.
    pub(crate) async fn contents(&self, dataset: &str, document: &str) -> Vec<String> {
        let path = format!("/datasets/{dataset}/documents/{document}/segments?limit=100");
        let listed = self.service.get(&path).await.expect(200);
        texts(&listed.json["data"], "/content")
    }

    /// What a dataset says to a question.
    pub(crate) async fn found(&self, dataset: &str, query: &str) -> Vec<String> {
        let path = format!("/datasets/{dataset}/retrieve");
        let found = self.service.post_json(&path, &json!({"query": query})).await.expect(200);
        texts(&found.json["records"], "/segment/content")
    }

    pub(crate) async fn found_nothing(&self, dataset: &str) -> bool {
        self.found(dataset, "anything").await.is_empty()
    }

    /// The same, once it says so: some changes reach the index a moment later.
    pub(crate) async fn comes_to_say(&self, dataset: &str, query: &str, wanted: impl Fn(&[String]) -> bool) {
        let begun = Instant::now();
        loop {
            let said = self.found(dataset, query).await;
            if wanted(&said) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{query}: {said:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until the one document of a batch has this status.
pub(crate) async fn comes_to(service: &ServiceClient, dataset: &str, batch: &str, status: &str) -> Value {
    let begun = Instant::now();
    loop {
        let path = format!("/datasets/{dataset}/documents/{batch}/indexing-status");
        let state = service.get(&path).await.expect(200).json["data"][0].clone();
        let now = state["indexing_status"].as_str().unwrap_or_default().to_owned();
        if now == status {
            return state;
        }
        let ended = now == "completed" || now == "error";
        assert!(!ended && begun.elapsed() < PATIENCE, "waiting for {status}: {state}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// A rule that cuts at blank lines.
pub(crate) fn blank_lines() -> Value {
    json!({"mode": "custom", "rules": {
        "pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": true}],
        "segmentation": {"separator": "\n\n", "max_tokens": 500},
    }})
}

pub(crate) fn texts(list: &Value, pointer: &str) -> Vec<String> {
    let text = |item: &Value| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    list.as_array().map(|items| items.iter().map(text).collect()).unwrap_or_default()
}
