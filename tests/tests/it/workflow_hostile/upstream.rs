//! Models that fail, under every way a node may be prepared for it.

use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::{Value, json};
use test_kit::upstream::{Misbehave, Script, StubUpstream};

use super::{deploy, outcome, unharmed, watch_panics};
use crate::it::ground::{Ground, MODEL};
use crate::it::workflow_runs::Flow;

const IMPATIENT: [(&str, &str); 4] = [
    ("FERRIFY_MODEL_FIRST_TOKEN_SECONDS", "1"),
    ("FERRIFY_MODEL_IDLE_SECONDS", "1"),
    ("FERRIFY_MODEL_TOTAL_SECONDS", "5"),
    ("FERRIFY_MODEL_RETRIES", "0"),
];

async fn ground() -> (Flow, StubUpstream, &'static str) {
    watch_panics();
    let Ground { server, stub, console, app, service, provider } = Ground::with("workflow", &IMPATIENT).await;
    (Flow { server, console, app, service }, stub, provider)
}

/// A model, what it says at `end`, and what is said when it fails at `sorry`.
fn nodes(provider: &str, more: Value) -> Value {
    let mut llm = json!({"type": "llm", "model": {"provider": provider, "name": MODEL, "mode": "chat", "completion_params": {}},
        "prompt_template": [{"role": "user", "text": "Hi"}], "context": {"enabled": false, "variable_selector": []}, "vision": {"enabled": false}});
    llm.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "start": {"type": "start", "variables": []},
        "llm": llm,
        "end": {"type": "end", "outputs": [{"variable": "said", "value_selector": ["llm", "text"]}]},
        "sorry": {"type": "end", "outputs": [{"variable": "sorry", "value_selector": ["llm", "error_type"]}]},
    })
}

const PLAIN: [(&str, &str, &str); 2] = [("start", "source", "llm"), ("llm", "source", "end")];
const BRANCHED: [(&str, &str, &str); 3] =
    [("start", "source", "llm"), ("llm", "source", "end"), ("llm", "fail-branch", "sorry")];

fn failures() -> Vec<(&'static str, Script)> {
    let broken =
        |misbehave| Script { misbehave: Some(misbehave), ..Script::text(&["one ", "two ", "three ", "four "]) };
    vec![
        ("400", Script::refusal(400, "context too long")),
        ("401", Script::refusal(401, "bad key")),
        ("404", Script::refusal(404, "no such model")),
        ("429", Script::refusal(429, "slow down").header("Retry-After", "120")),
        ("500", Script::refusal(500, "oops")),
        ("cut", broken(Misbehave::CutMidStream)),
        ("closed", broken(Misbehave::CloseEarly)),
        ("silence", broken(Misbehave::Silence)),
        ("utf-8", broken(Misbehave::InvalidUtf8)),
        ("sse", broken(Misbehave::BrokenSse)),
        ("event", broken(Misbehave::ErrorEvent)),
        ("hang", broken(Misbehave::HangBeforeHeaders)),
        ("no answer", broken(Misbehave::CloseBeforeHeaders)),
        ("oversize", broken(Misbehave::OversizeEvent(32 * 1024 * 1024))),
        ("no JSON", Script { body: Some("<html>".to_owned()), ..Script::default() }),
    ]
}

/// A provider that fails all the time is not asked again: each failure has a server of its own.
async fn each_failure(names: Option<&[&str]>, more: Value, edges: &super::Edges<'_>, check: impl Fn(&str, &Value)) {
    let wanted = failures().into_iter().filter(|(name, _)| names.is_none_or(|names| names.contains(name)));
    let (more, check) = (&more, &check);
    let tried = wanted.map(|(name, script)| async move {
        let (flow, stub, provider) = Box::pin(ground()).await;
        deploy(&flow, nodes(provider, more.clone()), edges).await;
        stub.script(MODEL, script);
        let begun = Instant::now();
        let data = outcome(&flow, json!({})).await;
        assert!(begun.elapsed() < Duration::from_secs(30), "{name}: {:?}", begun.elapsed());
        check(name, &data);
        unharmed(&flow.server).await;
    });
    let mut tried = futures::stream::iter(tried).buffer_unordered(2);
    while tried.next().await.is_some() {}
}

