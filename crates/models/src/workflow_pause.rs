//! Paused runs: where their state is, and what they wait for.

use chrono::NaiveDateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, Both, QueryResult};
use crate::schema::{workflow_pause_reasons as reasons, workflow_pauses as pauses};
use crate::{WorkflowId, WorkflowRunId};

text_enum! {
    PauseReasonType {
        HumanInputRequired => "human_input_required",
        ScheduledPause => "scheduled_pause",
    }
}

/// At most one per run; the run is one that was found through its workspace.
#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = pauses, check_for_backend(Pg))]
pub struct WorkflowPause {
    pub id: Uuid,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    pub workflow_id: WorkflowId,
    pub workflow_run_id: WorkflowRunId,
    pub resumed_at: Option<NaiveDateTime>,
    /// In the file storage.
    pub state_object_key: String,
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = reasons, check_for_backend(Pg))]
pub struct PauseReason {
    pub id: Uuid,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    pub pause_id: Uuid,
    #[diesel(column_name = type_)]
    pub kind: PauseReasonType,
    pub form_id: String,
    pub message: String,
    pub node_id: String,
}

impl WorkflowPause {
    /// Notes a pause with its reasons, in place of an earlier one of the same run. Two statements, in a transaction of
    /// the caller's.
    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self, why: &[PauseReason]) -> QueryResult<()> {
        Self::delete(conn, new.workflow_run_id).await?;
        let pause = diesel::insert_into(pauses::table).values(new);
        if why.is_empty() {
            return pause.execute(conn).await.map(drop);
        }
        Both(pause, diesel::insert_into(reasons::table).values(why)).execute(conn).await.map(drop)
    }

    /// The pause of a run with its reasons. Two statements.
    pub async fn of_run(
        conn: &mut AsyncPgConnection,
        run: WorkflowRunId,
    ) -> QueryResult<Option<(Self, Vec<PauseReason>)>> {
        let found = Self::query().filter(pauses::workflow_run_id.eq(run)).first(conn).await.optional()?;
        let Some(pause) = found else { return Ok(None) };
        let why = PauseReason::query()
            .filter(reasons::pause_id.eq(pause.id))
            .order((reasons::created_at, reasons::id))
            .load(conn)
            .await?;
        Ok(Some((pause, why)))
    }

    /// Takes a pause back: `false` if somebody resumed the run already. One statement.
    pub async fn resume(conn: &mut AsyncPgConnection, run: WorkflowRunId, now: NaiveDateTime) -> QueryResult<bool> {
        let waiting = pauses::table.filter(pauses::workflow_run_id.eq(run)).filter(pauses::resumed_at.is_null());
        let changed =
            diesel::update(waiting).set((pauses::resumed_at.eq(now), pauses::updated_at.eq(now))).execute(conn).await?;
        Ok(changed > 0)
    }

    /// Forgets the pause of a run. One statement.
    pub async fn delete(conn: &mut AsyncPgConnection, run: WorkflowRunId) -> QueryResult<()> {
        let of_run = pauses::table.filter(pauses::workflow_run_id.eq(run)).select(pauses::id);
        let why = diesel::delete(reasons::table.filter(reasons::pause_id.eq_any(of_run)));
        let pause = diesel::delete(pauses::table.filter(pauses::workflow_run_id.eq(run)));
        Both(why, pause).execute(conn).await.map(drop)
    }
}
