//! Runs of workflows that wait: when somebody has to look at one again, and who is about to.

use chrono::NaiveDateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_paused_runs as paused;
use crate::{AppId, AppMode, TenantId, WorkflowRunId};

#[derive(Debug, Clone, HasQuery, Insertable)]
#[diesel(table_name = paused, check_for_backend(Pg))]
pub struct PausedRun {
    pub run_id: WorkflowRunId,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    /// The id by which clients and Redis know the run.
    pub task_id: Uuid,
    pub mode: AppMode,
    /// Who may stop it, in the words of the ownership key.
    pub owner: String,
    pub paused_at: NaiveDateTime,
    /// `None`: not until somebody asks for it.
    pub wake_at: Option<NaiveDateTime>,
    /// Until then one process tries to go on with the run.
    pub claimed_until: Option<NaiveDateTime>,
}

impl PausedRun {
    /// Notes that a run waits. One statement.
    pub async fn upsert(conn: &mut AsyncPgConnection, row: &Self) -> QueryResult<()> {
        diesel::insert_into(paused::table)
            .values(row)
            .on_conflict(paused::run_id)
            .do_update()
            .set((
                paused::paused_at.eq(excluded(paused::paused_at)),
                paused::wake_at.eq(excluded(paused::wake_at)),
                paused::claimed_until.eq(excluded(paused::claimed_until)),
            ))
            .execute(conn)
            .await
            .map(drop)
    }

    /// Somebody has to look at the run now. One statement; `false` if it does not wait.
    pub async fn wake(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        run: WorkflowRunId,
        now: NaiveDateTime,
    ) -> QueryResult<bool> {
        let row = paused::table.filter(paused::tenant_id.eq(tenant)).filter(paused::run_id.eq(run));
        Ok(diesel::update(row).set(paused::wake_at.eq(now)).execute(conn).await? > 0)
    }

    /// A waiting run.
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, run: WorkflowRunId) -> QueryResult<Option<Self>> {
        Self::query().filter(paused::tenant_id.eq(tenant)).filter(paused::run_id.eq(run)).first(conn).await.optional()
    }

    /// The waiting run of an app by its task.
    pub async fn of_task(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        task: Uuid,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(paused::tenant_id.eq(tenant))
            .filter(paused::app_id.eq(app))
            .filter(paused::task_id.eq(task))
            .first(conn)
            .await
            .optional()
    }

    /// Claims a run for this process, over all workspaces: ids come from the rows themselves. One statement; `None` if
    /// it does not wait, or another process is about to go on with it.
    pub async fn claim(
        conn: &mut AsyncPgConnection,
        run: WorkflowRunId,
        now: NaiveDateTime,
        until: NaiveDateTime,
    ) -> QueryResult<Option<Self>> {
        let free = paused::table
            .filter(paused::run_id.eq(run))
            .filter(paused::claimed_until.is_null().or(paused::claimed_until.lt(now)));
        diesel::update(free)
            .set(paused::claimed_until.eq(until))
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    /// Runs that somebody has to look at, over all workspaces, the longest due first.
    pub async fn due(conn: &mut AsyncPgConnection, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<WorkflowRunId>> {
        paused::table
            .filter(paused::wake_at.le(now))
            .filter(paused::claimed_until.is_null().or(paused::claimed_until.lt(now)))
            .order(paused::wake_at)
            .limit(limit)
            .select(paused::run_id)
            .load(conn)
            .await
    }

    /// Waiting runs with their tasks, over all workspaces, by id: those after one of them.
    pub async fn tasks_after(
        conn: &mut AsyncPgConnection,
        after: Option<WorkflowRunId>,
        limit: i64,
    ) -> QueryResult<Vec<(WorkflowRunId, Uuid)>> {
        let query = paused::table.order(paused::run_id).limit(limit).select((paused::run_id, paused::task_id));
        match after {
            None => query.load(conn).await,
            Some(after) => query.filter(paused::run_id.gt(after)).load(conn).await,
        }
    }

    /// Gives a claim back: the run still waits, and may be tried again from `wake` on. One statement.
    pub async fn release(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        run: WorkflowRunId,
        wake: NaiveDateTime,
    ) -> QueryResult<()> {
        let row = paused::table.filter(paused::tenant_id.eq(tenant)).filter(paused::run_id.eq(run));
        let free = (paused::claimed_until.eq(None::<NaiveDateTime>), paused::wake_at.eq(wake));
        diesel::update(row).set(free).execute(conn).await.map(drop)
    }

    /// The run no longer waits. One statement.
    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, run: WorkflowRunId) -> QueryResult<()> {
        let row = paused::table.filter(paused::tenant_id.eq(tenant)).filter(paused::run_id.eq(run));
        diesel::delete(row).execute(conn).await.map(drop)
    }
}