/// One of each kind of failure.
const SOME: Option<&[&str]> = Some(&["401", "500", "cut", "silence", "hang", "no JSON"]);

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_fails_fails_its_run() {
    each_failure(None, json!({}), &PLAIN, |name, data| {
        assert_eq!((&data["status"], &data["outputs"]), (&json!("failed"), &json!({})), "{name}: {data}");
        let error = data["error"].as_str().unwrap();
        assert!(!error.is_empty() && !error.contains("key-of-"), "{name}: {error}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_takes_the_place_of_what_a_model_did_not_say() {
    let more = json!({"error_strategy": "default-value", "default_value": [{"key": "text", "type": "string", "value": "instead"}]});
    each_failure(SOME, more, &PLAIN, |name, data| {
        let expected = (&json!("partial-succeeded"), &json!({"said": "instead"}));
        assert_eq!((&data["status"], &data["outputs"]), expected, "{name}: {data}");
        assert_eq!((&data["exceptions_count"], &data["error"]), (&Value::Null, &Value::Null), "{name}: {data}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_is_taken_when_a_model_fails() {
    each_failure(SOME, json!({"error_strategy": "fail-branch"}), &BRANCHED, |name, data| {
        assert_eq!(data["status"], json!("partial-succeeded"), "{name}: {data}");
        let sorry = data["outputs"]["sorry"].as_str();
        assert!(sorry.is_some_and(|kind| kind.ends_with("Error")), "{name}: {data}");
        assert!(data["outputs"].get("said").is_none(), "{name}: {data}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_are_made_and_have_an_end() {
    let (flow, stub, provider) = ground().await;
    let retry = json!({"retry_config": {"retry_enabled": true, "max_retries": 2, "retry_interval": 50}});
    deploy(&flow, nodes(provider, retry.clone()), &PLAIN).await;
    let cut = Script { misbehave: Some(Misbehave::CutMidStream), ..Script::text(&["half ", "of ", "it "]) };
    stub.script_sequence(MODEL, vec![cut.clone(), cut.clone(), Script::text(&["whole"])]);
    let data = outcome(&flow, json!({})).await;
    assert_eq!((&data["status"], &data["outputs"]), (&json!("partial-succeeded"), &json!({"said": "whole"})), "{data}");
    let before = stub.requests().len();
    stub.script(MODEL, cut);
    let data = outcome(&flow, json!({})).await;
    assert_eq!(data["status"], json!("failed"), "{data}");
    assert!(stub.requests().len() - before <= 3, "{}", stub.requests().len() - before);
    unharmed(&flow.server).await;
    for wrong in [
        json!({"retry_enabled": true, "max_retries": -1, "retry_interval": 10}),
        json!({"retry_enabled": true, "max_retries": 1e30, "retry_interval": 1e30}),
        json!({"retry_enabled": "yes", "max_retries": "many", "retry_interval": null}),
        json!([]),
    ] {
        deploy(&flow, nodes(provider, json!({"retry_config": wrong})), &PLAIN).await;
        stub.script(MODEL, Script::text(&["fine"]));
        let answer = flow.service.post_json("/workflows/run", &super::body(json!({}))).await;
        assert!(matches!(answer.status, 200 | 400), "{wrong}: {}", answer.text());
    }
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_models_say_can_be_stored_and_sent() {
    let (flow, stub, provider) = ground().await;
    deploy(&flow, nodes(provider, json!({})), &PLAIN).await;
    for (said, kept) in [
        ("a\u{0}b", "ab"),
        ("\u{feff}\u{202e}👩‍👩‍👧‍👦", "\u{feff}\u{202e}👩‍👩‍👧‍👦"),
        ("data: x\n\nevent: y\n\n", "data: x\n\nevent: y\n\n"),
    ] {
        stub.script(MODEL, Script::text(&[said]));
        let data = outcome(&flow, json!({})).await;
        assert_eq!(data["status"], json!("succeeded"), "{said:?}: {data}");
        let found = data["outputs"]["said"].as_str().unwrap().replace('\0', "");
        assert_eq!(found, kept, "{said:?}");
        let mut streamed = super::body(json!({}));
        streamed["response_mode"] = json!("streaming");
        let transcript = flow.service.sse("/workflows/run", &streamed).await.well_framed();
        assert_eq!(transcript.answer(), kept, "{said:?}");
        let id = transcript.only("workflow_finished")["data"]["id"].as_str().unwrap().to_owned();
        let row = flow.server.db().one("SELECT status, outputs FROM workflow_runs WHERE id = $1::uuid", &[&id]).await;
        assert_eq!(row["status"], json!("succeeded"), "{said:?}");
        flow.console.get(&format!("/apps/{}/workflow-runs/{id}/node-executions", flow.app.id)).await.expect(200);
    }
    // More than anybody reads.
    stub.script(MODEL, Script::text(&vec!["x".repeat(100_000).as_str(); 60]));
    let data = outcome(&flow, json!({})).await;
    assert_eq!(data["status"], json!("failed"), "{}", data["error"]);
    unharmed(&flow.server).await;
}
