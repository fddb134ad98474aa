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
}

/// Installs the log writer (standard error). Events of levels below `filter` cost nearly nothing.
pub fn init_logs(filter: &str, format: LogFormat) -> Result<(), InitError> {
    let parsed = EnvFilter::try_new(filter)
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
    tracing_subscriber::registry().with(layer.with_filter(parsed)).try_init().map_err(|_already| InitError::Twice)
}

/// `name=value` with secrets masked.
fn pretty_fields() -> impl for<'w> tracing_subscriber::fmt::FormatFields<'w> + Send + Sync + 'static {
    format::debug_fn(|writer: &mut Writer<'_>, field: &tracing::field::Field, value: &dyn fmt::Debug| {
        if field.name() == "message" {
            write!(writer, "{value:?}")
        } else if redact::is_secret(field.name()) {
            write!(writer, "{}={}", field.name(), redact::MASK)
        } else {
            write!(writer, "{}={value:?}", field.name())
        }
    })
    .delimited(" ")
}
