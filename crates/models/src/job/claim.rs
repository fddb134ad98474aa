//! Taking jobs from a queue.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Jsonb, Nullable, Text, Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use std::time::Duration;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::{JobId, TenantId};

/// Of each priority, this many of the longest waiting jobs are looked at to find a fair choice.
const WINDOW: i64 = 1000;

/// What a worker asks for.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    pub queue: &'a str,
    /// Others are left for workers that know them.
    pub kinds: &'a [&'static str],
    pub limit: i64,
    pub worker: &'a str,
    pub lease: Duration,
}

/// A job in the hands of a worker.
#[derive(Debug, Clone, QueryableByName)]
pub struct ClaimedJob {
    #[diesel(sql_type = SqlUuid)]
    pub id: JobId,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub tenant_id: Option<TenantId>,
    #[diesel(sql_type = Jsonb)]
    pub payload: Value,
    /// This one included.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    #[diesel(sql_type = Integer)]
    pub max_attempts: i32,
    #[diesel(sql_type = Timestamp)]
    pub created_at: chrono::NaiveDateTime,
}

/// Higher priorities first. Within one, workspaces take turns: the n-th job of a workspace comes after the n-1st of
/// all others, and jobs of the workspace that run already count. Priorities are walked one by one, so that the index
/// leads straight to what is due however much is planned for later.
const CLAIM: &str = "\
    WITH RECURSIVE level AS ( \
        (SELECT priority FROM ferrify_jobs WHERE state = 'ready' AND queue = $1 ORDER BY priority DESC LIMIT 1) \
        UNION ALL \
        SELECT (SELECT j.priority FROM ferrify_jobs j WHERE j.state = 'ready' AND j.queue = $1 AND j.priority < level.priority \
            ORDER BY j.priority DESC LIMIT 1) FROM level WHERE level.priority IS NOT NULL \
    ), candidate AS MATERIALIZED ( \
        SELECT due.* FROM level CROSS JOIN LATERAL ( \
            SELECT id, tenant_id, priority, run_at FROM ferrify_jobs \
            WHERE state = 'ready' AND queue = $1 AND priority = level.priority AND run_at <= timezone('utc', now()) \
                AND kind = ANY($2) \
            ORDER BY run_at LIMIT $3) AS due \
    ), busy AS ( \
        SELECT tenant_id, count(*) AS running FROM ferrify_jobs WHERE state = 'running' AND queue = $1 GROUP BY tenant_id \
    ), turn AS MATERIALIZED ( \
        SELECT c.id, c.priority, c.run_at, coalesce(b.running, 0) \
            + row_number() OVER (PARTITION BY c.priority, c.tenant_id ORDER BY c.run_at, c.id) AS number \
        FROM candidate c LEFT JOIN busy b ON b.tenant_id IS NOT DISTINCT FROM c.tenant_id \
    ), chosen AS MATERIALIZED ( \
        SELECT j.id FROM ferrify_jobs j JOIN turn t ON t.id = j.id WHERE j.state = 'ready' \
        ORDER BY t.priority DESC, t.number, t.run_at, t.id LIMIT $4 FOR UPDATE OF j SKIP LOCKED \
    ) \
    UPDATE ferrify_jobs j SET state = 'running', attempts = j.attempts + 1, locked_by = $5, \
        locked_until = timezone('utc', now()) + make_interval(secs => $6), updated_at = timezone('utc', now()) \
    FROM chosen WHERE j.id = chosen.id \
    RETURNING j.id, j.kind, j.tenant_id, j.payload, j.attempts, j.max_attempts, j.created_at";

impl ClaimedJob {
    /// Takes up to `limit` due jobs. Those that another worker is just taking are passed over, never waited for.
    pub async fn claim(conn: &mut AsyncPgConnection, demand: &Demand<'_>) -> QueryResult<Vec<Self>> {
        diesel::sql_query(CLAIM)
            .bind::<Text, _>(demand.queue)
            .bind::<Array<Text>, _>(demand.kinds)
            .bind::<BigInt, _>(WINDOW)
            .bind::<BigInt, _>(demand.limit)
            .bind::<Text, _>(demand.worker)
            .bind::<Double, _>(demand.lease.as_secs_f64())
            .load(conn)
            .await
    }
}
