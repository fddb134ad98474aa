//! Logs, metrics, and the promise that neither tells a secret.
//!
//! [`init`] installs the log writer and the metrics recorder of a process, once. Logs are pretty text or one JSON object
//! per line; fields whose names sound secret are masked whatever their value ([`redact`]), beside the types that cannot
//! be printed at all. When asked to, it also sends spans to an OpenTelemetry collector ([`TraceExport`]). Metrics are recorded anywhere through the `metrics` macros and rendered here for Prometheus.

mod json;
mod logs;
mod prometheus;
pub mod redact;
mod traces;

pub use logs::{InitError, LogFormat, init_logs};
pub use prometheus::{Metrics, init_metrics};
pub use traces::{RequestTrace, TraceExport, Traces, describe_request, join_trace};
