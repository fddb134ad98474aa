//! A stub of an OpenTelemetry collector: takes OTLP over HTTP and keeps the spans.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What one request to the collector carried.
#[derive(Clone)]
pub(crate) struct Batch {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) resource: BTreeMap<String, String>,
    pub(crate) spans: Vec<Span>,
}

pub(crate) struct Collector {
    pub(crate) url: String,
    batches: Arc<Mutex<Vec<Batch>>>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let batches = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&batches);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&kept)));
            }
        });
        Self { url, batches }
    }

    pub(crate) fn batches(&self) -> Vec<Batch> {
        self.batches.lock().unwrap().clone()
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        self.batches().into_iter().flat_map(|batch| batch.spans).collect()
    }

    /// All spans, once there is one that fits.
    pub(crate) async fn spans_with(&self, fits: impl Fn(&Span) -> bool) -> Vec<Span> {
        let begun = Instant::now();
        loop {
            let spans = self.spans();
            if spans.iter().any(&fits) {
                return spans;
            }
            let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
            assert!(begun.elapsed() < Duration::from_secs(10), "the span never came, but {names:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// An attribute as text.
pub(crate) fn attribute(span: &Span, name: &str) -> Option<String> {
    span.attributes.iter().find(|attribute| attribute.key == name).and_then(text)
}

fn text(attribute: &KeyValue) -> Option<String> {
    match attribute.value.clone() {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => Some(text),
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => Some(number.to_string()),
        _ => None,
    }
}

async fn serve(socket: TcpStream, batches: Arc<Mutex<Vec<Batch>>>) {
    let mut socket = BufReader::new(socket);
    while let Some(batch) = receive(&mut socket).await {
        batches.lock().unwrap().push(batch);
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// One request; `None` when there is no further one.
async fn receive(socket: &mut BufReader<TcpStream>) -> Option<Batch> {
    let mut line = String::new();
    socket.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        socket.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    socket.read_exact(&mut body).await.ok()?;
    let request = ExportTraceServiceRequest::decode(body.as_slice()).expect("the body is OTLP");
    let mut batch = Batch { path, headers, resource: BTreeMap::new(), spans: Vec::new() };
    for of_resource in request.resource_spans {
        let attributes = of_resource.resource.into_iter().flat_map(|resource| resource.attributes);
        batch.resource.extend(attributes.filter_map(|one| Some((one.key.clone(), text(&one)?))));
        batch.spans.extend(of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
    }
    Some(batch)
}
