//! Removing old entries.

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use jobs::{Context, Failure, Handler, InvalidSchedule, Job, Schedule};
use models::audit_entry::AuditEntry;
use models::db::Pool;
use serde::{Deserialize, Serialize};

const AT_ONCE: i64 = 5_000;
/// What one job removes at most, in batches; the next one goes on.
const MOST_BATCHES: usize = 100;

/// Removes entries that are older than the setting says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ForgetAuditEntries {}

impl Job for ForgetAuditEntries {
    const KIND: &'static str = "forget_audit_entries";
}

/// Every hour.
///
/// # Errors
/// Never, as the expression is ours.
pub fn schedule() -> Result<Schedule, InvalidSchedule> {
    Schedule::new("old_audit_entries", "17 * * * *", &ForgetAuditEntries {})
}

pub(super) struct OldEntries {
    pub(super) pool: Pool,
    /// 0 keeps them for ever.
    pub(super) days: u32,
}

#[async_trait]
impl Handler for OldEntries {
    type Job = ForgetAuditEntries;

    async fn run(&self, _job: ForgetAuditEntries, _context: &Context) -> Result<(), Failure> {
        if self.days == 0 {
            return Ok(());
        }
        let before = Utc::now().naive_utc() - TimeDelta::days(i64::from(self.days));
        for _ in 0..MOST_BATCHES {
            let removed = AuditEntry::forget(&mut *self.pool.get().await?, before, AT_ONCE).await?;
            if i64::try_from(removed).unwrap_or(i64::MAX) < AT_ONCE {
                break;
            }
        }
        Ok(())
    }
}
