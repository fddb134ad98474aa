//! Fields of metadata that the documents of a dataset may have, and which document has which.
//!
//! The values themselves are in the documents' rows, by the names of the fields; every statement here that renames or
//! removes a name does it in all of them at once.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Text, Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{dataset_metadata_bindings as bindings, dataset_metadatas as fields};
use crate::{AccountId, DatasetId, DocumentId, MetadataType, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = fields, check_for_backend(diesel::pg::Pg))]
pub struct MetadataField {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub dataset_id: DatasetId,
    #[diesel(column_name = type_)]
    pub kind: MetadataType,
    pub name: String,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    pub created_by: AccountId,
    pub updated_by: Option<AccountId>,
}

/// A field, and how many documents have it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct CountedField {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// The values of a document that are to be written.
#[derive(Debug, Clone)]
pub struct DocumentValues {
    pub document: DocumentId,
    /// By the names of fields.
    pub values: Value,
    /// Of the values.
    pub fields: Vec<Uuid>,
    /// Whether what the document had before goes.
    pub replace: bool,
}

impl MetadataField {
    pub async fn find(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        id: Uuid,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(fields::tenant_id.eq(tenant))
            .filter(fields::dataset_id.eq(dataset))
            .filter(fields::id.eq(id))
            .first(conn)
            .await
            .optional()
    }

    /// Those of `ids` that are fields of the dataset.
    pub async fn find_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        ids: &[Uuid],
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(fields::tenant_id.eq(tenant))
            .filter(fields::dataset_id.eq(dataset))
            .filter(fields::id.eq_any(ids))
            .load(conn)
            .await
    }

    /// Whether a field of the dataset, other than `but`, has this name.
    pub async fn name_taken(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        name: &str,
        but: Option<Uuid>,
    ) -> QueryResult<bool> {
        let same = fields::table
            .filter(fields::tenant_id.eq(tenant))
            .filter(fields::dataset_id.eq(dataset))
            .filter(fields::name.eq(name))
            .filter(fields::id.ne(but.unwrap_or_default()));
        diesel::select(diesel::dsl::exists(same)).get_result(conn).await
    }

    /// In the order in which they were made.
    pub async fn counted(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
    ) -> QueryResult<Vec<CountedField>> {
        diesel::sql_query(
            "SELECT f.id, f.name, f.type AS kind, count(b.id) AS count FROM dataset_metadatas f \
             LEFT JOIN dataset_metadata_bindings b ON b.metadata_id = f.id AND b.dataset_id = f.dataset_id \
             WHERE f.tenant_id = $1 AND f.dataset_id = $2 GROUP BY f.id ORDER BY f.created_at, f.id",
        )
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(dataset)
        .load(conn)
        .await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(fields::table).values(new).execute(conn).await.map(drop)
    }

    /// Gives the field another name, in the documents as well. Values that a document has under the new name make way.
    pub async fn rename(
        conn: &mut AsyncPgConnection,
        old: &Self,
        name: &str,
        by: AccountId,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let this = fields::table.filter(fields::tenant_id.eq(old.tenant_id)).filter(fields::id.eq(old.id));
        diesel::update(this)
            .set((fields::name.eq(name), fields::updated_by.eq(Some(by)), fields::updated_at.eq(now)))
            .execute(conn)
            .await?;
        if old.name == name {
            return Ok(());
        }
        diesel::sql_query(
            "UPDATE documents SET doc_metadata = (doc_metadata - $3::text) || jsonb_build_object($4::text, doc_metadata -> $3::text) \
             WHERE tenant_id = $1 AND dataset_id = $2 AND jsonb_typeof(doc_metadata) = 'object' AND doc_metadata ? $3::text",
        )
        .bind::<SqlUuid, _>(old.tenant_id)
        .bind::<SqlUuid, _>(old.dataset_id)
        .bind::<Text, _>(&old.name)
        .bind::<Text, _>(name)
        .execute(conn)
        .await
        .map(drop)
    }

    /// Removes the field, from the documents as well.
    pub async fn delete(conn: &mut AsyncPgConnection, field: &Self) -> QueryResult<()> {
        let bound =
            bindings::table.filter(bindings::tenant_id.eq(field.tenant_id)).filter(bindings::metadata_id.eq(field.id));
        diesel::delete(bound).execute(conn).await?;
        let this = fields::table.filter(fields::tenant_id.eq(field.tenant_id)).filter(fields::id.eq(field.id));
        diesel::delete(this).execute(conn).await?;
        strip(conn, field.tenant_id, field.dataset_id, std::slice::from_ref(&field.name)).await
    }
}

