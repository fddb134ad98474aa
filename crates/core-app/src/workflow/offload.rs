//! Values of nodes that are too large for their rows: the row keeps the beginning, a file the whole.
//!
//! Files are stored first, while no database connection is held; then their rows and the rows of the nodes are written
//! in one transaction. A storage that fails or is slow costs the whole value, never the run. What is small goes its
//! way without another look, and in one statement.

use std::time::Duration;

use bytes::Bytes;
use core_workflow::value::{Map, map_to_json};
use futures::StreamExt;
use models::db::{AsyncConnection, AsyncPgConnection, QueryError};
use models::upload_file::UploadFile;
use models::workflow_node_execution::{NodeExecution, OffloadKind, Offloaded};
use models::{NodeExecutionId, UploadFileId};
use serde_json::Value as Json;
use tokio::time::Instant;
use uuid::Uuid;

use super::dropped_files::drop_later;
use super::records::Owner;
use super::truncation::{ALWAYS_FITS, truncate};
use crate::files::{Files, Kept};

/// Bytes of a value that is kept whole; of a larger one there is only the beginning.
pub(super) const LARGEST: usize = 64 * 1024 * 1024;
/// Bytes of one run's large values that may wait for the storage. What comes on top is cut and not kept.
const MOST_WAITING: usize = 2 * LARGEST;
/// Objects of one batch that are stored at a time.
pub(super) const AT_ONCE: usize = 4;
/// Longest wait for the storage. The end of a run may have to wait for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
const JSON: &str = "application/json";

/// A value as its row keeps it.
pub(super) struct Fitted {
    /// JSON text of an object. JSON escapes NUL characters, so Postgres takes it as it is.
    pub text: String,
    /// JSON text of the whole, where it was cut.
    pub whole: Option<String>,
}

/// Cuts what is too large for a row.
pub(super) fn fit(map: &Map) -> Fitted {
    let json = map_to_json(map);
    let text = json.to_string();
    if text.len() > ALWAYS_FITS
        && let Json::Object(object) = json
        && let (kept, true) = truncate(object)
    {
        return Fitted { text: Json::Object(kept).to_string(), whole: Some(text) };
    }
    Fitted { text, whole: None }
}

/// A value that is too large for its row.
#[derive(Debug)]
pub(super) struct Large {
    execution: NodeExecutionId,
    kind: OffloadKind,
    whole: Whole,
}

#[derive(Debug)]
enum Whole {
    Waiting(Bytes),
    Stored(Box<UploadFile>),
    /// There is only the beginning.
    Lost,
}

impl Large {
    fn waiting(&self) -> usize {
        match &self.whole {
            Whole::Waiting(bytes) => bytes.len(),
            Whole::Stored(_) | Whole::Lost => 0,
        }
    }

    async fn store(&mut self, files: &Files, owner: &Owner, deadline: Instant) {
        let Whole::Waiting(bytes) = &self.whole else { return };
        let name = format!("{}_{}.json", self.execution, self.kind);
        let kept = Kept { tenant: owner.tenant, by: owner.caller, name, mime_type: JSON, bytes: bytes.clone() };
        let error = match files.keep_until(deadline, kept).await {
            Ok(upload) => {
                self.whole = Whole::Stored(Box::new(upload));
                return;
            }
            Err(error) => error,
        };
        tracing::warn!(
            node_execution.id = %self.execution, kind = %self.kind, error = %error,
            "a large value could not be stored; its row has the beginning"
        );
        self.whole = Whole::Lost;
    }

    fn note(&self, owner: &Owner) -> Offloaded {
        Offloaded {
            id: Uuid::now_v7(),
            created_at: chrono::Utc::now().naive_utc(),
            tenant_id: owner.tenant,
            app_id: owner.app,
            node_execution_id: Some(self.execution),
            kind: self.kind,
            file_id: self.file().map_or(Offloaded::NOWHERE, |file: &UploadFile| -> UploadFileId { file.id }),
        }
    }

    fn file(&self) -> Option<&UploadFile> {
        match &self.whole {
            Whole::Stored(file) => Some(file),
            Whole::Waiting(_) | Whole::Lost => None,
        }
    }
}

