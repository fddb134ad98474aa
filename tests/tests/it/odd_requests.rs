//! Requests that no client means: every route of every tier is asked odd things, made up from a fixed seed, by somebody who
//! may ask. Whatever comes, it is an answer below 500 in the shape of the tier, and the server is well afterwards.

use config::Tier;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::Client;

use crate::it::ground::Ground;

/// Requests per operation.
const ROUNDS: u64 = 5;
/// Another one finds other things.
const SEED: u64 = 20_261_126;

/// Parts of paths: no ids, or ids of nothing, as they may stand in a URL.
const PARTS: [&str; 12] = [
    "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a",
    "7A2C1F9E9A544C0C9D5F0F7F4F3C2B1A",
    "%00",
    "%FF%FE",
    "..%2F..%2Fetc%2Fpasswd",
    "%F0%9F%A6%80",
    "-1",
    "99999999999999999999999",
    "null",
    "%27%20OR%201%3D1%20--",
    "%E2%80%AE%D8%A7",
    "a%0D%0AX-Injected%3A%20yes",
];
const VALUES: [&str; 12] = [
    "",
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "%00",
    "%FF",
    "99999-99-99T99%3A99%3A99Z",
    "true",
    "[]",
    "%7B%7D",
    "a%26b%3Dc",
];
const NAMES: [&str; 22] = [
    "page",
    "limit",
    "user",
    "last_id",
    "first_id",
    "conversation_id",
    "keyword",
    "status",
    "sort_by",
    "pinned",
    "ids",
    "tag_ids",
    "created_at__before",
    "created_at__after",
    "start",
    "end",
    "mode",
    "cursor",
    "response_mode",
    "timestamp",
    "language",
    "app_id",
];
const KEYS: [&str; 24] = [
    "inputs",
    "query",
    "user",
    "files",
    "response_mode",
    "conversation_id",
    "name",
    "email",
    "password",
    "token",
    "id",
    "description",
    "content",
    "segments",
    "data",
    "model",
    "messages",
    "metadata",
    "graph",
    "features",
    "text",
    "url",
    "value",
    "jsonrpc",
];
/// Texts as JSON may spell them, some of which are no Unicode.
const TEXTS: [&str; 9] = [
    r#""""#,
    r#""\ud800""#,
    r#""\u0000""#,
    r#""\ud83e\udd80""#,
    r#""7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a""#,
    r#""2026-13-45T25:61:61Z""#,
    r#""{{x}}{{#sys.query#}}""#,
    r#""http://169.254.169.254/latest/meta-data/""#,
    r#""../../etc/passwd""#,
];
const NUMBERS: [&str; 8] =
    ["0", "-1", "1e999", "18446744073709551616", "-9223372036854775809", "0.1", "1E-400", "99999999999999999999999999"];

