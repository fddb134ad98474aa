//! Dead letters: jobs whose attempts are used up, kept until somebody decides.

use std::time::Duration;

use chrono::NaiveDateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::JobState;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_jobs;
use crate::{JobId, TenantId};

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = ferrify_jobs, check_for_backend(Pg))]
pub struct DeadJob {
    pub id: JobId,
    pub queue: String,
    pub kind: String,
    pub tenant_id: Option<TenantId>,
    pub payload: Value,
    pub attempts: i32,
    pub last_error: Option<String>,
    pub created_at: NaiveDateTime,
    /// When it died.
    pub updated_at: NaiveDateTime,
}

/// Which dead letters are meant; nothing set means all of the installation.
#[derive(Debug, Clone, Default)]
pub struct DeadFilter {
    pub tenant: Option<TenantId>,
    pub queue: Option<String>,
    pub kind: Option<String>,
    pub ids: Option<Vec<JobId>>,
    /// Only those that died at least this long ago.
    pub older_than: Option<Duration>,
}

impl DeadFilter {
    fn select(&self) -> ferrify_jobs::BoxedQuery<'_, Pg> {
        let mut query = ferrify_jobs::table.filter(ferrify_jobs::state.eq(JobState::Dead)).into_boxed();
        if let Some(tenant) = self.tenant {
            query = query.filter(ferrify_jobs::tenant_id.eq(tenant));
        }
        if let Some(queue) = &self.queue {
            query = query.filter(ferrify_jobs::queue.eq(queue));
        }
        if let Some(kind) = &self.kind {
            query = query.filter(ferrify_jobs::kind.eq(kind));
        }
        if let Some(ids) = &self.ids {
            query = query.filter(ferrify_jobs::id.eq_any(ids));
        }
        if let Some(age) = self.older_than {
            // Ages are days as a rule; seconds of difference between two clocks do not matter here.
            let age = chrono::Duration::from_std(age).unwrap_or(chrono::Duration::MAX);
            let before = chrono::Utc::now().naive_utc().checked_sub_signed(age).unwrap_or(NaiveDateTime::MIN);
            query = query.filter(ferrify_jobs::updated_at.lt(before.max(chrono::DateTime::UNIX_EPOCH.naive_utc())));
        }
        query
    }
}

impl DeadJob {
    /// The latest dead letters, latest first.
    pub async fn list(conn: &mut AsyncPgConnection, filter: &DeadFilter, limit: i64) -> QueryResult<Vec<Self>> {
        filter
            .select()
            .order((ferrify_jobs::updated_at.desc(), ferrify_jobs::id.desc()))
            .limit(limit)
            .select(Self::as_select())
            .load(conn)
            .await
    }

    /// Makes dead letters ready again, with all their attempts. They lose their key: a new job may hold it by now.
    pub async fn retry(conn: &mut AsyncPgConnection, filter: &DeadFilter) -> QueryResult<usize> {
        let ids: Vec<JobId> = filter.select().select(ferrify_jobs::id).load(conn).await?;
        diesel::sql_query(
            "WITH revived AS (UPDATE ferrify_jobs SET state = 'ready', attempts = 0, dedup_key = NULL, \
                run_at = timezone('utc', now()), updated_at = timezone('utc', now()) \
                WHERE state = 'dead' AND id = ANY($1) RETURNING queue), \
             told AS (SELECT pg_notify('ferrify_jobs', queue) AS told FROM (SELECT DISTINCT queue FROM revived) AS q) \
             SELECT revived.queue FROM revived CROSS JOIN (SELECT count(told) FROM told) AS t",
        )
        .bind::<Array<SqlUuid>, _>(ids)
        .execute(conn)
        .await
    }

    /// Removes dead letters for good.
    pub async fn purge(conn: &mut AsyncPgConnection, filter: &DeadFilter) -> QueryResult<usize> {
        let ids: Vec<JobId> = filter.select().select(ferrify_jobs::id).load(conn).await?;
        let gone =
            ferrify_jobs::table.filter(ferrify_jobs::state.eq(JobState::Dead)).filter(ferrify_jobs::id.eq_any(ids));
        diesel::delete(gone).execute(conn).await
    }
}
