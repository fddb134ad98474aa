//! API keys. A key is found by its keyed hash (`ferrify_api_token_hashes`); an adopted Dify database has keys in clear
//! and no hashes, so a miss falls back to the `token` column and the hash is then written.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, Both, QueryResult};
use crate::schema::{api_tokens, ferrify_api_token_hashes as hashes};
use crate::{ApiTokenId, ApiTokenType, AppId, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = api_tokens, check_for_backend(diesel::pg::Pg))]
pub struct ApiToken {
    pub id: ApiTokenId,
    pub app_id: Option<AppId>,
    pub tenant_id: Option<TenantId>,
    #[diesel(column_name = type_)]
    pub kind: ApiTokenType,
    /// In clear, or encrypted where the installation encrypts keys.
    pub token: String,
    pub last_used_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = hashes)]
struct NewHash<'a> {
    token_hash: &'a [u8],
    api_token_id: ApiTokenId,
}

impl ApiToken {
    /// The key with this hash.
    pub async fn find_by_hash(
        conn: &mut AsyncPgConnection,
        kind: ApiTokenType,
        hash: &[u8],
    ) -> QueryResult<Option<Self>> {
        hashes::table
            .inner_join(api_tokens::table.on(api_tokens::id.eq(hashes::api_token_id)))
            .filter(hashes::token_hash.eq(hash))
            .filter(api_tokens::type_.eq(kind))
            .select(Self::as_select())
            .first(conn)
            .await
            .optional()
    }

    /// A key that Dify wrote in clear.
    pub async fn find_by_clear_token(
        conn: &mut AsyncPgConnection,
        kind: ApiTokenType,
        token: &str,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(api_tokens::token.eq(token))
            .filter(api_tokens::type_.eq(kind))
            .first(conn)
            .await
            .optional()
    }

    /// Remembers the hash of an adopted key.
    pub async fn remember_hash(conn: &mut AsyncPgConnection, id: ApiTokenId, hash: &[u8]) -> QueryResult<()> {
        diesel::insert_into(hashes::table)
            .values(NewHash { token_hash: hash, api_token_id: id })
            .on_conflict_do_nothing()
            .execute(conn)
            .await
            .map(drop)
    }

    /// Stores a key and its hash, together.
    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self, hash: &[u8]) -> QueryResult<()> {
        let row = diesel::insert_into(api_tokens::table).values(new);
        let hash = diesel::insert_into(hashes::table).values(NewHash { token_hash: hash, api_token_id: new.id });
        Both(row, hash).execute(conn).await.map(drop)
    }

    /// The keys of an app, newest first.
    pub async fn of_app(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(api_tokens::app_id.eq(app))
            .filter(api_tokens::type_.eq(ApiTokenType::App))
            .order(api_tokens::created_at.desc())
            .load(conn)
            .await
    }

    /// The dataset keys of a workspace, newest first.
    pub async fn of_tenant(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(api_tokens::tenant_id.eq(tenant))
            .filter(api_tokens::type_.eq(ApiTokenType::Dataset))
            .order(api_tokens::created_at.desc())
            .load(conn)
            .await
    }

    /// How many keys an app has.
    pub async fn count_of_app(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<i64> {
        api_tokens::table
            .filter(api_tokens::app_id.eq(app))
            .filter(api_tokens::type_.eq(ApiTokenType::App))
            .count()
            .get_result(conn)
            .await
    }

    /// How many dataset keys a workspace has.
    pub async fn count_of_tenant(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<i64> {
        api_tokens::table
            .filter(api_tokens::tenant_id.eq(tenant))
            .filter(api_tokens::type_.eq(ApiTokenType::Dataset))
            .count()
            .get_result(conn)
            .await
    }

    /// Removes a key of an app with its hash, and returns what it was.
    pub async fn delete_of_app(conn: &mut AsyncPgConnection, app: AppId, id: ApiTokenId) -> QueryResult<Option<Self>> {
        let of_app = api_tokens::table
            .filter(api_tokens::app_id.eq(app))
            .filter(api_tokens::type_.eq(ApiTokenType::App))
            .filter(api_tokens::id.eq(id));
        let gone = diesel::delete(of_app).returning(Self::as_returning()).get_result(conn).await.optional()?;
        if gone.is_some() {
            diesel::delete(hashes::table.filter(hashes::api_token_id.eq(id))).execute(conn).await?;
        }
        Ok(gone)
    }

    /// Removes a dataset key of a workspace with its hash, and returns what it was.
    pub async fn delete_of_tenant(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: ApiTokenId,
    ) -> QueryResult<Option<Self>> {
        let of_tenant = api_tokens::table
            .filter(api_tokens::tenant_id.eq(tenant))
            .filter(api_tokens::type_.eq(ApiTokenType::Dataset))
            .filter(api_tokens::id.eq(id));
        let gone = diesel::delete(of_tenant).returning(Self::as_returning()).get_result(conn).await.optional()?;
        if gone.is_some() {
            diesel::delete(hashes::table.filter(hashes::api_token_id.eq(id))).execute(conn).await?;
        }
        Ok(gone)
    }

    /// Notes that keys were used.
    pub async fn touch(conn: &mut AsyncPgConnection, ids: &[ApiTokenId], now: NaiveDateTime) -> QueryResult<()> {
        diesel::update(api_tokens::table.filter(api_tokens::id.eq_any(ids)))
            .set(api_tokens::last_used_at.eq(now))
            .execute(conn)
            .await
            .map(drop)
    }
}
