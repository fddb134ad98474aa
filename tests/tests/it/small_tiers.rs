//! A walk over every route of the tiers that are neither builders', programs' nor visitors': stored files, the internal API
//! and MCP servers. A route that is in no table ends it.

use std::collections::BTreeSet;

use config::Tier;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::{Answer, Client, TestServer};

use crate::it::console_knowledge::upload;
use crate::it::console_people::{home, stranger};
use crate::it::ground::Ground;

const FILES: [(&str, &str); 4] = [
    ("GET", "/files/{id}/file-preview"),
    ("GET", "/files/{id}/image-preview"),
    ("GET", "/files/tools/{file}"),
    // For everybody: it is on pages that everybody sees.
    ("GET", "/files/workspaces/{tenant_id}/webapp-logo"),
];
const INNER: [(&str, &str); 4] = [
    ("POST", "/inner/api/enterprise/workspace"),
    ("POST", "/inner/api/enterprise/workspace/ownerless"),
    ("POST", "/inner/api/enterprise/mail"),
    ("POST", "/inner/api/billing/mail"),
];
const MCP: [(&str, &str); 1] = [("POST", "/mcp/server/{server_code}/mcp")];

fn described(document: &Value, prefix: &str) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with(prefix));
    paths
        .flat_map(|(path, operations)| {
            let methods = operations.as_object().unwrap().keys().filter(|name| *name != "parameters");
            methods.map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect()
}

fn table(rows: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    rows.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect()
}

fn document(tier: Tier) -> Value {
    serde_json::to_value(server::openapi(tier).unwrap()).unwrap()
}

/// A link to a file of the Console, below the server's root.
async fn link(server: &TestServer, console: &Client, name: &str, content: &str) -> String {
    let id = upload(console, name, content).await;
    let avatar = console.post_json("/account/avatar", &json!({"avatar": id})).await.expect(200).text_at("/avatar_url");
    avatar.strip_prefix(server.base()).unwrap().to_owned()
}

fn is_refusal(answer: &Answer) -> bool {
    matches!(answer.status, 400 | 401 | 403 | 404) && !answer.code().is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_need_the_signature_of_their_own_link() {
    let ground = Ground::of("chat").await;
    let server = &ground.server;
    let root = server.client();
    let served = root.get("/files/openapi.json").await.expect(200).json;
    assert_eq!(described(&served, "/files"), table(&FILES));
    let mine = link(server, &ground.console, "mine.txt", "quokka").await;
    let elsewhere = stranger(server).await;
    let theirs = link(server, &elsewhere, "theirs.txt", "wombat").await;
    assert_eq!(root.get(&mine).await.expect(200).text(), "quokka");
    let id = |link: &str| link.split('/').nth(2).unwrap().to_owned();
    let query = |link: &str| link.split_once('?').unwrap().1.to_owned();

    let self_query = query(&mine);
    let mut faults = Vec::new();
    let signed = FILES.iter().filter(|(_, path)| !path.contains("webapp-logo"));
    for (_, pattern) in signed {
        let path = pattern.replace("{id}", &id(&mine)).replace("{file}", &format!("{}.txt", id(&mine)));
        let without = query(&mine).split('&').map(str::to_owned).collect::<Vec<_>>();
        let mut queries = vec![String::new(), query(&theirs), "timestamp=9999999999&nonce=0&sign=AAAA".to_owned()];
        // Any part of another's link beside one's own, and any part left out.
        for (at, other) in query(&theirs).split('&').enumerate() {
            let mut mixed = without.clone();
            mixed[at] = other.to_owned();
            queries.push(mixed.join("&"));
            mixed.remove(at);
            queries.push(mixed.join("&"));
        }
        // A link of a kind is none of another: only the right path takes the right query.
        if !pattern.ends_with("file-preview") && !pattern.contains("/tools/") {
            queries.push(query(&mine));
        }
        for query in &queries {
            // Links of one second share their time.
            if pattern.ends_with("file-preview") && *query == self_query {
                continue;
            }
            let answer = root.get(&format!("{path}?{query}")).await;
            if !is_refusal(&answer) || answer.text().contains("quokka") {
                faults.push(format!("{path}?{query}: {} {}", answer.status, answer.text()));
            }
        }
        for client in
            [&elsewhere.at(server.base()), &ground.console.at(server.base()), &ground.service.at(server.base())]
        {
            let answer = client.get(&path).await;
            if !is_refusal(&answer) {
                faults.push(format!("{path} with another's credential: {} {}", answer.status, answer.text()));
            }
        }
    }
    // Tools' files have the same signature as uploads, but there is no such file among them.
    let tool = root.get(&format!("/files/tools/{}.txt?{}", id(&mine), query(&mine))).await;
    assert_eq!(tool.expect(404).code(), "not_found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_internal_api_needs_its_own_key() {
    assert_eq!(described(&document(Tier::Console), "/inner"), table(&INNER));
    for on in [false, true] {
        let settings = [("INNER_API", if on { "true" } else { "false" }), ("INNER_API_KEY", "inner-key-0123456789")];
        let ground = Ground::with("chat", &settings).await;
        let key = ground.console.api_key(&ground.app).await;
        let root = ground.server.client();
        let count = async || {
            let db = ground.server.db();
            (db.count("tenants", "true", &[]).await, db.count("ferrify_jobs", "kind ILIKE '%mail%'", &[]).await)
        };
        let before = count().await;
        let workspace = home(&ground.server).await;
        let body = json!({"name": "Taken", "owner_email": test_kit::Console::OWNER_EMAIL, "to": ["a@example.com"],
            "subject": "s", "body": "b", "tenant_id": workspace});
        let header = |key: &str| root.clone().with_header("X-Inner-Api-Key", key);
        let strangers = [
            root.clone(),
            header(""),
            header("inner-key-012345678"),
            header("inner-key-01234567890"),
            header("INNER-KEY-0123456789"),
            root.clone().with_bearer("inner-key-0123456789"),
            root.clone().with_bearer(&key),
            ground.console.at(ground.server.base()),
        ];
        for (method, path) in INNER {
            for client in &strangers {
                let request = client.request(method.parse::<Method>().unwrap(), path).json(&body);
                let answer = client.send(request).await;
                let expected = if on { (401, "unauthorized") } else { (404, "not_found") };
                assert_eq!((answer.status, answer.code()), expected, "{path}: {}", answer.text());
            }
        }
        assert_eq!(count().await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mcp_server_needs_its_code() {
    assert_eq!(described(&document(Tier::Service), "/mcp"), table(&MCP));
    let ground = Ground::of("chat").await;
    let path = format!("/apps/{}/server", ground.app.id);
    let made = ground.console.post_json(&path, &json!({"description": "quokka", "parameters": {}})).await.expect(200);
    let code = made.text_at("/server_code");
    let root = ground.server.client();
    let shorter = code.get(1..).unwrap();
    let turned = code.chars().rev().collect::<String>();
    let info =
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "n", "version": "1"}});
    // Neither parts of the code, nor other names of the app or its server.
    for wrong in [
        shorter,
        &format!("{code}0"),
        &turned,
        &code.to_uppercase(),
        &ground.app.id,
        &ground.app.code,
        &made.text_at("/id"),
        "%25",
        "_",
    ] {
        if wrong == code {
            continue;
        }
        for method in ["initialize", "tools/list", "tools/call", "ping"] {
            let params =
                if method == "initialize" { info.clone() } else { json!({"name": "x", "arguments": {"query": "Hi"}}) };
            let asked = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
            let answer = root.post_json(&format!("/mcp/server/{wrong}/mcp"), &asked).await;
            assert_eq!(answer.status, 404, "{wrong} {method}: {}", answer.text());
            assert_eq!(answer.json["error"]["code"], json!(-32600), "{wrong} {method}");
            assert!(!answer.text().contains("quokka") && answer.json.get("result").is_none(), "{}", answer.text());
        }
    }
    assert_eq!(ground.server.db().count("end_users", "type = 'mcp'", &[]).await, 0);
    assert_eq!(ground.server.db().count("messages", "true", &[]).await, 0);
}
