//! API keys that open one dataset. The key's own row names neither an app nor a workspace: whoever knows only Dify's
//! tables takes it for nobody's, rather than for one that opens everything. What it opens stands in
//! `ferrify_dataset_keys`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::api_token::ApiToken;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{api_tokens, ferrify_api_token_hashes as hashes, ferrify_dataset_keys as keys};
use crate::{ApiTokenId, DatasetId, TenantId};

/// Which dataset a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = keys, check_for_backend(diesel::pg::Pg))]
pub struct DatasetKey {
    pub api_token_id: ApiTokenId,
    pub tenant_id: TenantId,
    pub dataset_id: DatasetId,
}

impl DatasetKey {
    /// What a key opens, if it is one of a dataset.
    pub async fn find(conn: &mut AsyncPgConnection, key: ApiTokenId) -> QueryResult<Option<Self>> {
        Self::query().filter(keys::api_token_id.eq(key)).first(conn).await.optional()
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: Self) -> QueryResult<()> {
        diesel::insert_into(keys::table).values(&new).execute(conn).await.map(drop)
    }

    /// The keys of a dataset, newest first.
    pub async fn of_dataset(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
    ) -> QueryResult<Vec<ApiToken>> {
        keys::table
            .inner_join(api_tokens::table.on(api_tokens::id.eq(keys::api_token_id)))
            .filter(keys::tenant_id.eq(tenant))
            .filter(keys::dataset_id.eq(dataset))
            .order(api_tokens::created_at.desc())
            .select(ApiToken::as_select())
            .load(conn)
            .await
    }

    /// How many keys a dataset has.
    pub async fn count(conn: &mut AsyncPgConnection, tenant: TenantId, dataset: DatasetId) -> QueryResult<i64> {
        keys::table
            .filter(keys::tenant_id.eq(tenant))
            .filter(keys::dataset_id.eq(dataset))
            .count()
            .get_result(conn)
            .await
    }

    /// Removes a key of a dataset with its hash, and returns what it was.
    pub async fn delete(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        dataset: DatasetId,
        key: ApiTokenId,
    ) -> QueryResult<Option<ApiToken>> {
        let bound = keys::table
            .filter(keys::tenant_id.eq(tenant))
            .filter(keys::dataset_id.eq(dataset))
            .filter(keys::api_token_id.eq(key));
        let ids: Vec<ApiTokenId> = diesel::delete(bound).returning(keys::api_token_id).get_results(conn).await?;
        Ok(delete_tokens(conn, &ids).await?.pop())
    }

    /// Removes every key of a dataset.
    pub async fn delete_all(conn: &mut AsyncPgConnection, tenant: TenantId, dataset: DatasetId) -> QueryResult<()> {
        let bound = keys::table.filter(keys::tenant_id.eq(tenant)).filter(keys::dataset_id.eq(dataset));
        let ids: Vec<ApiTokenId> = diesel::delete(bound).returning(keys::api_token_id).get_results(conn).await?;
        delete_tokens(conn, &ids).await.map(drop)
    }
}

async fn delete_tokens(conn: &mut AsyncPgConnection, ids: &[ApiTokenId]) -> QueryResult<Vec<ApiToken>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    diesel::delete(hashes::table.filter(hashes::api_token_id.eq_any(ids))).execute(conn).await?;
    diesel::delete(api_tokens::table.filter(api_tokens::id.eq_any(ids)))
        .returning(ApiToken::as_returning())
        .get_results(conn)
        .await
}
