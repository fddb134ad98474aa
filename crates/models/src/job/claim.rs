//! Taking jobs from a queue.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Jsonb, Nullable, Text, Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use std::time::Duration;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::{JobId, TenantId};

/// Of each priority, so many of the workspaces whose turn is next are looked at beyond what is asked for, and so many
/// jobs of each: what other workers are just taking is passed over, and there must be something behind it.
const SPARE: i64 = 64;

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
/// all others, and jobs of the workspace that run already count.
///
/// However many jobs one workspace has, they hide no other: priorities and the workspaces within each are walked one by
/// one along the index, and only the first due job of each is read. As a workspace's first job comes before its others,
/// the first `limit` turns belong to the `limit` workspaces whose first jobs come first, and only of these more jobs
/// are read. Jobs of nobody count as those of one workspace.
const CLAIM: &str = "\
    WITH RECURSIVE level AS ( \
        (SELECT priority FROM ferrify_jobs WHERE state = 'ready' AND queue = $1 ORDER BY priority DESC LIMIT 1) \
        UNION ALL \
        SELECT (SELECT j.priority FROM ferrify_jobs j WHERE j.state = 'ready' AND j.queue = $1 AND j.priority < level.priority \
            ORDER BY j.priority DESC LIMIT 1) FROM level WHERE level.priority IS NOT NULL \
    ), owner AS ( \
        SELECT level.priority, (SELECT coalesce(j.tenant_id, '00000000-0000-0000-0000-000000000000'::uuid) FROM ferrify_jobs j \
            WHERE j.state = 'ready' AND j.queue = $1 AND j.priority = level.priority \
            ORDER BY coalesce(j.tenant_id, '00000000-0000-0000-0000-000000000000'::uuid) LIMIT 1) AS id \
        FROM level WHERE level.priority IS NOT NULL \
        UNION ALL \
        SELECT owner.priority, (SELECT coalesce(j.tenant_id, '00000000-0000-0000-0000-000000000000'::uuid) FROM ferrify_jobs j \
            WHERE j.state = 'ready' AND j.queue = $1 AND j.priority = owner.priority \
                AND coalesce(j.tenant_id, '00000000-0000-0000-0000-000000000000'::uuid) > owner.id \
            ORDER BY coalesce(j.tenant_id, '00000000-0000-0000-0000-000000000000'::uuid) LIMIT 1) \
        FROM owner WHERE owner.id IS NOT NULL \
    ), busy AS MATERIALIZED ( \
        SELECT coalesce(tenant_id, '00000000-0000-0000-0000-000000000000'::uuid) AS id, count(*) AS running \
        FROM ferrify_jobs WHERE state = 'running' AND queue = $1 GROUP BY 1 \
    ), next AS MATERIALIZED ( \
        SELECT ranked.* FROM ( \
            SELECT owner.priority, owner.id, coalesce(busy.running, 0) AS running, \
                row_number() OVER (PARTITION BY owner.priority ORDER BY coalesce(busy.running, 0), first.run_at, first.id) AS place \
            FROM owner CROSS JOIN LATERAL ( \
                SELECT j.run_at, j.id FROM ferrify_jobs j \
                WHERE j.state = 'ready' AND j.queue = $1 AND j.priority = owner.priority \
                    AND coalesce(j.tenant_id, '00000000-0000-0000-0000-000000000000'::uuid) = owner.id \
                    AND j.run_at <= timezone('utc', now()) AND j.kind = ANY($2) \
                ORDER BY j.run_at, j.id LIMIT 1) AS first \
            LEFT JOIN busy ON busy.id = owner.id \
        ) AS ranked WHERE place <= $3 + $4 \
    ), turn AS MATERIALIZED ( \
        SELECT due.id, next.priority, due.run_at, \
            next.running + row_number() OVER (PARTITION BY next.priority, next.id ORDER BY due.run_at, due.id) AS number \
        FROM next CROSS JOIN LATERAL ( \
            SELECT j.id, j.run_at FROM ferrify_jobs j \
            WHERE j.state = 'ready' AND j.queue = $1 AND j.priority = next.priority \
                AND coalesce(j.tenant_id, '00000000-0000-0000-0000-000000000000'::uuid) = next.id \
                AND j.run_at <= timezone('utc', now()) AND j.kind = ANY($2) \
            ORDER BY j.run_at, j.id LIMIT $3 + $4) AS due \
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
            .bind::<BigInt, _>(SPARE)
            .bind::<BigInt, _>(demand.limit)
            .bind::<Text, _>(demand.worker)
            .bind::<Double, _>(demand.lease.as_secs_f64())
            .load(conn)
            .await
    }
}
