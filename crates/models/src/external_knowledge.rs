//! External knowledge: APIs that search on their own, and the datasets in front of them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{datasets, external_knowledge_apis as apis, external_knowledge_bindings as bindings};
use crate::{AccountId, DatasetId, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = apis, check_for_backend(diesel::pg::Pg))]
pub struct ExternalApi {
    pub id: Uuid,
    pub name: String,
    pub description: String,
    pub tenant_id: TenantId,
    /// JSON text `{endpoint, api_key}`.
    pub settings: Option<String>,
    pub created_by: AccountId,
    pub created_at: NaiveDateTime,
    pub updated_by: Option<AccountId>,
    pub updated_at: NaiveDateTime,
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = bindings, check_for_backend(diesel::pg::Pg))]
pub struct ExternalBinding {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub external_knowledge_api_id: Uuid,
    pub dataset_id: DatasetId,
    /// What the API calls this knowledge.
    pub external_knowledge_id: String,
    pub created_by: AccountId,
    pub created_at: NaiveDateTime,
    pub updated_by: Option<AccountId>,
    pub updated_at: NaiveDateTime,
}

/// What changes in an API.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = apis)]
pub struct ExternalApiChanges {
    pub name: String,
    pub description: String,
    pub settings: String,
    pub updated_by: AccountId,
    pub updated_at: NaiveDateTime,
}

impl ExternalApi {
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<Option<Self>> {
        Self::query().filter(apis::tenant_id.eq(tenant)).filter(apis::id.eq(id)).first(conn).await.optional()
    }

    /// A page, newest first, and how many there are in all.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        keyword: Option<&str>,
        limit: i64,
        offset: i64,
    ) -> QueryResult<(Vec<Self>, i64)> {
        let filtered = || {
            let query = apis::table.filter(apis::tenant_id.eq(tenant)).into_boxed::<diesel::pg::Pg>();
            match keyword {
                Some(keyword) => query.filter(apis::name.ilike(crate::like::containing(keyword))),
                None => query,
            }
        };
        let rows = filtered()
            .select(Self::as_select())
            .order((apis::created_at.desc(), apis::id))
            .limit(limit)
            .offset(offset)
            .load(conn)
            .await?;
        Ok((rows, filtered().count().get_result(conn).await?))
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(apis::table).values(new).execute(conn).await.map(drop)
    }

    pub async fn change(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: Uuid,
        changes: &ExternalApiChanges,
    ) -> QueryResult<Option<Self>> {
        diesel::update(apis::table.filter(apis::tenant_id.eq(tenant)).filter(apis::id.eq(id)))
            .set(changes)
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<bool> {
        let gone = apis::table.filter(apis::tenant_id.eq(tenant)).filter(apis::id.eq(id));
        Ok(diesel::delete(gone).execute(conn).await? > 0)
    }

    /// The datasets in front of several APIs: the API, the dataset's id and its name.
    pub async fn datasets_of(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        ids: &[Uuid],
    ) -> QueryResult<Vec<(Uuid, DatasetId, String)>> {
        bindings::table
            .inner_join(datasets::table.on(datasets::id.eq(bindings::dataset_id).and(datasets::tenant_id.eq(tenant))))
            .filter(bindings::tenant_id.eq(tenant))
            .filter(bindings::external_knowledge_api_id.eq_any(ids))
            .order((datasets::created_at, datasets::id))
            .select((bindings::external_knowledge_api_id, datasets::id, datasets::name))
            .load(conn)
            .await
    }
}

impl ExternalBinding {
    pub async fn of_dataset(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(bindings::tenant_id.eq(tenant))
            .filter(bindings::dataset_id.eq(dataset))
            .first(conn)
            .await
            .optional()
    }

    /// The dataset's one binding from now on.
    pub async fn put(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        let old = bindings::table
            .filter(bindings::tenant_id.eq(new.tenant_id))
            .filter(bindings::dataset_id.eq(new.dataset_id));
        diesel::delete(old).execute(conn).await?;
        diesel::insert_into(bindings::table).values(new).execute(conn).await.map(drop)
    }
}
