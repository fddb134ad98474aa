//! Traces for an OpenTelemetry collector: OTLP over HTTP.
//!
//! Only spans leave the process, never events: what is logged stays in the log. Spans of requests join the trace of
//! their caller (`traceparent`). Everything here is bounded: spans that the collector does not take in time are
//! dropped, and nobody waits for it.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Status, TraceContextExt, TracerProvider};
use opentelemetry::{Context, KeyValue};

use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use secrecy::{ExposeSecret, SecretString};
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::{Layer, Registry};

use crate::logs::InitError;

/// How long the last spans may take at the end of the process.
const FAREWELL: Duration = Duration::from_secs(5);

/// Where traces go, and which.
#[derive(Debug, Clone)]
pub struct TraceExport {
    /// The whole URL, with its path.
    pub endpoint: String,
    /// Sent as a bearer token.
    pub api_key: Option<SecretString>,
    /// The share of traces that is kept, of those that begin here; a caller's decision is followed.
    pub sampling_rate: f64,
    /// Spans that may wait.
    pub queue: usize,
    /// Spans in one request.
    pub batch: usize,
    /// How long spans are collected before they are sent.
    pub delay: Duration,
    /// For one request to the collector.
    pub timeout: Duration,
    /// What is said of this process: `service.name`, `service.version` and so on.
    pub resource: Vec<(&'static str, String)>,
}

/// The traces of a process; ends them in order.
#[must_use = "without a farewell the last spans are lost"]
#[derive(Debug, Default)]
pub struct Traces {
    provider: Option<SdkTracerProvider>,
}

impl Traces {
    /// Sends what waits, within a few seconds.
    pub async fn shutdown(self) {
        let Some(provider) = self.provider else { return };
        // It waits for the sending thread, which needs this runtime.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FAREWELL)).await;
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = %error, "the last traces could not be sent"),
            Err(error) => tracing::warn!(error = %error, "the last traces could not be sent"),
        }
    }
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The layer that turns spans into traces. Must be called inside a tokio runtime, on which they are then sent.
pub(crate) fn layer(export: &TraceExport) -> Result<(BoxedLayer, Traces), InitError> {
    let fault = |e: &dyn fmt::Display| InitError::Traces(e.to_string());
    let mut headers = HashMap::new();
    if let Some(key) = &export.api_key {
        headers.insert("authorization".to_owned(), format!("Bearer {}", key.expose_secret()));
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender::new(export.timeout).map_err(|e| fault(&e))?)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(export.endpoint.as_str())
        .with_timeout(export.timeout)
        .with_headers(headers)
        .build()
        .map_err(|e| fault(&e))?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(export.queue)
        .with_max_export_batch_size(export.batch)
        .with_scheduled_delay(export.delay)
        .build();
    let resource = export.resource.iter().map(|(name, value)| KeyValue::new(*name, value.clone()));
    let provider = SdkTracerProvider::builder()
        .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(export.sampling_rate))))
        .with_resource(Resource::builder_empty().with_attributes(resource).build())
        .build();
    let layer = of_provider(&provider);
    Ok((layer, Traces { provider: Some(provider) }))
}

fn of_provider(provider: &SdkTracerProvider) -> BoxedLayer {
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("ferrify"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|metadata| metadata.is_span() && *metadata.level() <= Level::INFO))
        .boxed()
}

/// Sends batches on the runtime of the process: the thread that asks for it has none.
struct Sender {
    http: reqwest::Client,
    runtime: tokio::runtime::Handle,
}

impl Sender {
    fn new(timeout: Duration) -> Result<Self, reqwest::Error> {
        #[expect(clippy::disallowed_methods, reason = "whoever runs the process named the collector, no user")]
        let http = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, runtime: tokio::runtime::Handle::current() })
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sending = self.runtime.spawn(async move {
            let response = http.execute(request.try_into()?).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut answer = Response::new(response.bytes().await?);
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            Ok::<_, reqwest::Error>(answer)
        });
        Ok(sending.await??)
    }
}

/// A request's place in its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTrace {
    pub trace_id: String,
    pub span_id: String,
}

struct Parent<'a> {
    traceparent: Option<&'a str>,
    tracestate: Option<&'a str>,
}

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.traceparent,
            "tracestate" => self.tracestate,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

/// Puts a request's span, which has not been entered yet, below its caller's. `None` when no traces are made.
pub fn join_trace(span: &Span, traceparent: Option<&str>, tracestate: Option<&str>) -> Option<RequestTrace> {
    if traceparent.is_some() {
        let parent = Parent { traceparent, tracestate };
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &parent);
        // Fails only where no traces are made.
        let _ = span.set_parent(context);
    }
    let context = span.context();
    let place = context.span().span_context().clone();
    place
        .is_valid()
        .then(|| RequestTrace { trace_id: place.trace_id().to_string(), span_id: place.span_id().to_string() })
}

/// Says in a request's trace what came of it.
pub fn describe_request(span: &Span, tier: &'static str, method: &str, route: &str, status: u16) {
    span.context().span().update_name(format!("{method} {route}"));
    span.set_attribute("ferrify.tier", tier);
    span.set_attribute("http.request.method", method.to_owned());
    span.set_attribute("http.route", route.to_owned());
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.set_status(Status::error(""));
    }
}
