//! Saying what kind of document something is.

use chrono::Utc;
use models::document::{Document, DocumentChanges};
use models::{DatasetId, DocumentId};
use serde_json::{Map, Value};

use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// The kinds of documents that people can name.
const KINDS: [&str; 11] = [
    "book",
    "web_page",
    "paper",
    "social_media_post",
    "wikipedia_entry",
    "personal_document",
    "business_document",
    "im_chat_log",
    "synced_from_notion",
    "synced_from_github",
    "others",
];

/// Values of one document.
const MOST_VALUES: usize = 100;
/// Bytes of a name and of a value, as JSON.
const LONGEST: usize = 10_000;

impl Knowledge {
    /// Keeps the kind of a document, and what is known of documents of that kind, beside what is known already.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument`, or `Invalid`.
    pub async fn describe(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: DocumentId,
        kind: &str,
        values: Map<String, Value>,
    ) -> Result<(), KnowledgeError> {
        if !KINDS.contains(&kind) {
            return Err(KnowledgeError::invalid("Invalid doc_type."));
        }
        let mut conn = self.pool().get().await?;
        let (dataset, document) = access::document(&mut conn, actor, dataset, id).await?;
        let mut known = match document.doc_metadata {
            Some(Value::Object(known)) => known,
            Some(_) | None => Map::new(),
        };
        for (name, value) in values {
            if name.len() > LONGEST || value.to_string().len() > LONGEST {
                return Err(KnowledgeError::invalid("doc_metadata: a value is too long"));
            }
            // What is not known is left out.
            if value.is_null() {
                known.remove(&name)
            } else {
                known.insert(name, value)
            };
        }
        if known.len() > MOST_VALUES {
            return Err(KnowledgeError::invalid(format!("doc_metadata: at most {MOST_VALUES} values are kept")));
        }
        let changes = DocumentChanges {
            doc_type: Some(Some(kind.to_owned())),
            doc_metadata: Some(Some(Value::Object(known))),
            updated_at: Some(Utc::now().naive_utc()),
            ..DocumentChanges::default()
        };
        Document::change_all(&mut conn, actor.tenant, dataset.id, &[id], &changes).await?;
        Ok(())
    }
}
