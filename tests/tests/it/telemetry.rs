//! What the server tells of itself: figures, and log lines that can be followed and hold no secret.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::Tier;
use serde_json::{Value, json};
use test_kit::upstream::{Script, StubUpstream};
use test_kit::{Console, TestServer};

use crate::it::ground::{Ground, MODEL, question, streamed};
use crate::it::process::Process;

/// Names without `ferrify_`, and the labels of each.
const FIGURES: [(&str, &[&str]); 23] = [
    ("http_requests_total", &["tier", "route", "method", "status"]),
    ("http_request_seconds", &["tier", "route"]),
    ("streams_open", &[]),
    ("stream_seconds", &["mode"]),
    ("stage_seconds", &["stage", "mode"]),
    ("first_token_seconds", &["provider", "model"]),
    ("llm_tokens_total", &["provider", "model", "direction"]),
    ("llm_requests_total", &["provider", "model", "outcome"]),
    ("breaker_state", &["provider"]),
    ("db_pool_in_use", &[]),
    ("db_pool_wait_seconds", &[]),
    ("db_statements_total", &[]),
    ("redis_commands_total", &[]),
    ("redis_round_trips_total", &[]),
    ("cache_requests_total", &["cache", "outcome"]),
    ("rate_limited_total", &["limiter"]),
    ("runs_live", &[]),
    ("runs_ended_total", &["mode", "status"]),
    ("run_lease_age_seconds", &[]),
    ("jobs_ready", &["queue"]),
    ("jobs_oldest_seconds", &["queue"]),
    ("jobs_failed_total", &["kind"]),
    ("llm_retries_total", &["provider"]),
];

type Labels = BTreeMap<String, String>;

/// All series of a text for Prometheus; of a histogram the count.
fn series(text: &str) -> Vec<(String, Labels, f64)> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let mut all = Labels::new();
        for label in labels.trim_end_matches('}').split("\",").filter(|label| !label.is_empty()) {
            let (name, value) = label.split_once("=\"").unwrap();
            all.insert(name.to_owned(), value.trim_end_matches('"').to_owned());
        }
        let name = name.strip_prefix("ferrify_").unwrap_or(name);
        if !name.ends_with("_bucket") && !name.ends_with("_sum") {
            found.push((name.to_owned(), all, value.parse().unwrap()));
        }
    }
    found
}

fn of<'a>(all: &'a [(String, Labels, f64)], name: &str) -> Vec<&'a (String, Labels, f64)> {
    let count = format!("{name}_count");
    all.iter().filter(|(found, _, _)| found == name || *found == count).collect()
}

