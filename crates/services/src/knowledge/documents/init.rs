//! A dataset that begins with its documents.

use models::dataset::Dataset;
use models::db::AsyncConnection;
use models::{DatasetPermission, IndexingTechnique};

use super::add::{AddedDocuments, NewDocuments};
use crate::knowledge::datasets::row;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, NewDataset};

/// Characters of the first document's name that name the dataset.
const NAMED_BY: usize = 18;

impl Knowledge {
    /// Makes a dataset that is named by its first document, with all of them: both or nothing.
    ///
    /// # Errors
    /// `Invalid`, or a model that cannot be used.
    pub async fn init(&self, actor: &Actor, new: NewDocuments) -> Result<AddedDocuments, KnowledgeError> {
        let first = new.files.first().ok_or_else(|| KnowledgeError::invalid("No files were given."))?;
        let technique = new.settings.technique;
        let technique = technique.ok_or_else(|| KnowledgeError::invalid("indexing_technique is required."))?;
        if technique == IndexingTechnique::HighQuality && new.settings.embedding.is_none() {
            return Err(KnowledgeError::invalid(
                "embedding model and embedding model provider are required for high quality indexing technique.",
            ));
        }
        let mut name: String = first.name.chars().take(NAMED_BY).collect();
        name.push_str("...");
        let dataset = row(
            actor,
            &NewDataset {
                description: format!("useful for when you want to answer queries about the {name}"),
                name,
                technique: None,
                permission: DatasetPermission::OnlyMe,
                members: Vec::new(),
                external: None,
                embedding: None,
                retrieval_model: new.settings.retrieval_model.clone(),
                external_retrieval_model: None,
                summary_index_setting: new.settings.summary_index_setting.clone(),
            },
        )?;
        let checked = self.check(actor, &dataset, &new.settings).await?;
        let mut conn = self.pool().get().await?;
        conn.transaction(async |conn| {
            Dataset::insert(conn, &dataset).await?;
            self.add_checked(conn, actor, dataset.id, &checked, &new).await
        })
        .await
    }
}