/// JSON text, valid or nearly so.
fn odd_json(random: &mut StdRng, depth: u32) -> String {
    match random.random_range(0..if depth == 0 { 5 } else { 8 }) {
        0 => "null".to_owned(),
        1 => random.random::<bool>().to_string(),
        2 => (*NUMBERS.choose(random).unwrap()).to_owned(),
        3 | 4 => (*TEXTS.choose(random).unwrap()).to_owned(),
        5 => {
            let items: Vec<String> = (0..random.random_range(0..4)).map(|_| odd_json(random, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
        _ => odd_object(random, depth - 1),
    }
}

fn odd_object(random: &mut StdRng, depth: u32) -> String {
    let fields: Vec<String> = (0..random.random_range(0..8))
        .map(|_| format!("\"{}\":{}", KEYS.choose(random).unwrap(), odd_json(random, depth)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

fn odd_body(random: &mut StdRng) -> (&'static str, Vec<u8>) {
    let json = "application/json";
    match random.random_range(0..10) {
        0 => (json, b"{".to_vec()),
        1 => (json, vec![0xff, 0xfe, 0x00]),
        2 => (json, format!("{}1{}", "[".repeat(2_000), "]".repeat(2_000)).into_bytes()),
        3 => ("text/plain", b"hello".to_vec()),
        4 => (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\x00\xff.txt\"\r\n\r\nx\r\n--b--"
                .to_vec(),
        ),
        5 => ("multipart/form-data", b"--\r\n".to_vec()),
        6 => (json, odd_json(random, 3).into_bytes()),
        _ => (json, odd_object(random, 3).into_bytes()),
    }
}

fn odd_path(random: &mut StdRng, pattern: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { *PARTS.choose(random).unwrap() } else { part }.to_owned();
    let path = pattern.split('/').map(part).collect::<Vec<_>>().join("/");
    let pairs: Vec<String> = (0..random.random_range(0..4))
        .map(|_| format!("{}={}", NAMES.choose(random).unwrap(), VALUES.choose(random).unwrap()))
        .collect();
    if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
}

/// What would end the walk for those who come after.
const LEFT_OUT: [&str; 4] =
    ["/console/api/logout", "/console/api/account/delete", "/console/api/workspaces/switch", "/console/api/setup"];

fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(server::openapi(Tier::All).unwrap()).unwrap();
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        if LEFT_OUT.contains(&path.as_str()) {
            continue;
        }
        for method in operations.as_object().unwrap().keys().filter(|name| *name != "parameters") {
            all.push((method.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    for path in [
        "/files/{id}/file-preview",
        "/files/{id}/image-preview",
        "/files/tools/{file}",
        "/chat/{code}",
        "/form/{token}",
    ] {
        all.push((Method::GET, path.to_owned()));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_is_answered() {
    let ground = Ground::of("chat").await;
    let app = ground.console.api_key(&ground.app).await;
    let datasets = ground.console.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
    let page = ground.server.web(&ground.app.code).await;
    let base = ground.server.base();
    let root = ground.server.client().at(base);
    let (by_app, by_datasets) = (root.clone().with_bearer(&app), root.clone().with_bearer(&datasets));
    let (by_visitor, by_member) = (page.at(base), ground.console.at(base));
    let mut random = StdRng::seed_from_u64(SEED);
    let (mut asked, mut faults) = (0_u32, Vec::new());
    for (method, pattern) in operations() {
        let client: &Client = match pattern.as_str() {
            p if p.starts_with("/v1/datasets") || p.starts_with("/v1/workspaces") => &by_datasets,
            p if p.starts_with("/v1") => &by_app,
            p if p.starts_with("/api") => &by_visitor,
            p if p.starts_with("/console") => &by_member,
            _ => &root,
        };
        for _ in 0..ROUNDS {
            let path = odd_path(&mut random, &pattern);
            let request = client.request(method.clone(), &path);
            let (kind, body) = odd_body(&mut random);
            let shown = String::from_utf8_lossy(&body).chars().take(300).collect::<String>();
            let request = if method == Method::GET { request } else { request.header("Content-Type", kind).body(body) };
            let response = client.begin(request).await;
            asked += 1;
            let status = response.status().as_u16();
            if status >= 500 {
                let text = response.text().await.unwrap_or_default();
                faults.push(format!("{method} {path} {kind} {shown}: {status} {text}"));
            } else if status >= 400 && !pattern.starts_with("/chat") && !pattern.starts_with("/form") {
                let text = response.text().await.unwrap_or_default();
                let told: Value = serde_json::from_str(&text).unwrap_or_default();
                let shaped = told["code"].is_string() || told["error"].is_object() || told["error"].is_string();
                if !shaped {
                    faults.push(format!("{method} {path}: {status} without a shape: {text}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} of {asked}:\n{}", faults.len(), faults.join("\n"));
    assert!(asked > 1_500, "{asked}");
    assert_eq!(root.get("/ready").await.expect(200).json["status"], "ok");
    let _ = ground.service.post_json("/chat-messages", &crate::it::ground::question("Still there?")).await.expect(200);
}
