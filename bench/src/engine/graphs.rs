//! Graphs to run.

use core_workflow::NodeType;
use serde_json::{Value as Json, json};

fn node(id: &str, data: Json) -> Json {
    json!({"id": id, "data": data})
}

fn edge(from: &str, to: &str) -> Json {
    json!({"source": from, "target": to})
}

fn start() -> Json {
    node("start", json!({"type": "start", "variables": []}))
}

fn end(from: [&str; 2]) -> Json {
    node("end", json!({"type": "end", "outputs": [{"variable": "out", "value_selector": from}]}))
}

fn template(id: &str, from: [&str; 2]) -> Json {
    let variables = json!([{"variable": "x", "value_selector": from}]);
    node(id, json!({"type": "template-transform", "template": "{{ x }}", "variables": variables}))
}

fn pass_through(id: &str, from: &[[&str; 2]]) -> Json {
    node(id, json!({"type": "variable-aggregator", "variables": from}))
}

fn graph(nodes: Vec<Json>, edges: Vec<Json>) -> Json {
    json!({"nodes": nodes, "edges": edges})
}

/// Nodes one after the other, each of which hands on what the one before it put out.
pub(super) fn chain(kind: NodeType, length: usize) -> Json {
    let (mut nodes, mut edges) = (vec![start()], Vec::new());
    let mut last = ("start".to_owned(), "x");
    for at in 0..length {
        let id = format!("n{at}");
        let from = [last.0.as_str(), last.1];
        nodes.push(if kind == NodeType::TemplateTransform { template(&id, from) } else { pass_through(&id, &[from]) });
        edges.push(edge(&last.0, &id));
        last = (id, "output");
    }
    nodes.push(end([&last.0, last.1]));
    edges.push(edge(&last.0, "end"));
    graph(nodes, edges)
}

pub(super) fn fan(width: usize) -> Json {
    let (mut nodes, mut edges) = (vec![start(), end(["n0", "output"])], Vec::new());
    for at in 0..width {
        let id = format!("n{at}");
        nodes.push(template(&id, ["start", "x"]));
        edges.extend([edge("start", &id), edge(&id, "end")]);
    }
    graph(nodes, edges)
}

/// Branches that meet again, one after the other: the number of paths doubles with each.
pub(super) fn diamonds(count: usize) -> Json {
    let (mut nodes, mut edges) = (vec![start()], Vec::new());
    let mut last = ("start".to_owned(), "x");
    for at in 0..count {
        let [branch, left, right, join] = ["if", "left", "right", "join"].map(|name| format!("{name}{at}"));
        let condition =
            json!({"variable_selector": ["start", "n"], "comparison_operator": "=", "value": (at % 2).to_string()});
        let case = json!({"case_id": "true", "logical_operator": "and", "conditions": [condition]});
        nodes.push(node(&branch, json!({"type": "if-else", "cases": [case]})));
        nodes.extend([template(&left, [&last.0, last.1]), template(&right, [&last.0, last.1])]);
        nodes.push(pass_through(&join, &[[&left, "output"], [&right, "output"]]));
        edges.push(edge(&last.0, &branch));
        edges.push(json!({"source": branch, "sourceHandle": "true", "target": left}));
        edges.push(json!({"source": branch, "sourceHandle": "false", "target": right}));
        edges.extend([edge(&left, &join), edge(&right, &join)]);
        last = (join, "output");
    }
    nodes.push(end([&last.0, last.1]));
    edges.push(edge(&last.0, "end"));
    graph(nodes, edges)
}

/// A loop that counts.
pub(super) fn rounds(count: usize) -> Json {
    let counter = json!({"label": "n", "var_type": "number", "value_type": "constant", "value": 0});
    let item = json!({"variable_selector": ["lp", "n"], "input_type": "constant", "operation": "+=", "value": 1});
    let nodes = vec![
        start(),
        node("lp", json!({"type": "loop", "loop_count": count, "start_node_id": "lps", "loop_variables": [counter]})),
        node("lps", json!({"type": "loop-start"})),
        node("body", json!({"type": "assigner", "version": "2", "items": [item]})),
        end(["lp", "n"]),
    ];
    graph(nodes, vec![edge("start", "lp"), edge("lps", "body"), edge("lp", "end")])
}

/// An iteration over the form's items; `parallel` 0: one after the other.
pub(super) fn iteration(parallel: usize) -> Json {
    let data = json!({
        "type": "iteration", "iterator_selector": ["start", "items"], "output_selector": ["body", "output"],
        "start_node_id": "its", "is_parallel": parallel > 0, "parallel_nums": parallel.max(1),
    });
    let nodes = vec![
        start(),
        node("it", data),
        node("its", json!({"type": "iteration-start"})),
        template("body", ["it", "item"]),
        end(["it", "output"]),
    ];
    graph(nodes, vec![edge("start", "it"), edge("its", "body"), edge("it", "end")])
}

/// Iterations and loops in one another, with one node in the innermost.
pub(super) fn nested(depth: usize) -> Json {
    let (mut nodes, mut edges) = (vec![start(), end(["start", "x"])], Vec::new());
    let mut before = "start".to_owned();
    for at in 0..depth {
        let [container, first] = ["c", "s"].map(|name| format!("{name}{at}"));
        let (data, marker) = if at % 2 == 0 {
            let data = json!({
                "type": "iteration", "iterator_selector": ["start", "items"], "output_selector": ["start", "x"],
                "start_node_id": first,
            });
            (data, "iteration-start")
        } else {
            (json!({"type": "loop", "loop_count": 1, "start_node_id": first}), "loop-start")
        };
        nodes.extend([node(&container, data), node(&first, json!({"type": marker}))]);
        edges.push(edge(&before, &container));
        if at == 0 {
            edges.push(edge(&container, "end"));
        }
        before = first;
    }
    nodes.push(template("innermost", ["start", "x"]));
    edges.push(edge(&before, "innermost"));
    graph(nodes, edges)
}

/// Nodes that do something, by name.
pub(super) fn single_nodes() -> Vec<(&'static str, Json)> {
    let variables = json!([{"variable": "items", "value_selector": ["start", "items"]}]);
    let code = |language: &str, code: &str| json!({"type": "code", "code_language": language, "code": code, "variables": variables, "outputs": {"sum": {"type": "number"}}});
    let text =
        "{% for item in items if item is odd %}{{ loop.index }}. {{ item }}\n{% endfor %}{{ items | join(', ') }}";
    vec![
        (
            "template with a loop over 20 items",
            json!({"type": "template-transform", "template": text, "variables": variables}),
        ),
        (
            "code, JavaScript",
            code("javascript", "function main({items}) { return {sum: items.reduce((a, b) => a + b, 0)}; }"),
        ),
        ("code, Python", code("python3", "def main(items):\n    return {'sum': sum(items)}\n")),
    ]
}

/// A node between start and end.
pub(super) fn around(data: &Json) -> Json {
    let nodes = vec![start(), node("body", data.clone()), end(["body", "sum"])];
    graph(nodes, vec![edge("start", "body"), edge("body", "end")])
}
