//! The little that others ask of datasets.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::TenantId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::datasets;

/// Whether the workspace has such a dataset.
pub async fn exists(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<bool> {
    let found = datasets::table.filter(datasets::tenant_id.eq(tenant)).filter(datasets::id.eq(id)).select(datasets::id);
    diesel::select(diesel::dsl::exists(found)).get_result(conn).await
}
