//! Python that means well.

use std::path::PathBuf;

use core_sandbox::{Language, PythonSettings, Sandbox, SandboxError, SandboxSettings};
use serde_json::{Value, json};

use crate::support::{failure, python, sandbox, script};

async fn returns(sandbox: &Sandbox, code: &str, arguments: Value, expected: Value) {
    let returned = python(sandbox, code, arguments).await.unwrap();
    assert_eq!(returned.value, expected, "{code}");
}

#[tokio::test]
async fn every_type_survives_the_way_there_and_back() {
    let everything = json!({
        "text": "Grüße, 世界 😀 \u{0} \" \\ \n <<RESULT>>", "whole": 1, "float": 1.0, "broken": 1.5,
        "large": i64::MAX, "small": i64::MIN, "unsigned": u64::MAX, "exponent": 1e300, "yes": true, "no": false,
        "nothing": null, "list": [1, "two", [3.0], {}], "empty": [], "object": {"a": {"b": {"c": "d"}}, "": "empty key"},
    });
    let sandbox = sandbox();
    returns(&sandbox, "def main(**given):\n    return given", everything.clone(), everything).await;
    returns(
        &sandbox,
        "def main():\n    return [1, 1.0, 2 ** 63 - 1, 10 // 5, 4 / 2]",
        json!({}),
        json!([1, 1.0, i64::MAX, 2, 2.0]),
    )
    .await;
    returns(&sandbox, "def main():\n    return None", json!({}), Value::Null).await;
    returns(&sandbox, "main = lambda a, b=2: (a, b)", json!({"a": 1}), json!([1, 2])).await;
    returns(&sandbox, "def main():\n    return 2 ** 70", json!({}), json!(1_180_591_620_717_411_303_424.0)).await;
    returns(
        &sandbox,
        "def main():\n    return {1: 'a', None: 'b', True: 'c'}",
        json!({}),
        json!({"1": "c", "null": "b"}),
    )
    .await;
    returns(
        &sandbox,
        "def main():\n    return ['\\ud83d', '\\ud83d\\ude00', '😀']",
        json!({}),
        json!(["\u{fffd}", "😀", "😀"]),
    )
    .await;
}

#[tokio::test]
async fn the_standard_library_can_be_used() {
    let code = r#"
import asyncio, base64, collections, concurrent.futures, dataclasses, datetime, decimal, hashlib, itertools, json, math
import random, re, statistics, threading, urllib.parse, uuid, zoneinfo
import xml.etree.ElementTree as xml

@dataclasses.dataclass
class Point:
    x: int
    y: int = 2

async def later():
    await asyncio.sleep(0.01)
    return "later"

def main(text: str) -> dict:
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        squares = list(pool.map(lambda n: n * n, range(5)))
    return {
        "hash": hashlib.sha256(text.encode()).hexdigest()[:8],
        "base64": base64.b64encode(text.encode()).decode(),
        "point": dataclasses.asdict(Point(1)),
        "async": asyncio.run(later()),
        "squares": squares,
        "counts": collections.Counter(text).most_common(1),
        "date": datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc).isoformat(),
        "zone": str(datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")).utcoffset()),
        "words": re.findall(r"\w+", text),
        "decimal": str(decimal.Decimal("1.10") + 1),
        "mean": statistics.mean([1, 2, 3]),
        "root": math.isqrt(17),
        "query": urllib.parse.urlencode({"q": text}),
        "xml": xml.fromstring("<a><b>c</b></a>").find("b").text,
        "id": len(str(uuid.uuid4())),
        "pairs": list(itertools.pairwise([1, 2, 3])) if hasattr(itertools, "pairwise") else [(1, 2), (2, 3)],
    }
"#;
    let expected = json!({
        "hash": "1ad25d00", "base64": "b29v", "point": {"x": 1, "y": 2}, "async": "later", "squares": [0, 1, 4, 9, 16],
        "counts": [["o", 3]], "date": "2024-02-29T00:00:00+00:00", "zone": "2:00:00", "words": ["ooo"],
        "decimal": "2.10", "mean": 2, "root": 4, "query": "q=ooo", "xml": "c", "id": 36, "pairs": [[1, 2], [2, 3]],
    });
    returns(&sandbox(), code, json!({"text": "ooo"}), expected).await;
}

