//! Graphs that are wrong: as drafts, and as versions that run.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{AROUND, Edges, around, blank, body, deploy, outcome, refused, try_draft, unharmed};
use crate::it::console_workflows::publish;
use crate::it::workflow_runs::{IN_A_LINE, graph, greeting};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_done_to_a_draft_reaches_the_published_version() {
    let flow = blank("workflow", &[]).await;
    deploy(&flow, greeting(), &IN_A_LINE).await;
    let good = async || {
        let data = outcome(&flow, json!({"name": "Ann"})).await;
        assert_eq!((&data["status"], &data["outputs"]), (&json!("succeeded"), &json!({"said": "Hello, Ann!"})));
    };
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut nodes = greeting();
        change(&mut nodes);
        graph(nodes, &IN_A_LINE)
    };
    let hash = || async {
        flow.console.get(&format!("/apps/{}/workflows/draft", flow.app.id)).await.expect(200).json["hash"].clone()
    };
    let before = hash().await;
    for kind in ["quantum", "start ", "START", "custom-note", "__proto__", "llm "] {
        let answer = try_draft(&flow, broken(&|nodes| nodes["hello"]["type"] = json!(kind))).await;
        let message = refused(&answer, 400, "invalid_param", kind);
        assert!(message.contains("is not a valid NodeType"), "{message}");
        good().await;
    }
    assert_eq!(hash().await, before);
    for (what, graph) in [
        ("no nodes", json!({"nodes": [], "edges": []})),
        ("nothing", json!({})),
        (
            "a circle",
            graph(greeting(), &[("start", "source", "hello"), ("hello", "source", "end"), ("end", "source", "hello")]),
        ),
        ("an edge to nowhere", graph(greeting(), &[("start", "source", "hello"), ("hello", "source", "gone")])),
        ("a broken template", broken(&|nodes| nodes["hello"]["template"] = json!("{% for %}"))),
        ("an unknown strategy", broken(&|nodes| nodes["hello"]["error_strategy"] = json!("no such strategy"))),
        ("a number for a list", broken(&|nodes| nodes["hello"]["variables"] = json!(5))),
        ("no start", broken(&|nodes| nodes["start"]["type"] = json!("end"))),
    ] {
        let saved = try_draft(&flow, graph).await;
        assert_eq!(saved.status, 200, "{what}: {}", saved.text());
        good().await;
        // Trying it says what is wrong; and so does running it once it is published, which is then set right.
        let path = format!("/apps/{}/workflows/draft/run", flow.app.id);
        let tried = flow.console.sse(&path, &json!({"inputs": {"name": "Ann"}})).await;
        if tried.status == 200 {
            assert_eq!(tried.well_framed().only("workflow_finished")["data"]["status"], json!("failed"), "{what}");
        } else {
            refused(&tried.refused(), 400, "invalid_param", what);
        }
        let published = publish(&flow.console, &flow.app).await;
        if published.status != 200 {
            refused(&published, 400, "invalid_param", what);
            continue;
        }
        let answer = flow.service.post_json("/workflows/run", &body(json!({"name": "Ann"}))).await;
        if answer.status == 200 {
            assert_ne!(answer.json["data"]["status"], json!("succeeded"), "{what}: {}", answer.text());
        } else {
            refused(&answer, 400, "invalid_param", what);
        }
        let parameters = flow.service.get("/parameters").await;
        assert!(parameters.status == 200 || parameters.code() == "app_unavailable", "{what}: {}", parameters.text());
        deploy(&flow, greeting(), &IN_A_LINE).await;
        good().await;
    }
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_every_node_that_are_of_the_wrong_type() {
    let flow = blank("workflow", &[]).await;
    let kinds = [
        "start",
        "end",
        "answer",
        "llm",
        "knowledge-retrieval",
        "knowledge-index",
        "if-else",
        "code",
        "template-transform",
        "question-classifier",
        "http-request",
        "tool",
        "datasource",
        "variable-aggregator",
        "variable-assigner",
        "loop",
        "loop-start",
        "loop-end",
        "iteration",
        "iteration-start",
        "parameter-extractor",
        "assigner",
        "document-extractor",
        "list-operator",
        "agent",
        "trigger-webhook",
        "trigger-schedule",
        "trigger-plugin",
        "human-input",
    ];
    let fields = [
        "variables",
        "outputs",
        "answer",
        "model",
        "prompt_template",
        "cases",
        "conditions",
        "code",
        "template",
        "classes",
        "url",
        "body",
        "headers",
        "items",
        "start_node_id",
        "iterator_selector",
        "loop_count",
        "parameters",
        "variable",
        "title",
        "version",
        "error_strategy",
        "default_value",
        "retry_config",
        "context",
        "memory",
        "tool_parameters",
        "dataset_ids",
    ];
    for kind in kinds {
        for wrong in [json!(null), json!(-1), json!("\u{0}"), json!([[]]), json!({"a": {"b": null}})] {
            let mut node = json!({"type": kind});
            for field in fields {
                node[field] = wrong.clone();
            }
            let mut nodes = around(node, "out");
            if kind.starts_with("trigger") {
                nodes.as_object_mut().unwrap().shift_remove("start");
            }
            let edges: &Edges<'_> = if kind.starts_with("trigger") { &AROUND[1..] } else { &AROUND };
            let saved = try_draft(&flow, graph(nodes, edges)).await;
            if saved.status != 200 {
                refused(&saved, 400, "invalid_param", kind);
                continue;
            }
            let published = publish(&flow.console, &flow.app).await;
            if published.status != 200 {
                let shown = format!("{kind} with {wrong}: {}", published.text());
                assert!(published.status == 400 && !published.code().is_empty(), "{shown}");
                continue;
            }
            let answer = flow.service.post_json("/workflows/run", &body(json!({}))).await;
            let shown = format!("{kind} with {wrong}: {}", answer.text());
            assert!(answer.status == 200 || answer.status == 400 && !answer.code().is_empty(), "{shown}");
            assert!(!answer.text().contains("the node failed unexpectedly"), "{shown}");
            let tried = flow
                .console
                .post_json(&format!("/apps/{}/workflows/draft/nodes/x/run", flow.app.id), &json!({"inputs": {}}))
                .await;
            assert!(matches!(tried.status, 200 | 400), "{kind} with {wrong} alone: {}", tried.text());
        }
    }
    unharmed(&flow.server).await;
}

