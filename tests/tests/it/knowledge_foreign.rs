//! Whatever id in a path is of something that is not there for the caller, the answer is 404 and nothing happens: on
//! every route about datasets, for every id in its path, whether the thing is another workspace's or hangs on another
//! dataset of one's own.

use config::Tier;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_kit::{Answer, Client};

use crate::it::console_people::stranger;
use crate::it::ground::Ground;
use crate::it::knowledge_holdings::{Holdings, Place};

/// What the descriptions leave out, because it is another name of a described route.
const ALIASES: [(&str, &str); 6] = [
    ("POST", "/v1/datasets/{dataset_id}/hit-testing"),
    ("POST", "/v1/datasets/{dataset_id}/document/create_by_text"),
    ("POST", "/v1/datasets/{dataset_id}/document/create_by_file"),
    ("POST", "/v1/datasets/{dataset_id}/documents/{document_id}/update_by_text"),
    ("POST", "/v1/datasets/{dataset_id}/documents/{document_id}/update_by_file"),
    ("PATCH", "/v1/datasets/{dataset_id}/documents/{document_id}"),
];

/// Ids of things; other parts of paths are words. Not those of jobs: one that is not known is answered in its own way.
const IDS: [&str; 8] = [
    "{dataset_id}",
    "{document_id}",
    "{segment_id}",
    "{child_chunk_id}",
    "{metadata_id}",
    "{batch}",
    "{key_id}",
    "{api_id}",
];

/// Every operation on a path below `prefix` with an id in it.
fn operations(tier: Tier, prefix: &str) -> Vec<(Method, String)> {
    let document = serde_json::to_value(server::openapi(tier).unwrap()).unwrap();
    let described = document["paths"].as_object().unwrap().iter().flat_map(|(path, operations)| {
        let names = operations.as_object().unwrap().keys().filter(|name| *name != "parameters");
        names.map(|name| (name.to_uppercase(), path.clone()))
    });
    let aliases = ALIASES.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
    let below = described.chain(aliases).filter(|(_, path)| path.starts_with(prefix));
    let with_ids = below.filter(|(_, path)| IDS.iter().any(|id| path.contains(id)));
    with_ids.map(|(method, path)| (method.parse().unwrap(), path)).collect()
}

fn id_of<'a>(holdings: &'a Holdings, name: &str) -> &'a str {
    match name {
        "{dataset_id}" => &holdings.dataset,
        "{document_id}" => &holdings.document,
        "{segment_id}" => &holdings.segment,
        "{child_chunk_id}" => &holdings.child,
        "{metadata_id}" => &holdings.field,
        "{batch}" => &holdings.batch,
        "{key_id}" => &holdings.key,
        "{api_id}" => &holdings.api,
        other => panic!("{other} is no id"),
    }
}

/// The path with one's own ids before the `at`th, and with the other's from there on.
fn filled(path: &str, at: usize, own: &Holdings, other: &Holdings) -> String {
    let mut seen = 0;
    let parts = path.split('/').map(|part| {
        if !IDS.contains(&part) {
            return match part {
                "{action}" if path.contains("/processing/") => "pause",
                "{action}" => "disable",
                part => part,
            };
        }
        seen += 1;
        id_of(if seen > at { other } else { own }, part)
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn call(client: &Client, own: &Holdings, method: &Method, pattern: &str, path: &str) -> Answer {
    let request = client.request(method.clone(), path);
    let by_file = pattern.ends_with("by-file") || pattern.ends_with("by_file");
    if by_file || (*method == Method::PATCH && pattern.ends_with("/documents/{document_id}")) {
        let part = Part::bytes("Mine.".as_bytes()).file_name("mine.txt").mime_str("text/plain").unwrap();
        let data = r#"{"process_rule": {"mode": "automatic"}, "indexing_technique": "high_quality"}"#;
        return client.send(request.multipart(Form::new().text("data", data).part("file", part))).await;
    }
    match own.sample("7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a", method, pattern) {
        Some(body) if *method != Method::GET && *method != Method::DELETE => client.send(request.json(&body)).await,
        _ => client.send(request).await,
    }
}

/// Tries every id of every path, from the `first`th on; how many were tried.
async fn nothing_is_there(
    client: &Client,
    operations: &[(Method, String)],
    first: usize,
    own: &Holdings,
    other: &Holdings,
) -> usize {
    let (mut tried, mut faults) = (0, Vec::new());
    for (method, pattern) in operations {
        let ids = pattern.split('/').filter(|part| IDS.contains(part)).count();
        for at in first..ids {
            let path = filled(pattern, at, own, other);
            let answer = call(client, own, method, pattern, &path).await;
            if (answer.status, answer.code()) != (404, "not_found") {
                faults.push(format!("{method} {pattern}, from id {at} on: {} {}", answer.status, answer.text()));
            }
            tried += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    tried
}

/// Everything that such routes could have changed.
async fn everything(ground: &Ground, tenant_of: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for table in ["datasets", "documents", "document_segments", "child_chunks", "dataset_metadatas"] {
        let rows = format!(
            "SELECT to_jsonb(t) - 'updated_at' AS row FROM {table} t WHERE tenant_id = \
             (SELECT tenant_id FROM datasets WHERE id = $1::uuid) ORDER BY id"
        );
        all.extend(ground.server.db().all(&rows, &[tenant_of]).await);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_of_another_workspace_is_not_there() {
    let ground = Ground::of("chat").await;
    let Ground { server, console, stub, app, .. } = &ground;
    let theirs = Holdings::fill(&Place { server, console, stub, app: &app.id }).await;
    let elsewhere = stranger(server).await;
    let home = elsewhere.create_app("chat", "Elsewhere").await.id;
    let mine = Holdings::fill(&Place { server, console: &elsewhere, stub, app: &home }).await;
    let before = everything(&ground, &theirs.dataset).await;

    let (person, program) = (elsewhere.at(server.base()), mine.service.at(server.base()));
    let of_console = operations(Tier::Console, "/console/api/datasets");
    let of_service = operations(Tier::Service, "/v1/datasets");
    assert!(nothing_is_there(&person, &of_console, 0, &mine, &theirs).await > 80);
    assert!(nothing_is_there(&program, &of_service, 0, &mine, &theirs).await > 40);
    assert_eq!(everything(&ground, &theirs.dataset).await, before);
    let asked = format!("/datasets/{}/retrieve", theirs.dataset);
    let found = theirs.service.post_json(&asked, &json!({"query": "foxes"})).await.expect(200);
    assert_ne!(found.json["records"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_on_another_dataset_is_not_there() {
    let ground = Ground::of("chat").await;
    let Ground { server, console, stub, app, .. } = &ground;
    let place = Place { server, console, stub, app: &app.id };
    let one = Holdings::fill(&place).await;
    let two = Holdings::fill(&place).await;
    let before = everything(&ground, &two.dataset).await;
    let (person, program) = (console.at(server.base()), one.service.at(server.base()));
    // The first dataset is there: what follows it is not its own.
    let of_console = operations(Tier::Console, "/console/api/datasets/{dataset_id}/");
    let of_service = operations(Tier::Service, "/v1/datasets/{dataset_id}/");
    assert!(nothing_is_there(&person, &of_console, 1, &one, &two).await > 30);
    assert!(nothing_is_there(&program, &of_service, 1, &one, &two).await > 15);
    assert_eq!(everything(&ground, &two.dataset).await, before);
}
