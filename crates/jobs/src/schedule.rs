//! Jobs by the clock.
//!
//! Every worker looks at the clock; which of them adds the job of an occurrence is decided by one row in Postgres that
//! remembers the last one. Nothing is led by anybody, so nothing stops when a process does. What fell due while no
//! worker ran is made up for once, however often it fell due.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use croner::Cron;
use models::db::DbError;
use models::job::{NewJob, fire};
use serde_json::Value;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::job::Job;
use crate::worker::Shared;

/// The clock may be set while we sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
const SHORTEST_SLEEP: Duration = Duration::from_millis(200);

/// A cron expression that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{expression}` of the schedule `{name}` is no cron expression: {reason}")]
pub struct InvalidSchedule {
    name: &'static str,
    expression: String,
    reason: String,
}

/// A job and when it is to be added, in UTC. While the job of one occurrence waits or runs, the next ones are left out.
#[derive(Debug, Clone)]
pub struct Schedule {
    name: &'static str,
    cron: Cron,
    queue: &'static str,
    kind: &'static str,
    max_attempts: i32,
    payload: Value,
    dedup_key: String,
}

impl Schedule {
    /// `name` is remembered in the database: at most 50 characters, not changed later.
    pub fn new<J: Job>(name: &'static str, expression: &str, job: &J) -> Result<Self, InvalidSchedule> {
        let invalid = |reason: String| InvalidSchedule { name, expression: expression.to_owned(), reason };
        Ok(Self {
            name,
            cron: expression.parse().map_err(|e: croner::errors::CronError| invalid(e.to_string()))?,
            queue: J::QUEUE,
            kind: J::KIND,
            max_attempts: i32::from(J::MAX_ATTEMPTS.max(1)),
            payload: serde_json::to_value(job).map_err(|e| invalid(e.to_string()))?,
            dedup_key: format!("schedule:{name}"),
        })
    }

    fn job(&self) -> NewJob<'_> {
        NewJob {
            queue: self.queue,
            kind: self.kind,
            tenant: None,
            payload: self.payload.clone(),
            priority: 0,
            run_at: None,
            max_attempts: self.max_attempts,
            dedup_key: Some(&self.dedup_key),
        }
    }

    /// The latest occurrence that is not in the future.
    fn latest(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.cron.find_previous_occurrence(&now, true).ok()
    }

    fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.cron.find_next_occurrence(&now, false).ok()
    }
}

pub(crate) async fn keep_time(shared: Arc<Shared>, schedules: Vec<Schedule>, shutdown: CancellationToken) {
    let mut dealt_with: Vec<Option<DateTime<Utc>>> = vec![None; schedules.len()];
    while !schedules.is_empty() {
        let now = Utc::now();
        for (schedule, last) in schedules.iter().zip(&mut dealt_with) {
            let Some(occurrence) = schedule.latest(now).filter(|at| Some(*at) != *last) else { continue };
            match add(&shared, schedule, occurrence).await {
                Ok(()) => *last = Some(occurrence),
                Err(e) => shared.failed(&e),
            }
        }
        if shutdown.run_until_cancelled(sleep(until_next(&schedules))).await.is_none() {
            return;
        }
    }
}

async fn add(shared: &Shared, schedule: &Schedule, occurrence: DateTime<Utc>) -> Result<(), DbError> {
    let mut conn = shared.pool.get().await?;
    if fire(&mut conn, schedule.name, occurrence, schedule.job()).await? {
        tracing::debug!(schedule = schedule.name, occurrence = %occurrence, "a scheduled job was added");
    }
    Ok(())
}

fn until_next(schedules: &[Schedule]) -> Duration {
    let now = Utc::now();
    let next = schedules.iter().filter_map(|schedule| schedule.next(now)).min();
    let pause = next.and_then(|at| (at - now).to_std().ok()).unwrap_or(LONGEST_SLEEP);
    pause.clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Sweep;

    impl Job for Sweep {
        const KIND: &'static str = "sweep";
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn occurrences_are_found_on_both_sides() {
        let schedule = Schedule::new("sweep", "*/5 * * * *", &Sweep).unwrap();
        assert_eq!(schedule.latest(at("2026-01-01T10:07:30Z")), Some(at("2026-01-01T10:05:00Z")));
        assert_eq!(schedule.latest(at("2026-01-01T10:05:00Z")), Some(at("2026-01-01T10:05:00Z")));
        assert_eq!(schedule.next(at("2026-01-01T10:05:00Z")), Some(at("2026-01-01T10:10:00Z")));
    }

    #[test]
    fn an_unusable_expression_is_named() {
        let refused = Schedule::new("sweep", "every day", &Sweep).unwrap_err().to_string();
        assert!(refused.contains("every day") && refused.contains("sweep"), "{refused}");
    }
}
