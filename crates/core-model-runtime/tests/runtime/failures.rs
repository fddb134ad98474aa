//! What bad upstreams do, and what it is called.

use std::time::{Duration, Instant};

use core_model_runtime::InvokeError;
use futures::StreamExt;
use serde_json::json;
use stub_upstream::{Misbehave, Script, StubUpstream};

use crate::bench::{Bench, PATIENT, hello};

async fn check_stream(script: Script, kind: &str, text: &str) -> InvokeError {
    let bench = Bench::scripted(script).await;
    let mut seen = None;
    for model in [bench.openai("gpt-4o"), bench.anthropic()] {
        let outcome = tokio::time::timeout(PATIENT, bench.ask(&model)).await.unwrap();
        let error = outcome.error();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(outcome.text.starts_with(text), "{:?}", outcome.text);
        assert!(outcome.chunks.iter().all(|chunk| chunk.usage.is_none()));
        seen = Some(error.clone());
    }
    seen.unwrap()
}

#[tokio::test]
async fn statuses_have_kinds() {
    for (status, kind) in [
        (400, "bad_request"),
        (401, "unauthorized"),
        (403, "unauthorized"),
        (404, "bad_request"),
        (422, "bad_request"),
        (429, "rate_limited"),
        (500, "server_unavailable"),
        (503, "server_unavailable"),
        (529, "server_unavailable"),
    ] {
        let error = check_stream(Script::refusal(status, "words of the upstream"), kind, "").await;
        assert_eq!(error.detail(), Some("words of the upstream"));
        let bench = Bench::scripted(Script::refusal(status, "no")).await;
        assert_eq!(bench.chat(&bench.openai("gpt-4o")).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn texts_name_the_provider() {
    let bench = Bench::scripted(Script::refusal(400, "too long")).await;
    let error = bench.chat(&bench.openai("gpt-4o")).await.unwrap_err();
    assert_eq!(error.to_string(), "[openai] Bad Request Error, too long");
    bench.stub.script("k", Script::refusal(401, "key sk-1 is wrong"));
    let error = bench.chat(&bench.openai("gpt-4o")).await.unwrap_err();
    assert!(!error.to_string().contains("sk-1"));
}

#[tokio::test]
async fn retry_after_is_reported() {
    let bench = Bench::scripted(Script::refusal(429, "slow down").header("retry-after", "77")).await;
    match bench.chat(&bench.openai("gpt-4o")).await {
        Err(InvokeError::RateLimited { retry_after, .. }) => assert_eq!(retry_after, Some(Duration::from_secs(77))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn streams_break_in_many_ways() {
    for misbehave in [
        Misbehave::CutMidStream,
        Misbehave::InvalidUtf8,
        Misbehave::BrokenSse,
        Misbehave::CloseEarly,
        Misbehave::OversizeEvent(80 * 1024),
    ] {
        check_stream(Script::misbehaving(misbehave), "connection", "H").await;
    }
    let error = check_stream(Script::misbehaving(Misbehave::ErrorEvent), "server_unavailable", "H").await;
    assert_eq!(error.detail(), Some("overloaded by the script"));
}

#[tokio::test]
async fn silence_ends_a_stream() {
    let started = Instant::now();
    let error = check_stream(Script::misbehaving(Misbehave::Silence), "connection", "H").await;
    assert_eq!(error.detail(), Some("the upstream fell silent"));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_slow_first_token_is_waited_for_but_not_for_ever() {
    // Longer than the silence limit, shorter than the first token limit.
    let patient = Script { first_delay: Duration::from_millis(600), ..Script::default() };
    let bench = Bench::scripted(patient).await;
    assert_eq!(bench.ask(&bench.openai("gpt-4o")).await.text, "Hello, world!");
    let error = check_stream(Script::misbehaving(Misbehave::HangBeforeHeaders), "connection", "").await;
    assert_eq!(error.detail(), Some("the upstream took too long to start its answer"));
}

#[tokio::test]
async fn the_total_time_is_limited() {
    let mut limits = crate::bench::limits();
    limits.total = Duration::from_millis(500);
    let bench = Bench::with(limits).await;
    bench.stub.script("k", Script::pieces(1000, "x", Duration::from_millis(50)));
    let outcome = bench.ask(&bench.openai("gpt-4o")).await;
    assert_eq!(outcome.error().detail(), Some("the answer took too long"));
    assert!(outcome.text.len() > 2);
    bench.stub.script("k", Script::misbehaving(Misbehave::Silence));
    assert_eq!(bench.chat(&bench.openai("gpt-4o")).await.unwrap_err().kind(), "connection");
}

#[tokio::test]
async fn nobody_listens() {
    let bench = Bench::new().await;
    let gone = StubUpstream::start().await;
    let base = gone.openai_base_url();
    drop(gone);
    let model = bench.model("openai", "gpt-4o", json!({"openai_api_key": "k", "openai_api_base": base}));
    assert_eq!(bench.ask(&model).await.error().kind(), "connection");
    let model = bench.model("openai", "gpt-4o", json!({"openai_api_key": "k", "openai_api_base": "ftp://x"}));
    assert_eq!(bench.ask(&model).await.error().kind(), "bad_request");
}

#[tokio::test]
async fn unreadable_answers() {
    for (status, body, kind) in
        [(200, "<html>", "bad_request"), (502, "<html>bad gateway</html>", "server_unavailable")]
    {
        let script = Script { status, body: Some(body.into()), ..Script::default() };
        let bench = Bench::scripted(script).await;
        assert_eq!(bench.chat(&bench.openai("gpt-4o")).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn unknown_models_and_providers() {
    let bench = Bench::new().await;
    let model = bench.model("nobody", "m", json!({}));
    assert_eq!(bench.ask(&model).await.error().kind(), "model_not_found");
    let model = bench.model("demo", "m", json!({}));
    assert_eq!(bench.ask(&model).await.error().kind(), "model_not_found");
}

#[tokio::test]
async fn dropping_a_stream_cancels_upstream() {
    let bench = Bench::scripted(Script::pieces(1000, "x", Duration::from_millis(20))).await;
    let mut stream = bench.runtime.stream_chat(&bench.openai("gpt-4o"), hello()).await.unwrap();
    assert!(stream.next().await.unwrap().is_ok());
    assert_eq!(bench.stub.cancelled(), 0);
    drop(stream);
    tokio::time::timeout(PATIENT, async {
        while bench.stub.cancelled() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}