/// Takes values out of all documents of a dataset, by the names of their fields.
pub async fn strip(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    names: &[String],
) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE documents SET doc_metadata = doc_metadata - $3::text[] \
         WHERE tenant_id = $1 AND dataset_id = $2 AND jsonb_typeof(doc_metadata) = 'object' AND doc_metadata ?| $3::text[]",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(dataset)
    .bind::<Array<Text>, _>(names)
    .execute(conn)
    .await
    .map(drop)
}

/// Writes what is known of documents anyway into their values: of these, or of all that are in use or on their way to
/// it. Times are Unix seconds.
pub async fn write_built_in(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    documents: Option<&[DocumentId]>,
) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE documents d SET doc_metadata = \
            CASE WHEN jsonb_typeof(d.doc_metadata) = 'object' THEN d.doc_metadata ELSE '{}'::jsonb END \
            || jsonb_build_object( \
                'document_name', d.name, \
                'uploader', (SELECT a.name FROM accounts a WHERE a.id = d.created_by), \
                'upload_date', floor(extract(epoch FROM d.created_at))::bigint, \
                'last_update_date', floor(extract(epoch FROM d.updated_at))::bigint, \
                'source', CASE d.data_source_type WHEN 'upload_file' THEN 'file_upload' \
                    WHEN 'local_file' THEN 'file_upload' WHEN 'website_crawl' THEN 'website' \
                    WHEN 'notion_import' THEN 'notion' ELSE d.data_source_type END) \
         WHERE d.tenant_id = $1 AND d.dataset_id = $2 \
            AND CASE WHEN $3 THEN d.enabled AND NOT d.archived ELSE d.id = ANY($4) END",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(dataset)
    .bind::<Bool, _>(documents.is_none())
    .bind::<Array<SqlUuid>, _>(documents.unwrap_or_default())
    .execute(conn)
    .await
    .map(drop)
}

/// Writes values of several documents of a dataset, each of which occurs once, and which fields they have.
pub async fn write_values(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    changes: &[DocumentValues],
    by: AccountId,
    now: NaiveDateTime,
) -> QueryResult<()> {
    let ids: Vec<DocumentId> = changes.iter().map(|change| change.document).collect();
    let values: Vec<&Value> = changes.iter().map(|change| &change.values).collect();
    let replaced: Vec<bool> = changes.iter().map(|change| change.replace).collect();
    diesel::sql_query(
        "UPDATE documents d SET doc_metadata = \
            CASE WHEN n.replaced OR d.doc_metadata IS NULL OR jsonb_typeof(d.doc_metadata) <> 'object' THEN n.values \
            ELSE d.doc_metadata || n.values END \
         FROM unnest($3::uuid[], $4::jsonb[], $5::bool[]) AS n(id, values, replaced) \
         WHERE d.tenant_id = $1 AND d.dataset_id = $2 AND d.id = n.id",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(dataset)
    .bind::<Array<SqlUuid>, _>(&ids)
    .bind::<Array<Jsonb>, _>(&values)
    .bind::<Array<Bool>, _>(&replaced)
    .execute(conn)
    .await?;
    let emptied: Vec<DocumentId> = changes.iter().filter(|c| c.replace).map(|c| c.document).collect();
    let old = bindings::table
        .filter(bindings::tenant_id.eq(tenant))
        .filter(bindings::dataset_id.eq(dataset))
        .filter(bindings::document_id.eq_any(&emptied));
    diesel::delete(old).execute(conn).await?;
    let pairs = || changes.iter().flat_map(|change| change.fields.iter().map(|field| (change.document, *field)));
    let documents: Vec<DocumentId> = pairs().map(|(document, _)| document).collect();
    let fields: Vec<Uuid> = pairs().map(|(_, field)| field).collect();
    diesel::sql_query(
        "INSERT INTO dataset_metadata_bindings (id, tenant_id, dataset_id, metadata_id, document_id, created_at, created_by) \
         SELECT gen_random_uuid(), $1, $2, n.field, n.document, $5, $6 FROM unnest($3::uuid[], $4::uuid[]) AS n(document, field) \
         WHERE NOT EXISTS (SELECT 1 FROM dataset_metadata_bindings b \
            WHERE b.tenant_id = $1 AND b.document_id = n.document AND b.metadata_id = n.field)",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(dataset)
    .bind::<Array<SqlUuid>, _>(&documents)
    .bind::<Array<SqlUuid>, _>(&fields)
    .bind::<Timestamp, _>(now)
    .bind::<SqlUuid, _>(by)
    .execute(conn)
    .await
    .map(drop)
}
