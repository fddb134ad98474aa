//! One function per family of keys. Everything here has a lifetime.

use uuid::Uuid;

use crate::run::RunId;

/// Dify's: whose run it is.
pub(crate) fn owner(id: RunId) -> String {
    format!("generate_task_belong:{id}")
}

/// Dify's: the run has been asked to stop.
pub(crate) fn stop_flag(id: RunId) -> String {
    format!("generate_task_stopped:{id}")
}

/// Dify's. List: commands for the run of a workflow, JSON each.
pub(crate) fn commands(id: RunId) -> String {
    format!("workflow:{id}:commands")
}

/// Dify's: there is something in that list.
pub(crate) fn commands_pending(id: RunId) -> String {
    format!("workflow:{id}:commands:pending")
}

/// Hash: what is known of the run.
pub(crate) fn run(tenant: Uuid, id: RunId) -> String {
    format!("ferrify:{{{tenant}}}:run:{id}")
}

/// Text: which run goes by another id.
pub(crate) fn alias(tenant: Uuid, alias: Uuid) -> String {
    format!("ferrify:{{{tenant}}}:run-of:{alias}")
}

/// Stream: its events.
pub(crate) fn events(tenant: Uuid, id: RunId) -> String {
    format!("ferrify:{{{tenant}}}:run:{id}:events")
}

/// Sorted set over all tenants: until when each live run is alive, in milliseconds of the clock of Redis.
pub(crate) const LEASES: &str = "ferrify:{runs}:leases";

/// Sorted set: since when an expired run is suspected.
pub(crate) const SUSPECTS: &str = "ferrify:{runs}:suspects";

/// There may be runs that wait: whoever looks after them need not ask the database as long as this is missing.
pub(crate) const WAITING: &str = "ferrify:{runs}:waiting";

/// The lifetime of the two sets above once nothing renews them any more.
pub(crate) const SETS_TTL_SECONDS: u64 = 7 * 24 * 3600;

/// The name of a run inside the sorted sets.
pub(crate) fn member(tenant: Uuid, id: RunId) -> String {
    format!("{tenant}/{id}")
}

pub(crate) fn parse_member(member: &str) -> Option<(Uuid, RunId)> {
    let (tenant, id) = member.split_once('/')?;
    Some((tenant.parse().ok()?, id.parse().ok()?))
}

/// Channel: ids of runs that shall stop.
pub(crate) fn stop_channel(namespace: &str) -> String {
    format!("ferrify:{namespace}:runs:stop")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_survive_their_text() {
        let (tenant, id) = (Uuid::new_v4(), RunId::random());
        assert_eq!(parse_member(&member(tenant, id)), Some((tenant, id)));
        assert_eq!(parse_member("nonsense"), None);
    }
}
