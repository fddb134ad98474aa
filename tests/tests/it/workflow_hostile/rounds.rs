//! Iterations and loops that are long, deep, or without an end.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{AROUND, around, blank, body, comes_to, deploy, outcome, refused, try_draft, unharmed};
use crate::it::workflow_runs::graph;

/// An iteration over `start.o.items` that decorates each item.
fn iteration(parallel: bool, template: &str) -> Value {
    json!({
        "start": {"type": "start", "variables": [{"variable": "o", "label": "o", "type": "json_object", "required": true}]},
        "each": {"type": "iteration", "start_node_id": "first", "iterator_selector": ["start", "o", "items"],
            "output_selector": ["say", "output"], "is_parallel": parallel, "parallel_nums": 10},
        "first": {"type": "iteration-start", "isInIteration": true, "iteration_id": "each"},
        "say": {"type": "template-transform", "template": template, "isInIteration": true, "iteration_id": "each",
            "variables": [{"variable": "item", "value_selector": ["each", "item"]}]},
        "end": {"type": "end", "outputs": [{"variable": "out", "value_selector": ["each", "output"]}]},
    })
}

const EACH: [(&str, &str, &str); 3] =
    [("start", "source", "each"), ("first", "source", "say"), ("each", "source", "end")];

fn items(count: usize) -> Value {
    json!({"o": {"items": (0..count).collect::<Vec<_>>()}})
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_rounds_end_within_seconds_and_are_kept() {
    let flow = blank("workflow", &[]).await;
    for parallel in [false, true] {
        deploy(&flow, iteration(parallel, "{{ item }}!"), &EACH).await;
        let busy = super::Probe::start(&flow);
        let begun = Instant::now();
        let answer = flow.service.post_json("/workflows/run", &body(items(5000))).await.expect(200);
        let took = begun.elapsed();
        busy.nobody_waited("5000 rounds").await;
        let data = &answer.json["data"];
        assert_eq!(data["status"], json!("succeeded"), "{}", data["error"]);
        let out = data["outputs"]["out"].as_array().unwrap();
        assert_eq!((out.len(), &out[0], &out[4999]), (5000, &json!("0!"), &json!("4999!")));
        eprintln!("5000 rounds, parallel {parallel}: {took:?}");
        assert!(took < Duration::from_secs(60), "parallel {parallel}: {took:?}");
        let id = data["id"].as_str().unwrap();
        let rows = flow
            .server
            .db()
            .count(
                "workflow_node_executions",
                "workflow_run_id = $1::uuid AND node_id = 'say' AND status = 'succeeded'",
                &[id],
            )
            .await;
        assert_eq!(rows, 5000);
        let run = flow.server.db().one("SELECT status FROM workflow_runs WHERE id = $1::uuid", &[id]).await;
        assert_eq!(run["status"], json!("succeeded"));
        // Streamed to somebody who reads.
        let mut streamed = body(items(5000));
        streamed["response_mode"] = json!("streaming");
        let transcript = flow.service.sse("/workflows/run", &streamed).await.well_framed();
        assert_eq!(transcript.named("iteration_next").len(), 5000);
        assert_eq!(transcript.only("workflow_finished")["data"]["status"], json!("succeeded"));
    }
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_iterations_are_given_is_checked() {
    let flow = blank("workflow", &[]).await;
    for (input, expected) in [
        (json!({"o": {"items": "text"}}), Err("please provide a list")),
        (json!({"o": {"items": {"a": 1}}}), Err("please provide a list")),
        (json!({"o": {}}), Err("not found")),
        (json!({"o": {"items": null}}), Ok(json!({"out": []}))),
        (json!({"o": {"items": []}}), Ok(json!({"out": []}))),
        (json!({"o": {"items": vec![0; 100_001]}}), Err("more than 100000")),
        (
            json!({"o": {"items": [{"a": [[[[["deep"]]]]]}, null, 1e300]}}),
            Ok(json!({"out": ["{'a': [[[[['deep']]]]]}!", "None!", "1e+300!"]})),
        ),
    ] {
        comes_to(&flow, iteration(false, "{{ item }}!"), &EACH, input, expected).await;
    }
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_at_its_limits() {
    let flow = blank("workflow", &[("WORKFLOW_MAX_EXECUTION_TIME", "2")]).await;
    let mut endless = around(
        json!({"type": "loop", "start_node_id": "first", "loop_count": 100_000, "break_conditions": [], "logical_operator": "and", "loop_variables": []}),
        "loop_round",
    );
    endless["first"] = json!({"type": "loop-start", "isInLoop": true, "loop_id": "x"});
    endless["wait"] = json!({"type": "code", "code_language": "python3", "isInLoop": true, "loop_id": "x", "variables": [], "outputs": {},
        "code": "import time\ndef main():\n    time.sleep(0.2)\n    return {}"});
    let edges = [AROUND[0], AROUND[1], ("first", "source", "wait")];
    deploy(&flow, endless.clone(), &edges).await;
    let begun = Instant::now();
    let data = outcome(&flow, json!({})).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(data["status"], json!("failed"), "{data}");
    assert!(data["error"].as_str().unwrap().contains("Maximum execution time exceeded"), "{data}");
    let run = flow.server.db().one("SELECT status FROM workflow_runs", &[]).await;
    assert_eq!(run["status"], json!("stopped"));
    endless["x"]["loop_count"] = json!(100_001);
    comes_to(&flow, endless.clone(), &edges, json!({}), Err("")).await;
    for wrong in [json!(-1), json!("many"), json!(1e300), json!(null), json!([])] {
        endless["x"]["loop_count"] = wrong.clone();
        let saved = try_draft(&flow, graph(endless.clone(), &edges)).await;
        assert!(matches!(saved.status, 200 | 400), "{wrong}: {}", saved.text());
        deploy(&flow, endless.clone(), &edges).await;
        let answer = flow.service.post_json("/workflows/run", &body(json!({}))).await;
        assert!(matches!(answer.status, 200 | 400), "{wrong}: {}", answer.text());
        assert_ne!(answer.json["data"]["status"], json!("succeeded"), "{wrong}: {}", answer.text());
    }
    unharmed(&flow.server).await;
}

/// Iterations in one another over a list of one item.
fn nested(depth: usize) -> (Value, Vec<(String, String)>) {
    let mut nodes = json!({
        "start": {"type": "start", "variables": [{"variable": "o", "label": "o", "type": "json_object", "required": true}]},
        "end": {"type": "end", "outputs": [{"variable": "out", "value_selector": ["c0", "output"]}]},
    });
    let mut edges = vec![("start".to_owned(), "c0".to_owned()), ("c0".to_owned(), "end".to_owned())];
    for level in 0..depth {
        let inner = if level + 1 == depth { "leaf".to_owned() } else { format!("c{}", level + 1) };
        let mut container = json!({"type": "iteration", "start_node_id": format!("s{level}"), "iterator_selector": ["start", "o", "items"],
            "output_selector": [&inner, "output"], "is_parallel": level % 2 == 1});
        if level > 0 {
            container["isInIteration"] = json!(true);
            container["iteration_id"] = json!(format!("c{}", level - 1));
        }
        nodes[format!("c{level}")] = container;
        nodes[format!("s{level}")] =
            json!({"type": "iteration-start", "isInIteration": true, "iteration_id": format!("c{level}")});
        edges.push((format!("s{level}"), inner));
    }
    nodes["leaf"] = json!({"type": "template-transform", "template": "deep", "variables": [], "isInIteration": true, "iteration_id": format!("c{}", depth - 1)});
    (nodes, edges)
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_in_containers() {
    let flow = blank("workflow", &[]).await;
    let deployed = async |depth: usize| {
        let (nodes, edges) = nested(depth);
        let edges: Vec<_> = edges.iter().map(|(from, to)| (from.as_str(), "source", to.as_str())).collect();
        deploy(&flow, nodes, &edges).await;
    };
    for depth in [30, 50] {
        deployed(depth).await;
        let begun = Instant::now();
        let data = outcome(&flow, items(1)).await;
        assert_eq!((&data["status"], &data["outputs"]), (&json!("succeeded"), &json!({"out": ["deep"]})), "{data}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    }
    for depth in [51, 500] {
        deployed(depth).await;
        let answer = flow.service.post_json("/workflows/run", &body(items(1))).await;
        let message = refused(&answer, 400, "invalid_param", "too deep");
        assert!(message.contains("lies in more than 50 iterations and loops"), "{message}");
    }
    // One that holds itself.
    let mut own = iteration(false, "{{ item }}!");
    own["each"]["start_node_id"] = json!("each");
    deploy(&flow, own, &EACH).await;
    let answer = flow.service.post_json("/workflows/run", &body(items(1))).await;
    refused(&answer, 400, "invalid_param", "a container in itself");
    unharmed(&flow.server).await;
}
