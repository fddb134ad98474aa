//! Values that are not what nodes expect of them, and templates that want too much.

use serde_json::{Value, json};

use super::{AROUND, around, blank, comes_to, deploy, outcome, try_draft, unharmed};
use crate::it::workflow_runs::graph;

fn template(text: &str) -> Value {
    json!({"type": "template-transform", "template": text, "variables": [{"variable": "nothing", "value_selector": ["nowhere", "at"]}]})
}

/// A node that reads one input named `v`, and the form that takes it.
fn given(node: Value, name: &str, kind: &str) -> Value {
    let mut nodes = around(node, name);
    nodes["start"]["variables"] = json!([{"variable": "v", "label": "v", "type": kind, "required": false}]);
    nodes
}

#[tokio::test(flavor = "multi_thread")]
async fn selectors_that_lead_nowhere() {
    let flow = blank("workflow", &[]).await;
    let condition = |selector: Value| {
        json!({"type": "if-else", "cases": [{"case_id": "true", "logical_operator": "and",
            "conditions": [{"variable_selector": selector, "comparison_operator": "is", "value": "x", "varType": "string"}]}]})
    };
    for (node, name, expected) in [
        (template("{{ nothing }}|{{ missing }}"), "output", Ok(json!({"out": "None|"}))),
        (condition(json!(["nowhere", "at"])), "result", Err("not found")),
        (condition(json!([])), "result", Err("")),
        (condition(json!(["x"])), "result", Err("")),
        (
            json!({"type": "variable-aggregator", "variables": [["nowhere", "at"], ["sys", "none"]], "output_type": "string"}),
            "output",
            Ok(json!({"out": null})),
        ),
        (
            json!({"type": "list-operator", "variable": ["nowhere", "at"], "filter_by": {"enabled": false, "conditions": []}, "order_by": {"enabled": false}, "limit": {"enabled": false}}),
            "result",
            Err("Variable not found"),
        ),
        (
            json!({"type": "document-extractor", "variable_selector": ["nowhere", "at"]}),
            "text",
            Err("File variable not found"),
        ),
        (
            json!({"type": "assigner", "version": "2", "items": [{"variable_selector": ["conversation", "none"], "input_type": "constant", "operation": "set", "value": 1}]}),
            "x",
            Err(""),
        ),
        (
            json!({"type": "http-request", "method": "get", "url": "{{#nowhere.at#}}", "authorization": {"type": "no-auth"}, "headers": "", "params": "", "body": {"type": "none"}}),
            "body",
            Err(""),
        ),
    ] {
        comes_to(&flow, around(node, name), &AROUND, json!({}), expected).await;
    }
    // An end that shows what nobody made shows nothing.
    comes_to(&flow, around(template("x"), "none"), &AROUND, json!({}), Ok(json!({"out": null}))).await;
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_other_types() {
    let flow = blank("workflow", &[]).await;
    let compare = |operator: &str, value: Value| {
        json!({"type": "if-else", "cases": [{"case_id": "true", "logical_operator": "and",
            "conditions": [{"variable_selector": ["start", "v"], "comparison_operator": operator, "value": value, "varType": "number"}]}]})
    };
    let object = json!({"v": {"a": 1}});
    for (node, name, input, expected) in [
        (compare("contains", json!("x")), "result", object.clone(), Err("Invalid actual value type")),
        (compare("≥", json!("not a number")), "result", json!({"v": {"a": 2}}), Err("")),
        (compare("no such operator", json!("x")), "result", object.clone(), Err("")),
        (
            json!({"type": "list-operator", "variable": ["start", "v"], "filter_by": {"enabled": false, "conditions": []}, "order_by": {"enabled": false}, "limit": {"enabled": false}}),
            "result",
            object.clone(),
            Err(""),
        ),
        (json!({"type": "document-extractor", "variable_selector": ["start", "v"]}), "text", object.clone(), Err("")),
        (template("{{ nothing.a.b }}"), "output", object.clone(), Err("undefined")),
        (template("{{ 1 + 'a' }}"), "output", object.clone(), Err("")),
        (template("{{ 1 / 0 }}"), "output", object.clone(), Err("")),
    ] {
        comes_to(&flow, given(node, name, "json_object"), &AROUND, input, expected).await;
    }
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_that_want_too_much() {
    let flow = blank("workflow", &[]).await;
    let busy = super::Probe::start(&flow);
    for (text, error) in [
        ("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "too many steps"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", ""),
        (
            "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
            "too m",
        ),
        ("{{ 'x' * 100000000000 }}", ""),
        ("{% for a in range(50000) %}0123456789{% endfor %}", "Output length exceeds 400000 characters"),
        ("{{ 9 ** 9 ** 9 }}", ""),
        ("{% for i in range(10000000000) %}{% endfor %}", ""),
        ("{{ range(1000000) | list | string | length }}", ""),
        ("{{ 'a' | center(100000000000) }}", ""),
        (&format!("{}{}", "{% if true %}".repeat(5000), "{% endif %}".repeat(5000)), ""),
        (&format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000)), ""),
        (&format!("{{{{ {} }}}}", "[".repeat(100_000)), ""),
        ("{% include '/etc/passwd' %}", ""),
        ("{% extends 'x' %}", ""),
        ("{% for %}", "syntax error"),
        ("{{ x", "syntax error"),
    ] {
        comes_to(&flow, around(template(text), "output"), &AROUND, json!({}), Err(error)).await;
    }
    busy.nobody_waited("greedy templates").await;
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_characters_and_numbers_in_graphs() {
    let flow = blank("workflow", &[]).await;
    for (text, shown) in [
        ("a\u{0}b", "ab"),
        ("\u{feff}\u{202e}👩‍👩‍👧‍👦\u{fffd}", "\u{feff}\u{202e}👩‍👩‍👧‍👦\u{fffd}"),
        ("{{ 123456789012345678901234567890 }}", "123456789012345678901234567890"),
    ] {
        comes_to(&flow, around(template(text), "output"), &AROUND, json!({}), Ok(json!({"out": shown}))).await;
    }
    // Half of a surrogate pair is no text.
    let mut broken = graph(around(template("HERE"), "output"), &AROUND).to_string();
    broken = broken.replace("HERE", "\\ud800");
    let draft = flow.console.get(&format!("/apps/{}/workflows/draft", flow.app.id)).await.expect(200);
    let hash = &draft.json["hash"];
    let sent = format!(r#"{{"graph": {broken}, "features": {{}}, "hash": {hash}}}"#);
    let path = format!("/apps/{}/workflows/draft", flow.app.id);
    let request =
        flow.console.request(reqwest::Method::POST, &path).header("Content-Type", "application/json").body(sent);
    let answer = flow.console.send(request).await;
    assert!(matches!(answer.status, 200 | 400), "{}", answer.text());
    assert!(answer.status == 200 || !answer.code().is_empty(), "{}", answer.text());
    let read = flow.console.get(&path).await.expect(200);
    assert!(read.json["graph"]["nodes"].is_array(), "{}", read.text());

    for number in ["1e999", "-1e999", "123456789012345678901234567890", "1e-400", "0.1e1"] {
        let text = format!(
            r#"{{"start": {{"type": "start", "variables": [{{"variable": "v", "label": "v", "type": "number", "required": false, "max_length": {number}, "default": {number}}}]}}}}"#
        );
        let Ok(nodes) = serde_json::from_str::<Value>(&text) else { continue };
        let mut all = around(template("fine"), "output");
        all["start"] = nodes["start"].clone();
        let saved = try_draft(&flow, graph(all.clone(), &AROUND)).await;
        assert_eq!(saved.status, 200, "{number}: {}", saved.text());
        deploy(&flow, all, &AROUND).await;
        assert_eq!(outcome(&flow, json!({})).await["outputs"], json!({"out": "fine"}), "{number}");
    }
    unharmed(&flow.server).await;
}
