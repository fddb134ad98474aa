//! What browsers are told about calls from other origins, on every tier, on answers good and bad.

use config::Tier;
use reqwest::Method;
use serde_json::json;
use test_kit::{Answer, Client, TestServer};

use crate::it::ground::{Ground, streamed};

const CONSOLE: &str = "https://console.example";
const PAGES: &str = "https://pages.example";
const STRANGER: &str = "https://stranger.example";
const METHODS: [&str; 6] = ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"];
const EXPOSED: [&str; 13] = [
    "X-Version",
    "X-Env",
    "X-Trace-Id",
    "API-Version",
    "Deprecation",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Retry-After",
    "Server-Timing",
    "Sunset",
    "X-Request-Id",
    "X-Workflow-Run-Id",
];

/// The parts of a list in a header, in order; `None` without the header.
fn list(answer: &Answer, name: &str) -> Option<Vec<String>> {
    let mut parts: Vec<String> = answer.header(name)?.split(',').map(|part| part.trim().to_owned()).collect();
    parts.sort();
    Some(parts)
}

fn sorted(words: &[&str]) -> Option<Vec<String>> {
    let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    words.sort();
    Some(words)
}

async fn preflight(client: &Client, path: &str, origin: Option<&str>) -> Answer {
    let mut request = client.request(Method::OPTIONS, path).header("Access-Control-Request-Method", "POST").header(
        "Access-Control-Request-Headers",
        "authorization,content-type,x-app-code,x-app-passport,x-csrf-token,x-upload-token,x-no",
    );
    if let Some(origin) = origin {
        request = request.header("Origin", origin);
    }
    let answer = client.send(request).await.expect(200);
    assert!(answer.body.is_empty());
    assert_eq!(list(&answer, "allow"), sorted(&METHODS));
    answer
}

async fn get(client: &Client, path: &str, origin: Option<&str>) -> Answer {
    let request = client.request(Method::GET, path);
    client
        .send(match origin {
            Some(origin) => request.header("Origin", origin),
            None => request,
        })
        .await
}

/// With cookies: the origin itself, never `*`.
#[track_caller]
fn admitted_with_cookies(answer: &Answer, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(list(answer, "access-control-expose-headers"), sorted(&EXPOSED));
    assert!(list(answer, "vary").is_some_and(|vary| vary.iter().any(|word| word == "Origin")));
}

#[track_caller]
fn not_admitted(answer: &Answer) {
    let told = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert_eq!(told, None, "{}", answer.text());
}

#[track_caller]
fn admitted_with_a_key(answer: &Answer, origin: Option<&str>) {
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin.unwrap_or("*")), "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(list(answer, "access-control-expose-headers"), sorted(&EXPOSED));
    assert_eq!(list(answer, "vary").is_some_and(|vary| vary.iter().any(|word| word == "Origin")), origin.is_some());
}

/// A tier that takes cookies from listed origins only.
async fn takes_cookies(client: &Client, listed: &str, others: &[&str], paths: &[(&str, u16)]) {
    for (path, status) in paths {
        let asked = preflight(client, path, Some(listed)).await;
        admitted_with_cookies(&asked, listed);
        assert_eq!(list(&asked, "access-control-allow-methods"), sorted(&METHODS));
        let allowed =
            ["authorization", "content-type", "x-app-code", "x-app-passport", "x-csrf-token", "x-upload-token"];
        assert_eq!(list(&asked, "access-control-allow-headers"), sorted(&allowed));
        admitted_with_cookies(&get(client, path, Some(listed)).await.expect(*status), listed);
        for other in others {
            not_admitted(&preflight(client, path, Some(other)).await);
            not_admitted(&get(client, path, Some(other)).await.expect(*status));
        }
        not_admitted(&preflight(client, path, None).await);
        not_admitted(&get(client, path, None).await.expect(*status));
    }
}

