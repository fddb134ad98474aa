//! Documents of datasets.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::documents;
use crate::{DataSourceType, DatasetId, DocForm, DocumentId, IndexingStatus, ProcessRuleId, TenantId, UploadFileId};

text_enum! {
    /// Through what a document was made.
    CreatedFrom {
        Web => "web",
        Api => "api",
        RagPipeline => "rag-pipeline",
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = documents, check_for_backend(diesel::pg::Pg))]
pub struct Document {
    pub id: DocumentId,
    pub tenant_id: TenantId,
    pub dataset_id: DatasetId,
    /// In its dataset, from 1.
    pub position: i32,
    pub data_source_type: DataSourceType,
    /// JSON text, as its source needs it.
    pub data_source_info: Option<String>,
    pub dataset_process_rule_id: Option<ProcessRuleId>,
    /// Of the documents that were made together.
    pub batch: String,
    pub name: String,
    pub created_from: CreatedFrom,
    /// An account, or the owner of the workspace for what came through the API.
    pub created_by: Uuid,
    pub created_at: NaiveDateTime,
    pub processing_started_at: Option<NaiveDateTime>,
    pub word_count: Option<i32>,
    pub parsing_completed_at: Option<NaiveDateTime>,
    pub cleaning_completed_at: Option<NaiveDateTime>,
    pub splitting_completed_at: Option<NaiveDateTime>,
    pub tokens: Option<i32>,
    /// Seconds.
    pub indexing_latency: Option<f64>,
    pub completed_at: Option<NaiveDateTime>,
    pub is_paused: Option<bool>,
    pub paused_by: Option<Uuid>,
    pub paused_at: Option<NaiveDateTime>,
    pub error: Option<String>,
    pub stopped_at: Option<NaiveDateTime>,
    pub indexing_status: IndexingStatus,
    pub enabled: bool,
    pub disabled_at: Option<NaiveDateTime>,
    pub disabled_by: Option<Uuid>,
    pub archived: bool,
    pub archived_at: Option<NaiveDateTime>,
    pub archived_by: Option<Uuid>,
    pub updated_at: NaiveDateTime,
    pub doc_type: Option<String>,
    pub doc_metadata: Option<Value>,
    pub doc_form: DocForm,
    pub doc_language: Option<String>,
    pub need_summary: bool,
}

/// What changes in a document; `None` leaves a column as it is, an inner `None` empties it. How indexing changes it is
/// in [`crate::document_progress`].
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = documents)]
pub struct DocumentChanges {
    pub name: Option<String>,
    pub is_paused: Option<bool>,
    pub paused_by: Option<Option<Uuid>>,
    pub paused_at: Option<Option<NaiveDateTime>>,
    pub enabled: Option<bool>,
    pub disabled_at: Option<Option<NaiveDateTime>>,
    pub disabled_by: Option<Option<Uuid>>,
    pub archived: Option<bool>,
    pub archived_at: Option<Option<NaiveDateTime>>,
    pub archived_by: Option<Option<Uuid>>,
    pub error: Option<Option<String>>,
    pub indexing_status: Option<IndexingStatus>,
    pub stopped_at: Option<Option<NaiveDateTime>>,
    pub doc_type: Option<Option<String>>,
    pub doc_metadata: Option<Option<Value>>,
    pub word_count: Option<i32>,
    pub tokens: Option<i32>,
    pub need_summary: Option<bool>,
    pub updated_at: Option<NaiveDateTime>,
}

/// The upload that a source names.
pub fn upload_in(data_source_info: Option<&str>) -> Option<UploadFileId> {
    #[derive(serde::Deserialize)]
    struct Upload {
        upload_file_id: UploadFileId,
    }
    serde_json::from_str::<Upload>(data_source_info?).ok().map(|upload| upload.upload_file_id)
}

impl Document {
    /// The upload that it was made from, if it was.
    pub fn upload(&self) -> Option<UploadFileId> {
        upload_in(self.data_source_info.as_deref())
    }

    pub async fn find(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        id: DocumentId,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(documents::tenant_id.eq(tenant))
            .filter(documents::dataset_id.eq(dataset))
            .filter(documents::id.eq(id))
            .first(conn)
            .await
            .optional()
    }

