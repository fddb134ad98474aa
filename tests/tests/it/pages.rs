//! What people open in a browser: that it is there, that it is guarded, and that it comes from nowhere else.

use std::collections::BTreeSet;

use config::Tier;
use reqwest::Method;
use serde_json::{Map, Value, json};
use test_kit::{Answer, Client, TestServer};

use crate::it::console_people::set_up;
use crate::it::ground::Ground;

const GUARDS: [&str; 9] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
];

fn open(server: &TestServer) -> Client {
    Client::new(server.base().to_owned())
}

/// A document with all that guards it.
#[track_caller]
fn guarded(answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let policy = answer.header("content-security-policy").unwrap();
    for guard in GUARDS {
        assert!(policy.split("; ").any(|part| part == guard), "{guard} is not in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http:") && !policy.contains('*'), "{policy}");
    let text = answer.text().to_lowercase();
    for tag in text.split("<script").skip(1) {
        assert!(tag.split('>').next().unwrap().contains("src=\"/"), "a script in the document: {tag}");
        assert!(tag.split('>').nth(1).unwrap().starts_with("</script"), "a script in the document: {tag}");
    }
    for forbidden in
        [" style=", "<style", " onload", " onclick", " onerror", "javascript:", "<base", "http://", "https://"]
    {
        assert!(!text.contains(forbidden), "{forbidden} in {text}");
    }
}

/// Addresses of files in a document.
fn referenced(document: &str) -> Vec<String> {
    let marks = ["src=\"", "href=\""];
    let found = marks.iter().flat_map(|mark| document.split(mark).skip(1));
    let files = found.map(|rest| rest.split('"').next().unwrap().to_owned());
    files.filter(|path| path.ends_with(".js") || path.ends_with(".css") || path.ends_with(".svg")).collect()
}

