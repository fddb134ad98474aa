//! Long runs of workflows as they were a moment ago.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_workflow_checkpoints as checkpoints;
use crate::{TenantId, WorkflowRunId};

#[derive(Debug, Clone, HasQuery, Insertable)]
#[diesel(table_name = checkpoints, check_for_backend(diesel::pg::Pg))]
pub struct WorkflowCheckpoint {
    pub run_id: WorkflowRunId,
    pub tenant_id: TenantId,
    /// JSON text: what the app knows of the run.
    pub context: String,
    /// JSON text: what the engine knows of it.
    pub state: String,
    /// How often somebody has gone on with the run.
    pub attempts: i32,
    pub updated_at: NaiveDateTime,
}

impl WorkflowCheckpoint {
    /// Writes how a run is now, in place of how it was. One statement. The attempts stay.
    pub async fn upsert(conn: &mut AsyncPgConnection, row: &Self) -> QueryResult<()> {
        diesel::insert_into(checkpoints::table)
            .values(row)
            .on_conflict(checkpoints::run_id)
            .do_update()
            .set((
                checkpoints::context.eq(excluded(checkpoints::context)),
                checkpoints::state.eq(excluded(checkpoints::state)),
                checkpoints::updated_at.eq(excluded(checkpoints::updated_at)),
            ))
            .execute(conn)
            .await
            .map(drop)
    }

    /// The latest of a run, and one more attempt. One statement.
    pub async fn take(conn: &mut AsyncPgConnection, tenant: TenantId, run: WorkflowRunId) -> QueryResult<Option<Self>> {
        let row = checkpoints::table.filter(checkpoints::tenant_id.eq(tenant)).filter(checkpoints::run_id.eq(run));
        diesel::update(row)
            .set(checkpoints::attempts.eq(checkpoints::attempts + 1))
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    /// The run has ended.
    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, run: WorkflowRunId) -> QueryResult<()> {
        let row = checkpoints::table.filter(checkpoints::tenant_id.eq(tenant)).filter(checkpoints::run_id.eq(run));
        diesel::delete(row).execute(conn).await.map(drop)
    }
}
