//! End users: the people on the other side of an API key or a published page.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::end_users;
use crate::{AppId, EndUserId, EndUserType, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = end_users, check_for_backend(diesel::pg::Pg))]
pub struct EndUser {
    pub id: EndUserId,
    pub tenant_id: TenantId,
    pub app_id: Option<AppId>,
    #[diesel(column_name = type_)]
    pub kind: EndUserType,
    pub external_user_id: Option<String>,
    pub name: Option<String>,
    pub is_anonymous: bool,
    /// What the caller calls this person: the `user` argument, or the id in a web passport.
    pub session_id: String,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl EndUser {
    /// An end user of the app by id.
    pub async fn find(conn: &mut AsyncPgConnection, app: AppId, id: EndUserId) -> QueryResult<Option<Self>> {
        Self::query().filter(end_users::app_id.eq(app)).filter(end_users::id.eq(id)).first(conn).await.optional()
    }

    /// Several end users of the workspace.
    pub async fn find_all(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[EndUserId]) -> QueryResult<Vec<Self>> {
        Self::query().filter(end_users::tenant_id.eq(tenant)).filter(end_users::id.eq_any(ids)).load(conn).await
    }

    /// An end user of the app by session, one of the wanted type first.
    pub async fn find_by_session(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        session: &str,
        preferred: EndUserType,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(end_users::tenant_id.eq(tenant))
            .filter(end_users::app_id.eq(app))
            .filter(end_users::session_id.eq(session))
            .order((end_users::type_.eq(preferred).desc(), end_users::created_at))
            .first(conn)
            .await
            .optional()
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(end_users::table).values(new).execute(conn).await.map(drop)
    }

    /// Gives an end user another type.
    pub async fn retype(
        conn: &mut AsyncPgConnection,
        id: EndUserId,
        kind: EndUserType,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        diesel::update(end_users::table.filter(end_users::id.eq(id)))
            .set((end_users::type_.eq(kind), end_users::updated_at.eq(now)))
            .execute(conn)
            .await
            .map(drop)
    }
}
