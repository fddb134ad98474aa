//! Traces: one tree from the caller over the request to the stages of its run.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::Span;
use reqwest::Method;

use crate::it::collector::{Collector, attribute};
use crate::it::ground::{Ground, question, streamed};
use crate::it::process::Process;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_stage(span: &Span, name: &str) -> bool {
    span.name == "stage" && attribute(span, "stage.name").as_deref() == Some(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_trace_goes_on_to_the_end_of_the_run() {
    let collector = Collector::start().await;
    let ground = Box::pin(Ground::of("chat")).await;
    let settings = [
        ("ENABLE_OTEL", "true"),
        ("OTLP_BASE_ENDPOINT", collector.url.as_str()),
        ("OTLP_API_KEY", "key-of-the-collector"),
        ("OTEL_SAMPLING_RATE", "0"),
        ("OTEL_BATCH_EXPORT_SCHEDULE_DELAY", "100"),
        ("APPLICATION_NAME", "ferrify-under-test"),
        ("FERRIFY_LOG_FORMAT", "json"),
        ("LOG_LEVEL", "debug"),
    ];
    let process = Process::start(&ground.server, &settings).await;
    let service = process.service(&ground.console.api_key(&ground.app).await);
    let ask = |sampled: &str| {
        service
            .request(Method::POST, "/chat-messages")
            .header("traceparent", format!("00-{TRACE}-{CALLER}-{sampled}"))
            .json(&streamed("Hi"))
    };
    // Not sampled by the caller, and then sampled, although nothing that begins here is.
    let unsampled = service.send(ask("00")).await.expect(200);
    assert_eq!(unsampled.header("x-trace-id"), Some(TRACE));
    let _ = service.get("/parameters").await.expect(200);
    let answer = service.send(ask("01")).await.expect(200);
    assert_eq!(answer.header("x-trace-id"), Some(TRACE));
    let own = answer.header("x-span-id").unwrap().to_owned();
    let spans = collector.spans_with(|span| span.name == "generation").await;
    let spans = if spans.iter().any(|span| span.name.starts_with("POST")) {
        spans
    } else {
        collector.spans_with(|span| span.name.starts_with("POST")).await
    };
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "only what the caller samples is sent");
    let one = |what: &str, fits: &dyn Fn(&Span) -> bool| {
        let found: Vec<&Span> = spans.iter().filter(|span| fits(span)).collect();
        assert_eq!(found.len(), 1, "{what} in {:?}", spans.iter().map(|s| &s.name).collect::<Vec<_>>());
        found[0].clone()
    };
    let request = one("the request", &|span| span.name == "POST /v1/chat-messages");
    assert_eq!((hex(&request.span_id), hex(&request.parent_span_id)), (own, CALLER.to_owned()));
    // SPAN_KIND_SERVER
    assert_eq!(request.kind, 2);
    for (name, value) in [
        ("http.route", "/v1/chat-messages"),
        ("http.response.status_code", "200"),
        ("http.request.method", "POST"),
        ("ferrify.tier", "all"),
    ] {
        assert_eq!(attribute(&request, name).as_deref(), Some(value), "{name}");
    }
    let generation = one("the run", &|span| span.name == "generation");
    let below = |span: &Span, parent: &Span| span.parent_span_id == parent.span_id;
    assert!(below(&generation, &request));
    assert!(below(&one("prepare", &|span| is_stage(span, "prepare")), &request));
    for stage in ["run", "finish"] {
        assert!(below(&one(stage, &|span| is_stage(span, stage)), &generation), "{stage}");
    }
    assert!(spans.iter().all(|span| span.events.is_empty()), "what is logged stays in the log");
    for batch in collector.batches() {
        assert_eq!(batch.path, "/v1/traces");
        assert_eq!(batch.headers["content-type"], "application/x-protobuf");
        assert_eq!(batch.headers["authorization"], "Bearer key-of-the-collector");
        assert_eq!(batch.resource["service.name"], "ferrify-under-test");
        assert_eq!(batch.resource["deployment.environment.name"], "DEVELOPMENT");
    }
    let log = process.log();
    assert!(log.lines().any(|line| line.contains("\"answered\"") && line.contains(TRACE)));
    assert!(!log.contains("key-of-the-collector") && !log.contains("otel.name"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_traces_are_sent_at_the_end_and_a_dead_collector_hurts_nobody() {
    let collector = Collector::start().await;
    let ground = Box::pin(Ground::of("chat")).await;
    let key = ground.console.api_key(&ground.app).await;
    let endpoint = format!("{}/somewhere/else", collector.url);
    let settings = [
        ("ENABLE_OTEL", "true"),
        ("OTLP_TRACE_ENDPOINT", endpoint.as_str()),
        ("OTEL_SAMPLING_RATE", "1"),
        // Longer than the test.
        ("OTEL_BATCH_EXPORT_SCHEDULE_DELAY", "600000"),
    ];
    let process = Process::start(&ground.server, &settings).await;
    let answer = process.service(&key).post_json("/chat-messages", &question("Hi")).await.expect(200);
    let trace = answer.header("x-trace-id").unwrap().to_owned();
    assert!(collector.batches().is_empty());
    process.end().await;
    let sent = collector.spans().into_iter().find(|span| span.name == "POST /v1/chat-messages").unwrap();
    assert_eq!(hex(&sent.trace_id), trace);
    assert_eq!(collector.batches()[0].path, "/somewhere/else");

    let nobody = [
        ("ENABLE_OTEL", "true"),
        ("OTLP_BASE_ENDPOINT", "http://127.0.0.1:1"),
        ("OTEL_SAMPLING_RATE", "1"),
        ("OTEL_BATCH_EXPORT_SCHEDULE_DELAY", "50"),
    ];
    let process = Process::start(&ground.server, &nobody).await;
    for _ in 0..5 {
        let _ = process.service(&key).post_json("/chat-messages", &question("Hi")).await.expect(200);
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    let begun = Instant::now();
    process.end().await;
    assert!(begun.elapsed() < Duration::from_secs(10), "took {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_traces_answers_name_none() {
    let ground = Box::pin(Ground::of("chat")).await;
    let request = ground.service.request(Method::GET, "/parameters");
    let answer =
        ground.service.send(request.header("traceparent", format!("00-{TRACE}-{CALLER}-01"))).await.expect(200);
    assert_eq!((answer.header("x-trace-id"), answer.header("x-span-id")), (None, None));
}
