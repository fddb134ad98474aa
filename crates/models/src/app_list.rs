//! A workspace's apps, a page at a time.

use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::app::{App, NORMAL};
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::apps;
use crate::{AccountId, AppId, AppMode, TenantId};

/// Which apps to list.
#[derive(Debug, Default)]
pub struct AppFilter<'a> {
    pub mode: Option<AppMode>,
    /// Part of the name, any case.
    pub name: Option<&'a str>,
    /// Only these, if given.
    pub among: Option<&'a [Uuid]>,
    pub created_by: Option<AccountId>,
}

fn filtered<'a>(tenant: TenantId, filter: &'a AppFilter<'a>) -> apps::BoxedQuery<'a, Pg> {
    let mut query = apps::table.filter(apps::tenant_id.eq(tenant)).filter(apps::status.eq(NORMAL)).into_boxed();
    query = match filter.mode {
        Some(mode) => query.filter(apps::mode.eq(mode)),
        // Pipelines are apps to the schema only.
        None => query.filter(apps::mode.ne(AppMode::RagPipeline)),
    };
    if let Some(name) = filter.name {
        query = query.filter(apps::name.ilike(crate::like::containing(name)));
    }
    if let Some(among) = filter.among {
        query = query.filter(apps::id.eq_any(among));
    }
    if let Some(account) = filter.created_by {
        query = query.filter(apps::created_by.eq(account));
    }
    query
}

/// A page, newest first, and how many there are in all.
pub async fn page(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    filter: &AppFilter<'_>,
    limit: i64,
    offset: i64,
) -> QueryResult<(Vec<App>, i64)> {
    let rows: Vec<(App, i64)> = filtered(tenant, filter)
        .select((App::as_select(), sql::<BigInt>("count(*) OVER ()")))
        .order((apps::created_at.desc(), apps::id))
        .limit(limit)
        .offset(offset)
        .load(conn)
        .await?;
    let total = match rows.as_slice() {
        [(_, total), ..] => *total,
        // Beyond the last page the window has no row to ride on.
        [] if offset > 0 => filtered(tenant, filter).count().get_result(conn).await?,
        [] => 0,
    };
    Ok((rows.into_iter().map(|(app, _)| app).collect(), total))
}

/// How many apps a workspace has.
pub async fn count(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<i64> {
    let filter = AppFilter::default();
    filtered(tenant, &filter).count().get_result(conn).await
}

/// Those of `ids` that are apps of the workspace.
pub async fn existing(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[AppId]) -> QueryResult<Vec<AppId>> {
    apps::table.filter(apps::tenant_id.eq(tenant)).filter(apps::id.eq_any(ids)).select(apps::id).load(conn).await
}
