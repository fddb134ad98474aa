//! `ferrify workflow`: no server, no settings, only a file.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

const GREETING: &str = "
version: 0.5.0
app: {name: greeting, mode: advanced-chat}
workflow:
  environment_variables: [{name: SIGN, value_type: string, value: '!'}]
  graph:
    nodes:
      - {id: start, data: {type: start, title: Start, variables: [{variable: name, label: name, type: text-input, required: true}]}}
      - id: c
        data: {type: code, title: Count, code_language: javascript, code: 'function main({s}) { return {n: s.length}; }',
               variables: [{variable: s, value_selector: [start, name]}], outputs: {n: {type: number}}}
      - {id: answer, data: {type: answer, title: Answer, answer: '{{#start.name#}}{{#env.SIGN#}} {{#c.n#}} {{#sys.query#}}'}}
    edges: [{source: start, target: c}, {source: c, target: answer}]
";

const MODEL: &str = "
app: {name: model, mode: workflow}
workflow:
  graph:
    nodes: [{id: start, data: {type: start}}, {id: m, data: {type: llm, title: Think}}]
    edges: [{source: start, target: m}]
";

/// A folder of its own, gone afterwards.
struct Ground(PathBuf);

impl Ground {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("ferrify-test-workflow-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (file, text) in files {
            std::fs::write(folder.join(file), text).unwrap();
        }
        Self(folder)
    }

    fn ferrify(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferrify"));
        command.arg("workflow").args(arguments).env_clear().current_dir(&self.0);
        command.output().unwrap()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // What is left behind is a folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_run_shows_its_progress_and_prints_its_result() {
    let ground = Ground::new("run", &[("greeting.yml", GREETING), ("inputs.json", r#"{"name": "nobody"}"#)]);
    let output =
        ground.ferrify(&["run", "greeting.yml", "--json", "inputs.json", "--input", "name=Ada", "--query", "hello"]);
    let (out, err) = texts(&output);
    assert_eq!(output.status.code(), Some(0), "{err}");
    let result: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(result["status"], "succeeded");
    assert_eq!(result["outputs"], json!({"answer": "Ada! 3 hello", "files": []}));
    assert_eq!(result["total_steps"], 3);
    for part in ["Ada!", "3 hello", "ok       Start (start)  ", "ok       Count (code)  ", "ok       Answer (answer)  "]
    {
        assert!(err.contains(part), "{part}: {err}");
    }
    let quiet = ground.ferrify(&["run", "greeting.yml", "--input", "name=Ada", "--quiet"]);
    assert_eq!((quiet.status.code(), texts(&quiet).1.as_str()), (Some(0), ""));
}

#[test]
fn a_run_that_fails_says_why() {
    let ground = Ground::new("fail", &[("model.yml", MODEL)]);
    let output = ground.ferrify(&["run", "model.yml"]);
    let (out, err) = texts(&output);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["status"], "failed");
    assert!(err.contains("there are no models without a server: start one with `ferrify up`"), "{err}");
    assert!(err.contains("failed   Think (llm)"), "{err}");
}

#[test]
fn what_is_wrong_with_file_or_inputs_is_wrong_use() {
    let broken = GREETING.replace("target: c}", "target: gone}").replace("type: answer,", "type: reply,");
    let ground = Ground::new("wrong", &[("greeting.yml", GREETING), ("broken.yml", &broken), ("no.yml", "a: [")]);
    for (arguments, part) in [
        (
            &["run", "greeting.yml"][..],
            "name is required in input form; fields of the form: name (text-input, required)",
        ),
        (&["run", "greeting.yml", "--input", "nam=x"], "the form has no field `nam`"),
        (&["run", "greeting.yml", "--input", "name"], "write --input NAME=VALUE"),
        (&["run", "greeting.yml", "--json", "nowhere.json"], "nowhere.json: the file cannot be read"),
        (&["run", "greeting.yml", "--json", "greeting.yml"], "must hold a JSON object"),
        (&["run", "nowhere.yml"], "nowhere.yml: the file cannot be read"),
        (&["run", "no.yml"], "no.yml: Invalid YAML format"),
        (&["run", "broken.yml", "--input", "name=x"], "MISSING_NODE"),
        (&["check", "broken.yml"], "broken.yml cannot be run: correct the 2 faults above"),
        (&["check"], "<FILE>"),
    ] {
        let output = ground.ferrify(arguments);
        let (out, err) = texts(&output);
        assert_eq!((output.status.code(), out.contains('{')), (Some(2), false), "{arguments:?}: {out} {err}");
        assert!(err.contains(part), "{arguments:?}: {err}");
    }
    let (out, _) = texts(&ground.ferrify(&["check", "broken.yml"]));
    assert!(out.contains("wrong: node `answer`: unknown node type `reply`"), "{out}");
    assert!(out.contains("wrong: MISSING_NODE: the edge from `start` to `gone`"), "{out}");
}

#[test]
fn a_check_tells_what_is_in_a_file() {
    let ground = Ground::new("check", &[("greeting.yml", GREETING), ("model.yml", MODEL)]);
    let output = ground.ferrify(&["check", "greeting.yml"]);
    let (out, err) = texts(&output);
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
    assert_eq!(
        out,
        "file          advanced-chat `greeting`, version 0.5.0 (importing it: completed)\n\
         nodes         3: answer 1, code 1, start 1\n\
         environment   SIGN (string)\n\
         conversation  none\n\
         inputs        name (text-input, required)\n"
    );
    assert!(texts(&ground.ferrify(&["check", "model.yml"])).0.contains("server        needed by m\n"));
}
