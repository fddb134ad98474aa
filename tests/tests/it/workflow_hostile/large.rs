//! Graphs of many megabytes: taken or refused, and nobody else waits for it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{AROUND, Probe, around, blank, deploy, outcome, refused, try_draft, unharmed};
use crate::it::workflow_runs::{IN_A_LINE, graph, greeting};

const MEGABYTE: usize = 1024 * 1024;

/// Almost ten megabytes, which is the limit, in one text.
fn one_text() -> Value {
    graph(
        around(
            json!({"type": "template-transform", "template": "x".repeat(10 * MEGABYTE - 10_000), "variables": []}),
            "output",
        ),
        &AROUND,
    )
}

/// Almost ten megabytes in many nodes.
fn many_nodes() -> Value {
    let mut graph = graph(greeting(), &IN_A_LINE);
    let nodes = graph["nodes"].as_array_mut().unwrap();
    for number in 0..20_000 {
        nodes.push(json!({"id": format!("n{number}"), "type": "custom", "position": {"x": number, "y": 0.5},
            "data": {"type": "template-transform", "title": "t".repeat(200), "template": "y".repeat(150), "variables": []}}));
    }
    graph
}

/// Ten megabytes of nothing but brackets and numbers.
fn many_values() -> Value {
    json!({"nodes": [], "edges": [], "more": vec![json!([1, {}]); 900_000]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_of_ten_megabytes() {
    let flow = blank("workflow", &[]).await;
    deploy(&flow, greeting(), &IN_A_LINE).await;
    for (what, graph, taken) in
        [("one text", one_text(), true), ("many nodes", many_nodes(), true), ("many values", many_values(), false)]
    {
        let probe = Probe::start(&flow);
        let begun = Instant::now();
        let answer = try_draft(&flow, graph).await;
        let took = begun.elapsed();
        eprintln!("{what}: {} after {took:?}", answer.status);
        probe.nobody_waited(what).await;
        if taken {
            assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        } else {
            refused(&answer, 400, "invalid_param", what);
        }
        assert!(took < Duration::from_secs(60), "{what}: {took:?}");
        let data = outcome(&flow, json!({"name": "Ann"})).await;
        assert_eq!(data["outputs"], json!({"said": "Hello, Ann!"}));
    }
    let answer = try_draft(&flow, json!({"nodes": [], "edges": [], "more": "x".repeat(64 * MEGABYTE)})).await;
    refused(&answer, 413, "request_entity_too_large", "64 MB");
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_ten_megabytes() {
    let flow = blank("workflow", &[]).await;
    deploy(&flow, greeting(), &IN_A_LINE).await;
    let file = |graph: &str| {
        format!(
            "version: 0.5.0\nkind: app\napp: {{mode: workflow, name: large}}\nworkflow: {{features: {{}}, graph: {graph}}}\n"
        )
    };
    let text = |bytes: usize| {
        let node = format!(
            "{{id: x, type: custom, data: {{type: template-transform, title: x, variables: [], template: {}}}}}",
            "x".repeat(bytes)
        );
        file(&format!("{{edges: [], nodes: [{node}]}}"))
    };
    let mut nodes = many_nodes();
    nodes["nodes"].as_array_mut().unwrap().truncate(18_000);
    for (what, yaml, status) in [
        ("one text", text(9 * MEGABYTE), 200),
        ("many nodes", file(&nodes.to_string()), 200),
        ("many values", file(&format!("{{edges: [], nodes: [], more: [{}]}}", "[1, {}],".repeat(900_000))), 400),
        ("deep", file(&"{a: ".repeat(2_000_000)), 400),
        ("too large", text(10 * MEGABYTE + 1), 400),
        ("aliases", file(&format!("{{edges: &e [], nodes: [{}]}}", "*e,".repeat(1_000_000))), 400),
        ("one key", file(&format!("{{edges: [], nodes: [], {}: 1}}", "k".repeat(9 * MEGABYTE))), 200),
    ] {
        let probe = Probe::start(&flow);
        let begun = Instant::now();
        let sent = json!({"mode": "yaml-content", "yaml_content": yaml});
        let answer = flow.console.post_json("/apps/imports", &sent).await;
        let took = begun.elapsed();
        eprintln!("{what} ({} bytes): {} after {took:?}", yaml.len(), answer.status);
        probe.nobody_waited(what).await;
        let shown: String = answer.text().chars().take(300).collect();
        assert_eq!(answer.status, status, "{what}: {shown}");
        assert_eq!(answer.json["status"], json!(if status == 200 { "completed" } else { "failed" }), "{what}: {shown}");
        assert!(answer.json["error"].as_str().unwrap().len() < 1000, "{what}: {shown}");
        assert!(took < Duration::from_secs(60), "{what}: {took:?}");
    }
    unharmed(&flow.server).await;
}
