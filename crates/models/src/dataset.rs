//! Datasets: a person's documents under one name, indexed in one way.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::datasets;
use crate::{AccountId, DataSourceType, DatasetId, DatasetPermission, DatasetProvider, IndexingTechnique, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = datasets, check_for_backend(diesel::pg::Pg))]
pub struct Dataset {
    pub id: DatasetId,
    pub tenant_id: TenantId,
    pub name: String,
    pub description: Option<String>,
    pub provider: DatasetProvider,
    pub permission: DatasetPermission,
    /// Of its first document.
    pub data_source_type: Option<DataSourceType>,
    /// `None` before its first document.
    pub indexing_technique: Option<IndexingTechnique>,
    /// Which store holds its vectors, as JSON text; `None` before there are any.
    pub index_struct: Option<String>,
    pub created_by: AccountId,
    pub created_at: NaiveDateTime,
    pub updated_by: Option<AccountId>,
    pub updated_at: NaiveDateTime,
    pub embedding_model: Option<String>,
    pub embedding_model_provider: Option<String>,
    /// Keywords per segment where it is indexed by keywords.
    pub keyword_number: Option<i32>,
    pub collection_binding_id: Option<Uuid>,
    pub retrieval_model: Option<Value>,
    pub summary_index_setting: Option<Value>,
    pub built_in_field_enabled: bool,
    pub icon_info: Option<Value>,
    pub runtime_mode: Option<String>,
    pub pipeline_id: Option<Uuid>,
    pub chunk_structure: Option<String>,
    pub enable_api: bool,
    pub is_multimodal: bool,
}

/// What changes in a dataset; `None` leaves a column as it is, an inner `None` empties it.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = datasets)]
pub struct DatasetChanges {
    pub name: Option<String>,
    pub description: Option<Option<String>>,
    pub permission: Option<DatasetPermission>,
    pub data_source_type: Option<DataSourceType>,
    pub indexing_technique: Option<IndexingTechnique>,
    pub index_struct: Option<Option<String>>,
    pub updated_by: Option<AccountId>,
    pub updated_at: Option<NaiveDateTime>,
    pub embedding_model: Option<Option<String>>,
    pub embedding_model_provider: Option<Option<String>>,
    pub keyword_number: Option<i32>,
    pub collection_binding_id: Option<Option<Uuid>>,
    pub retrieval_model: Option<Value>,
    pub summary_index_setting: Option<Value>,
    pub built_in_field_enabled: Option<bool>,
    pub icon_info: Option<Value>,
    pub enable_api: Option<bool>,
    pub is_multimodal: Option<bool>,
}

impl Dataset {
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, id: DatasetId) -> QueryResult<Option<Self>> {
        Self::query().filter(datasets::tenant_id.eq(tenant)).filter(datasets::id.eq(id)).first(conn).await.optional()
    }

    /// Those of `ids` that are datasets of the workspace.
    pub async fn find_all(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[DatasetId]) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query().filter(datasets::tenant_id.eq(tenant)).filter(datasets::id.eq_any(ids)).load(conn).await
    }

    /// The same row, kept from others until the transaction ends.
    pub async fn find_locked(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: DatasetId,
    ) -> QueryResult<Option<Self>> {
        datasets::table
            .filter(datasets::tenant_id.eq(tenant))
            .filter(datasets::id.eq(id))
            .select(Self::as_select())
            .for_no_key_update()
            .first(conn)
            .await
            .optional()
    }

    /// Whether a dataset of the workspace other than `but` has this name.
    pub async fn name_taken(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        name: &str,
        but: Option<DatasetId>,
    ) -> QueryResult<bool> {
        let mut found =
            datasets::table.filter(datasets::tenant_id.eq(tenant)).filter(datasets::name.eq(name)).into_boxed();
        if let Some(but) = but {
            found = found.filter(datasets::id.ne(but));
        }
        diesel::select(diesel::dsl::exists(found.select(datasets::id))).get_result(conn).await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(datasets::table).values(new).execute(conn).await.map(drop)
    }

    /// The row as it is afterwards; `None` if there is none.
    pub async fn change(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: DatasetId,
        changes: &DatasetChanges,
    ) -> QueryResult<Option<Self>> {
        diesel::update(datasets::table.filter(datasets::tenant_id.eq(tenant)).filter(datasets::id.eq(id)))
            .set(changes)
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    /// Removes the row alone; whether there was one.
    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, id: DatasetId) -> QueryResult<bool> {
        let gone = datasets::table.filter(datasets::tenant_id.eq(tenant)).filter(datasets::id.eq(id));
        Ok(diesel::delete(gone).execute(conn).await? > 0)
    }
}
