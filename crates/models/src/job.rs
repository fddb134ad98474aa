//! The background queue (`ferrify_jobs`): adding, claiming, settling, dead letters. What jobs do is not known here.
//!
//! A row is `ready` until a worker claims it, `running` while that worker renews its lease, and gone when it is done.
//! A row whose attempts are used up stays as `dead`. All times are the database's: the clocks of the processes do not
//! matter, except for a `run_at` that a caller chose. Nothing here repeats itself: claims are fenced by worker and
//! attempt, so a worker that lost its lease can neither remove nor reset what another one runs.

mod claim;
mod dead;
mod news;
mod schedule;
mod settle;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Jsonb, Nullable, Text, Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_jobs;
use crate::{JobId, TenantId};

pub use claim::{ClaimedJob, Demand};
pub use dead::{DeadFilter, DeadJob};
pub use news::{Listener, News};
pub use schedule::fire;
pub use settle::{Claim, Expired};

text_enum! {
    JobState {
        Ready => "ready",
        Running => "running",
        Dead => "dead",
    }
}

/// A job to be added.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    pub queue: &'a str,
    pub kind: &'a str,
    pub tenant: Option<TenantId>,
    pub payload: Value,
    pub priority: i32,
    /// `None`: as soon as possible.
    pub run_at: Option<NaiveDateTime>,
    pub max_attempts: i32,
    pub dedup_key: Option<&'a str>,
}

/// How a job is doing, for whoever asked for it.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = ferrify_jobs, check_for_backend(diesel::pg::Pg))]
pub struct JobView {
    pub id: JobId,
    pub kind: String,
    pub state: JobState,
    pub attempts: i32,
    pub max_attempts: i32,
    pub run_at: NaiveDateTime,
    pub progress: Option<Value>,
    pub last_error: Option<String>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// How much waits in a queue.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Backlog {
    #[diesel(sql_type = Text)]
    pub queue: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub ready: i64,
    /// How long the oldest ready job is overdue.
    #[diesel(sql_type = diesel::sql_types::Double)]
    pub oldest_seconds: f64,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: JobId,
}

/// Told to listeners when the transaction commits, and not at all when it does not. A CTE that is never read is never
/// run, hence the count.
const INSERT: &str = "\
    WITH given AS ( \
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::int[], $7::timestamp[], $8::int[], $9::text[]) \
            AS g(id, queue, kind, tenant_id, payload, priority, run_at, max_attempts, dedup_key) \
    ), added AS ( \
        INSERT INTO ferrify_jobs (id, queue, kind, tenant_id, payload, priority, run_at, max_attempts, dedup_key, created_at, updated_at) \
        SELECT id, queue, kind, tenant_id, payload, priority, coalesce(run_at, timezone('utc', now())), max_attempts, dedup_key, \
            timezone('utc', now()), timezone('utc', now()) FROM given \
        ON CONFLICT DO NOTHING RETURNING id, queue, run_at \
    ), told AS ( \
        SELECT pg_notify('ferrify_jobs', queue) AS told FROM (SELECT DISTINCT queue FROM added WHERE run_at <= timezone('utc', now())) AS q \
    ) SELECT added.id FROM added CROSS JOIN (SELECT count(told) FROM told) AS t";

/// Adds jobs in one statement and returns the ids of those that were added: one whose key is taken is left out.
pub async fn insert(conn: &mut AsyncPgConnection, jobs: &[NewJob<'_>]) -> QueryResult<Vec<JobId>> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = jobs.iter().map(|_| Uuid::now_v7()).collect();
    let added: Vec<Id> = diesel::sql_query(INSERT)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Text>, _>(column(jobs, |j| j.queue))
        .bind::<Array<Text>, _>(column(jobs, |j| j.kind))
        .bind::<Array<Nullable<SqlUuid>>, _>(column(jobs, |j| j.tenant))
        .bind::<Array<Jsonb>, _>(column(jobs, |j| j.payload.clone()))
        .bind::<Array<Integer>, _>(column(jobs, |j| j.priority))
        .bind::<Array<Nullable<Timestamp>>, _>(column(jobs, |j| j.run_at))
        .bind::<Array<Integer>, _>(column(jobs, |j| j.max_attempts))
        .bind::<Array<Nullable<Text>>, _>(column(jobs, |j| j.dedup_key))
        .load(conn)
        .await?;
    Ok(added.into_iter().map(|row| row.id).collect())
}

fn column<'j, 'a, T>(jobs: &'j [NewJob<'a>], of: impl Fn(&'j NewJob<'a>) -> T) -> Vec<T> {
    jobs.iter().map(of).collect()
}

/// A job of a workspace; `None` when it is done, cancelled, or never was.
pub async fn find(conn: &mut AsyncPgConnection, tenant: Option<TenantId>, id: JobId) -> QueryResult<Option<JobView>> {
    JobView::query()
        .filter(ferrify_jobs::tenant_id.is_not_distinct_from(tenant))
        .filter(ferrify_jobs::id.eq(id))
        .first(conn)
        .await
        .optional()
}

/// Removes a job whatever its state, and tells the worker that runs it. Whether there was one.
pub async fn cancel(conn: &mut AsyncPgConnection, tenant: Option<TenantId>, id: JobId) -> QueryResult<bool> {
    let gone: Vec<Id> = diesel::sql_query(
        "WITH gone AS (DELETE FROM ferrify_jobs WHERE tenant_id IS NOT DISTINCT FROM $1 AND id = $2 RETURNING id) \
         SELECT id, pg_notify('ferrify_jobs_cancelled', id::text)::text AS told FROM gone",
    )
    .bind::<Nullable<SqlUuid>, _>(tenant)
    .bind::<SqlUuid, _>(id)
    .load(conn)
    .await?;
    Ok(!gone.is_empty())
}

/// Which of these keys waiting or running jobs hold.
pub async fn taken_keys(conn: &mut AsyncPgConnection, keys: &[String]) -> QueryResult<Vec<String>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let taken: Vec<Option<String>> = ferrify_jobs::table
        .filter(ferrify_jobs::dedup_key.eq_any(keys))
        .filter(ferrify_jobs::state.ne(JobState::Dead))
        .select(ferrify_jobs::dedup_key)
        .load(conn)
        .await?;
    Ok(taken.into_iter().flatten().collect())
}

/// What waits, by queue. Queues in which nothing is due are not listed.
pub async fn backlog(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Backlog>> {
    diesel::sql_query(
        "SELECT queue, count(*) AS ready, \
            coalesce(extract(epoch FROM timezone('utc', now()) - min(run_at)), 0)::float8 AS oldest_seconds \
         FROM ferrify_jobs WHERE state = 'ready' AND run_at <= timezone('utc', now()) GROUP BY queue ORDER BY queue",
    )
    .load(conn)
    .await
}
