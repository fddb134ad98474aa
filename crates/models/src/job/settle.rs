//! What becomes of a claimed job.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Double, Integer, Jsonb, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::{ClaimedJob, Id};
use crate::JobId;
use crate::db::{AsyncPgConnection, QueryResult};

/// One attempt of one job: what a worker must still hold to settle it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    pub id: JobId,
    pub attempt: i32,
}

/// A job whose worker fell silent.
#[derive(Debug, Clone, QueryableByName)]
pub struct Expired {
    #[diesel(sql_type = SqlUuid)]
    pub id: JobId,
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Whether that was its last attempt.
    #[diesel(sql_type = Bool)]
    pub dead: bool,
}

/// The rows that are still in the hands of worker `$1`, in the attempts `$3` of the jobs `$2`.
macro_rules! held {
    () => {
        "locked_by = $1 AND state = 'running' AND (id, attempts) IN (SELECT * FROM unnest($2::uuid[], $3::int[]))"
    };
}

fn split(claims: &[Claim]) -> (Vec<JobId>, Vec<i32>) {
    claims.iter().map(|claim| (claim.id, claim.attempt)).unzip()
}

impl From<&ClaimedJob> for Claim {
    fn from(job: &ClaimedJob) -> Self {
        Self { id: job.id, attempt: job.attempts }
    }
}

impl Claim {
    /// Removes what is done.
    pub async fn done(conn: &mut AsyncPgConnection, worker: &str, claims: &[Self]) -> QueryResult<usize> {
        let (ids, attempts) = split(claims);
        diesel::sql_query(concat!("DELETE FROM ferrify_jobs WHERE ", held!()))
            .bind::<Text, _>(worker)
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<Integer>, _>(attempts)
            .execute(conn)
            .await
    }

    /// Gives jobs back as if they had not been claimed, for other workers to take at once.
    pub async fn release(conn: &mut AsyncPgConnection, worker: &str, claims: &[Self]) -> QueryResult<()> {
        let (ids, attempts) = split(claims);
        diesel::sql_query(concat!(
            "WITH released AS (UPDATE ferrify_jobs SET state = 'ready', attempts = attempts - 1, locked_by = NULL, \
             locked_until = NULL, updated_at = timezone('utc', now()) WHERE ",
            held!(),
            " RETURNING queue) SELECT pg_notify('ferrify_jobs', queue) FROM (SELECT DISTINCT queue FROM released) AS q",
        ))
        .bind::<Text, _>(worker)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Integer>, _>(attempts)
        .execute(conn)
        .await
        .map(drop)
    }

    /// Plans another attempt.
    pub async fn retry(
        self,
        conn: &mut AsyncPgConnection,
        worker: &str,
        after: Duration,
        error: &str,
    ) -> QueryResult<bool> {
        let rows = diesel::sql_query(concat!(
            "UPDATE ferrify_jobs SET state = 'ready', run_at = timezone('utc', now()) + make_interval(secs => $4), \
             locked_by = NULL, locked_until = NULL, last_error = $5, updated_at = timezone('utc', now()) WHERE ",
            held!()
        ))
        .bind::<Text, _>(worker)
        .bind::<Array<SqlUuid>, _>(vec![self.id])
        .bind::<Array<Integer>, _>(vec![self.attempt])
        .bind::<Double, _>(after.as_secs_f64())
        .bind::<Text, _>(error)
        .execute(conn)
        .await?;
        Ok(rows > 0)
    }

    /// Puts a job among the dead letters.
    pub async fn bury(self, conn: &mut AsyncPgConnection, worker: &str, error: &str) -> QueryResult<bool> {
        let rows = diesel::sql_query(concat!(
            "UPDATE ferrify_jobs SET state = 'dead', locked_by = NULL, locked_until = NULL, last_error = $4, \
             updated_at = timezone('utc', now()) WHERE ",
            held!()
        ))
        .bind::<Text, _>(worker)
        .bind::<Array<SqlUuid>, _>(vec![self.id])
        .bind::<Array<Integer>, _>(vec![self.attempt])
        .bind::<Text, _>(error)
        .execute(conn)
        .await?;
        Ok(rows > 0)
    }

    /// Renews leases and returns the jobs that are still held; the others were cancelled or taken over.
    pub async fn renew(
        conn: &mut AsyncPgConnection,
        worker: &str,
        claims: &[Self],
        lease: Duration,
    ) -> QueryResult<Vec<JobId>> {
        let (ids, attempts) = split(claims);
        let held: Vec<Id> = diesel::sql_query(concat!(
            "UPDATE ferrify_jobs SET locked_until = timezone('utc', now()) + make_interval(secs => $4) WHERE ",
            held!(),
            " RETURNING id"
        ))
        .bind::<Text, _>(worker)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Integer>, _>(attempts)
        .bind::<Double, _>(lease.as_secs_f64())
        .load(conn)
        .await?;
        Ok(held.into_iter().map(|row| row.id).collect())
    }

    /// Stores how far a job is.
    pub async fn progress(self, conn: &mut AsyncPgConnection, worker: &str, progress: &Value) -> QueryResult<bool> {
        let rows = diesel::sql_query(concat!(
            "UPDATE ferrify_jobs SET progress = $4, updated_at = timezone('utc', now()) WHERE ",
            held!()
        ))
        .bind::<Text, _>(worker)
        .bind::<Array<SqlUuid>, _>(vec![self.id])
        .bind::<Array<Integer>, _>(vec![self.attempt])
        .bind::<Jsonb, _>(progress)
        .execute(conn)
        .await?;
        Ok(rows > 0)
    }
}

impl Expired {
    /// Takes jobs from workers that let their leases run out: ready again, or dead after the last attempt.
    pub async fn reap(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Self>> {
        diesel::sql_query(
            "WITH silent AS MATERIALIZED ( \
                SELECT id FROM ferrify_jobs WHERE state = 'running' AND locked_until < timezone('utc', now()) \
                ORDER BY locked_until LIMIT 500 FOR UPDATE SKIP LOCKED \
             ) UPDATE ferrify_jobs j SET state = CASE WHEN attempts >= max_attempts THEN 'dead' ELSE 'ready' END, \
                locked_by = NULL, locked_until = NULL, last_error = 'the worker fell silent while it ran this job', \
                updated_at = timezone('utc', now()) \
             FROM silent WHERE j.id = silent.id RETURNING j.id, j.kind, j.state = 'dead' AS dead",
        )
        .load(conn)
        .await
    }
}
