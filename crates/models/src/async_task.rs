//! Runs whose caller did not wait for them: what came of them, and who is to be told.

use chrono::NaiveDateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_async_tasks as tasks;
use crate::{AppId, AppMode, ConversationId, EndUserId, MessageId, TenantId, WorkflowRunId};

text_enum! {
    TaskStatus {
        Running => "running",
        /// It waits for somebody.
        Paused => "paused",
        /// There is an answer; a workflow that failed has one, too.
        Finished => "finished",
        Failed => "failed",
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = tasks, check_for_backend(Pg))]
pub struct AsyncTask {
    /// The task id by which Redis knows the run.
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub end_user_id: EndUserId,
    pub mode: AppMode,
    pub message_id: Option<MessageId>,
    pub conversation_id: Option<ConversationId>,
    pub workflow_run_id: Option<WorkflowRunId>,
    pub status: TaskStatus,
    /// JSON text: the body of an answer, or of an error.
    pub result: Option<String>,
    pub callback_url: Option<String>,
    pub created_at: NaiveDateTime,
    /// When somebody last looked whether it has ended.
    pub looked_at: NaiveDateTime,
    pub finished_at: Option<NaiveDateTime>,
}

impl AsyncTask {
    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(tasks::table).values(new).execute(conn).await.map(drop)
    }

    /// A task of a workspace.
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<Option<Self>> {
        Self::query().filter(tasks::tenant_id.eq(tenant)).filter(tasks::id.eq(id)).first(conn).await.optional()
    }

    /// Writes what came of a task that has not ended. One statement; gives back whom to tell, and `None` if somebody
    /// else wrote it, or there is no such task.
    pub async fn settle(
        conn: &mut AsyncPgConnection,
        (tenant, id): (TenantId, Uuid),
        status: TaskStatus,
        result: &str,
        now: NaiveDateTime,
    ) -> QueryResult<Option<Option<String>>> {
        let ended = matches!(status, TaskStatus::Finished | TaskStatus::Failed);
        let open = tasks::table
            .filter(tasks::tenant_id.eq(tenant))
            .filter(tasks::id.eq(id))
            .filter(tasks::finished_at.is_null());
        diesel::update(open)
            .set((tasks::status.eq(status), tasks::result.eq(result), tasks::finished_at.eq(ended.then_some(now))))
            .returning(tasks::callback_url)
            .get_result(conn)
            .await
            .optional()
    }

    /// Tasks of all workspaces that have not ended and that nobody has looked at since `before`, the longest ago first. They
    /// count as looked at from now on.
    pub async fn open(
        conn: &mut AsyncPgConnection,
        before: NaiveDateTime,
        now: NaiveDateTime,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let oldest: Vec<Uuid> = tasks::table
            .filter(tasks::finished_at.is_null())
            .filter(tasks::looked_at.lt(before))
            .order(tasks::looked_at)
            .limit(limit)
            .select(tasks::id)
            .load(conn)
            .await?;
        diesel::update(tasks::table.filter(tasks::id.eq_any(oldest)))
            .set(tasks::looked_at.eq(now))
            .returning(Self::as_returning())
            .get_results(conn)
            .await
    }

    /// Removes tasks of all workspaces that ended before a time, at most so many; how many went.
    pub async fn forget(conn: &mut AsyncPgConnection, before: NaiveDateTime, limit: i64) -> QueryResult<usize> {
        let old = tasks::table.filter(tasks::finished_at.lt(before)).limit(limit).select(tasks::id);
        let old: Vec<Uuid> = old.load(conn).await?;
        diesel::delete(tasks::table.filter(tasks::id.eq_any(old))).execute(conn).await
    }
}
