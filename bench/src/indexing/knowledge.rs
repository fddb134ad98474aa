//! Datasets over the Service API, and what the tables say of them.

use std::time::Duration;

use anyhow::{Context, bail};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use egress::header::CONTENT_TYPE;
use egress::multipart::{Form, Part};
use egress::{Client, Policy, RequestBuilder};
use serde_json::{Value, json};

use crate::process::{EMBEDDING, EMBEDDING_PROVIDER};

/// A hundred megabytes take their time.
const UPLOAD_LIMIT: Duration = Duration::from_secs(300);

pub(super) struct Knowledge {
    http: Client,
    base: String,
    key: String,
    url: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct States {
    #[diesel(sql_type = BigInt)]
    completed: i64,
    #[diesel(sql_type = BigInt)]
    failed: i64,
}

impl Knowledge {
    pub(super) async fn new(port: u16, key: String, url: String) -> anyhow::Result<Self> {
        let http = Client::new(Policy { allow_private: true, ..Policy::default() })?;
        let new = Self { http, base: format!("http://127.0.0.1:{port}/v1/datasets"), key, url };
        new.count("SELECT count(*) AS count FROM datasets WHERE id::text = $1", "none").await?;
        Ok(new)
    }

    fn post(&self, path: &str) -> anyhow::Result<RequestBuilder> {
        Ok(self.http.post(&format!("{}{path}", self.base))?.bearer_auth(&self.key))
    }

    async fn answer(request: RequestBuilder) -> anyhow::Result<Value> {
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("an answer was {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    pub(super) async fn dataset(&self, name: &str) -> anyhow::Result<String> {
        let body = json!({"name": name, "indexing_technique": "high_quality", "embedding_model": EMBEDDING, "embedding_model_provider": EMBEDDING_PROVIDER});
        let made = Self::answer(self.post("")?.header(CONTENT_TYPE, "application/json").json(&body)).await?;
        made.get("id").and_then(Value::as_str).map(str::to_owned).context("the new dataset has no id")
    }

    pub(super) async fn add_text(&self, dataset: &str, name: &str, text: &str) -> anyhow::Result<()> {
        let body = json!({"name": name, "text": text, "process_rule": rule()});
        let request = self.post(&format!("/{dataset}/document/create-by-text"))?;
        Self::answer(request.header(CONTENT_TYPE, "application/json").json(&body)).await.map(drop)
    }

    pub(super) async fn add_file(&self, dataset: &str, name: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
        let file = Part::bytes(bytes).file_name(name.to_owned()).mime_str("text/plain")?;
        let form = Form::new().text("data", json!({"process_rule": rule()}).to_string()).part("file", file);
        let request = self.post(&format!("/{dataset}/document/create-by-file"))?;
        Self::answer(request.multipart(form).timeout(UPLOAD_LIMIT)).await.map(drop)
    }

    /// Documents that are done, and those that failed.
    pub(super) async fn states(&self, dataset: &str) -> anyhow::Result<(usize, usize)> {
        let mut conn = models::db::connect(self.url.clone()).await?;
        let states: States = diesel::sql_query(
            "SELECT count(*) FILTER (WHERE indexing_status = 'completed') AS completed, \
                count(*) FILTER (WHERE indexing_status = 'error') AS failed FROM documents WHERE dataset_id::text = $1",
        )
        .bind::<Text, _>(dataset)
        .get_result(&mut conn)
        .await?;
        Ok((usize::try_from(states.completed)?, usize::try_from(states.failed)?))
    }

    pub(super) async fn segments(&self, dataset: &str) -> anyhow::Result<usize> {
        let count =
            "SELECT count(*) AS count FROM document_segments WHERE dataset_id::text = $1 AND status = 'completed'";
        Ok(usize::try_from(self.count(count, dataset).await?)?)
    }

    /// Segments, positions that two segments have, and vectors.
    pub(super) async fn whole(&self, dataset: &str) -> anyhow::Result<(i64, i64, i64)> {
        let segments = i64::try_from(self.segments(dataset).await?)?;
        let doubled = "SELECT count(*) AS count FROM (SELECT 1 FROM document_segments WHERE dataset_id::text = $1 \
            GROUP BY document_id, position HAVING count(*) > 1) AS d";
        let table = format!("embedding_vector_index_{}_node", dataset.replace('-', "_"));
        let vectors = format!("SELECT count(*) AS count FROM {table} WHERE $1 <> ''");
        Ok((segments, self.count(doubled, dataset).await?, self.count(&vectors, dataset).await?))
    }

    async fn count(&self, query: &str, dataset: &str) -> anyhow::Result<i64> {
        let mut conn = models::db::connect(self.url.clone()).await?;
        let count: Count = diesel::sql_query(query).bind::<Text, _>(dataset).get_result(&mut conn).await?;
        Ok(count.count)
    }
}

fn rule() -> Value {
    json!({"mode": "custom", "rules": {
        "pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": true}],
        "segmentation": {"separator": "\n\n", "max_tokens": 1000},
    }})
}
