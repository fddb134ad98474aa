//! One row per run that was not started by a builder: what the log of an app lists.

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{end_users, workflow_app_logs as logs, workflow_runs};
use crate::workflow_run::RunStatus;
use crate::{AccountId, AppId, CreatorRole, TenantId, WorkflowId, WorkflowRunId};

text_enum! {
    /// Which API started the run.
    LogSource {
        ServiceApi => "service-api",
        WebApp => "web-app",
        InstalledApp => "installed-app",
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = logs, check_for_backend(Pg))]
pub struct WorkflowAppLog {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub workflow_id: WorkflowId,
    pub workflow_run_id: WorkflowRunId,
    pub created_from: LogSource,
    pub created_by_role: CreatorRole,
    pub created_by: Uuid,
    pub created_at: NaiveDateTime,
}

/// Which rows to list.
#[derive(Debug, Clone, Default)]
pub struct LogFilter<'a> {
    /// Part of inputs, outputs or a session, any case; or a whole run id.
    pub keyword: Option<&'a str>,
    pub status: Option<RunStatus>,
    pub after: Option<NaiveDateTime>,
    pub before: Option<NaiveDateTime>,
    pub session: Option<&'a str>,
    pub account: Option<AccountId>,
}

impl WorkflowAppLog {
    /// Notes a run. One statement.
    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(logs::table).values(new).execute(conn).await.map(drop)
    }

    /// A page, newest first, and how many there are in all.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        filter: &LogFilter<'_>,
        limit: i64,
        offset: i64,
    ) -> QueryResult<(Vec<Self>, i64)> {
        let rows: Vec<(Self, i64)> = filtered(tenant, app, filter)
            .select((Self::as_select(), sql::<BigInt>("count(*) OVER ()")))
            .order((logs::created_at.desc(), logs::id.desc()))
            .limit(limit)
            .offset(offset)
            .load(conn)
            .await?;
        let total = match rows.as_slice() {
            [(_, total), ..] => *total,
            // Beyond the last page the window has no row to ride on.
            [] if offset > 0 => filtered(tenant, app, filter).count().get_result(conn).await?,
            [] => 0,
        };
        Ok((rows.into_iter().map(|(log, _)| log).collect(), total))
    }
}

fn filtered<'a>(tenant: TenantId, app: AppId, filter: &'a LogFilter<'a>) -> logs::BoxedQuery<'a, Pg> {
    let mut query = logs::table.filter(logs::tenant_id.eq(tenant)).filter(logs::app_id.eq(app)).into_boxed();
    // Every row that a filter looks at is one of the same workspace.
    let runs =
        || workflow_runs::table.filter(workflow_runs::tenant_id.eq(tenant)).filter(workflow_runs::app_id.eq(app));
    let people = || end_users::table.filter(end_users::tenant_id.eq(tenant));
    if let Some(status) = filter.status {
        let in_status = runs().filter(workflow_runs::status.eq(status)).select(workflow_runs::id);
        query = query.filter(logs::workflow_run_id.eq_any(in_status));
    }
    if let Some(after) = filter.after {
        query = query.filter(logs::created_at.ge(after));
    }
    if let Some(before) = filter.before {
        query = query.filter(logs::created_at.le(before));
    }
    if let Some(session) = filter.session {
        let known = people().filter(end_users::session_id.eq(session)).select(end_users::id);
        query = query.filter(logs::created_by_role.eq(CreatorRole::EndUser)).filter(logs::created_by.eq_any(known));
    }
    if let Some(account) = filter.account {
        query = query.filter(logs::created_by_role.eq(CreatorRole::Account)).filter(logs::created_by.eq(account.0));
    }
    if let Some(keyword) = filter.keyword {
        let part = crate::like::containing(keyword);
        let said = runs()
            .filter(workflow_runs::inputs.ilike(part.clone()).or(workflow_runs::outputs.ilike(part.clone())))
            .select(workflow_runs::id);
        let known = people().filter(end_users::session_id.ilike(part)).select(end_users::id);
        let by_known = logs::created_by_role.eq(CreatorRole::EndUser).and(logs::created_by.eq_any(known));
        let found = logs::workflow_run_id.eq_any(said).or(by_known);
        query = match keyword.parse() {
            Ok(run) => query.filter(found.or(logs::workflow_run_id.eq(WorkflowRunId(run)))),
            Err(_no_id) => query.filter(found),
        };
    }
    query
}
