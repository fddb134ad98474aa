//! Trying again, and knowing when not to.

use std::time::Duration;

use core_model_runtime::{InvokeError, Limits};
use stub_upstream::{Misbehave, Script};
use uuid::Uuid;

use crate::bench::{Bench, limits};

async fn retrying(scripts: Vec<Script>) -> Bench {
    let bench = Bench::with(Limits { retries: 2, ..limits() }).await;
    bench.stub.script_sequence("k", scripts);
    bench
}

#[tokio::test]
async fn passing_troubles_are_overcome() {
    for trouble in [
        Script::refusal(503, "busy"),
        Script::refusal(429, "slow down"),
        Script::refusal(429, "slow down").header("retry-after", "0"),
        Script::misbehaving(Misbehave::CloseBeforeHeaders),
    ] {
        let bench = retrying(vec![trouble.clone(), trouble, Script::default()]).await;
        let outcome = bench.ask(&bench.openai("gpt-4o")).await;
        assert_eq!(outcome.text, "Hello, world!", "{:?}", outcome.error);
        assert_eq!(bench.stub.requests().len(), 3);
    }
}

#[tokio::test]
async fn whole_replies_are_retried_too() {
    let bench = retrying(vec![Script::refusal(500, "busy"), Script::default()]).await;
    assert_eq!(bench.chat(&bench.anthropic()).await.unwrap().text, "Hello, world!");
}

#[tokio::test]
async fn patience_ends() {
    let bench = retrying(vec![Script::refusal(503, "busy")]).await;
    assert_eq!(bench.ask(&bench.openai("gpt-4o")).await.error().kind(), "server_unavailable");
    assert_eq!(bench.stub.requests().len(), 3);
}

#[tokio::test]
async fn what_will_not_pass_is_not_retried() {
    for refusal in [
        Script::refusal(400, "no"),
        Script::refusal(401, "no"),
        Script::refusal(429, "tomorrow").header("retry-after", "3600"),
    ] {
        let bench = retrying(vec![refusal, Script::default()]).await;
        assert!(bench.ask(&bench.openai("gpt-4o")).await.error.is_some());
        assert_eq!(bench.stub.requests().len(), 1);
    }
}

#[tokio::test]
async fn nothing_is_retried_after_the_first_token() {
    let bench = retrying(vec![Script::misbehaving(Misbehave::CutMidStream), Script::default()]).await;
    let outcome = bench.ask(&bench.openai("gpt-4o")).await;
    assert_eq!(outcome.error().kind(), "connection");
    assert!(!outcome.text.is_empty());
    assert_eq!(bench.stub.requests().len(), 1);
}

#[tokio::test]
async fn the_breaker_opens_and_closes() {
    let mut limits = limits();
    limits.breaker.failures = 3;
    limits.breaker.pause = Duration::from_millis(200);
    let bench = Bench::with(limits).await;
    bench.stub.script("k", Script::refusal(500, "down"));
    let model = bench.openai("gpt-4o");
    for _ in 0..3 {
        assert_eq!(bench.ask(&model).await.error().kind(), "server_unavailable");
    }
    let refused = bench.ask(&model).await;
    assert!(matches!(refused.error(), InvokeError::BreakerOpen { .. }), "{:?}", refused.error);
    assert_eq!(bench.stub.requests().len(), 3);

    // Another workspace and another provider are not affected.
    let mut neighbour = model.clone();
    neighbour.tenant = Uuid::max();
    assert_eq!(bench.ask(&neighbour).await.error().kind(), "server_unavailable");
    assert_eq!(bench.ask(&bench.anthropic()).await.error().kind(), "server_unavailable");

    bench.stub.script("k", Script::default());
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(bench.ask(&model).await.text, "Hello, world!");
    assert_eq!(bench.ask(&model).await.text, "Hello, world!");
}
