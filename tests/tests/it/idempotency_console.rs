//! Requests with a key of their own, of people who are signed in and of OpenAI's clients.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::upstream::{Misbehave, Script};
use test_kit::{Answer, Client};

use crate::it::console_people::{home, member, set_up};
use crate::it::ground::{Ground, MODEL};

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    client.send(client.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_made_once_for_its_person() {
    let (server, owner) = set_up().await;
    let app = |name: &str| json!({"name": name, "mode": "chat", "icon_type": "emoji", "icon": "x", "icon_background": "#fff"});
    let one = app("one");
    let answers = join_all((0..6).map(|_| post(&owner, "/apps", "k", &one))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.json), (201, &answers[0].json), "{}", answer.text());
    }
    assert_eq!(answers.iter().filter(|answer| replayed(answer)).count(), 5);
    assert_eq!(server.db().count("apps", "true", &[]).await, 1);
    assert_eq!(post(&owner, "/apps", "k", &app("two")).await.expect(409).code(), "idempotency_conflict");

    // Somebody else's key is another one, whatever it asks; and who may not do it gets no answer of those who may.
    let editor = member(&server, "editor").await;
    let theirs = post(&editor, "/apps", "k", &app("one")).await.expect(201);
    assert!(!replayed(&theirs) && theirs.json["id"] != answers[0].json["id"]);
    assert!(replayed(&post(&editor, "/apps", "k", &app("one")).await.expect(201)));
    let normal = member(&server, "normal").await;
    let _ = post(&normal, "/apps", "k", &app("one")).await.expect(403);
    let lower = "UPDATE tenant_account_joins SET role = 'normal' WHERE role = 'editor' AND tenant_id = $1::uuid";
    assert_eq!(server.db().execute(lower, &[&home(&server).await]).await, 1);
    let _ = post(&editor, "/apps", "k", &app("one")).await.expect(403);
    let nobody = crate::it::console_people::bare(&server);
    let _ = post(&nobody, "/apps", "k", &app("one")).await.expect(401);
    assert_eq!(server.db().count("apps", "true", &[]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_with_secrets_are_not_kept() {
    let ground = Ground::of("chat").await;
    let path = format!("/apps/{}/api-keys", ground.app.id);
    let first = post(&ground.console, &path, "k", &json!({})).await.expect(201);
    let second = post(&ground.console, &path, "k", &json!({})).await.expect(201);
    assert!(!replayed(&second) && first.json["token"] != second.json["token"]);
    let secret = format!("/apps/{}/call-rules/signing-secret", ground.app.id);
    let first = post(&ground.console, &secret, "k", &json!({})).await;
    let second = post(&ground.console, &secret, "k", &json!({})).await;
    assert!(first.status < 300 && !replayed(&second) && first.json != second.json, "{}", first.text());
    assert_eq!(ground.server.database().redis(&["KEYS", "ferrify:*:idempotency:*"]).await.trim(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_the_console_are_told_again() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script::text(&["Good", " day"]));
    let path = format!("/apps/{}/chat-messages", ground.app.id);
    let body = json!({"response_mode": "streaming", "conversation_id": "", "query": "Hi", "inputs": {}, "files": [],
        "model_config": test_kit::Console::model_config("chat", ground.provider, MODEL)});
    let mut texts = Vec::new();
    for _ in 0..2 {
        let request = ground.console.request(Method::POST, &path).header("Idempotency-Key", "k").json(&body);
        let stream = test_kit::SseStream::read(ground.console.begin(request).await).rest().await.well_framed();
        assert_eq!(stream.answer(), "Good day");
        texts.push(stream.events().cloned().collect::<Vec<_>>());
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(ground.server.db().count("messages", "true", &[]).await, 1);
}

const COMPLETIONS: &str = "/chat/completions";

/// The stream of a completion: whether it is told again, and its lines.
async fn chunks(ground: &Ground, key: &str, body: &Value) -> (bool, Vec<String>) {
    let request = ground.service.request(Method::POST, COMPLETIONS).header("Idempotency-Key", key).json(body);
    let response = ground.service.begin(request).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let replayed = response.headers().contains_key("idempotency-replayed");
    let text = response.text().await.unwrap();
    (replayed, text.lines().filter(|line| line.starts_with("data: ")).map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_is_given_once() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script::text(&["Good", " day"]));
    let mut body = json!({"model": "any", "messages": [{"role": "user", "content": "Hello"}]});
    let first = post(&ground.service, COMPLETIONS, "k", &body).await.expect(200);
    let again = post(&ground.service, COMPLETIONS, "k", &body).await.expect(200);
    assert!(!replayed(&first) && replayed(&again) && first.json == again.json);
    body["stream"] = json!(true);
    let refused = post(&ground.service, COMPLETIONS, "k", &body).await.expect(409);
    assert_eq!(refused.json["error"]["code"], "idempotency_conflict");
    body["stream_options"] = json!({"include_usage": true});
    let (first, again) = (chunks(&ground, "s", &body).await, chunks(&ground, "s", &body).await);
    assert_eq!((first.0, again.0), (false, true));
    assert_eq!(first.1, again.1);
    assert_eq!(again.1.last().unwrap(), "data: [DONE]");
    assert_eq!(ground.server.db().count("messages", "true", &[]).await, 2);

    // A fault after the work had begun is kept, in its shape.
    ground.stub.script(MODEL, Script { misbehave: Some(Misbehave::ErrorEvent), ..Script::default() });
    let first = chunks(&ground, "f", &body).await;
    let again = chunks(&ground, "f", &body).await;
    assert!(again.0 && first.1 == again.1 && again.1.last().unwrap().contains("\"error\""), "{again:?}");
    body["stream"] = json!(false);
    let first = post(&ground.service, COMPLETIONS, "g", &body).await.expect(400);
    let again = post(&ground.service, COMPLETIONS, "g", &body).await.expect(400);
    assert!(replayed(&again) && first.json == again.json && again.json["error"]["code"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_of_a_workflow_is_told_again() {
    let flow = crate::it::workflow_runs::Flow::of(
        "workflow",
        crate::it::workflow_runs::greeting(),
        &crate::it::workflow_runs::IN_A_LINE,
    );
    let flow = flow.await;
    let body = json!({"messages": [{"role": "user", "content": "Ann"}], "stream": true});
    let mut told = Vec::new();
    for _ in 0..2 {
        let request = flow.service.request(Method::POST, COMPLETIONS).header("Idempotency-Key", "k").json(&body);
        told.push(flow.service.begin(request).await.text().await.unwrap());
    }
    assert_eq!(told[0], told[1]);
    assert!(told[1].contains("Hello, Ann!") && told[1].ends_with("data: [DONE]\n\n"), "{}", told[1]);
    assert_eq!(flow.server.db().count("workflow_runs", "true", &[]).await, 1);
}