#[tokio::test]
async fn errors_read_as_their_author_wrote_them() {
    let sandbox = sandbox();
    let run = |code: &'static str, arguments: Value| python(&sandbox, code, arguments);
    let thrown = failure(run("def main():\n    return 1 / 0", json!({})).await);
    let expected = "Traceback (most recent call last):\n  File \"main.py\", line 2, in main\n    return 1 / 0\n";
    assert!(thrown.starts_with(expected), "{thrown}");
    assert!(thrown.ends_with("ZeroDivisionError: division by zero"), "{thrown}");
    let inside = failure(run("import json\ndef main():\n    return json.loads('{')", json!({})).await);
    assert!(inside.contains("File \"json/decoder.py\"") && !inside.contains("/usr"), "{inside}");
    let missing = failure(run("def main(a):\n    return a", json!({})).await);
    assert!(missing.ends_with("TypeError: main() missing 1 required positional argument: 'a'"), "{missing}");
    let surplus = failure(run("def main():\n    return 1", json!({"b": 1})).await);
    assert!(surplus.ends_with("TypeError: main() got an unexpected keyword argument 'b'"), "{surplus}");
    let syntax = failure(run("def main(:\n    return 1", json!({})).await);
    assert!(syntax.contains("File \"main.py\", line 1") && syntax.contains("SyntaxError"), "{syntax}");
    for code in ["", "   \n", "def other():\n    pass", "main = 5"] {
        assert!(failure(run(code, json!({})).await).contains("'main' is not defined"), "{code}");
    }
    assert!(failure(run("def main():\n    return '\0'", json!({})).await).contains("null bytes"));
    assert!(failure(run("import nowhere", json!({})).await).contains("No module named 'nowhere'"));
    assert!(failure(run("def main():\n    raise SystemExit(3)", json!({})).await).contains("SystemExit"));
    assert!(failure(run("def main():\n    raise KeyboardInterrupt", json!({})).await).contains("KeyboardInterrupt"));
    let long = failure(run("def main():\n    raise ValueError('x' * 10 ** 6)", json!({})).await);
    assert!(long.len() < 50_000);
}

#[tokio::test]
async fn what_json_cannot_say_is_refused() {
    let sandbox = sandbox();
    for code in [
        "def main():\n    return {1, 2}",
        "def main():\n    return object()",
        "def main():\n    return float('nan')",
        "def main():\n    return [float('-inf')]",
        "def main():\n    return {(1, 2): 3}",
        "def main():\n    return b'bytes'",
        "def main():\n    a = []\n    a.append(a)\n    return a",
        "def main():\n    a = 1\n    for _ in range(500): a = [a]\n    return a",
        "def main():\n    a = 1\n    for _ in range(50000): a = [a]\n    return a",
    ] {
        let result = python(&sandbox, code, json!({})).await;
        assert!(matches!(result, Err(SandboxError::ResultNotJson { .. })), "{code}: {result:?}");
    }
}

#[tokio::test]
async fn what_is_printed_comes_along() {
    let code = "import sys\ndef main():\n    print('Grüße', 1)\n    print('no', file=sys.stderr)\n    return 1";
    let returned = python(&sandbox(), code, json!({})).await.unwrap();
    assert_eq!((returned.stdout.as_str(), returned.value), ("Grüße 1\n", json!(1)));
}

#[tokio::test]
async fn a_script_gives_its_output() {
    let sandbox = sandbox();
    let run = |code: &'static str| sandbox.run_script(script(Language::Python3, code));
    let code = "import sys, threading, time\nif __name__ == '__main__':\n    print('<<RESULT>>{}<<RESULT>>')\n\
                \nthreading.Thread(target=lambda: (time.sleep(0.1), print('later'))).start()\
                \nprint('careful', file=sys.stderr)";
    let output = run(code).await.unwrap();
    assert_eq!((output.stdout.as_str(), output.error.as_str()), ("<<RESULT>>{}<<RESULT>>\nlater\n", "careful\n"));
    let output = run("print('x')\nnothing").await.unwrap();
    assert_eq!(output.stdout, "x\n");
    assert!(output.error.ends_with("NameError: name 'nothing' is not defined\n"), "{}", output.error);
    let output = run("import sys\nprint('x')\nsys.exit('bye')").await.unwrap();
    assert_eq!((output.stdout.as_str(), output.error.as_str()), ("x\n", "bye\n"));
    assert_eq!(run("import os\nos._exit(0)").await.unwrap().error, "");
    assert!(run("import os\nos._exit(3)").await.unwrap().error.contains("exit code 3"));
}

#[tokio::test]
async fn without_an_interpreter_the_operator_is_told() {
    let python_settings = [
        PythonSettings { interpreter: Some(PathBuf::from("/nowhere/python3")), ..PythonSettings::default() },
        PythonSettings { search: vec![PathBuf::from("/nowhere")], ..PythonSettings::default() },
        PythonSettings { interpreter: Some(PathBuf::from("/bin/true")), ..PythonSettings::default() },
    ];
    for settings in python_settings {
        let sandbox = Sandbox::new(SandboxSettings { python: settings, ..SandboxSettings::default() }).unwrap();
        let error = python(&sandbox, "def main():\n    return 1", json!({})).await.unwrap_err();
        assert!(matches!(error, SandboxError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().contains("Install Python 3.9"), "{error}");
        assert!(!error.is_scripts_fault());
        assert!(sandbox.warm_up().await.is_err());
    }
}

#[tokio::test]
async fn servers_are_replaced_and_take_turns() {
    let settings = PythonSettings { servers: 2, runs_per_server: 3, ..PythonSettings::default() };
    let sandbox = Sandbox::new(SandboxSettings { python: settings, ..SandboxSettings::default() }).unwrap();
    sandbox.warm_up().await.unwrap();
    let runs = (0..50).map(|n| {
        let sandbox = sandbox.clone();
        tokio::spawn(async move { python(&sandbox, "def main(n):\n    return n * 2", json!({"n": n})).await })
    });
    for (n, run) in runs.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(run.await.unwrap().unwrap().value, json!(n * 2));
    }
}
