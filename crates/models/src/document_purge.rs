//! What is removed after the rows of documents and datasets, in pieces.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::{DatasetId, DocumentId, TenantId, UploadFileId};

/// What still lies in the storage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leftovers {
    pub files: Vec<UploadFileId>,
}

/// Removes some segments and children of a document; how many.
pub async fn of_document(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
    limit: i64,
) -> QueryResult<usize> {
    let mut gone = 0;
    for table in ["child_chunks", "document_segments"] {
        gone += diesel::sql_query(format!(
            "DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE tenant_id = $1 AND document_id = $2 LIMIT $3))"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(document)
        .bind::<BigInt, _>(limit)
        .execute(conn)
        .await?;
    }
    Ok(gone)
}

#[derive(QueryableByName)]
struct File {
    #[diesel(sql_type = SqlUuid)]
    id: UploadFileId,
}

/// Removes the single rows around a document; which pictures its segments had.
pub async fn rest_of_document(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
) -> QueryResult<Leftovers> {
    diesel::sql_query("DELETE FROM document_segment_summaries WHERE document_id = $1")
        .bind::<SqlUuid, _>(document)
        .execute(conn)
        .await?;
    diesel::sql_query("DELETE FROM dataset_metadata_bindings WHERE tenant_id = $1 AND document_id = $2")
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(document)
        .execute(conn)
        .await?;
    let files: Vec<File> = diesel::sql_query(
        "DELETE FROM segment_attachment_bindings WHERE tenant_id = $1 AND document_id = $2 RETURNING attachment_id AS id",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(document)
    .load(conn)
    .await?;
    Ok(Leftovers { files: files.into_iter().map(|file| file.id).collect() })
}

#[derive(QueryableByName)]
struct Source {
    #[diesel(sql_type = Nullable<Text>)]
    data_source_info: Option<String>,
}

/// Removes some of what belonged to a dataset; `None` when nothing was left. Which files go with it.
pub async fn of_dataset(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    limit: i64,
) -> QueryResult<Option<Leftovers>> {
    let mut gone = 0;
    for table in ["child_chunks", "document_segments"] {
        gone += diesel::sql_query(format!(
            "DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE tenant_id = $1 AND dataset_id = $2 LIMIT $3))"
        ))
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(dataset)
        .bind::<BigInt, _>(limit)
        .execute(conn)
        .await?;
    }
    let mut files: Vec<UploadFileId> = Vec::new();
    let attached: Vec<File> = diesel::sql_query(
        "DELETE FROM segment_attachment_bindings WHERE ctid = ANY(ARRAY( \
            SELECT ctid FROM segment_attachment_bindings WHERE tenant_id = $1 AND dataset_id = $2 LIMIT $3)) \
         RETURNING attachment_id AS id",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(dataset)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    files.extend(attached.into_iter().map(|file| file.id));
    let documents: Vec<Source> = diesel::sql_query(
        "DELETE FROM documents WHERE ctid = ANY(ARRAY( \
            SELECT ctid FROM documents WHERE tenant_id = $1 AND dataset_id = $2 LIMIT $3)) RETURNING data_source_info",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(dataset)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    gone += documents.len();
    files.extend(
        documents.iter().filter_map(|document| crate::document::upload_in(document.data_source_info.as_deref())),
    );
    if gone > 0 || !files.is_empty() {
        return Ok(Some(Leftovers { files }));
    }
    rest_of_dataset(conn, tenant, dataset).await.map(|()| None)
}

/// What a dataset has few of.
async fn rest_of_dataset(conn: &mut AsyncPgConnection, tenant: TenantId, dataset: DatasetId) -> QueryResult<()> {
    for table in [
        "dataset_process_rules",
        "dataset_queries",
        "app_dataset_joins",
        "dataset_keyword_tables",
        "document_segment_summaries",
    ] {
        diesel::sql_query(format!("DELETE FROM {table} WHERE dataset_id = $1"))
            .bind::<SqlUuid, _>(dataset)
            .execute(conn)
            .await?;
    }
    for table in
        ["dataset_permissions", "dataset_metadatas", "dataset_metadata_bindings", "external_knowledge_bindings"]
    {
        diesel::sql_query(format!("DELETE FROM {table} WHERE tenant_id = $1 AND dataset_id = $2"))
            .bind::<SqlUuid, _>(tenant)
            .bind::<SqlUuid, _>(dataset)
            .execute(conn)
            .await?;
    }
    diesel::sql_query("DELETE FROM tag_bindings WHERE tenant_id = $1 AND target_id = $2")
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(dataset)
        .execute(conn)
        .await
        .map(drop)
}
