//! JavaScript that means well.

use core_sandbox::{Language, SandboxError};
use serde_json::{Value, json};

use crate::support::{failure, javascript, sandbox, script};

async fn returns(code: &str, arguments: Value, expected: Value) {
    let returned = javascript(&sandbox(), code, arguments).await.unwrap();
    assert_eq!(returned.value, expected, "{code}");
}

#[tokio::test]
async fn every_type_survives_the_way_there_and_back() {
    let everything = json!({
        "text": "Grüße, 世界 😀 \u{0} \" \\ \n <<RESULT>>", "whole": 1, "broken": 1.5, "large": 9_007_199_254_740_991_i64,
        "negative": -3, "yes": true, "no": false, "nothing": null, "list": [1, "two", [3], {}], "empty": [],
        "object": {"a": {"b": {"c": "d"}}, "": "empty key", "__proto__x": 1},
    });
    returns("function main(args) { return args }", everything.clone(), everything).await;
}

#[tokio::test]
async fn numbers_are_whole_when_they_can_be() {
    returns(
        "const main = () => [1.0, 2 ** 53, -0, 1e21, 0.1 + 0.2]",
        json!({}),
        json!([1, 9_007_199_254_740_992_i64, 0, 1e21, 0.300_000_000_000_000_04]),
    )
    .await;
    returns("const main = () => ({ nan: NaN, infinite: Infinity })", json!({}), json!({"nan": null, "infinite": null}))
        .await;
}

#[tokio::test]
async fn main_is_found_however_it_is_declared() {
    for code in [
        "function main({a, b}) { return a + b }",
        "const main = ({a, b}) => a + b",
        "let main = function (o) { return o.a + o.b }",
        "globalThis.main = ({a, b}) => a + b",
        "async function main({a, b}) { await null; return a + b }",
        "const main = ({a, b}) => new Promise(done => setTimeout(() => done(a + b), 20))",
    ] {
        returns(code, json!({"a": 2, "b": 3}), json!(5)).await;
    }
}

#[tokio::test]
async fn missing_and_surplus_arguments_are_as_in_javascript() {
    returns(
        "function main({a, b = 7}) { return {a: a === undefined, b} }",
        json!({"c": 1}),
        json!({"a": true, "b": 7}),
    )
    .await;
}

#[tokio::test]
async fn what_scripts_expect_is_there() {
    let code = r#"
        function main({ text }) {
            const coded = Buffer.from(text).toString("base64");
            return {
                coded, back: Buffer.from(coded, "base64").toString("utf-8"), hex: Buffer.from("hé").toString("hex"),
                web: atob(btoa("hello")), bytes: Array.from(new TextEncoder().encode("é")),
                text: new TextDecoder().decode(new Uint8Array([0xc3, 0xa9])),
                joined: Buffer.concat([Buffer.from("ab"), Buffer.from([99])]).toString(),
                url: Buffer.from([251, 255]).toString("base64url"), length: Buffer.byteLength("é"),
                date: new Date(0).toISOString(), found: [..."a1b22".matchAll(/\d+/g)].map(m => m[0]),
                sorted: [3, 1, 2].sort(), index: "banana".lastIndexOf("an"), map: [...new Map([[1, 2]])],
            };
        }"#;
    let expected = json!({
        "coded": "R3LDvMOfZSDwn5iA", "back": "Grüße 😀", "hex": "68c3a9", "web": "hello", "bytes": [195, 169],
        "text": "é", "joined": "abc", "url": "-_8", "length": 2, "date": "1970-01-01T00:00:00.000Z",
        "found": ["1", "22"], "sorted": [1, 2, 3], "index": 3, "map": [[1, 2]],
    });
    returns(code, json!({"text": "Grüße 😀"}), expected).await;
}

#[tokio::test]
async fn halves_of_surrogate_pairs_are_replaced() {
    returns(
        "const main = () => ['😀'.slice(0, 1), '\\udc00x', '😀']",
        json!({}),
        json!(["\u{fffd}", "\u{fffd}x", "😀"]),
    )
    .await;
}

#[tokio::test]
async fn what_is_printed_comes_along() {
    let code = "function main() { console.log('a', 1, {b: [2]}, null, undefined); console.error('no'); return 1 }";
    let returned = javascript(&sandbox(), code, json!({})).await.unwrap();
    assert_eq!(returned.stdout, "a 1 {\"b\":[2]} null undefined\n");
}

#[tokio::test]
async fn errors_read_as_their_author_wrote_them() {
    let sandbox = sandbox();
    let run = |code: &'static str| javascript(&sandbox, code, json!({}));
    let thrown = failure(run("function main() {\n  return missing.name\n}").await);
    assert!(thrown.starts_with("ReferenceError: missing is not defined\n"), "{thrown}");
    assert!(thrown.contains("at main (main.js:2:"), "{thrown}");
    assert!(failure(run("function main() { throw new Error('Grüße 😀') }").await).starts_with("Error: Grüße 😀"));
    assert_eq!(failure(run("function main() { throw 'plain' }").await), "plain");
    assert!(failure(run("function main( { return 1 }").await).starts_with("SyntaxError"));
    assert!(failure(run("async function main() { throw new TypeError('late') }").await).starts_with("TypeError: late"));
    assert!(failure(run("const main = () => new Promise(() => {})").await).contains("never settled"));
    for code in ["", "   \n", "function other() {}", "const main = 5"] {
        assert!(failure(run(code).await).contains("main is not defined"), "{code}");
    }
    assert!(failure(run("function main() { return '\0' }").await).contains("NUL"));
    assert!(failure(run("function main() { return require('fs') }").await).contains("require is not defined"));
}

#[tokio::test]
async fn what_json_cannot_say_is_refused() {
    let sandbox = sandbox();
    for code in [
        "function main() {}",
        "const main = () => () => 1",
        "const main = () => 10n",
        "const main = () => { const o = {}; o.o = o; return o }",
        "const main = () => ({ get a() { throw new Error('no') } })",
        "const main = () => { let deep = 1; for (let i = 0; i < 500; i++) deep = [deep]; return deep }",
    ] {
        let result = javascript(&sandbox, code, json!({})).await;
        assert!(matches!(result, Err(SandboxError::ResultNotJson { .. })), "{code}: {result:?}");
    }
}

#[tokio::test]
async fn a_script_gives_its_output() {
    let sandbox = sandbox();
    let output = sandbox
        .run_script(script(
            Language::JavaScript,
            "var given = JSON.parse(Buffer.from('eyJhIjoxfQ==', 'base64').toString('utf-8'));
             Promise.resolve().then(() => console.log('later'));
             console.log(`<<RESULT>>${JSON.stringify(given)}<<RESULT>>`); console.warn('careful')",
        ))
        .await
        .unwrap();
    assert_eq!(output.stdout, "<<RESULT>>{\"a\":1}<<RESULT>>\nlater\n");
    assert_eq!(output.error, "careful\n");
    let output = sandbox.run_script(script(Language::JavaScript, "console.log('x'); nothing()")).await.unwrap();
    assert_eq!(output.stdout, "x\n");
    assert!(output.error.starts_with("ReferenceError: nothing is not defined"), "{}", output.error);
}
