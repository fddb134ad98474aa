//! A workspace's datasets, a page at a time.

use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;

use crate::dataset::Dataset;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{dataset_permissions as permissions, datasets};
use crate::{AccountId, DatasetId, DatasetPermission, TenantId};

/// Whose view of the datasets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Every dataset of the workspace.
    All,
    /// What a member may see: one's own, those of the whole team, those that one was let into.
    Member(AccountId),
    /// What somebody may see who works on datasets only: those that one was let into.
    Granted(AccountId),
}

/// Which datasets to list.
#[derive(Debug)]
pub struct DatasetFilter<'a> {
    pub visibility: Visibility,
    /// Part of the name, any case.
    pub name: Option<&'a str>,
    /// Only these, if given.
    pub among: Option<&'a [DatasetId]>,
}

fn filtered<'a>(tenant: TenantId, filter: &'a DatasetFilter<'a>) -> datasets::BoxedQuery<'a, Pg> {
    let mut query = datasets::table.filter(datasets::tenant_id.eq(tenant)).into_boxed();
    let granted = |account: AccountId| {
        permissions::table
            .filter(permissions::account_id.eq(account))
            .filter(permissions::tenant_id.eq(tenant))
            .filter(permissions::has_permission)
            .select(permissions::dataset_id)
    };
    query = match filter.visibility {
        Visibility::All => query,
        Visibility::Member(account) => query.filter(
            datasets::permission.eq(DatasetPermission::AllTeamMembers).or(datasets::created_by.eq(account)).or(
                datasets::permission.eq(DatasetPermission::PartialMembers).and(datasets::id.eq_any(granted(account))),
            ),
        ),
        Visibility::Granted(account) => query.filter(datasets::id.eq_any(granted(account))),
    };
    if let Some(name) = filter.name {
        query = query.filter(datasets::name.ilike(crate::like::containing(name)));
    }
    if let Some(among) = filter.among {
        query = query.filter(datasets::id.eq_any(among));
    }
    query
}

/// A page, newest first, and how many there are in all.
pub async fn page(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    filter: &DatasetFilter<'_>,
    limit: i64,
    offset: i64,
) -> QueryResult<(Vec<Dataset>, i64)> {
    let rows: Vec<(Dataset, i64)> = filtered(tenant, filter)
        .select((Dataset::as_select(), sql::<BigInt>("count(*) OVER ()")))
        .order((datasets::created_at.desc(), datasets::id))
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
    Ok((rows.into_iter().map(|(dataset, _)| dataset).collect(), total))
}
