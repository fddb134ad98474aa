//! Background jobs that failed for good.

use jobs::dead::{self, DeadFilter, DeadJob};
use serde_json::json;

use crate::arguments::{Data, DeadLetters};
use crate::error::CliError;
use crate::ground;
use crate::output::{columns, line};

pub(crate) async fn list(data: Data, filter: DeadLetters, limit: u32, as_json: bool) -> Result<(), CliError> {
    let (_settings, pool) = ground::database(data).await?;
    let found = dead::list(&mut *pool.get().await?, &DeadFilter::from(filter), i64::from(limit)).await?;
    if as_json {
        let found: Vec<_> = found.iter().map(described).collect();
        line(serde_json::to_string_pretty(&found).map_err(CliError::failed)?);
        return Ok(());
    }
    if found.is_empty() {
        line("no dead letters");
        return Ok(());
    }
    let head = ["ID", "KIND", "DIED (UTC)", "TRIES", "ERROR"].map(str::to_owned).to_vec();
    let rows = found.iter().map(|job| {
        let died = job.updated_at.format("%Y-%m-%d %H:%M:%S").to_string();
        let error = job.last_error.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
        vec![job.id.to_string(), job.kind.clone(), died, job.attempts.to_string(), error.to_owned()]
    });
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    for row in columns(&rows) {
        line(row);
    }
    Ok(())
}

fn described(job: &DeadJob) -> serde_json::Value {
    json!({
        "id": job.id,
        "queue": job.queue,
        "kind": job.kind,
        "tenant_id": job.tenant_id,
        "payload": job.payload,
        "attempts": job.attempts,
        "error": job.last_error,
        "created_at": job.created_at.and_utc().timestamp(),
        "died_at": job.updated_at.and_utc().timestamp(),
    })
}

pub(crate) async fn retry(data: Data, filter: DeadLetters) -> Result<(), CliError> {
    let (_settings, pool) = ground::database(data).await?;
    let count = dead::retry(&mut *pool.get().await?, &DeadFilter::from(filter)).await?;
    line(format!("{count} jobs are ready again"));
    Ok(())
}

pub(crate) async fn purge(data: Data, filter: DeadLetters) -> Result<(), CliError> {
    let (_settings, pool) = ground::database(data).await?;
    let count = dead::purge(&mut *pool.get().await?, &DeadFilter::from(filter)).await?;
    line(format!("{count} jobs were deleted"));
    Ok(())
}
