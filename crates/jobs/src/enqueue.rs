//! Adding, asking after and taking back jobs, on the caller's connection.

use chrono::{DateTime, Utc};
use models::db::{AsyncPgConnection, QueryError, QueryResult};
use models::job::{JobView, NewJob};
use models::{JobId, TenantId};

use crate::job::Job;

/// How a job is added.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Not before this time; `None` = as soon as possible.
    pub run_at: Option<DateTime<Utc>>,
    /// Higher ones go first; 0 is usual.
    pub priority: i32,
    /// While a job with this key waits or runs, no other one is added. For work that needs doing once however often it
    /// is asked for; not for work that must see what changed after it began.
    pub dedup_key: Option<String>,
}

/// Adds a job, for a workspace or (`None`) for the installation. Inside a transaction it exists when that commits.
/// `None` when its key is taken.
pub async fn enqueue<J: Job>(
    conn: &mut AsyncPgConnection,
    tenant: Option<TenantId>,
    job: &J,
    options: Options,
) -> QueryResult<Option<JobId>> {
    let added = models::job::insert(conn, &[written(tenant, job, &options)?]).await?;
    Ok(added.into_iter().next())
}

/// Adds many jobs of a kind in one statement. Without keys: a key would be the same for all.
pub async fn enqueue_all<J: Job>(
    conn: &mut AsyncPgConnection,
    tenant: Option<TenantId>,
    jobs: &[J],
    options: Options,
) -> QueryResult<Vec<JobId>> {
    let options = Options { dedup_key: None, ..options };
    let jobs: Vec<NewJob<'_>> = jobs.iter().map(|job| written(tenant, job, &options)).collect::<Result<_, _>>()?;
    models::job::insert(conn, &jobs).await
}

/// How a job is doing; `None` when it is done, cancelled, or not of this workspace.
pub async fn find(conn: &mut AsyncPgConnection, tenant: Option<TenantId>, id: JobId) -> QueryResult<Option<JobView>> {
    models::job::find(conn, tenant, id).await
}

/// Removes a job. If it runs, its stop token is cancelled, and what it returns is of no interest any more.
pub async fn cancel(conn: &mut AsyncPgConnection, tenant: Option<TenantId>, id: JobId) -> QueryResult<bool> {
    models::job::cancel(conn, tenant, id).await
}

pub(crate) fn written<'o, J: Job>(tenant: Option<TenantId>, job: &J, options: &'o Options) -> QueryResult<NewJob<'o>> {
    Ok(NewJob {
        queue: J::QUEUE,
        kind: J::KIND,
        tenant,
        payload: serde_json::to_value(job).map_err(|e| QueryError::SerializationError(Box::new(e)))?,
        priority: options.priority,
        run_at: options.run_at.map(|at| at.naive_utc()),
        max_attempts: i32::from(J::MAX_ATTEMPTS.max(1)),
        dedup_key: options.dedup_key.as_deref(),
    })
}
