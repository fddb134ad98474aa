//! One JSON object per event, with the fields of its spans, secrets masked.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::redact;

/// Collects fields as JSON values.
#[derive(Default)]
pub(crate) struct Fields(pub(crate) BTreeMap<&'static str, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        // Where a record of the `log` crate came from: its target stands in place of the event's. And what is said to
        // traces only.
        if field.name().starts_with("log.") || field.name().starts_with("otel.") {
            return;
        }
        let value = if redact::is_secret(field.name()) { Value::from(redact::MASK) } else { value };
        self.0.insert(field.name(), value);
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::from(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::from(format!("{value:?}")));
    }
}

/// Writes a span's fields as a JSON object, to be merged into its events.
pub(crate) struct JsonFields;

impl<'writer> FormatFields<'writer> for JsonFields {
    fn format_fields<R: tracing_subscriber::field::RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut visitor = Fields::default();
        fields.record(&mut visitor);
        let object: Map<String, Value> = visitor.0.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        write!(writer, "{}", Value::Object(object))
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &tracing::span::Record<'_>,
    ) -> fmt::Result {
        let mut visitor = Fields::default();
        fields.record(&mut visitor);
        let mut object: Map<String, Value> = serde_json::from_str(&current.fields).unwrap_or_default();
        object.extend(visitor.0.into_iter().map(|(k, v)| (k.to_owned(), v)));
        current.fields = Value::Object(object).to_string();
        Ok(())
    }
}

/// Writes an event.
pub(crate) struct JsonEvents;

impl<S, N> FormatEvent<S, N> for JsonEvents
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut object = Map::new();
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        object.insert("timestamp".to_owned(), Value::from(time));
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        object.insert("level".to_owned(), Value::from(metadata.level().as_str()));
        object.insert("target".to_owned(), Value::from(metadata.target()));
        let mut names = Vec::new();
        for span in ctx.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            names.push(Value::from(span.name()));
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                object.extend(serde_json::from_str::<Map<String, Value>>(&fields.fields).unwrap_or_default());
            }
        }
        if !names.is_empty() {
            object.insert("spans".to_owned(), Value::Array(names));
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        object.extend(fields.0.into_iter().map(|(k, v)| (k.to_owned(), v)));
        writeln!(writer, "{}", Value::Object(object))
    }
}