async fn tiers() -> (Ground, [TestServer; 3]) {
    let settings = [("CONSOLE_CORS_ALLOW_ORIGINS", CONSOLE), ("WEB_API_CORS_ALLOW_ORIGINS", PAGES)];
    let ground = Box::pin(Ground::with("chat", &settings)).await;
    let mut started = Vec::new();
    for tier in [Tier::Console, Tier::Service, Tier::Web] {
        started.push(Box::pin(ground.server.sibling(tier).start()).await);
    }
    (ground, started.try_into().ok().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_told_who_may_call() {
    let (ground, [console, service, web]) = tiers().await;
    let near_misses = [STRANGER, PAGES, "http://console.example", "https://console.example:444", "null"];
    // Fine, not signed in, no such route, not this method.
    let paths = [("/setup", 200), ("/account/profile", 401), ("/none/such", 404), ("/login", 405)];
    for server in [&console, &ground.server] {
        let client = Client::new(format!("{}/console/api", server.base()));
        takes_cookies(&client, CONSOLE, &near_misses, &paths).await;
    }
    let near_misses = [STRANGER, CONSOLE, "https://pages.example.stranger.example"];
    for server in [&web, &ground.server] {
        let client = Client::new(format!("{}/api", server.base()));
        let paths = [("/system-features", 200), ("/parameters", 401), ("/none/such", 404), ("/logout", 405)];
        takes_cookies(&client, PAGES, &near_misses, &paths).await;
    }
    let key = ground.console.api_key(&ground.app).await;
    for server in [&service, &ground.server] {
        let client = server.service(&key);
        for origin in [None, Some(STRANGER), Some(CONSOLE)] {
            for (path, status) in [("/parameters", 200), ("/conversations?user=a&limit=0", 400)] {
                let asked = preflight(&client, path, origin).await;
                admitted_with_a_key(&asked, origin);
                assert_eq!(list(&asked, "access-control-allow-methods"), sorted(&METHODS));
                let allowed = ["authorization", "content-type", "x-app-code", "x-app-passport", "x-upload-token"];
                assert_eq!(list(&asked, "access-control-allow-headers"), sorted(&allowed));
                admitted_with_a_key(&get(&client, path, origin).await.expect(status), origin);
            }
            let nobody = server.service("app-nobodys");
            admitted_with_a_key(&get(&nobody, "/parameters", origin).await.expect(401), origin);
            let files = Client::new(format!("{}/files", server.base()));
            let unsigned = get(&files, "/c36b8c7e-5b5f-4f0d-8f5f-1a5c0d6f2d11/file-preview", origin).await;
            assert!((400..500).contains(&unsigned.status));
            admitted_with_a_key(&unsigned, origin);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_and_refusals_can_be_read_by_pages() {
    let settings =
        [("WEB_API_CORS_ALLOW_ORIGINS", PAGES), ("FERRIFY_IP_PER_SECOND", "0.01"), ("FERRIFY_IP_BURST", "1")];
    let ground = Box::pin(Ground::of("chat")).await;
    let key = ground.console.api_key(&ground.app).await;
    let client = Client::clone(&ground.server.service(&key)).with_header("Origin", STRANGER);
    let stream = client.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    assert_eq!(stream.headers["access-control-allow-origin"], STRANGER);
    assert_eq!(stream.headers["access-control-expose-headers"], EXPOSED.join(", "));

    let mut strict = ground.server.sibling(Tier::All);
    for (name, value) in settings {
        strict = strict.set(name, value);
    }
    let strict = Box::pin(strict.start()).await;
    let pages = Client::new(format!("{}/api", strict.base()));
    let _ = get(&pages, "/system-features", Some(PAGES)).await.expect(200);
    for _ in 0..2 {
        // A preflight costs nothing of the budget and is answered although the budget is used up.
        admitted_with_cookies(&preflight(&pages, "/parameters", Some(PAGES)).await, PAGES);
        admitted_with_cookies(&get(&pages, "/parameters", Some(PAGES)).await.expect(429), PAGES);
    }
    let refused = get(&strict.service(&key), "/parameters", Some(STRANGER)).await.expect(429);
    admitted_with_a_key(&refused, Some(STRANGER));
    not_admitted(&get(&strict.client(), "/health", Some(STRANGER)).await.expect(429));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_list_every_origin_is_echoed() {
    let open = Box::pin(TestServer::start(Tier::All)).await;
    for prefix in ["/console/api", "/api"] {
        let client = Client::new(format!("{}{prefix}", open.base()));
        admitted_with_cookies(&get(&client, "/system-features", Some(STRANGER)).await.expect(200), STRANGER);
    }
    let fallback = open.sibling(Tier::Console).set("CONSOLE_WEB_URL", format!("{CONSOLE}/")).start();
    let fallback = Box::pin(fallback).await;
    let client = Client::new(format!("{}/console/api", fallback.base()));
    takes_cookies(&client, CONSOLE, &[STRANGER], &[("/setup", 200)]).await;
    let body = json!({"email": "a@example.com"});
    let refused = client.send(client.request(Method::POST, "/login").header("Origin", CONSOLE).json(&body)).await;
    assert!((400..500).contains(&refused.status));
    admitted_with_cookies(&refused, CONSOLE);
}
