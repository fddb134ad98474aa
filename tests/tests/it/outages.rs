//! Redis or Postgres going away and coming back, under a server that is answering.

use std::time::{Duration, Instant};

use config::Tier;
use serde_json::{Value, json};
use test_kit::upstream::Script;
use test_kit::{Answer, Console, TestServer};

use crate::it::ground::{Ground, MODEL, question, streamed};

const LEASES: &str = "ferrify:{runs}:leases";
const WORDS: &str = "one two three four five six seven eight nine ten";

/// Two seconds of words.
fn slow() -> Script {
    Script {
        chunk_delay: Duration::from_millis(200),
        ..Script::text(&["one ", "two ", "three ", "four ", "five ", "six ", "seven ", "eight ", "nine ", "ten"])
    }
}

/// The answer, if it came in time.
async fn soon(limit: Duration, asked: impl Future<Output = Answer>) -> Answer {
    let begun = Instant::now();
    let answer = asked.await;
    assert!(begun.elapsed() < limit, "took {:?}: {}", begun.elapsed(), answer.text());
    answer
}

/// A fault in the contract's shape.
#[track_caller]
fn fault(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.text());
    assert_eq!(answer.json["status"], status);
    assert!(answer.json["message"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(answer.header("x-request-id").is_some());
}

async fn becomes_ready(server: &TestServer) {
    let begun = Instant::now();
    while server.client().get("/ready").await.status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(15), "the server never became ready again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Which of the checks fail.
async fn failing(server: &TestServer) -> Vec<String> {
    let ready = soon(Duration::from_secs(5), server.client().get("/ready")).await.expect(503);
    assert_eq!(server.client().get("/health").await.status, 200);
    let checks = ready.json["checks"].as_object().unwrap();
    checks.iter().filter(|(_, said)| *said != "ok").map(|(name, _)| name.clone()).collect()
}

/// Waits until no run is held by anybody.
async fn no_lease_is_left(ground: &Ground) {
    let begun = Instant::now();
    while ground.server.database().redis(&["ZCARD", LEASES]).await != "0" {
        assert!(begun.elapsed() < Duration::from_secs(15), "a lease is left");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn sign_in(ground: &Ground) -> Answer {
    Console::visitor(ground.server.base()).sign_in(Console::OWNER_EMAIL, Console::OWNER_PASSWORD).await
}

async fn opening(ground: &Ground) -> Value {
    ground.service.get("/parameters").await.expect(200).json["opening_statement"].clone()
}

/// Changes the app over another server, so that this one has to hear of it.
async fn change_opening(ground: &Ground, elsewhere: &TestServer, text: &str) {
    let mut config = Console::model_config("chat", ground.provider, MODEL);
    config["opening_statement"] = json!(text);
    let console = elsewhere.console().await;
    console.save_model_config(&ground.app, &config).await;
}

async fn hears_of(ground: &Ground, text: &str) {
    let begun = Instant::now();
    while opening(ground).await != text {
        assert!(begun.elapsed() < Duration::from_secs(10), "the change to {text} was never heard of");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A stop that is asked for elsewhere ends an answer here.
async fn stops_from(ground: &Ground, elsewhere: &TestServer) {
    ground.stub.script(MODEL, Script { chunk_delay: Duration::from_secs(1), ..slow() });
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("stop me")).await;
    let task = stream.until("message").await["task_id"].as_str().unwrap().to_owned();
    let key = ground.console.api_key(&ground.app).await;
    let path = format!("/chat-messages/{task}/stop");
    let _ = elsewhere.service(&key).post_json(&path, &json!({"user": "alice"})).await.expect(200);
    let asked = Instant::now();
    stream.until("message_end").await;
    assert!(asked.elapsed() < Duration::from_secs(5), "took {:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_go_on_without_redis_and_everything_comes_back() {
    let limits = [
        ("FERRIFY_WORKSPACE_DAILY_RUNS", "1000"),
        ("APP_DEFAULT_ACTIVE_REQUESTS", "50"),
        ("FERRIFY_IP_PER_SECOND", "1000"),
        ("FERRIFY_IP_BURST", "1000"),
    ];
    let ground = Box::pin(Ground::on_lines("chat", &limits)).await;
    let elsewhere = Box::pin(ground.server.sibling(Tier::All).start()).await;
    change_opening(&ground, &elsewhere, "before").await;
    hears_of(&ground, "before").await;
    ground.stub.script(MODEL, slow());
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("go")).await;
    let message = stream.until("message").await["message_id"].as_str().unwrap().to_owned();

    ground.server.lines().redis.cut().await;
    let transcript = stream.rest().await.well_framed();
    assert_eq!((transcript.answer().as_str(), transcript.names().last()), (WORDS, Some(&"message_end")));
    let row = ground.message(&message).await;
    assert_eq!((&row["status"], &row["answer"]), (&json!("normal"), &json!(WORDS)));

    // All limiters but the person's are open: what can be answered is.
    ground.stub.script(MODEL, Script::default());
    let limit = Duration::from_secs(5);
    let _ = soon(limit, ground.service.post_json("/chat-messages", &question("again"))).await.expect(200);
    let _ = soon(limit, ground.service.get("/conversations?user=alice")).await.expect(200);
    let _ = soon(limit, ground.console.get("/apps")).await.expect(200);
    assert_eq!(failing(&ground.server).await, ["redis"]);
    let refused = soon(limit, sign_in(&ground)).await;
    fault(&refused, 503, "service_unavailable");
    assert!(refused.header("retry-after").is_some() && refused.header("set-cookie").is_none());
    fault(&soon(limit, ground.console.post_json("/refresh-token", &json!({}))).await, 503, "service_unavailable");
    // A stop needs no Redis where the run is.
    ground.stub.script(MODEL, Script { chunk_delay: Duration::from_secs(1), ..slow() });
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("stop here")).await;
    let task = stream.until("message").await["task_id"].as_str().unwrap().to_owned();
    let stop = format!("/chat-messages/{task}/stop");
    let _ = soon(limit, ground.service.post_json(&stop, &json!({"user": "alice"}))).await.expect(200);
    stream.until("message_end").await;
    // Nobody can tell this server.
    change_opening(&ground, &elsewhere, "meanwhile").await;

    ground.server.lines().redis.mend();
    becomes_ready(&ground.server).await;
    hears_of(&ground, "meanwhile").await;
    // A later sign-in took the place of the first session.
    let person = Console::visitor(ground.server.base());
    let _ = person.sign_in(Console::OWNER_EMAIL, Console::OWNER_PASSWORD).await.expect(200);
    let _ = person.post_json("/refresh-token", &json!({})).await.expect(200);
    change_opening(&ground, &elsewhere, "after").await;
    hears_of(&ground, "after").await;
    stops_from(&ground, &elsewhere).await;
    no_lease_is_left(&ground).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_minute_is_closed_without_redis() {
    let ground = Box::pin(Ground::on_lines("chat", &[("FERRIFY_END_USER_PER_MINUTE", "100")])).await;
    let _ = ground.service.post_json("/chat-messages", &question("before")).await.expect(200);
    ground.server.lines().redis.cut().await;
    for body in [question("during"), streamed("during")] {
        let refused = soon(Duration::from_secs(5), ground.service.post_json("/chat-messages", &body)).await;
        fault(&refused, 429, "too_many_requests");
        assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    }
    assert_eq!(ground.server.db().count("messages", "query = 'during'", &[]).await, 0);
    ground.server.lines().redis.mend();
    becomes_ready(&ground.server).await;
    let _ = ground.service.post_json("/chat-messages", &question("after")).await.expect(200);
}

/// `lost`: the connections that exist stay silent although Redis can be reached again.
async fn redis_is_silent(lost: bool) {
    let settings = [("FERRIFY_REDIS_TIMEOUT_SECONDS", "1"), ("FERRIFY_WORKSPACE_DAILY_RUNS", "1000")];
    let ground = Box::pin(Ground::on_lines("chat", &settings)).await;
    let elsewhere = Box::pin(ground.server.sibling(Tier::All).start()).await;
    ground.stub.script(MODEL, slow());
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("go")).await;
    stream.until("message").await;
    ground.server.lines().redis.freeze();
    let begun = Instant::now();
    let transcript = stream.rest().await.well_framed();
    assert_eq!((transcript.answer().as_str(), transcript.names().last()), (WORDS, Some(&"message_end")));
    assert!(begun.elapsed() < Duration::from_secs(6), "took {:?}", begun.elapsed());
    ground.stub.script(MODEL, Script::default());
    let limit = Duration::from_secs(5);
    for _ in 0..3 {
        let _ = soon(limit, ground.service.post_json("/chat-messages", &question("again"))).await.expect(200);
    }
    fault(&soon(limit, sign_in(&ground)).await, 503, "service_unavailable");
    assert_eq!(failing(&ground.server).await, ["redis"]);
    if lost {
        ground.server.lines().redis.lose()
    } else {
        ground.server.lines().redis.mend()
    }
    becomes_ready(&ground.server).await;
    let _ = sign_in(&ground).await.expect(200);
    no_lease_is_left(&ground).await;
    stops_from(&ground, &elsewhere).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_long_for_a_frozen_redis() {
    Box::pin(redis_is_silent(false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_a_redis_that_vanished_are_replaced() {
    Box::pin(redis_is_silent(true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_saved_although_postgres_was_away() {
    let ground = Box::pin(Ground::on_lines("chat", &[])).await;
    ground.stub.script(MODEL, slow());
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("go")).await;
    let message = stream.until("message").await["message_id"].as_str().unwrap().to_owned();
    ground.server.lines().postgres.cut().await;
    // Away when the answer is to be saved, back a little later.
    let line = &ground.server.lines().postgres;
    let (transcript, ()) = tokio::join!(stream.rest(), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        line.mend();
    });
    let transcript = transcript.well_framed();
    assert_eq!((transcript.answer().as_str(), transcript.names().last()), (WORDS, Some(&"message_end")));
    let row = ground.message(&message).await;
    assert_eq!((&row["status"], &row["answer"]), (&json!("normal"), &json!(WORDS)));
    no_lease_is_left(&ground).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_faults_are_quick_and_everything_comes_back() {
    let ground = Box::pin(Ground::on_lines("chat", &[])).await;
    ground.stub.script(MODEL, slow());
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("go")).await;
    let message = stream.until("message").await["message_id"].as_str().unwrap().to_owned();
    ground.server.lines().postgres.cut().await;

    let limit = Duration::from_secs(3);
    for body in [question("during"), streamed("during")] {
        let refused = soon(limit, ground.service.post_json("/chat-messages", &body)).await;
        fault(&refused, 500, "internal_server_error");
    }
    fault(&soon(limit, ground.service.get("/conversations?user=alice")).await, 500, "internal_server_error");
    fault(&soon(limit, ground.console.get("/apps")).await, 500, "internal_server_error");
    fault(&soon(limit, sign_in(&ground)).await, 500, "internal_server_error");
    assert_eq!(failing(&ground.server).await, ["migrations", "postgres"]);

    let begun = Instant::now();
    let transcript = stream.rest().await.well_framed();
    assert!(begun.elapsed() < Duration::from_secs(20), "took {:?}", begun.elapsed());
    let error = transcript.only("error");
    assert_eq!((&error["code"], &error["status"]), (&json!("internal_server_error"), &json!(500)));
    assert_eq!((&error["message_id"], transcript.names().last()), (&json!(message), Some(&"error")));
    // The run lives until its row has ended, so that somebody would end both should this process die now.
    assert_eq!(ground.server.database().redis(&["ZCARD", LEASES]).await, "1");

    ground.server.lines().postgres.mend();
    let row = ground.ended(&message, Duration::from_secs(10)).await;
    assert_eq!((&row["status"], &row["answer"]), (&json!("normal"), &json!(WORDS)));
    no_lease_is_left(&ground).await;
    ground.stub.script(MODEL, Script::default());
    becomes_ready(&ground.server).await;
    for _ in 0..20 {
        let _ = ground.service.post_json("/chat-messages", &question("after")).await.expect(200);
    }
    assert_eq!(ground.server.db().count("messages", "query = 'during'", &[]).await, 0);
}

/// `lost`: the connections that exist stay silent although Postgres can be reached again.
async fn postgres_is_silent(lost: bool) {
    let settings = [("FERRIFY_DB_STATEMENT_SECONDS", "2"), ("SQLALCHEMY_POOL_SIZE", "4")];
    let ground = Box::pin(Ground::on_lines("chat", &settings)).await;
    ground.stub.script(MODEL, slow());
    // So that there are several connections to lose.
    futures::future::join_all((0..8).map(|_| ground.console.get("/apps"))).await;
    let mut stream = ground.service.sse_stream("/chat-messages", &streamed("go")).await;
    let message = stream.until("message").await["message_id"].as_str().unwrap().to_owned();
    ground.server.lines().postgres.freeze();
    // A statement's limit, the connection's grace, and a new connection that is not answered either.
    let refused = soon(Duration::from_secs(10), ground.console.get("/apps")).await;
    fault(&refused, 500, "internal_server_error");
    let transcript = stream.rest().await.well_framed();
    assert_eq!(transcript.only("error")["code"], "internal_server_error");
    if lost {
        ground.server.lines().postgres.lose()
    } else {
        ground.server.lines().postgres.mend()
    }
    let row = ground.ended(&message, Duration::from_secs(20)).await;
    assert_eq!((&row["status"], &row["answer"]), (&json!("normal"), &json!(WORDS)));
    becomes_ready(&ground.server).await;
    ground.stub.script(MODEL, Script::default());
    let limit = Duration::from_secs(5);
    for _ in 0..10 {
        let _ = soon(limit, ground.service.post_json("/chat-messages", &question("after"))).await.expect(200);
    }
    no_lease_is_left(&ground).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_long_for_a_frozen_postgres() {
    Box::pin(postgres_is_silent(false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_a_postgres_that_vanished_are_replaced() {
    Box::pin(postgres_is_silent(true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tiers_that_start_at_once_migrate_once() {
    let builder = TestServer::builder(Tier::All).on_empty_database().await;
    let tiers = [Tier::Console, Tier::Service, Tier::Web, Tier::Worker, Tier::All];
    let servers = builder.start_together(&tiers).await;
    for server in &servers {
        let ready = server.client().get("/ready").await.expect(200);
        assert_eq!(ready.json["checks"]["migrations"], "ok");
    }
    let app = servers[0].console().await.create_app("chat", "First").await;
    assert_eq!(servers[0].db().count("apps", "id = $1::uuid", &[&app.id]).await, 1);
    let _ = servers[1].service("app-none").get("/parameters").await.expect(401);
    for server in servers {
        server.shutdown().await;
    }
}
