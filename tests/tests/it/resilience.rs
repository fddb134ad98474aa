//! Providers that are away or slow: who answers in their place, and who does not have to wait for them.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::Console;
use test_kit::upstream::{Misbehave, Script};

use crate::it::ground::{Ground, MODEL, question, streamed};

const SPARE: &str = "spare-model";

fn model(ground: &Ground, name: &str) -> Value {
    json!({"provider": ground.provider, "name": name, "mode": "chat", "completion_params": {}})
}

/// An app whose model has these others behind it.
async fn with_spares(settings: &[(&str, &str)], spares: &[&str]) -> Ground {
    let ground = Ground::with("chat", settings).await;
    ground.console.add_openai_compatible(&ground.stub.openai_base_url(), SPARE).await;
    let mut first = model(&ground, MODEL);
    first["ferrify_fallbacks"] = spares.iter().map(|name| model(&ground, name)).collect();
    ground.configure(json!({"model": first})).await;
    ground
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_answers_for_one_that_is_away() {
    let ground = with_spares(&[], &[SPARE]).await;
    ground.stub.script(SPARE, Script::text(&["I am", " here"]));
    for (status, message) in [(503, "down"), (401, "wrong key"), (429, "too much")] {
        ground.stub.script(MODEL, Script::refusal(status, message));
        let answer = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
        assert_eq!(answer.json["answer"], "I am here", "{status}");
        assert!(answer.json["metadata"]["usage"]["total_tokens"].as_u64().unwrap() > 0);
    }
    let stream = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    assert_eq!((stream.answer().as_str(), stream.named("error").len()), ("I am here", 0));
    let shown = ground.console.get(&format!("/apps/{}", ground.app.id)).await.expect(200).json;
    assert_eq!(shown["model_config"]["model"]["ferrify_fallbacks"][0]["name"], SPARE);
    let metrics = ground.server.client().get("/metrics").await.expect(200);
    assert!(metrics.text().contains("ferrify_model_fallbacks_total"), "counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_question_is_not_asked_elsewhere() {
    let ground = with_spares(&[], &[SPARE]).await;
    ground.stub.script(SPARE, Script::text(&["not me"]));
    ground.stub.script(MODEL, Script::refusal(400, "too long"));
    let failed = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(400);
    assert_eq!(failed.code(), "completion_request_error");
    // Nor is an answer that has begun gone on with by somebody else.
    ground.stub.script(MODEL, Script { misbehave: Some(Misbehave::ErrorEvent), ..Script::text(&["I was", " saying"]) });
    let broken = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    assert!(!broken.answer().contains("not me"));
    assert_eq!(broken.named("error").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_model_to_fail_is_told_of() {
    // Both are of one provider, whose breaker opens after a few attempts.
    let ground = with_spares(&[("FERRIFY_MODEL_RETRIES", "0")], &[SPARE]).await;
    ground.stub.script(MODEL, Script::refusal(503, "first"));
    ground.stub.script(SPARE, Script::refusal(503, "second"));
    let failed = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(400);
    assert!(failed.text().contains("second"), "{}", failed.text());
    assert_eq!(ground.server.db().count("messages", "status = 'error'", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fallbacks_are_checked_when_they_are_saved() {
    let ground = Ground::of("chat").await;
    let path = format!("/apps/{}/model-config", ground.app.id);
    for wrong in [
        json!("spare"),
        json!(["spare"]),
        json!([{"provider": "nobody", "name": "x", "completion_params": {}}]),
        json!([model(&ground, "unknown-model")]),
        json!([{"provider": ground.provider, "name": MODEL}]),
        json!(vec![model(&ground, MODEL); 6]),
    ] {
        let mut config = Console::model_config("chat", ground.provider, MODEL);
        config["model"]["ferrify_fallbacks"] = wrong.clone();
        let refused = ground.console.post_json(&path, &config).await;
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_provider_leaves_room_for_others() {
    let ground = Ground::with("chat", &[("FERRIFY_MAX_STREAMS_PER_PROVIDER", "2")]).await;
    ground.stub.script(MODEL, Script::pieces(100, "slow ", Duration::from_millis(100)));
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = ground.service.sse_stream("/chat-messages", &streamed("Hi")).await;
        stream.until("message").await;
        held.push(stream);
    }
    let refused = ground.service.post_json("/chat-messages", &question("me too")).await.expect(429);
    assert_eq!(refused.code(), "too_many_requests");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(ground.server.db().count("messages", "query = 'me too'", &[]).await, 0);

    let other = ground.console.add_anthropic(&ground.stub.anthropic_base_url(), "sk-other").await;
    let app = ground.console.create_ready_app("chat", other, "claude-sonnet-4-6").await;
    let service = ground.server.service(&ground.console.api_key(&app).await);
    let _ = service.post_json("/chat-messages", &question("Hi")).await.expect(200);

    // A place is free again when its stream has ended.
    drop(held);
    ground.stub.script(MODEL, Script::text(&["quick"]));
    for _ in 0..200 {
        if ground.service.post_json("/chat-messages", &question("now")).await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no place came free");
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_that_come_at_once_share_the_places() {
    let settings = [("FERRIFY_MAX_STREAMS", "2"), ("FERRIFY_MAX_STREAMS_PER_PROVIDER", "2")];
    let ground = Ground::with("chat", &settings).await;
    ground.stub.script(MODEL, Script::pieces(20, "slow ", Duration::from_millis(100)));
    let bodies: Vec<Value> = (0..20).map(|number| question(&format!("question {number}"))).collect();
    let asked = bodies.iter().map(|body| ground.service.post_json("/chat-messages", body));
    let answers = futures::future::join_all(asked).await;
    let (answered, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!((1..=2).contains(&answered.len()), "{} were answered", answered.len());
    for answer in refused {
        assert_eq!((answer.status, answer.code()), (429, "too_many_requests"));
        assert!(answer.header("retry-after").is_some());
    }
    let messages = ground.server.db().count("messages", "query LIKE 'question %'", &[]).await;
    assert_eq!(usize::try_from(messages).unwrap(), answered.len(), "the others did no work");
}