/// Names of the modules that a script imports.
fn imported(script: &str) -> Vec<String> {
    let rests = script.split(" from \"./").skip(1);
    rests.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// Fetches the files of a document and whatever they import; every one of them is kept for ever and clean.
async fn fetch_files(client: &Client, document: &str) -> usize {
    let mut waiting = referenced(document);
    let mut seen = Vec::new();
    assert!(waiting.len() >= 3, "{document}");
    while let Some(path) = waiting.pop() {
        if seen.contains(&path) {
            continue;
        }
        let file = client.get(&path).await.expect(200);
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"), "{path}");
        let kind = match path.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(file.header("content-type"), Some(kind), "{path}");
        clean(&path, file.text());
        let folder = path.rsplit_once('/').unwrap().0;
        waiting.extend(imported(file.text()).into_iter().map(|name| format!("{folder}/{name}")));
        let tag = file.header("etag").unwrap().to_owned();
        let again = client.send(client.request(Method::GET, &path).header("If-None-Match", tag)).await.expect(304);
        assert!(again.body.is_empty());
        let old = path.replace(folder.rsplit('/').next().unwrap(), "0123456789abcdef");
        let old = client.get(&old).await.expect(200);
        assert_eq!((old.header("cache-control"), &old.body), (Some("no-cache"), &file.body), "{path}");
        seen.push(path);
    }
    seen.len()
}

/// No other host, and no way from text to markup or code.
#[track_caller]
fn clean(path: &str, text: &str) {
    for scheme in ["http://", "https://"] {
        for rest in text.split(scheme).skip(1) {
            let host: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '.').collect();
            assert!(host.trim_matches('.').is_empty() || host == "www.w3.org", "{path} names {host}");
        }
    }
    for forbidden in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "createContextualFragment",
        "DOMParser",
        "eval(",
        "new Function",
        "srcdoc",
        "@import",
    ] {
        assert!(!text.contains(forbidden), "{forbidden} in {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_apps_come_whole_from_the_program() {
    let ground = Ground::of("chat").await;
    let client = open(&ground.server);
    let completion = ground.console.create_ready_app("completion", ground.provider, "stub-model").await;
    let workflow = ground.console.create_app("workflow", "A workflow").await;
    let chatflow = ground.console.create_app("advanced-chat", "A chatflow").await;
    for (kind, app) in
        [("chat", &ground.app), ("completion", &completion), ("workflow", &workflow), ("chat", &chatflow)]
    {
        let path = format!("/{kind}/{}", app.code);
        let page = client.get(&path).await.expect(200);
        guarded(&page);
        assert!(page.text().contains(&format!("data-code=\"{}\"", app.code)), "{}", page.text());
        assert!(fetch_files(&client, page.text()).await >= 10);
        let tag = page.header("etag").unwrap().to_owned();
        let again = client.send(client.request(Method::GET, &path).header("If-None-Match", tag)).await.expect(304);
        assert!(again.header("content-security-policy").is_some() && again.body.is_empty());
        let head = client.send(client.request(Method::HEAD, &path)).await.expect(200);
        assert!(head.body.is_empty());
        assert_eq!(client.post_json(&path, &json!({})).await.expect(405).code(), "method_not_allowed");
    }
    let elsewhere = client.get(&format!("/chat/{}?user_id=u", workflow.code)).await.expect(307);
    assert_eq!(elsewhere.header("location"), Some(format!("/workflow/{}?user_id=u", workflow.code).as_str()));
    let form = client.get("/form/none").await.expect(200);
    guarded(&form);
    assert!(fetch_files(&client, form.text()).await >= 8);
    assert_eq!(client.get("/pages/0123456789abcdef/none.js").await.expect(404).code(), "not_found");
    assert_eq!(client.get("/pages/0123456789abcdef/..%2f..%2fCargo.toml").await.expect(404).code(), "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_published_has_a_page() {
    let ground = Ground::of("chat").await;
    let client = open(&ground.server);
    let long = "x".repeat(300);
    for code in ["none", "%00", "a%0Ab", "%F0%9F%8E%89", "%FF", long.as_str()] {
        let gone = client.get(&format!("/chat/{code}")).await;
        assert_eq!(gone.status, 404, "{code}");
        // A path that is no text is no path of ours; everything else is told to people.
        if code != "%FF" {
            guarded(&gone);
            assert!(gone.text().contains("There is no app here"), "{code}");
        }
    }
    let path = format!("/chat/{}", ground.app.code);
    guarded(&client.get(&path).await.expect(200));
    let switch = |on: bool| json!({"enable_site": on});
    let enable = format!("/apps/{}/site-enable", ground.app.id);
    let _ = ground.console.post_json(&enable, &switch(false)).await.expect(200);
    guarded(&client.get(&path).await.expect(404));
    let _ = ground.console.post_json(&enable, &switch(true)).await.expect(200);
    guarded(&client.get(&path).await.expect(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_maker_writes_stays_text() {
    let ground = Ground::with("chat", &[("FILES_URL", "https://files.example/base")]).await;
    let client = open(&ground.server);
    let changes = json!({
        "title": "\"><script>alert(1)</script>",
        "description": "'\"><img src=x onerror=alert(1)>{{assets}}",
    });
    let _ = ground.console.post_json(&format!("/apps/{}/site", ground.app.id), &changes).await.expect(200);
    let page = client.get(&format!("/chat/{}", ground.app.code)).await.expect(200);
    let text = page.text();
    assert!(text.contains("<title>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>"), "{text}");
    assert!(text.contains("content=\"&#39;&quot;&gt;&lt;img src=x onerror=alert(1)&gt;{{assets}}\""), "{text}");
    assert_eq!(text.matches("<script").count(), 2, "{text}");
    let form = client.get("/form/%22%3E%3Cscript%3E").await.expect(200);
    assert!(form.text().contains("data-code=\"&quot;&gt;&lt;script&gt;\""), "{}", form.text());
    // Pictures may also come from where files are kept.
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("img-src 'self' data: blob: https://files.example; media-src"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_tells_strangers_nothing_of_apps() {
    let ground = Ground::of("chat").await;
    let client = open(&ground.server);
    let page = client.get("/").await.expect(200);
    guarded(&page);
    assert!(fetch_files(&client, page.text()).await >= 5);
    let here = client.get("/pages/links.json").await.expect(200);
    assert_eq!(here.header("cache-control"), Some("no-store"));
    let app = json!({"title": "A chat app", "mode": "chat", "path": format!("/chat/{}", ground.app.code)});
    assert_eq!((&here.json["listed"], &here.json["apps"]), (&json!(true), &json!([app])));
    for docs in here.json["docs"].as_array().unwrap() {
        guarded(&client.get(docs["path"].as_str().unwrap()).await.expect(200));
    }
    for header in [("X-Forwarded-For", "203.0.113.7"), ("Via", "1.1 proxy"), ("Host", "rebound.example")] {
        let request = client.request(Method::GET, "/pages/links.json").header(header.0, header.1);
        let away = client.send(request).await.expect(200).json;
        assert_eq!((&away["listed"], &away["apps"]), (&json!(false), &json!([])), "{header:?}");
    }
    let _ = ground
        .console
        .post_json(&format!("/apps/{}/site-enable", ground.app.id), &json!({"enable_site": false}))
        .await
        .expect(200);
    assert_eq!(client.get("/pages/links.json").await.expect(200).json["apps"], json!([]));
}

/// Parameters of a path that it has no place for, and places in a path that no parameter fills.
fn misplaced(paths: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for (path, operations) in paths {
        let places: BTreeSet<&str> = path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
        for (method, operation) in operations.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let filled: BTreeSet<&str> =
                parameters.filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap()).collect();
            found.extend(places.symmetric_difference(&filled).map(|name| format!("{method} {path}: {name}")));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_described_without_signing_in() {
    let (server, _console) = set_up().await;
    let client = open(&server);
    for prefix in ["/v1", "/files", "/mcp", "/console/api", "/api"] {
        let page = client.get(&format!("{prefix}/docs")).await.expect(200);
        guarded(&page);
        assert!(fetch_files(&client, page.text()).await >= 5);
        for name in ["openapi.json", "swagger.json"] {
            let path = format!("{prefix}/{name}");
            let document = client.get(&path).await.expect(200);
            assert_eq!(document.header("content-type"), Some("application/json"));
            assert_eq!(document.header("access-control-allow-origin"), Some("*"));
            let paths = document.json["paths"].as_object().unwrap();
            assert!(!paths.is_empty() && paths.keys().all(|path| path.starts_with(prefix)), "{prefix}");
            assert_eq!(misplaced(paths), Vec::<String>::new(), "{prefix}");
            let tag = document.header("etag").unwrap().to_owned();
            let _ = client.send(client.request(Method::GET, &path).header("If-None-Match", tag)).await.expect(304);
        }
        // The rest of the prefix is as it was.
        assert_eq!(
            client.post_json(&format!("{prefix}/docs"), &json!({})).await.expect(405).code(),
            "method_not_allowed"
        );
        assert_eq!(client.get(&format!("{prefix}/docs/none")).await.expect(404).code(), "not_found");
        assert_eq!(client.get(&format!("{prefix}/none.json")).await.expect(404).code(), "not_found");
    }
    assert_eq!(client.get("/v1/parameters").await.expect(401).code(), "unauthorized");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tier_shows_what_is_its_own() {
    let ground = Ground::of("chat").await;
    let page = format!("/chat/{}", ground.app.code);
    let [service, web, console, worker] = [Tier::Service, Tier::Web, Tier::Console, Tier::Worker];
    for (tier, shown, hidden) in [
        (
            service,
            vec!["/v1/docs", "/mcp/docs", "/files/docs"],
            vec!["/", "/api/docs", "/console/api/docs", page.as_str()],
        ),
        (web, vec!["/api/docs", "/files/docs", page.as_str()], vec!["/", "/v1/docs", "/pages/links.json"]),
        (console, vec!["/console/api/docs", "/files/docs"], vec!["/", "/v1/docs", page.as_str()]),
        (worker, vec![], vec!["/", "/v1/docs", "/files/docs", page.as_str()]),
    ] {
        let server = ground.server.sibling(tier).start().await;
        let client = open(&server);
        for path in shown {
            let page = client.get(path).await.expect(200);
            guarded(&page);
            assert!(fetch_files(&client, page.text()).await >= 3);
        }
        for path in hidden {
            assert_eq!(client.get(path).await.expect(404).code(), "not_found", "{path} of {}", tier.name());
        }
        server.shutdown().await;
    }
    let production = ground.server.sibling(Tier::All).set("DEPLOY_ENV", "PRODUCTION").start().await;
    let client = open(&production);
    for path in ["/v1/docs", "/files/docs", "/mcp/docs", "/", page.as_str()] {
        guarded(&client.get(path).await.expect(200));
    }
    for path in ["/console/api/docs", "/console/api/openapi.json", "/api/docs", "/api/swagger.json"] {
        assert_eq!(client.get(path).await.expect(404).code(), "not_found", "{path}");
    }
    let links = client.get("/pages/links.json").await.expect(200).json;
    assert_eq!((&links["listed"], &links["apps"]), (&json!(false), &json!([])));
    production.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chats_stand_in_frames_of_others_only_where_that_is_wanted() {
    let ground = Ground::of("chat").await;
    let bot = format!("/chatbot/{}", ground.app.code);
    let client = open(&ground.server);
    let alone = client.get(&bot).await.expect(200);
    assert_eq!(alone.header("x-frame-options"), Some("DENY"));
    assert!(alone.header("content-security-policy").unwrap().contains("; frame-ancestors 'none';"));
    for (origins, ancestors) in
        [("*", "*"), ("https://a.example, http://b.example:81", "https://a.example http://b.example:81")]
    {
        let server = ground.server.sibling(Tier::Web).set("ALLOW_EMBED", "true").set("FERRIFY_EMBED_ORIGINS", origins);
        let server = server.start().await;
        let client = open(&server);
        let page = client.get(&bot).await.expect(200);
        assert_eq!(page.header("x-frame-options"), None);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains(&format!("; frame-ancestors {ancestors};")), "{policy}");
        assert!(fetch_files(&client, page.text()).await >= 10);
        // Only there.
        for path in [format!("/chat/{}", ground.app.code), "/form/none".to_owned()] {
            let page = client.get(&path).await.expect(200);
            guarded(&page);
            assert_eq!(page.header("x-frame-options"), Some("SAMEORIGIN"), "{path}");
        }
        assert_eq!(client.get("/chatbot/none").await.expect(404).header("x-frame-options"), Some("SAMEORIGIN"));
        server.shutdown().await;
    }
    let workflow = ground.console.create_app("workflow", "A workflow").await;
    let elsewhere = client.get(&format!("/chatbot/{}", workflow.code)).await.expect(307);
    assert_eq!(elsewhere.header("location"), Some(format!("/workflow/{}", workflow.code).as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_apps_that_listen_may_use_the_microphone() {
    let ground = Ground::of("chat").await;
    let client = open(&ground.server);
    let path = format!("/chat/{}", ground.app.code);
    let may = async || {
        let page = client.get(&path).await.expect(200);
        guarded(&page);
        page.header("permissions-policy").unwrap().contains("microphone=(self)")
    };
    assert!(!may().await);
    ground.configure(json!({"speech_to_text": {"enabled": true}})).await;
    assert!(may().await);
    ground.configure(json!({"speech_to_text": {"enabled": false}})).await;
    assert!(!may().await);
}