/// Traffic of every kind that is measured.
async fn traffic(ground: &Ground) {
    for body in [question("one"), question("two")] {
        let _ = ground.service.post_json("/chat-messages", &body).await.expect(200);
    }
    ground.service.sse("/chat-messages", &streamed("three")).await.well_framed();
    let _ = ground.service.post_json("/chat-messages", &question("four")).await.expect(429);
    let _ = ground.service.get(&format!("/messages?user=alice&conversation_id={}", uuid::Uuid::new_v4())).await;
    let _ =
        ground.service.post_json(&format!("/chat-messages/{}/stop", uuid::Uuid::new_v4()), &json!({"user": "a"})).await;
    let _ = ground.console.get(&format!("/apps/{}", ground.app.id)).await.expect(200);
    let _ = ground.server.client().get("/v1/none/of/these").await.expect(404);
    let _ = ground.server.client().get("/wp-login.php").await.expect(404);
    // Enough failures in a row for the breaker, by people who have a minute left.
    ground.stub.script(MODEL, Script::refusal(500, "broken"));
    for user in 0..10 {
        let mut body = question("broken");
        body["user"] = json!(format!("person-{user}"));
        let failed = ground.service.post_json("/chat-messages", &body).await;
        assert!(failed.status >= 400);
    }
    let job = "INSERT INTO ferrify_jobs (id, queue, kind, payload, run_at, max_attempts, created_at, updated_at) \
               VALUES (gen_random_uuid(), 'purge', 'purge_app', '{}', now() - interval '1 minute', 1, now(), now())";
    ground.server.db().execute(job, &[]).await;
    ground.server.db().execute("SELECT pg_notify('ferrify_jobs', 'purge')", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_is_there_with_its_labels() {
    let settings = [("FERRIFY_END_USER_PER_MINUTE", "3"), ("FERRIFY_MODEL_RETRIES", "1")];
    let ground = Box::pin(Ground::with("chat", &settings)).await;
    traffic(&ground).await;
    let begun = Instant::now();
    let all = loop {
        let text = ground.server.client().get("/metrics").await.expect(200).text().to_owned();
        let all = series(&text);
        let missing: Vec<&str> =
            FIGURES.iter().map(|(name, _)| *name).filter(|name| of(&all, name).is_empty()).collect();
        if missing.is_empty() {
            break all;
        }
        // Some are measured by the clock.
        assert!(begun.elapsed() < Duration::from_secs(20), "{missing:?} are missing in {text}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    for (name, labels) in FIGURES {
        for (_, found, _) in of(&all, name) {
            let found: BTreeSet<&str> = found.keys().map(String::as_str).collect();
            assert_eq!(found, labels.iter().copied().collect(), "{name}");
        }
    }
    let value = |name: &str, labels: &[(&str, &str)]| -> f64 {
        let fits = |found: &Labels| labels.iter().all(|(name, value)| found.get(*name).is_some_and(|v| v == value));
        of(&all, name).into_iter().filter(|(_, found, _)| fits(found)).map(|(_, _, value)| value).sum()
    };
    let route = "/v1/chat-messages";
    let answered = [("tier", "all"), ("route", route), ("method", "POST"), ("status", "200")];
    assert_eq!(value("http_requests_total", &answered), 3.0);
    assert_eq!(value("http_requests_total", &[("route", route), ("status", "429")]), 1.0);
    assert_eq!(value("rate_limited_total", &[("limiter", "sliding_window")]), 1.0);
    assert_eq!(value("runs_ended_total", &[("mode", "chat"), ("status", "finished")]), 3.0);
    for stage in ["run", "finish"] {
        assert_eq!(value("stage_seconds", &[("stage", stage), ("mode", "chat")]), 13.0, "{stage}");
    }
    assert!(value("stage_seconds", &[("stage", "prepare")]) >= 13.0);
    assert!(value("breaker_state", &[("provider", ground.provider)]) >= 1.0);
    assert!(value("llm_requests_total", &[("model", MODEL), ("outcome", "ok")]) >= 3.0);
    assert!(value("llm_tokens_total", &[("model", MODEL), ("direction", "completion")]) > 0.0);
    assert_eq!(value("jobs_failed_total", &[("kind", "purge_app")]), 1.0);
    assert_eq!((value("streams_open", &[]), value("runs_live", &[])), (0.0, 0.0));
    // Patterns, never paths: no id, and nothing that a caller made up.
    for (name, labels, _) in &all {
        let Some(route) = labels.get("route") else { continue };
        assert!(!route.contains("none") || route == "none", "{name} {route}");
        assert!(!route.contains("wp-login"), "{name} {route}");
        assert!(route.split('/').all(|part| uuid::Uuid::parse_str(part).is_err()), "{name} {route}");
    }
    assert!(value("http_requests_total", &[("route", "/v1/chat-messages/{task_id}/stop")]) >= 1.0);
}

/// Everything that must never be read in a log.
struct Secrets(BTreeMap<&'static str, String>);

impl Secrets {
    fn keep(&mut self, name: &'static str, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 8, "{name} is too short to be looked for");
        self.0.insert(name, secret);
    }
}

const PROVIDER_KEY: &str = "sk-provider-key-that-nobody-may-read-5d0c";
const WRONG_PASSWORD: &str = "wrong-password-7e1f";

/// Uses every kind of secret once.
async fn use_secrets(process: &Process, stub: &StubUpstream) -> Secrets {
    let mut secrets = Secrets(BTreeMap::new());
    let console = Console::sign_in_as_owner(process.base()).await;
    let _ = Console::visitor(process.base()).sign_in(Console::OWNER_EMAIL, WRONG_PASSWORD).await.expect(401);
    for (name, password) in [("password", Console::OWNER_PASSWORD), ("wrong password", WRONG_PASSWORD)] {
        secrets.keep(name, password);
    }
    secrets.keep("password as sent", STANDARD.encode(Console::OWNER_PASSWORD));
    secrets.keep("wrong password as sent", STANDARD.encode(WRONG_PASSWORD));
    for cookie in ["access_token", "refresh_token", "csrf_token"] {
        secrets.keep(cookie, console.cookie(cookie).unwrap());
    }
    let _ = console.post_json("/refresh-token", &json!({})).await.expect(200);
    secrets.keep("next refresh token", console.cookie("refresh_token").unwrap());
    let credentials = json!({"endpoint_url": stub.openai_base_url(), "api_key": PROVIDER_KEY});
    let provider = console.add_openai_compatible_with(MODEL, &credentials).await;
    secrets.keep("provider key", PROVIDER_KEY);
    // Somebody's mistake: a key that is refused, and one in a place where none belongs.
    stub.script("refused-model", Script::refusal(401, "Incorrect API key provided"));
    let refused = json!({"model": "refused-model", "model_type": "llm", "name": "x", "credentials":
        {"endpoint_url": stub.openai_base_url(), "api_key": "sk-refused-key-0b7a", "mode": "chat",
         "context_size": "4096", "max_tokens_to_sample": "4096"}});
    let path = format!("/workspaces/current/model-providers/{provider}/models/credentials");
    assert!(console.post_json(&path, &refused).await.status >= 400);
    secrets.keep("refused key", "sk-refused-key-0b7a");
    let app = console.create_ready_app("chat", provider, MODEL).await;
    let key = console.api_key(&app).await;
    let service = process.service(&key);
    secrets.keep("API key", key);
    for body in [question("blocking"), streamed("streaming")] {
        let request = service.request(reqwest::Method::POST, "/chat-messages").json(&body);
        let request = request.header("X-Request-Id", "request-to-follow").header("X-Trace-Id", "trace-to-follow");
        let answer = service.send(request).await.expect(200);
        assert_eq!(answer.header("x-request-id"), Some("request-to-follow"));
    }
    let _ = process.service("app-unknown-key-91c2").get("/parameters").await.expect(401);
    secrets.keep("unknown API key", "app-unknown-key-91c2");
    let pages = process.client().with_header("X-App-Code", app.code.as_str());
    let passport = pages.get("/api/passport").await.expect(200).text_at("/access_token");
    let _ = pages.with_header("X-App-Passport", passport.as_str()).get("/api/parameters").await.expect(200);
    secrets.keep("passport", passport);
    secrets
}

fn lines(log: &str) -> Vec<Value> {
    log.lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: no JSON in {line}")))
        .collect()
}

fn has_span(line: &Value, span: &str) -> bool {
    line["spans"].as_array().is_some_and(|spans| spans.iter().any(|name| name == span))
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_can_be_followed_and_hold_no_secret() {
    let ground = Box::pin(TestServer::start(Tier::Worker)).await;
    let stub = StubUpstream::start().await;
    let settings = [("LOG_LEVEL", "debug"), ("FERRIFY_LOG_FORMAT", "json")];
    let process = Process::start(&ground, &settings).await;
    let mut secrets = use_secrets(&process, &stub).await;
    secrets.keep("secret key", ground.environment()["SECRET_KEY"].clone());
    let begun = Instant::now();
    let followed = loop {
        let log = process.log();
        let complete = log.rsplit_once('\n').map_or("", |(complete, _)| complete);
        let followed: Vec<Value> =
            lines(complete).into_iter().filter(|line| line["request.id"] == "request-to-follow").collect();
        // The last thing that is said of a streamed answer comes from its run's last stage.
        if followed.iter().filter(|line| line["message"] == "saved an answer").count() == 2 {
            break followed;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "the runs cannot be followed: {log}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(followed.iter().all(|line| line["trace.id"] == "trace-to-follow"));
    assert_eq!(followed.iter().filter(|line| line["message"] == "answered").count(), 2);
    for stage in ["prepare", "run", "finish"] {
        assert!(followed.iter().any(|line| has_span(line, "stage") && line["stage.name"] == stage), "{stage}");
    }
    let log = process.log();
    for line in lines(log.trim_end()) {
        assert!(!has_span(&line, "request") || line["request.id"].is_string(), "{line}");
    }
    for (name, secret) in &secrets.0 {
        // As text, and as a list of bytes, as parameters of statements are shown.
        let bytes = format!("{:?}", secret.as_bytes());
        let bytes = bytes.trim_matches(['[', ']']);
        let told = log.lines().find(|line| line.contains(secret.as_str()) || line.contains(bytes));
        assert_eq!(told, None, "the {name} is in the log");
    }
    let query = format!("{:?}", "blocking".as_bytes());
    assert!(!log.contains(query.trim_matches(['[', ']'])), "what people ask is in the log");
    // Records of the `log` crate are told apart like others.
    let targets: BTreeSet<String> =
        lines(log.trim_end()).iter().filter_map(|line| Some(line["target"].as_str()?.to_owned())).collect();
    assert!(targets.contains("actix_server::builder") && !targets.contains("log"), "{targets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn warnings_name_their_request_at_every_level() {
    let ground = Box::pin(Ground::of("chat")).await;
    let settings = [("LOG_LEVEL", "error"), ("FERRIFY_LOG_FORMAT", "json")];
    let process = Process::start(&ground.server, &settings).await;
    let service = process.service(&ground.console.api_key(&ground.app).await);
    // A fault of ours: the table is gone.
    ground.server.db().execute("ALTER TABLE messages RENAME TO messages_elsewhere", &[]).await;
    let request = service.request(reqwest::Method::POST, "/chat-messages").json(&question("go"));
    let answer = service.send(request.header("X-Request-Id", "request-that-failed")).await.expect(500);
    assert_eq!(answer.code(), "internal_server_error");
    let said = lines(process.log().trim_end());
    let told: Vec<&Value> = said.iter().filter(|line| line["request.id"] == "request-that-failed").collect();
    assert_eq!(told.len(), 1, "{said:?}");
    assert_eq!(told[0]["level"], "ERROR");
}
