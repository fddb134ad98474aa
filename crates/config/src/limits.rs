//! Who may ask how much: `APP_DEFAULT_ACTIVE_REQUESTS`, `APP_MAX_ACTIVE_REQUESTS`, `FERRIFY_WORKSPACE_DAILY_RUNS`,
//! `FERRIFY_END_USER_PER_MINUTE`, `FERRIFY_IP_PER_SECOND`, `FERRIFY_IP_BURST`, `FERRIFY_MAX_STREAMS`,
//! `WEB_FORM_SUBMIT_RATE_LIMIT_MAX_ATTEMPTS`, `WEB_FORM_SUBMIT_RATE_LIMIT_WINDOW_SECONDS`. 0 = no limit.

use std::time::Duration;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone, Default)]
pub struct LimitSettings {
    /// Concurrent generations per app where the app has no number of its own.
    pub app_default_active: u32,
    /// Upper bound of any app's number.
    pub app_max_active: u32,
    /// Generations per workspace and day (UTC).
    pub workspace_daily: u64,
    /// Generations per end user in any 60 seconds.
    pub end_user_per_minute: u64,
    /// Requests per second and client address; applies to every route of the public tiers.
    pub ip_per_second: f64,
    pub ip_burst: u64,
    /// Requests that may be generating in this process at once; above it: 429 at once.
    pub max_streams: usize,
    /// Generations of one workspace with one provider that this process does at once, so that a slow provider leaves
    /// room for others.
    pub max_streams_per_provider: usize,
    /// Looks at forms of published pages, and attempts to fill one in, per client address and window.
    pub form_attempts: u32,
    pub form_window: Duration,
}

impl LimitSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let max_streams: usize = reader.parsed("FERRIFY_MAX_STREAMS", 10_000)?;
        let share = max_streams.saturating_mul(4) / 5;
        Ok(Self {
            app_default_active: reader.parsed("APP_DEFAULT_ACTIVE_REQUESTS", 0)?,
            app_max_active: reader.parsed("APP_MAX_ACTIVE_REQUESTS", 0)?,
            workspace_daily: reader.parsed("FERRIFY_WORKSPACE_DAILY_RUNS", 0)?,
            end_user_per_minute: reader.parsed("FERRIFY_END_USER_PER_MINUTE", 0)?,
            ip_per_second: reader.parsed("FERRIFY_IP_PER_SECOND", 0.0)?,
            ip_burst: reader.parsed("FERRIFY_IP_BURST", 50)?,
            max_streams,
            max_streams_per_provider: reader.parsed("FERRIFY_MAX_STREAMS_PER_PROVIDER", share.max(1))?,
            form_attempts: reader.parsed("WEB_FORM_SUBMIT_RATE_LIMIT_MAX_ATTEMPTS", 30)?,
            form_window: Duration::from_secs(
                reader.parsed::<u64>("WEB_FORM_SUBMIT_RATE_LIMIT_WINDOW_SECONDS", 60)?.max(1),
            ),
        })
    }
}
