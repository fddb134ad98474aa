//! JavaScript that means harm: each is refused or contained, and the sandbox works afterwards.

use core_sandbox::{Language, Returned, Sandbox, SandboxError};
use serde_json::{Value, json};

use crate::support::{failure, javascript, patient_sandbox, script, tight_sandbox};

async fn attacked(sandbox: &Sandbox, code: &str) -> Result<Returned, SandboxError> {
    let result = javascript(sandbox, code, json!({})).await;
    let after = javascript(sandbox, "function main({x}) { return {x} }", json!({"x": 1})).await;
    assert_eq!(after.unwrap().value, json!({"x": 1}), "after {code}");
    result
}

#[tokio::test]
async fn endless_runs_are_stopped() {
    let sandbox = tight_sandbox();
    for code in [
        "function main() { while (true) {} }",
        "function main() { while (true) { try { while (true) {} } catch (e) {} finally { continue } } }",
        "while (true) {}",
        "const main = () => { const again = () => { Promise.resolve().then(again) }; again(); return new Promise(() => {}) }",
        "const main = () => new Promise(() => { const again = () => setTimeout(again, 0); again() })",
        "const main = () => new Promise(done => setTimeout(done, 3600000))",
        "const main = () => /^(a+)+$/.test('a'.repeat(40) + 'b')",
        "const main = () => { const text = 'a'.repeat(2e7); while (true) text.indexOf('ab') }",
        "const main = () => { const text = 'a'.repeat(2e6); while (true) try { text.toUpperCase() } catch {} }",
        "const main = () => { const list = new Float64Array(1e6).map(Math.random); while (true) list.toSorted() }",
        "const main = () => { const list = new Array(1e5).fill('x'); while (true) JSON.parse(JSON.stringify(list)) }",
        "const main = () => ({ toJSON() { while (true) {} } })",
        "const main = () => { throw { toString() { while (true) {} } } }",
        "const main = () => new Proxy({}, { get() { while (true) {} }, ownKeys() { while (true) {} } })",
        "const main = () => ({ then(done) { while (true) {} }, get a() { while (true) {} } })",
    ] {
        let result = attacked(&sandbox, code).await;
        assert!(matches!(result, Err(SandboxError::TimedOut { .. })), "{code}: {result:?}");
    }
}

#[tokio::test]
async fn loops_inside_the_engine_are_limited() {
    let sandbox = patient_sandbox();
    for code in [
        "const main = () => Array.prototype.sort.call({ length: 2 ** 53 - 1 })",
        "const main = () => [].indexOf.call({ length: 2 ** 53 - 1 }, 1)",
        "const main = () => Array.prototype.reverse.call({ length: 2 ** 53 - 1 })",
        "const main = () => new Array(2 ** 32 - 1).fill(1).length",
        "const main = () => { const list = []; list.length = 2 ** 32 - 1; return list.join('') }",
        "const main = () => 'a'.repeat(2e7).indexOf('a'.repeat(1e7) + 'b')",
        "const main = () => 'a'.repeat(2e7).split('a'.repeat(1e7) + 'b').length",
    ] {
        let message = failure(attacked(&sandbox, code).await);
        assert!(message.starts_with("RangeError"), "{code}: {message}");
    }
}

