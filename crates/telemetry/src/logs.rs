//! The process's log writer.

use std::fmt;
use std::io::IsTerminal;

use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::{self, Writer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::json::{JsonEvents, JsonFields};
use crate::redact;
use crate::traces::{self, TraceExport, Traces};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Pretty,
    Json,
}

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error(
        "LOG_LEVEL=`{filter}` is no log filter: {reason}. Use a level such as `info`, or a list such as `info,services=debug`"
    )]
    Filter { filter: String, reason: String },
    #[error("the log writer of this process is set already")]
    Twice,
    #[error("the metrics recorder cannot be installed: {0}")]
    Metrics(String),
    #[error("traces cannot be sent: {0}. Check OTLP_BASE_ENDPOINT and OTLP_TRACE_ENDPOINT, or unset ENABLE_OTEL")]
    Traces(String),
}

/// Tells the parameters of statements, which are what people wrote and what was given to be kept. Only who names it in
/// the filter gets to read that.
const TALKATIVE: &str = "tokio_postgres=info";

/// Installs the log writer (standard error), and sends traces when there is somewhere to send them; that needs a tokio
/// runtime. Events of levels below `filter` cost nearly nothing.
pub fn init_logs(filter: &str, format: LogFormat, export: Option<&TraceExport>) -> Result<Traces, InitError> {
    let parsed = EnvFilter::try_new(format!("{TALKATIVE},{filter}"))
        .map_err(|e| InitError::Filter { filter: filter.to_owned(), reason: e.to_string() })?;
    // Escape sequences are for eyes, not for files.
    let colours = std::io::stderr().is_terminal();
    let layer = match format {
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .fmt_fields(JsonFields)
            .event_format(JsonEvents)
            .with_writer(std::io::stderr)
            .boxed(),
        LogFormat::Pretty => tracing_subscriber::fmt::layer()
            .fmt_fields(pretty_fields())
            .with_ansi(colours)
            .with_writer(std::io::stderr)
            .boxed(),
    };
    let (tracer, traces) = match export {
        Some(export) => {
            let (tracer, traces) = traces::layer(export)?;
            (Some(tracer), traces)
        }
        None => (None, Traces::default()),
    };
    let registry = tracing_subscriber::registry().with(tracer).with(layer.with_filter(parsed));
    registry.try_init().map_err(|_already| InitError::Twice)?;
    Ok(traces)
}

/// `name=value` with secrets masked.
fn pretty_fields() -> impl for<'w> tracing_subscriber::fmt::FormatFields<'w> + Send + Sync + 'static {
    format::debug_fn(|writer: &mut Writer<'_>, field: &tracing::field::Field, value: &dyn fmt::Debug| {
        if field.name().starts_with("otel.") {
            Ok(())
        } else if field.name() == "message" {
            write!(writer, "{value:?}")
        } else if redact::is_secret(field.name()) {
            write!(writer, "{}={}", field.name(), redact::MASK)
        } else {
            write!(writer, "{}={value:?}", field.name())
        }
    })
    .delimited(" ")
}
