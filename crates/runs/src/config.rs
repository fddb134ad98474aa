//! The numbers of this crate.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct RunsConfig {
    /// How often the leases of all live runs are renewed.
    pub heartbeat: Duration,
    /// How long a run counts as alive without a heartbeat.
    pub lease: Duration,
    /// How long an expired run is only suspected. Longer than a heartbeat, so that a live process can object.
    pub grace: Duration,
    /// How long a sweeper may work on an expired run before another one gets it.
    pub claim: Duration,
    /// How long events, and what is known of the run, stay after the last write.
    pub event_ttl: Duration,
    /// How many entries a run's event stream keeps. One entry holds all frames of one flush.
    pub max_events: usize,
    /// How many bytes of events a run's stream keeps; the oldest go first.
    pub max_event_bytes: usize,
    /// How many bytes of events may wait for a flush, per run. More are dropped.
    pub max_pending: usize,
    /// How often waiting events are written.
    pub flush_every: Duration,
    /// Life of `generate_task_belong:*`; renewed while the run lives.
    pub owner_ttl: Duration,
    /// Life of `generate_task_stopped:*`.
    pub stop_ttl: Duration,
    /// How often the stop flags of live runs are read, in case a published stop was lost, and with them the flags of
    /// commands.
    pub stop_poll: Duration,
    /// Life of `workflow:*:commands` and its flag.
    pub command_ttl: Duration,
    /// How long it is remembered that runs may wait.
    pub waiting_ttl: Duration,
    /// How long a run that is to go on waits until its last process has let go of it.
    pub handover: Duration,
}

impl Default for RunsConfig {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(5),
            lease: Duration::from_secs(20),
            grace: Duration::from_secs(10),
            claim: Duration::from_secs(60),
            event_ttl: Duration::from_secs(3600),
            max_events: 2_000,
            max_event_bytes: 8 << 20,
            max_pending: 1 << 20,
            flush_every: Duration::from_millis(200),
            owner_ttl: Duration::from_secs(1800),
            stop_ttl: Duration::from_secs(600),
            stop_poll: Duration::from_secs(1),
            command_ttl: Duration::from_secs(3600),
            waiting_ttl: Duration::from_secs(3600),
            handover: Duration::from_secs(5),
        }
    }
}
