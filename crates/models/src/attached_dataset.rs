//! The datasets that an app or a node answers from.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::dataset::Dataset;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{datasets, documents};
use crate::{DatasetId, IndexingStatus, TenantId};

/// A dataset, and whether it has a document that may be found.
#[derive(Debug, Clone, Queryable)]
pub struct AttachedDataset {
    pub dataset: Dataset,
    pub has_documents: bool,
}

impl AttachedDataset {
    /// Those of `ids` that the workspace has, in one statement.
    pub async fn of(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[DatasetId]) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let available = exists(
            documents::table
                .filter(documents::dataset_id.eq(datasets::id))
                .filter(documents::tenant_id.eq(tenant))
                .filter(documents::indexing_status.eq(IndexingStatus::Completed))
                .filter(documents::enabled)
                .filter(documents::archived.eq(false)),
        );
        datasets::table
            .filter(datasets::tenant_id.eq(tenant))
            .filter(datasets::id.eq_any(ids))
            .select((Dataset::as_select(), available))
            .load(conn)
            .await
    }

    /// Those of `ids` that the workspace does not have.
    pub async fn missing(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        ids: &[DatasetId],
    ) -> QueryResult<Vec<DatasetId>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let known: Vec<DatasetId> = datasets::table
            .filter(datasets::tenant_id.eq(tenant))
            .filter(datasets::id.eq_any(ids))
            .select(datasets::id)
            .load(conn)
            .await?;
        Ok(ids.iter().copied().filter(|id| !known.contains(id)).collect())
    }
}