#[tokio::test]
async fn memory_and_stack_are_limited() {
    let sandbox = patient_sandbox();
    for code in [
        "function main() { const all = []; while (true) all.push(new Array(1000).fill(7)) }",
        "const main = () => { let text = 'x'; while (true) text += text }",
        "const main = () => new Uint8Array(1e9)",
        "const main = () => { const all = []; while (true) all.push(Buffer.from('x'.repeat(1e6))) }",
        "const main = () => { const all = []; while (true) all.push(new TextDecoder().decode(new Uint8Array(1e6))) }",
        "const main = () => 'x'.repeat(2 ** 30)",
    ] {
        let result = attacked(&sandbox, code).await;
        let refused = match &result {
            Err(SandboxError::OutOfMemory) => true,
            Err(SandboxError::ScriptFailed { message }) => {
                message.starts_with("RangeError") || message.contains("string too long")
            }
            _ => false,
        };
        assert!(refused, "{code}: {result:?}");
    }
    for code in [
        "function main() { return main() }",
        "const main = () => { let deep = []; for (let i = 0; i < 1e6; i++) deep = [deep]; return JSON.stringify(deep) }",
        "const main = () => JSON.parse('['.repeat(1e6))",
        "const main = () => eval('('.repeat(1e6))",
        "const main = () => new RegExp('('.repeat(1e5) + ')'.repeat(1e5))",
        "class A { toString() { return `${this}` } } const main = () => `${new A()}`",
    ] {
        match attacked(&sandbox, code).await {
            Err(SandboxError::ScriptFailed { .. } | SandboxError::OutOfMemory) => {}
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn output_is_limited() {
    let sandbox = patient_sandbox();
    let printed =
        attacked(&sandbox, "function main() { for (let i = 0; i < 1e4; i++) console.log('é'.repeat(100)); return 1 }");
    assert!(printed.await.unwrap().stdout.len() <= 1 << 10);
    let returned = attacked(&sandbox, "const main = () => 'x'.repeat(1e6)").await;
    assert!(matches!(returned, Err(SandboxError::OutputTooLarge { .. })), "{returned:?}");
    let code = "for (let i = 0; i < 1e5; i++) console.error('x'.repeat(100))";
    let output = sandbox.run_script(script(Language::JavaScript, code)).await;
    assert!(matches!(output, Err(SandboxError::OutputTooLarge { .. })), "{output:?}");
}

#[tokio::test]
async fn nothing_outside_can_be_reached() {
    let sandbox = patient_sandbox();
    let code = r#"
        function main() {
            const names = ["process", "require", "fetch", "XMLHttpRequest", "WebSocket", "Deno", "std", "os", "scriptArgs",
                "importScripts", "navigator", "load", "loadScript", "print", "bjson", "Worker", "gc", "native"];
            const reached = (0, Function("return this"))();
            const deep = main.constructor.constructor("return this")();
            return names.filter(name => typeof reached[name] !== "undefined" || typeof deep[name] !== "undefined");
        }"#;
    assert_eq!(attacked(&sandbox, code).await.unwrap().value, json!([]));
    for module in ["fs", "os", "std", "node:fs", "/etc/passwd", "file:///etc/passwd"] {
        failure(attacked(&sandbox, &format!("const main = () => import('{module}')")).await);
        failure(attacked(&sandbox, &format!("import x from '{module}'; function main() {{ return 1 }}")).await);
    }
}

#[tokio::test]
async fn changed_built_ins_confuse_only_their_own_run() {
    let sandbox = patient_sandbox();
    let cases: [(&str, Value); 6] = [
        ("JSON.stringify = () => '1'; JSON.parse = () => 1; function main(a) { return {a: 2} }", json!({"a": 2})),
        ("Array.prototype.toJSON = () => 'list'; const main = () => [1]", json!("list")),
        ("Object.prototype.polluted = 1; const main = () => ({a: 1})", json!({"a": 1})),
        (
            "Function.prototype.call = Function.prototype.apply = null; const main = () => { console.log([1, 2]); return 1 }",
            json!(1),
        ),
        ("globalThis.console = globalThis.Promise = globalThis.Map = undefined; const main = async () => 3", json!(3)),
        (
            "Promise.prototype.then = () => { throw 1 }; Reflect.apply = null; const main = async () => [1].indexOf(1)",
            json!(0),
        ),
    ];
    for (code, expected) in cases {
        assert_eq!(attacked(&sandbox, code).await.unwrap().value, expected, "{code}");
    }
    let seen = "const main = () => [typeof Object.prototype.polluted, [1], JSON.parse('2'), typeof globalThis.leak]";
    javascript(&sandbox, "globalThis.leak = 1; Object.prototype.polluted = 1; const main = () => 1", json!({}))
        .await
        .unwrap();
    let after = javascript(&sandbox, seen, json!({})).await.unwrap();
    assert_eq!(after.value, json!(["undefined", [1], 2, "undefined"]));
}

#[tokio::test]
async fn many_at_once_take_turns() {
    let sandbox = patient_sandbox();
    let runs = (0..50).map(|n| {
        let sandbox = sandbox.clone();
        tokio::spawn(async move { javascript(&sandbox, "const main = ({n}) => n * 2", json!({"n": n})).await })
    });
    for (n, run) in runs.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(run.await.unwrap().unwrap().value, json!(n * 2));
    }
}
