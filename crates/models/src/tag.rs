//! Tags on apps and datasets.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{tag_bindings as bindings, tags};
use crate::{AccountId, TenantId};

text_enum! {
    /// What a tag is put on.
    TagType {
        App => "app",
        Knowledge => "knowledge",
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = tags, check_for_backend(diesel::pg::Pg))]
pub struct Tag {
    pub id: Uuid,
    pub tenant_id: Option<TenantId>,
    #[diesel(column_name = type_)]
    pub kind: TagType,
    pub name: String,
    pub created_by: AccountId,
    pub created_at: NaiveDateTime,
}

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = bindings)]
pub struct TagBinding {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub tag_id: Uuid,
    /// An app or a dataset, as the tag's type says.
    pub target_id: Uuid,
    pub created_by: AccountId,
    pub created_at: NaiveDateTime,
}

impl Tag {
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<Option<Self>> {
        Self::query().filter(tags::tenant_id.eq(tenant)).filter(tags::id.eq(id)).first(conn).await.optional()
    }

    /// Those of `ids` that are tags of this type in the workspace.
    pub async fn find_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        kind: TagType,
        ids: &[Uuid],
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(tags::tenant_id.eq(tenant))
            .filter(tags::type_.eq(kind))
            .filter(tags::id.eq_any(ids))
            .load(conn)
            .await
    }

    pub async fn find_by_name(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        kind: TagType,
        name: &str,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(tags::tenant_id.eq(tenant))
            .filter(tags::type_.eq(kind))
            .filter(tags::name.eq(name))
            .first(conn)
            .await
            .optional()
    }

    /// The workspace's tags of a type with how often each is used, newest first.
    pub async fn list(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        kind: TagType,
        keyword: Option<&str>,
    ) -> QueryResult<Vec<(Self, i64)>> {
        let mut query = tags::table
            .left_join(bindings::table.on(bindings::tag_id.eq(tags::id.nullable())))
            .group_by(tags::id)
            .filter(tags::tenant_id.eq(tenant))
            .filter(tags::type_.eq(kind))
            .select((Self::as_select(), diesel::dsl::count(bindings::id.nullable())))
            .order(tags::created_at.desc())
            .into_boxed();
        if let Some(keyword) = keyword {
            query = query.filter(tags::name.ilike(crate::like::containing(keyword)));
        }
        query.load(conn).await
    }

    pub async fn bindings_of(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<i64> {
        bindings::table
            .filter(bindings::tenant_id.eq(tenant))
            .filter(bindings::tag_id.eq(id))
            .count()
            .get_result(conn)
            .await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(tags::table).values(new).execute(conn).await.map(drop)
    }

    /// Renames a tag; `None` if there is none.
    pub async fn rename(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: Uuid,
        name: &str,
    ) -> QueryResult<Option<Self>> {
        diesel::update(tags::table.filter(tags::tenant_id.eq(tenant)).filter(tags::id.eq(id)))
            .set(tags::name.eq(name))
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    /// Removes a tag and its bindings; `false` if there was none.
    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<bool> {
        let gone = diesel::delete(tags::table.filter(tags::tenant_id.eq(tenant)).filter(tags::id.eq(id)))
            .execute(conn)
            .await?;
        if gone > 0 {
            diesel::delete(bindings::table.filter(bindings::tag_id.eq(id))).execute(conn).await?;
        }
        Ok(gone > 0)
    }

    /// The tags on each of the targets.
    pub async fn of_targets(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        kind: TagType,
        targets: &[Uuid],
    ) -> QueryResult<Vec<(Option<Uuid>, Self)>> {
        tags::table
            .inner_join(bindings::table.on(bindings::tag_id.eq(tags::id.nullable())))
            .filter(tags::tenant_id.eq(tenant))
            .filter(tags::type_.eq(kind))
            .filter(bindings::target_id.eq_any(targets))
            .select((bindings::target_id, Self::as_select()))
            .order(tags::created_at)
            .load(conn)
            .await
    }

    /// What carries any of the tags.
    pub async fn targets_of(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        kind: TagType,
        ids: &[Uuid],
    ) -> QueryResult<Vec<Uuid>> {
        let targets: Vec<Option<Uuid>> = tags::table
            .inner_join(bindings::table.on(bindings::tag_id.eq(tags::id.nullable())))
            .filter(tags::tenant_id.eq(tenant))
            .filter(tags::type_.eq(kind))
            .filter(tags::id.eq_any(ids))
            .select(bindings::target_id)
            .distinct()
            .load(conn)
            .await?;
        Ok(targets.into_iter().flatten().collect())
    }
}

impl TagBinding {
    /// The tags that are on the target already.
    pub async fn tags_on(conn: &mut AsyncPgConnection, tenant: TenantId, target: Uuid) -> QueryResult<Vec<Uuid>> {
        let tags: Vec<Option<Uuid>> = bindings::table
            .filter(bindings::tenant_id.eq(tenant))
            .filter(bindings::target_id.eq(target))
            .select(bindings::tag_id)
            .load(conn)
            .await?;
        Ok(tags.into_iter().flatten().collect())
    }

    pub async fn insert_all(conn: &mut AsyncPgConnection, new: &[Self]) -> QueryResult<()> {
        diesel::insert_into(bindings::table).values(new).execute(conn).await.map(drop)
    }

    /// Takes a tag off a target.
    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, tag: Uuid, target: Uuid) -> QueryResult<()> {
        let binding = bindings::table
            .filter(bindings::tenant_id.eq(tenant))
            .filter(bindings::tag_id.eq(tag))
            .filter(bindings::target_id.eq(target));
        diesel::delete(binding).execute(conn).await.map(drop)
    }
}
