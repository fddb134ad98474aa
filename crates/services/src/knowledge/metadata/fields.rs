//! The fields that a dataset's documents may have.

use chrono::Utc;
use models::dataset_metadata::{CountedField, MetadataField};
use models::db::{AsyncConnection, AsyncPgConnection};
use models::{DatasetId, MetadataType};
use uuid::Uuid;

use super::{BUILT_IN, alone};
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// Longest name of a field, in characters.
const LONGEST_NAME: usize = 255;

/// What a dataset's documents may have.
#[derive(Debug, Clone)]
pub struct MetadataFields {
    pub fields: Vec<CountedField>,
    pub built_in_enabled: bool,
}

impl Knowledge {
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn metadata_fields(&self, actor: &Actor, dataset: DatasetId) -> Result<MetadataFields, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, dataset).await?;
        let fields = MetadataField::counted(&mut conn, actor.tenant, dataset.id).await?;
        Ok(MetadataFields { fields, built_in_enabled: dataset.built_in_field_enabled })
    }

    /// Makes a field. The empty name is a name.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, or `Invalid` for a name that is too long, taken, or a built-in field's.
    pub async fn add_metadata_field(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        kind: MetadataType,
        name: &str,
    ) -> Result<MetadataField, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        access::dataset(&mut conn, actor, dataset).await?;
        let now = Utc::now().naive_utc();
        let field = MetadataField {
            id: Uuid::new_v4(),
            tenant_id: actor.tenant,
            dataset_id: dataset,
            kind,
            name: name.to_owned(),
            created_at: now,
            updated_at: now,
            created_by: actor.account,
            updated_by: None,
        };
        conn.transaction(async |conn| {
            alone(conn, dataset).await?;
            name_is_free(conn, actor, dataset, name, None).await?;
            MetadataField::insert(conn, &field).await?;
            Ok(field)
        })
        .await
    }

    /// Gives a field another name; the values of documents follow.
    ///
    /// # Errors
    /// As [`Self::add_metadata_field`], or `NotFound`.
    pub async fn rename_metadata_field(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: Uuid,
        name: &str,
    ) -> Result<MetadataField, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        access::dataset(&mut conn, actor, dataset).await?;
        conn.transaction(async |conn| {
            alone(conn, dataset).await?;
            let field = find(conn, actor, dataset, id).await?;
            name_is_free(conn, actor, dataset, name, Some(id)).await?;
            MetadataField::rename(conn, &field, name, actor.account, Utc::now().naive_utc()).await?;
            Ok(MetadataField { name: name.to_owned(), ..field })
        })
        .await
    }

    /// Removes a field with its values.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission` or `NotFound`.
    pub async fn delete_metadata_field(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: Uuid,
    ) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        access::dataset(&mut conn, actor, dataset).await?;
        conn.transaction(async |conn| {
            alone(conn, dataset).await?;
            let field = find(conn, actor, dataset, id).await?;
            Ok(MetadataField::delete(conn, &field).await?)
        })
        .await
    }
}

async fn find(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    dataset: DatasetId,
    id: Uuid,
) -> Result<MetadataField, KnowledgeError> {
    let field = MetadataField::find(conn, actor.tenant, dataset, id).await?;
    field.ok_or(KnowledgeError::NotFound("Metadata not found."))
}

async fn name_is_free(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    dataset: DatasetId,
    name: &str,
    but: Option<Uuid>,
) -> Result<(), KnowledgeError> {
    if name.chars().count() > LONGEST_NAME {
        return Err(KnowledgeError::invalid("Metadata name cannot exceed 255 characters."));
    }
    if BUILT_IN.iter().any(|(built_in, _)| *built_in == name) {
        return Err(KnowledgeError::invalid("Metadata name already exists in Built-in fields."));
    }
    if MetadataField::name_taken(conn, actor.tenant, dataset, name, but).await? {
        return Err(KnowledgeError::invalid("Metadata name already exists"));
    }
    Ok(())
}
