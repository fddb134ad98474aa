//! Code that returns what it should not, or nothing, or never.

use serde_json::{Value, json};

use super::{AROUND, around, blank, body, comes_to, deploy, outcome, unharmed};

/// A code node that declares one output.
fn code(language: &str, text: &str, kind: &str) -> Value {
    json!({"type": "code", "code_language": language, "code": text, "variables": [], "outputs": {"out": {"type": kind}}})
}

fn javascript(returned: &str, kind: &str) -> Value {
    code("javascript", &format!("function main() {{ return {returned} }}"), kind)
}

fn python(lines: &str, kind: &str) -> Value {
    let lines = lines.replace('\n', "\n    ");
    code("python3", &format!("import sys, os, math\ndef main():\n    {lines}"), kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_javascript_returns_is_checked() {
    let flow = blank("workflow", &[]).await;
    let long = "Array.from({length: 1001}, () => 1)";
    for (returned, kind, expected) in [
        ("'text'", "string", Err("Result must be a dict, got str")),
        ("[1]", "string", Err("Result must be a dict, got list")),
        ("undefined", "string", Err("main returned nothing")),
        ("null", "string", Err("Result must be a dict, got NoneType")),
        ("() => 1", "string", Err("main returned")),
        ("{}", "string", Err("Output out is missing.")),
        ("{out: undefined}", "string", Err("Output out is missing.")),
        ("{out: 'a', more: 1}", "string", Err("Not all output parameters are validated.")),
        ("{out: 1}", "string", Err("Output out must be a string, got int instead")),
        ("{out: {}}", "number", Err("Output out must be a number, got dict instead")),
        ("{out: 'yes'}", "boolean", Err("Output out must be a boolean, got str instead")),
        ("{out: 'a'.repeat(400001)}", "string", Err("must be less than 400000 characters")),
        ("{out: {a: {b: {c: {d: {e: 1}}}}}}", "object", Err("Depth limit 5 reached, object too deep.")),
        (&format!("{{out: {long}}}"), "array[number]", Err("must be less than 1000 elements")),
        ("{out: ['a', 1]}", "array[string]", Err("Output out[1] must be a string, got int instead")),
        ("{out: 1e300}", "number", Err("out of range")),
        ("{out: 1n}", "number", Err("BigInt")),
        ("(() => { const a = {}; a.out = a; return a })()", "object", Err("circular")),
        ("{out: 'x'}", "telepathy", Err("Output type telepathy is not supported.")),
        ("{out: null}", "number", Ok(json!({"out": null}))),
        ("{out: NaN}", "number", Ok(json!({"out": null}))),
        ("{out: 1/0}", "number", Ok(json!({"out": null}))),
        ("{out: 'a\\u0000b'}", "string", Ok(json!({"out": "ab"}))),
        ("{out: 'a\\ud800b'}", "string", Ok(json!({"out": "a\u{fffd}b"}))),
        ("{out: true}", "number", Ok(json!({"out": 1}))),
    ] {
        comes_to(&flow, around(javascript(returned, kind), "out"), &AROUND, json!({}), expected).await;
    }
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_python_returns_is_checked() {
    let flow = blank("workflow", &[]).await;
    for (lines, kind, expected) in [
        ("pass", "string", Err("Result must be a dict, got NoneType")),
        ("return {'out': {1, 2}}", "object", Err("set")),
        ("return {'out': math.nan}", "number", Err("not JSON compliant")),
        ("return {'out': 10 ** 40}", "number", Err("out of range")),
        ("return {'out': 10 ** 5000}", "number", Err("")),
        ("return {'out': -math.inf}", "number", Err("not JSON compliant")),
        ("return {'out': '\\ud800'}", "string", Ok(json!({"out": "\u{fffd}"}))),
        ("return {1: 'one'}", "string", Err("")),
        ("a = []\nfor _ in range(100000): a = [a]\nreturn {'out': a}", "object", Err("")),
        ("raise ValueError('no\\0thing')", "string", Err("ValueError")),
        ("sys.exit(0)", "string", Err("")),
        ("os._exit(0)", "string", Err("")),
        ("os.kill(os.getpid(), 9)", "string", Err("")),
        ("def f(): return f()\nreturn {'out': f()}", "string", Err("Recursion")),
        ("return {'out': open('/etc/passwd').read()}", "string", Err("")),
        ("return {'out': 'a' * (1 << 40)}", "string", Err("more memory than it may use")),
        (
            "for _ in range(200): sys.stdout.write('x' * 1000000)\nreturn {'out': 'written'}",
            "string",
            Ok(json!({"out": "written"})),
        ),
        (
            "sys.stdout.write('<<RESULT>>{\"out\": \"forged\"}<<RESULT>>')\nreturn {'out': 'mine'}",
            "string",
            Ok(json!({"out": "mine"})),
        ),
    ] {
        comes_to(&flow, around(python(lines, kind), "out"), &AROUND, json!({}), expected).await;
    }
    for text in ["def main(", "x = 1", "main = 5", "import no_such_module\ndef main():\n    return {}", ""] {
        comes_to(&flow, around(code("python3", text, "string"), "out"), &AROUND, json!({}), Err("")).await;
    }
    for text in ["function main( {", "let x = 1", "let main = 5", "function main() { throw null }", ""] {
        comes_to(&flow, around(code("javascript", text, "string"), "out"), &AROUND, json!({}), Err("")).await;
    }
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_never_ends_is_ended() {
    let flow = blank("workflow", &[("FERRIFY_SANDBOX_SECONDS", "2")]).await;
    for node in [
        code("javascript", "function main() { for (;;); }", "string"),
        code("javascript", "function main() { const a = []; for (;;) a.push('x'.repeat(1000)); }", "string"),
        code(
            "javascript",
            "function main() { return {out: /(a+)+$/.test('a'.repeat(40) + 'b') ? 'a' : 'b'} }",
            "string",
        ),
        python("while True: pass", "string"),
        python("import time\ntime.sleep(3600)", "string"),
        python("while True: sys.stdout.write('x' * 65536)", "string"),
        python("while True:\n    try:\n        while True: pass\n    except BaseException: pass", "string"),
    ] {
        let begun = std::time::Instant::now();
        comes_to(&flow, around(node.clone(), "out"), &AROUND, json!({}), Err("")).await;
        assert!(begun.elapsed().as_secs() < 30, "{node} took {:?}", begun.elapsed());
    }
    // Whoever is prepared for it goes on.
    let mut nodes = around(code("javascript", "function main() { for (;;); }", "string"), "out");
    nodes["x"]["error_strategy"] = json!("default-value");
    nodes["x"]["default_value"] = json!([{"key": "out", "type": "string", "value": "instead"}]);
    deploy(&flow, nodes, &AROUND).await;
    let data = outcome(&flow, json!({})).await;
    assert_eq!((&data["status"], &data["outputs"]), (&json!("partial-succeeded"), &json!({"out": "instead"})));
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_code_of_one_does_not_hold_up_another() {
    let settings = [("FERRIFY_SANDBOX_SECONDS", "3"), ("FERRIFY_SANDBOX_RUNS", "2")];
    let flow = blank("workflow", &settings).await;
    deploy(&flow, around(code("javascript", "function main() { for (;;); }", "string"), "out"), &AROUND).await;
    let busy = super::Probe::start(&flow);
    let question = body(json!({}));
    let runs = (0..8).map(|_| flow.service.post_json("/workflows/run", &question));
    for answer in futures::future::join_all(runs).await {
        assert_eq!(answer.expect(200).json["data"]["status"], json!("failed"));
    }
    busy.nobody_waited("endless code").await;
    unharmed(&flow.server).await;
}
