//! Traces for a collector of OpenTelemetry: `ENABLE_OTEL`, `OTLP_BASE_ENDPOINT`, `OTLP_TRACE_ENDPOINT`, `OTLP_API_KEY`,
//! `APPLICATION_NAME`, `OTEL_SAMPLING_RATE`, `OTEL_BATCH_EXPORT_SCHEDULE_DELAY`, `OTEL_BATCH_EXPORT_TIMEOUT`,
//! `OTEL_MAX_QUEUE_SIZE`, `OTEL_MAX_EXPORT_BATCH_SIZE`.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::reader::{Reader, SettingsError};

const TRACES_PATH: &str = "/v1/traces";

/// Where traces go.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    pub endpoint: String,
    pub api_key: Option<SecretString>,
    /// How the collector is to call this installation.
    pub service: String,
    /// Between 0 and 1.
    pub sampling_rate: f64,
    pub queue: usize,
    pub batch: usize,
    pub delay: Duration,
    pub timeout: Duration,
}

impl TraceSettings {
    /// `None` unless traces are asked for.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, SettingsError> {
        let enabled = reader.flag("ENABLE_OTEL", false)?;
        let base = reader.text("OTLP_BASE_ENDPOINT", "http://localhost:4318");
        let (name, endpoint) = match reader.optional_text("OTLP_TRACE_ENDPOINT") {
            Some(endpoint) => ("OTLP_TRACE_ENDPOINT", endpoint),
            None => ("OTLP_BASE_ENDPOINT", format!("{}{TRACES_PATH}", base.trim_end_matches('/'))),
        };
        let queue = reader.parsed("OTEL_MAX_QUEUE_SIZE", 2048_usize)?.max(1);
        let settings = Self {
            endpoint,
            api_key: reader.secret("OTLP_API_KEY"),
            service: reader.text("APPLICATION_NAME", "ferrify"),
            sampling_rate: reader.parsed("OTEL_SAMPLING_RATE", 0.1)?,
            queue,
            batch: reader.parsed("OTEL_MAX_EXPORT_BATCH_SIZE", 512_usize)?.clamp(1, queue),
            delay: Duration::from_millis(reader.parsed("OTEL_BATCH_EXPORT_SCHEDULE_DELAY", 5000)?),
            timeout: Duration::from_millis(reader.parsed("OTEL_BATCH_EXPORT_TIMEOUT", 10_000)?),
        };
        if !enabled {
            return Ok(None);
        }
        settings.check(name)?;
        Ok(Some(settings))
    }

    fn check(&self, name: &'static str) -> Result<(), SettingsError> {
        let invalid =
            |name, value: &str, reason: String| SettingsError::Invalid { name, value: value.to_owned(), reason };
        let url = Url::parse(&self.endpoint).map_err(|e| invalid(name, &self.endpoint, e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            let reason = "it must begin with http:// or https://, the protocol is OTLP over HTTP".to_owned();
            return Err(invalid(name, &self.endpoint, reason));
        }
        if !(0.0..=1.0).contains(&self.sampling_rate) {
            let reason = "expected a number between 0 and 1".to_owned();
            return Err(invalid("OTEL_SAMPLING_RATE", &self.sampling_rate.to_string(), reason));
        }
        Ok(())
    }
}
