//! Answers tell what they waited for, where the operator wants that.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::upstream::Script;

use crate::it::chatflow_models::published;
use crate::it::ground::{Ground, MODEL, streamed};

/// What an answer to the app's key says, in milliseconds: db, redis, upstream, total.
async fn times(ground: &Ground, method: Method, path: &str, body: Option<&Value>) -> Option<[f64; 4]> {
    let mut request = ground.service.request(method, path);
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = ground.service.send(request).await.expect(200);
    let told = answer.header("server-timing")?.to_owned();
    let parts: Vec<(&str, f64)> = told
        .split(", ")
        .map(|part| {
            let (name, length) = part.split_once(";dur=").unwrap();
            (name, length.parse().unwrap())
        })
        .collect();
    let [("db", db), ("redis", redis), ("upstream", upstream), ("total", total)] = parts[..] else {
        panic!("{told}");
    };
    Some([db, redis, upstream, total])
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_tell_what_they_waited_for_where_that_is_switched_on() {
    let ground = Ground::with("chat", &[("FERRIFY_SERVER_TIMING", "true")]).await;
    // A slow model, in a task of its own: the time is the request's all the same.
    ground.stub.script(MODEL, Script::pieces(4, "word ", Duration::from_millis(50)));
    let ask = json!({"inputs": {}, "query": "Hi", "user": "ann", "response_mode": "blocking"});
    let [db, redis, upstream, total] = times(&ground, Method::POST, "/chat-messages", Some(&ask)).await.unwrap();
    assert!(db > 0.0 && redis > 0.0, "{db} {redis}");
    assert!((150.0..=total).contains(&upstream), "{upstream} of {total}");
    // A page of messages asks the database only.
    let [db, _, upstream, total] = times(&ground, Method::GET, "/conversations?user=ann", None).await.unwrap();
    assert!(db > 0.0 && db <= total, "{db} of {total}");
    assert_eq!(upstream.to_bits(), 0.0_f64.to_bits());
    // A stream tells what it knows when it begins.
    let stream = ground.service.request(Method::POST, "/chat-messages").json(&streamed("Hi"));
    assert!(ground.service.begin(stream).await.headers().contains_key("server-timing"));
    // Refusals waited, too.
    let unknown = ground.server.service("app-unknown").get("/parameters").await.expect(401);
    assert!(unknown.header("server-timing").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_workflows_tell_what_their_nodes_waited_for() {
    let ground = published(Ground::with("advanced-chat", &[("FERRIFY_SERVER_TIMING", "true")]).await, None).await;
    ground.stub.script(MODEL, Script::pieces(4, "word ", Duration::from_millis(50)));
    let ask = json!({"inputs": {}, "query": "Hi", "user": "ann", "response_mode": "blocking"});
    let [db, redis, upstream, total] = times(&ground, Method::POST, "/chat-messages", Some(&ask)).await.unwrap();
    assert!(db > 0.0 && redis > 0.0, "{db} {redis}");
    assert!((150.0..=total).contains(&upstream), "{upstream} of {total}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_unless_it_is_wanted() {
    let ground = Ground::of("chat").await;
    assert_eq!(times(&ground, Method::GET, "/parameters", None).await, None);
}
