//! Runs whose process died.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use crate::error::RunsError;
use crate::keys;
use crate::registry::{Shared, view};
use crate::run::{Outcome, Owner, RunId, RunState};
use crate::scripts;

/// A run that nobody keeps alive any more, with what is needed to clean up after it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpiredRun {
    pub id: RunId,
    pub tenant: Uuid,
    pub app: Uuid,
    pub owner: Owner,
    pub mode: String,
    pub subject: Value,
    /// How long it is kept because somebody asked for it, in seconds.
    keep: u64,
}

pub(crate) async fn take(shared: &Shared, limit: usize) -> Result<Vec<ExpiredRun>, RunsError> {
    let mut claim = scripts::CLAIM.key(keys::LEASES);
    claim.key(keys::SUSPECTS).arg(millis(shared.config.grace)).arg(millis(shared.config.claim)).arg(limit);
    let members: Vec<String> = claim.arg(keys::SETS_TTL_SECONDS).invoke_async(&mut shared.link.conn()).await?;
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let mut described = redis::pipe();
    let runs: Vec<(String, Option<(Uuid, RunId)>)> =
        members.into_iter().map(|member| (member.clone(), keys::parse_member(&member))).collect();
    for (tenant, id) in runs.iter().filter_map(|(_, run)| *run) {
        described.cmd("HGETALL").arg(keys::run(tenant, id));
    }
    let fields: Vec<HashMap<String, String>> = described.query_async(&mut shared.link.conn()).await?;
    let mut fields = fields.into_iter();
    let mut expired = Vec::new();
    let mut worthless = Vec::new();
    for (member, run) in runs {
        let known = run.and_then(|(tenant, id)| fields.next().map(|fields| (tenant, id, fields)));
        match known.map(|(tenant, id, fields)| describe(tenant, id, &fields)) {
            Some(Ok(Some(run))) => expired.push(run),
            Some(Ok(None)) | None => worthless.push(member),
            Some(Err(e)) => {
                tracing::error!(error = %e, "an expired run cannot be cleaned up");
                worthless.push(member);
            }
        }
    }
    if !worthless.is_empty() {
        redis::cmd("ZREM").arg(keys::LEASES).arg(&worthless).exec_async(&mut shared.link.conn()).await?;
    }
    Ok(expired)
}

/// `None`: it has ended properly, or nothing is known of it any more.
fn describe(tenant: Uuid, id: RunId, fields: &HashMap<String, String>) -> Result<Option<ExpiredRun>, RunsError> {
    if fields.is_empty() {
        return Ok(None);
    }
    let run = view(tenant, id, fields)?;
    Ok((run.state == RunState::Live).then_some(ExpiredRun {
        id,
        tenant,
        app: run.app,
        owner: run.owner,
        mode: run.mode,
        subject: run.subject,
        keep: fields.get("keep").and_then(|keep| keep.parse().ok()).unwrap_or_default(),
    }))
}

pub(crate) async fn settle(shared: &Shared, run: &ExpiredRun) -> Result<(), RunsError> {
    let (key, events) = (keys::run(run.tenant, run.id), keys::events(run.tenant, run.id));
    let (member, ttl) = (keys::member(run.tenant, run.id), shared.config.event_ttl.as_secs().max(run.keep));
    let failed = Outcome::Failed.as_str();
    let mut pipeline = redis::pipe();
    pipeline.cmd("XADD").arg(&events).arg("MAXLEN").arg("~").arg(shared.config.max_events);
    pipeline.arg("*").arg("end").arg(failed).ignore();
    pipeline.cmd("EXPIRE").arg(&events).arg(ttl).ignore();
    pipeline.cmd("HSET").arg(&key).arg("state").arg(failed).ignore();
    pipeline.cmd("EXPIRE").arg(&key).arg(ttl).ignore();
    pipeline.cmd("DEL").arg(keys::owner(run.id)).ignore();
    pipeline.cmd("ZREM").arg(keys::LEASES).arg(&member).ignore();
    pipeline.cmd("ZREM").arg(keys::SUSPECTS).arg(&member).ignore();
    pipeline.exec_async(&mut shared.link.conn()).await?;
    metrics::counter!("ferrify_runs_ended_total", "mode" => run.mode.clone(), "status" => "expired").increment(1);
    Ok(())
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