/// A line of templates from start to end.
fn line(count: usize) -> (Value, Vec<(String, String)>) {
    let mut nodes = around(json!({"type": "template-transform", "template": "x", "variables": []}), "output");
    let mut edges = vec![("start".to_owned(), "x".to_owned())];
    let mut last = "x".to_owned();
    for number in 0..count {
        let id = format!("n{number}");
        nodes[&id] = json!({"type": "template-transform", "template": "{{ a }}", "variables": [{"variable": "a", "value_selector": [&last, "output"]}]});
        edges.push((last, id.clone()));
        last = id;
    }
    nodes["end"]["outputs"][0]["value_selector"] = json!([&last, "output"]);
    edges.push((last, "end".to_owned()));
    (nodes, edges)
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_nodes() {
    let flow = blank("workflow", &[("WORKFLOW_MAX_EXECUTION_STEPS", "6000")]).await;
    let (nodes, edges) = line(5000);
    let edges: Vec<_> = edges.iter().map(|(from, to)| (from.as_str(), "source", to.as_str())).collect();
    let busy = super::Probe::start(&flow);
    deploy(&flow, nodes, &edges).await;
    let begun = Instant::now();
    let data = outcome(&flow, json!({})).await;
    let first = begun.elapsed();
    assert_eq!(
        (&data["status"], &data["outputs"], &data["total_steps"]),
        (&json!("succeeded"), &json!({"out": "x"}), &json!(5003))
    );
    let begun = Instant::now();
    outcome(&flow, json!({})).await;
    eprintln!("a line of 5000 nodes: {first:?}, again {:?}", begun.elapsed());
    assert!(first < Duration::from_secs(60), "{first:?}");

    let mut wide = around(json!({"type": "template-transform", "template": "x", "variables": []}), "output");
    let mut edges = AROUND.map(|(a, b, c)| (a.to_owned(), b, c.to_owned())).to_vec();
    for number in 0..5000 {
        wide[format!("n{number}")] = json!({"type": "template-transform", "template": "y", "variables": []});
        edges.push(("start".to_owned(), "source", format!("n{number}")));
        edges.push((format!("n{number}"), "source", "end".to_owned()));
    }
    let edges: Vec<_> = edges.iter().map(|(from, handle, to)| (from.as_str(), *handle, to.as_str())).collect();
    deploy(&flow, wide, &edges).await;
    let begun = Instant::now();
    let data = outcome(&flow, json!({})).await;
    assert_eq!((&data["status"], &data["total_steps"]), (&json!("succeeded"), &json!(5003)), "{data}");
    eprintln!("5000 nodes side by side: {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    busy.nobody_waited("graphs of 5000 nodes").await;
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_steps_are_stopped() {
    let flow = blank("workflow", &[]).await;
    let (nodes, edges) = line(600);
    let edges: Vec<_> = edges.iter().map(|(from, to)| (from.as_str(), "source", to.as_str())).collect();
    deploy(&flow, nodes, &edges).await;
    let data = outcome(&flow, json!({})).await;
    assert_eq!(data["status"], json!("failed"), "{data}");
    assert!(data["error"].as_str().unwrap().contains("Maximum execution steps exceeded: 501 > 500"), "{data}");
    let run = flow.server.db().one("SELECT status FROM workflow_runs", &[]).await;
    assert_eq!(run["status"], json!("stopped"));
    unharmed(&flow.server).await;
}
