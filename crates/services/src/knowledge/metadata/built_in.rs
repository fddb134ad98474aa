//! The fields whose values are known of every document anyway.

use chrono::Utc;
use models::dataset::{Dataset, DatasetChanges};
use models::db::{AsyncConnection, AsyncPgConnection};
use models::{DatasetId, DocumentId, MetadataType, dataset_metadata};
use serde_json::{Map, Value};

use super::alone;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// The fields that every document can have, in the order in which they are shown.
pub const BUILT_IN: [(&str, MetadataType); 5] = [
    ("document_name", MetadataType::String),
    ("uploader", MetadataType::String),
    ("upload_date", MetadataType::Time),
    ("last_update_date", MetadataType::Time),
    ("source", MetadataType::String),
];

/// The built-in fields among a document's values.
pub fn built_in_values(values: &Map<String, Value>) -> Vec<(&'static str, MetadataType, Value)> {
    BUILT_IN.iter().filter_map(|(name, kind)| Some((*name, *kind, values.get(*name)?.clone()))).collect()
}

/// Writes the built-in values of documents that were made or changed, where their dataset has them.
pub(in crate::knowledge) async fn note_built_in(
    conn: &mut AsyncPgConnection,
    dataset: &Dataset,
    documents: &[DocumentId],
) -> Result<(), KnowledgeError> {
    if dataset.built_in_field_enabled && !documents.is_empty() {
        dataset_metadata::write_built_in(conn, dataset.tenant_id, dataset.id, Some(documents)).await?;
    }
    Ok(())
}

impl Knowledge {
    /// Switches the built-in fields of a dataset on or off: its documents get the values, or lose them.
    ///
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn set_built_in_fields(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        enabled: bool,
    ) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        access::dataset(&mut conn, actor, dataset).await?;
        conn.transaction(async |conn| {
            alone(conn, dataset).await?;
            // Documents that are being made wait, or were seen: they read this row under the same lock.
            let known = Dataset::find_locked(conn, actor.tenant, dataset).await?;
            if known.ok_or(KnowledgeError::NoSuchDataset)?.built_in_field_enabled == enabled {
                return Ok(());
            }
            let changes = DatasetChanges {
                built_in_field_enabled: Some(enabled),
                updated_by: Some(actor.account),
                updated_at: Some(Utc::now().naive_utc()),
                ..DatasetChanges::default()
            };
            Dataset::change(conn, actor.tenant, dataset, &changes).await?;
            if enabled {
                dataset_metadata::write_built_in(conn, actor.tenant, dataset, None).await?;
            } else {
                let names = BUILT_IN.map(|(name, _)| name.to_owned());
                dataset_metadata::strip(conn, actor.tenant, dataset, &names).await?;
            }
            Ok(())
        })
        .await
    }
}