/// Large values of a run that are not written yet.
#[derive(Debug, Default)]
pub(super) struct LargeValues(Vec<Large>);

impl LargeValues {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one, within the bounds.
    pub(super) fn push(&mut self, execution: NodeExecutionId, kind: OffloadKind, whole: String) {
        let waiting: usize = self.0.iter().map(Large::waiting).sum();
        let whole = if whole.len() > LARGEST || waiting + whole.len() > MOST_WAITING {
            tracing::warn!(node_execution.id = %execution, %kind, bytes = whole.len(), "a value is too large to be kept whole");
            Whole::Lost
        } else {
            Whole::Waiting(Bytes::from(whole))
        };
        self.0.push(Large { execution, kind, whole });
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Which values of an execution are cut.
    pub(super) fn kinds_of(&self, execution: NodeExecutionId) -> Vec<OffloadKind> {
        self.0.iter().filter(|large| large.execution == execution).map(|large| large.kind).collect()
    }
}

/// Rows that are written together.
#[derive(Debug)]
pub(super) struct Batch {
    pub owner: Owner,
    pub rows: Vec<NodeExecution>,
    pub large: LargeValues,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.large.is_empty()
    }

    /// Stores the whole of what is too large, as far as that is possible in a while. To be done before a connection is
    /// taken.
    pub(super) async fn store(&mut self, files: &Files) {
        if self.large.is_empty() {
            return;
        }
        let deadline = Instant::now() + PATIENCE;
        let owner = self.owner;
        futures::stream::iter(&mut self.large.0)
            .for_each_concurrent(AT_ONCE, async |large| large.store(files, &owner, deadline).await)
            .await;
    }

    /// Writes the rows. Done twice, the second time changes nothing.
    pub(super) async fn write(&self, conn: &mut AsyncPgConnection) -> Result<(), QueryError> {
        if self.large.is_empty() {
            return NodeExecution::upsert_all(conn, &self.rows).await;
        }
        let large = &self.large.0;
        let files: Vec<UploadFile> = large.iter().filter_map(Large::file).cloned().collect();
        let noted: Vec<Offloaded> = large.iter().map(|large| large.note(&self.owner)).collect();
        conn.transaction(async |conn| {
            NodeExecution::upsert_all(conn, &self.rows).await?;
            UploadFile::insert_all(conn, &files).await?;
            let replaced = Offloaded::replace_all(conn, &noted).await?;
            drop_later(conn, self.owner.tenant, replaced).await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use core_workflow::value::Value;

    use super::*;

    #[test]
    fn what_fits_is_not_cut() {
        let small = Map::from_iter([("b".to_owned(), Value::from("x")), ("a".to_owned(), Value::None)]);
        let Fitted { text, whole } = fit(&small);
        assert_eq!((text.as_str(), whole), (r#"{"b":"x","a":null}"#, None));
        // Longer than what is never looked at, and in its own order.
        let middle = Map::from_iter([("b".to_owned(), Value::from("x".repeat(90_000))), ("a".to_owned(), Value::None)]);
        let Fitted { text, whole } = fit(&middle);
        assert!(text.starts_with(r#"{"b":"#) && text.len() > 90_000 && whole.is_none());
    }

    #[test]
    fn what_is_cut_is_there_whole() {
        let large = Map::from_iter([("a".to_owned(), Value::from("x".repeat(200_000)))]);
        let Fitted { text, whole } = fit(&large);
        assert!(text.len() < 101_000 && whole.unwrap().len() > 200_000);
    }

    #[test]
    fn what_is_too_large_to_be_kept_is_cut_all_the_same() {
        let mut values = LargeValues::default();
        let execution = NodeExecutionId::random();
        values.push(execution, OffloadKind::Outputs, "x".repeat(LARGEST + 1));
        assert_eq!(values.kinds_of(execution), [OffloadKind::Outputs]);
        assert_eq!(values.kinds_of(NodeExecutionId::random()), []);
        assert!(values.0.iter().all(|large| large.waiting() == 0 && large.file().is_none()));
    }
}