    /// Those of `ids` that are documents of the dataset, in the order of their positions.
    pub async fn find_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        ids: &[DocumentId],
    ) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query()
            .filter(documents::tenant_id.eq(tenant))
            .filter(documents::dataset_id.eq(dataset))
            .filter(documents::id.eq_any(ids))
            .order((documents::position, documents::id))
            .load(conn)
            .await
    }

    /// Those of `ids` that are documents of the workspace, whatever their datasets.
    pub async fn of_tenant(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        ids: &[DocumentId],
    ) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query().filter(documents::tenant_id.eq(tenant)).filter(documents::id.eq_any(ids)).load(conn).await
    }

    /// The documents that were made together.
    pub async fn of_batch(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        batch: &str,
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(documents::tenant_id.eq(tenant))
            .filter(documents::dataset_id.eq(dataset))
            .filter(documents::batch.eq(batch))
            .order((documents::position, documents::id))
            .load(conn)
            .await
    }

    /// All documents of a dataset, or those of one status.
    pub async fn of_dataset(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        status: Option<IndexingStatus>,
    ) -> QueryResult<Vec<Self>> {
        let mut query = documents::table
            .filter(documents::tenant_id.eq(tenant))
            .filter(documents::dataset_id.eq(dataset))
            .select(Self::as_select())
            .order((documents::position, documents::id))
            .into_boxed();
        if let Some(status) = status {
            query = query.filter(documents::indexing_status.eq(status));
        }
        query.load(conn).await
    }

    /// Enabled uploads of the dataset with one of these names, oldest first.
    pub async fn uploads_named(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        names: &[String],
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(documents::tenant_id.eq(tenant))
            .filter(documents::dataset_id.eq(dataset))
            .filter(documents::name.eq_any(names))
            .filter(documents::data_source_type.eq(DataSourceType::UploadFile))
            .filter(documents::enabled)
            .order((documents::position, documents::id))
            .load(conn)
            .await
    }

    /// What form the documents of a dataset have; `None` while it has none.
    pub async fn form_of(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
    ) -> QueryResult<Option<DocForm>> {
        documents::table
            .filter(documents::tenant_id.eq(tenant))
            .filter(documents::dataset_id.eq(dataset))
            .order((documents::created_at, documents::id))
            .select(documents::doc_form)
            .first(conn)
            .await
            .optional()
    }

    /// The highest position in a dataset; 0 while it is empty.
    pub async fn last_position(conn: &mut AsyncPgConnection, tenant: TenantId, dataset: DatasetId) -> QueryResult<i32> {
        let last: Option<i32> = documents::table
            .filter(documents::tenant_id.eq(tenant))
            .filter(documents::dataset_id.eq(dataset))
            .select(diesel::dsl::max(documents::position))
            .first(conn)
            .await?;
        Ok(last.unwrap_or(0))
    }

    /// One statement for each 1,000 rows: a row has many parameters.
    pub async fn insert_all(conn: &mut AsyncPgConnection, new: &[Self]) -> QueryResult<()> {
        for rows in new.chunks(1_000) {
            diesel::insert_into(documents::table).values(rows).execute(conn).await?;
        }
        Ok(())
    }

    /// Puts these columns in several documents of a dataset; how many there were.
    pub async fn change_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        ids: &[DocumentId],
        changes: &DocumentChanges,
    ) -> QueryResult<usize> {
        let these = documents::table
            .filter(documents::tenant_id.eq(tenant))
            .filter(documents::dataset_id.eq(dataset))
            .filter(documents::id.eq_any(ids));
        diesel::update(these).set(changes).execute(conn).await
    }

    /// Adds to a document's count of words; negative to take away.
    pub async fn add_words(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: DocumentId,
        words: i32,
    ) -> QueryResult<()> {
        diesel::sql_query(
            "UPDATE documents SET word_count = greatest(coalesce(word_count, 0)::bigint + $3, 0) \
             WHERE tenant_id = $1 AND id = $2",
        )
        .bind::<diesel::sql_types::Uuid, _>(tenant)
        .bind::<diesel::sql_types::Uuid, _>(id)
        .bind::<diesel::sql_types::Integer, _>(words)
        .execute(conn)
        .await
        .map(drop)
    }

    /// Removes the rows of documents alone.
    pub async fn delete_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        ids: &[DocumentId],
    ) -> QueryResult<usize> {
        let gone = documents::table
            .filter(documents::tenant_id.eq(tenant))
            .filter(documents::dataset_id.eq(dataset))
            .filter(documents::id.eq_any(ids));
        diesel::delete(gone).execute(conn).await
    }
}
