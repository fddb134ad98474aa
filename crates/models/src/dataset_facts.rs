//! What is counted and joined when datasets are shown: one statement for any number of them.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{
    app_dataset_joins as joins, apps, dataset_metadatas as metadatas, external_knowledge_apis as apis,
    external_knowledge_bindings as bindings,
};
use crate::{AppId, DatasetId, TenantId};

/// Figures of one dataset.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct DatasetFacts {
    #[diesel(sql_type = SqlUuid)]
    pub id: DatasetId,
    #[diesel(sql_type = BigInt)]
    pub app_count: i64,
    #[diesel(sql_type = BigInt)]
    pub document_count: i64,
    /// Completed, enabled and not archived.
    #[diesel(sql_type = BigInt)]
    pub available_document_count: i64,
    #[diesel(sql_type = BigInt)]
    pub word_count: i64,
    /// Of its oldest document.
    #[diesel(sql_type = Nullable<Text>)]
    pub doc_form: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub author_name: Option<String>,
}

impl DatasetFacts {
    pub async fn of(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[DatasetId]) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        diesel::sql_query(
            "SELECT d.id, \
                (SELECT count(*) FROM app_dataset_joins j WHERE j.dataset_id = d.id) AS app_count, \
                f.document_count, f.available_document_count, f.word_count, f.doc_form, \
                (SELECT a.name FROM accounts a WHERE a.id = d.created_by) AS author_name \
             FROM datasets d CROSS JOIN LATERAL ( \
                SELECT count(*) AS document_count, \
                    count(*) FILTER (WHERE o.indexing_status = 'completed' AND o.enabled AND NOT o.archived) AS available_document_count, \
                    coalesce(sum(o.word_count), 0)::bigint AS word_count, \
                    (array_agg(o.doc_form ORDER BY o.created_at))[1] AS doc_form \
                FROM documents o WHERE o.dataset_id = d.id AND o.tenant_id = d.tenant_id \
             ) f WHERE d.tenant_id = $1 AND d.id = ANY($2)",
        )
        .bind::<SqlUuid, _>(tenant)
        .bind::<Array<SqlUuid>, _>(ids)
        .load(conn)
        .await
    }
}

/// A field of metadata that documents of a dataset may have.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct FieldOf {
    pub dataset_id: DatasetId,
    pub id: uuid::Uuid,
    pub name: String,
    pub kind: String,
}

/// The fields of several datasets, in the order in which they were made.
pub async fn fields(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    datasets: &[DatasetId],
) -> QueryResult<Vec<FieldOf>> {
    metadatas::table
        .filter(metadatas::tenant_id.eq(tenant))
        .filter(metadatas::dataset_id.eq_any(datasets))
        .order((metadatas::created_at, metadatas::id))
        .select((metadatas::dataset_id, metadatas::id, metadatas::name, metadatas::type_))
        .load(conn)
        .await
}

/// Behind which external API a dataset is.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ExternalOf {
    pub dataset_id: DatasetId,
    pub external_knowledge_id: String,
    pub api_id: uuid::Uuid,
    pub api_name: Option<String>,
    /// JSON text with the endpoint and the key.
    pub api_settings: Option<String>,
}

/// The external sides of several datasets.
pub async fn externals(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    datasets: &[DatasetId],
) -> QueryResult<Vec<ExternalOf>> {
    bindings::table
        .left_join(apis::table.on(apis::id.eq(bindings::external_knowledge_api_id).and(apis::tenant_id.eq(tenant))))
        .filter(bindings::tenant_id.eq(tenant))
        .filter(bindings::dataset_id.eq_any(datasets))
        .select((
            bindings::dataset_id,
            bindings::external_knowledge_id,
            bindings::external_knowledge_api_id,
            apis::name.nullable(),
            apis::settings.nullable(),
        ))
        .load(conn)
        .await
}

/// An app that uses a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct RelatedApp {
    pub id: AppId,
    pub name: String,
    pub description: String,
    pub mode: String,
    pub icon_type: Option<String>,
    pub icon: Option<String>,
    pub icon_background: Option<String>,
}

/// The apps of the workspace that use the dataset, newest first.
pub async fn related_apps(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
) -> QueryResult<Vec<RelatedApp>> {
    apps::table
        .filter(apps::tenant_id.eq(tenant))
        .filter(apps::id.eq_any(joins::table.filter(joins::dataset_id.eq(dataset)).select(joins::app_id)))
        .order((apps::created_at.desc(), apps::id))
        .select((
            apps::id,
            apps::name,
            apps::description,
            apps::mode,
            apps::icon_type,
            apps::icon,
            apps::icon_background,
        ))
        .load(conn)
        .await
}

/// Whether any app uses the dataset.
pub async fn in_use(conn: &mut AsyncPgConnection, tenant: TenantId, dataset: DatasetId) -> QueryResult<bool> {
    let used = joins::table
        .inner_join(apps::table.on(apps::id.eq(joins::app_id)))
        .filter(apps::tenant_id.eq(tenant))
        .filter(joins::dataset_id.eq(dataset))
        .select(joins::id);
    diesel::select(diesel::dsl::exists(used)).get_result(conn).await
}
