//! Forms that people fill in while runs of workflows wait.

use chrono::NaiveDateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_human_input_forms as forms;
use crate::{AppId, Caller, CreatorRole, InvokeFrom, NodeExecutionId, TenantId, WorkflowRunId};

text_enum! {
    FormStatus {
        Waiting => "waiting",
        Submitted => "submitted",
        /// Nobody came in time, or the run ended without it.
        Expired => "expired",
    }
}

/// At most one per execution of a node.
#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = forms, check_for_backend(Pg))]
pub struct HumanInputForm {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub workflow_run_id: WorkflowRunId,
    pub node_execution_id: NodeExecutionId,
    pub node_id: String,
    pub node_title: String,
    /// Of the run.
    pub invoke_from: InvokeFrom,
    /// Whoever knows it may fill in the form.
    pub token: String,
    /// Whether the node says that pages show the form, so that the token is told.
    pub is_public: bool,
    /// JSON text: what is shown.
    pub definition: String,
    pub status: FormStatus,
    pub created_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
    pub submitted_at: Option<NaiveDateTime>,
    /// `None`: somebody on a page, who is not known.
    pub submitted_by_role: Option<CreatorRole>,
    pub submitted_by: Option<Uuid>,
    /// The button that was pressed.
    pub action_id: Option<String>,
    /// JSON text of an object: values by name.
    pub submission: Option<String>,
}

/// What somebody has entered.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    pub action: &'a str,
    /// JSON text of an object.
    pub values: &'a str,
    pub by: Option<Caller>,
}

impl HumanInputForm {
    /// Writes a form unless its execution has one. One statement; `false` if it has.
    pub async fn insert_missing(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<bool> {
        let insert = diesel::insert_into(forms::table).values(new).on_conflict(forms::node_execution_id).do_nothing();
        Ok(insert.execute(conn).await? > 0)
    }

    /// The form of an execution.
    pub async fn of_execution(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        execution: NodeExecutionId,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(forms::tenant_id.eq(tenant))
            .filter(forms::node_execution_id.eq(execution))
            .first(conn)
            .await
            .optional()
    }

    /// The forms of a run that wait for somebody, in the order in which they were asked for. One statement.
    pub async fn waiting_of_run(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        run: WorkflowRunId,
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(forms::tenant_id.eq(tenant))
            .filter(forms::workflow_run_id.eq(run))
            .filter(forms::status.eq(FormStatus::Waiting))
            .order((forms::created_at, forms::id))
            .load(conn)
            .await
    }

    /// The form that a token opens; like a key, it says whose it is.
    pub async fn by_token(conn: &mut AsyncPgConnection, token: &str) -> QueryResult<Option<Self>> {
        Self::query().filter(forms::token.eq(token)).first(conn).await.optional()
    }

    /// The form that a signed token names: its signature is the proof.
    pub async fn of_pass(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Self>> {
        Self::query().filter(forms::id.eq(id)).first(conn).await.optional()
    }

    /// Takes what somebody has entered. One statement decides between several who come at once: `false` if the form no
    /// longer waits.
    pub async fn submit(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: Uuid,
        entered: Submission<'_>,
        now: NaiveDateTime,
    ) -> QueryResult<bool> {
        let open = forms::table
            .filter(forms::tenant_id.eq(tenant))
            .filter(forms::id.eq(id))
            .filter(forms::status.eq(FormStatus::Waiting))
            .filter(forms::expires_at.gt(now));
        let changed = diesel::update(open)
            .set((
                forms::status.eq(FormStatus::Submitted),
                forms::submitted_at.eq(now),
                forms::submitted_by_role.eq(entered.by.map(Caller::role)),
                forms::submitted_by.eq(entered.by.map(Caller::id)),
                forms::action_id.eq(entered.action),
                forms::submission.eq(entered.values),
            ))
            .execute(conn)
            .await?;
        Ok(changed > 0)
    }

    /// Closes a form whose time is over. One statement; `false` if it does not wait, or may still wait.
    pub async fn expire(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: Uuid,
        now: NaiveDateTime,
    ) -> QueryResult<bool> {
        let late = forms::table
            .filter(forms::tenant_id.eq(tenant))
            .filter(forms::id.eq(id))
            .filter(forms::status.eq(FormStatus::Waiting))
            .filter(forms::expires_at.le(now));
        Ok(diesel::update(late).set(forms::status.eq(FormStatus::Expired)).execute(conn).await? > 0)
    }

    /// The run has ended: nobody need fill in anything. One statement.
    pub async fn close_all(conn: &mut AsyncPgConnection, tenant: TenantId, run: WorkflowRunId) -> QueryResult<()> {
        let open = forms::table
            .filter(forms::tenant_id.eq(tenant))
            .filter(forms::workflow_run_id.eq(run))
            .filter(forms::status.eq(FormStatus::Waiting));
        diesel::update(open).set(forms::status.eq(FormStatus::Expired)).execute(conn).await.map(drop)
    }

    /// When somebody has to look at a run that waits for these executions: at once if one of their forms was filled in
    /// already, otherwise when the first of them expires; `None` if there are no forms. Forms are locked, so that a
    /// submission comes either before this or after the transaction around it.
    pub async fn next_wake(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        executions: &[NodeExecutionId],
        now: NaiveDateTime,
    ) -> QueryResult<Option<NaiveDateTime>> {
        let rows: Vec<(FormStatus, NaiveDateTime)> = forms::table
            .filter(forms::tenant_id.eq(tenant))
            .filter(forms::node_execution_id.eq_any(executions))
            .order(forms::id)
            .select((forms::status, forms::expires_at))
            .for_update()
            .load(conn)
            .await?;
        let wake = rows.into_iter().map(|(status, expires)| if status == FormStatus::Waiting { expires } else { now });
        Ok(wake.min())
    }
}
