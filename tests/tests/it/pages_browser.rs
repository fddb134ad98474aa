//! The pages in a real browser. `tests/browser` holds what it does there; Node.js is needed, and a Chromium is found or
//! fetched as the head of `browser.mjs` says.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use test_kit::upstream::Script;
use test_kit::{App, Console};

use crate::it::console_workflows::{publish, save};
use crate::it::ground::{Ground, MODEL};
use crate::it::knowledge_apps::Shelf;
use crate::it::sdk::{once, run, shelf, sources_of};
use crate::it::workflow_pause::form;
use crate::it::workflow_runs::graph;

/// Everything that an answer may hold, and everything that it must not do.
const HOSTILE: &str = r#"## Tides

The **Moon** pulls. <script>alert(1)</script> <img src=x onerror="window.hacked=1"> <svg onload=alert(1)>

- [a link](https://example.com/a "title") and [a bad one](javascript:alert(1)), [another](JaVaScRiPt:alert(1))
- [data](data:text/html,<script>alert(1)</script>) ![picture](https://evil.example/p.png) ![x](x" onerror="alert(1))

| Phase | Range |
|---|---|
| Spring | <iframe src="javascript:alert(1)"></iframe> |

```js
const x = "</code><script>alert(1)</script>";
```

<style>* { display: none }</style> <a href="javascript:alert(1)">click</a> https://example.com/?q=<script>
"#;

/// Installs what the scripts need, once per machine, and returns the script to be run.
fn prepared() -> std::path::PathBuf {
    let (folder, sources) = (shelf("browser"), sources_of("browser"));
    let list = sources.join("package.json");
    once(&folder, &list, || {
        fs::copy(&list, folder.join("package.json")).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        run(&mut npm, "install Node.js 20 or newer with npm");
    });
    // Modules are looked up beside the script.
    for file in fs::read_dir(&sources).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|kind| kind == "mjs") {
            fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
        }
    }
    folder.join("pages.mjs")
}

struct Stage {
    shelf: Shelf,
    given: Value,
}

impl Stage {
    /// Another chat app on a model of its own.
    async fn app(&mut self, name: &str, script: Script, changes: Value) {
        self.app_of("chat", name, script, changes).await;
    }

    async fn app_of(&mut self, mode: &str, name: &str, script: Script, changes: Value) {
        let ground = &self.shelf.ground;
        let model = format!("{name}-model");
        let provider = ground.console.add_openai_compatible(&ground.stub.openai_base_url(), &model).await;
        let app = ground.console.create_app(mode, name).await;
        let mut config = Console::model_config(mode, provider, &model);
        config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        ground.console.save_model_config(&app, &config).await;
        // Only now: credentials are tried when they are entered.
        ground.stub.script(&model, script);
        self.given[name] = json!(app.code);
    }

    /// Gives the page of the newest app of that name a colour, and an icon without one.
    async fn paint(&self, name: &str, colour: &str) {
        let console = &self.shelf.ground.console;
        let found = console.get(&format!("/apps?name={name}&page=1&limit=1")).await.expect(200).json;
        let id = found["data"][0]["id"].as_str().unwrap().to_owned();
        let body =
            json!({"title": name, "chat_color_theme": colour, "icon_type": "emoji", "icon": "", "icon_background": ""});
        let _ = console.post_json(&format!("/apps/{id}/site"), &body).await.expect(200);
    }

    async fn drawn(&mut self, name: &str, mode: &str, nodes: Value, edges: &[(&str, &str, &str)]) {
        let console = &self.shelf.ground.console;
        let app: App = console.create_app(mode, name).await;
        let draft = json!({"graph": graph(nodes, edges), "features": {}, "environment_variables": [], "conversation_variables": []});
        save(console, &app, &draft).await.expect(200);
        publish(console, &app).await.expect(200);
        self.given[name] = json!(app.code);
    }
}

/// A form with every kind of field.
fn fields() -> Value {
    let files = json!(["local_file", "remote_url"]);
    json!([
        {"variable": "name", "label": "Name", "type": "text-input", "required": true, "max_length": 48},
        {"variable": "story", "label": "Story", "type": "paragraph", "required": false, "max_length": 400},
        {"variable": "count", "label": "Count", "type": "number", "required": true},
        {"variable": "kind", "label": "Kind", "type": "select", "required": true, "options": ["short", "long"]},
        {"variable": "agreed", "label": "Agreed", "type": "checkbox", "required": false},
        {"variable": "paper", "label": "Paper", "type": "file", "required": true, "allowed_file_types": ["document"],
            "allowed_file_extensions": [], "allowed_file_upload_methods": files},
        {"variable": "papers", "label": "Papers", "type": "file-list", "required": false, "max_length": 3,
            "allowed_file_types": ["document"], "allowed_file_extensions": [], "allowed_file_upload_methods": files},
    ])
}

/// Words that can be told apart, one after the other.
fn counted() -> Script {
    let chunks = (0..60).map(|at| format!("w{at} ")).collect();
    Script { chunks, chunk_delay: Duration::from_millis(60), ..Script::default() }
}

/// Thoughts, then lines of code that are wider than a page; both take their time.
fn growing() -> Script {
    let thoughts = (0..25).map(|at| format!("t{at} "));
    let lines = (0..25).map(|at| format!("value_{at} = \"{}\"\n", "wide ".repeat(40)));
    let ends = |text: &str| std::iter::once(text.to_owned());
    let chunks =
        ends("<think>\n").chain(thoughts).chain(ends("\n</think>\n\n```python\n")).chain(lines).chain(ends("```\n"));
    Script { chunks: chunks.collect(), chunk_delay: Duration::from_millis(100), ..Script::default() }
}

/// Models that listen and speak for the workspace.
async fn add_voices(ground: &Ground) {
    ground.console.add_openai(&ground.stub.openai_base_url(), "sk-audio").await;
    for (kind, model) in [("speech2text", "whisper-1"), ("tts", "tts-1-hd")] {
        let setting = json!({"model_type": kind, "provider": "langgenius/openai/openai", "model": model});
        let body = json!({"model_settings": [setting]});
        let _ = ground.console.post_json("/workspaces/current/default-model", &body).await.expect(200);
    }
}

impl Stage {
    /// Apps whose answers take their time, in every mode.
    async fn slow_apps(&mut self) {
        self.app("counted", counted(), json!({})).await;
        let like = json!({"more_like_this": {"enabled": true}, "text_to_speech": {"enabled": true}});
        self.app_of("completion", "countedtext", counted(), like).await;
        let llm = json!({"type": "llm", "model": {"provider": self.shelf.ground.provider, "name": "counted-model",
                "mode": "chat", "completion_params": {}},
            "prompt_template": [{"role": "user", "text": "Count."}],
            "context": {"enabled": false, "variable_selector": []}, "vision": {"enabled": false}});
        let nodes = json!({"start": {"type": "start", "variables": []}, "llm": llm,
            "end": {"type": "end", "outputs": [{"variable": "text", "value_selector": ["llm", "text"]}]}});
        let edges = [("start", "source", "llm"), ("llm", "source", "end")];
        self.drawn("countedflow", "workflow", nodes, &edges).await;
        let voice = json!({"speech_to_text": {"enabled": true}, "text_to_speech": {"enabled": true, "voice": "nova"}});
        self.app("voice", Script::default(), voice).await;
        self.app("growing", growing(), json!({})).await;
        // Sentences that are told apart, spoken by themselves.
        let itself = json!({"text_to_speech": {"enabled": true, "autoPlay": "enabled"}});
        let chunks: Vec<String> = (0..40).map(|at| format!("Part{at}. ")).collect();
        let parts = Script { chunks, chunk_delay: Duration::from_millis(150), ..Script::default() };
        self.app("speaking", parts.clone(), itself.clone()).await;
        self.app_of("completion", "speakingtext", parts, itself).await;
    }

    /// A workflow that waits for a form with every kind of field.
    async fn long_form(&mut self) {
        let input = |kind: &str, name: &str| json!({"type": kind, "output_variable_name": name});
        let mut papers = input("file-list", "papers");
        papers["number_limits"] = json!(2);
        papers["allowed_file_types"] = json!(["document"]);
        let mut ask = form();
        ask["form_content"] = json!("Write {{#$output.note#}} and add {{#$output.picture#}}");
        ask["inputs"] =
            json!([input("text_input", "note"), input("paragraph", "story"), input("file", "picture"), papers]);
        let outputs = json!([{"variable": "note", "value_selector": ["ask", "note"]},
            {"variable": "story", "value_selector": ["ask", "story"]},
            {"variable": "picture", "value_selector": ["ask", "picture"]},
            {"variable": "papers", "value_selector": ["ask", "papers"]}]);
        let nodes = json!({"start": {"type": "start", "variables": []}, "ask": ask,
            "end": {"type": "end", "outputs": outputs}});
        self.drawn("longform", "workflow", nodes, &[("start", "source", "ask"), ("ask", "yes", "end")]).await;
    }
}

async fn stage() -> Stage {
    let ground = Box::pin(Ground::with("chat", &[("ALLOW_EMBED", "true")])).await;
    add_voices(&ground).await;
    let image = json!({"enabled": true, "number_limits": 3, "detail": "high", "transfer_methods": ["remote_url", "local_file"]});
    let boat = json!([{"text-input": {"label": "Your boat", "variable": "boat", "required": true, "max_length": 40}}]);
    ground.stub.script(MODEL, Script::text(&[HOSTILE]));
    ground
        .configure(json!({
            "opening_statement": "Hello, sailor! <b>Ask</b> me.",
            "suggested_questions": ["What are tides?", "Where is north?"],
            "user_input_form": boat,
            "file_upload": {"image": image},
        }))
        .await;
    let key = ground.console.api_key(&ground.app).await;
    let given = json!({"base": ground.server.base(), "chat": ground.app.code, "key": key});
    let mut stage = Stage { shelf: Shelf::on(ground).await, given };
    let dataset = stage.shelf.dataset("Harbour", "economy", &["Slack water in the harbour is at noon."]).await;
    stage.app("plain", Script::default(), json!({})).await;
    stage
        .app(
            "bright",
            Script::text(&["See [the tables](https://example.com/a) or `height()`."]),
            json!({"suggested_questions": ["Why?"]}),
        )
        .await;
    stage.paint("bright", "#ffe14d").await;
    stage.app("slow", Script::pieces(400, "word ", Duration::from_millis(50)), json!({})).await;
    stage.app("brisk", Script::pieces(40, "tick ", Duration::from_millis(60)), json!({})).await;
    stage.app("broken", Script::refusal(401, "no such key"), json!({})).await;
    let cited = json!({
        "suggested_questions_after_answer": {"enabled": true},
        "dataset_configs": {"retrieval_model": "multiple", "top_k": 2,
            "datasets": {"datasets": [{"dataset": {"enabled": true, "id": dataset}}]}},
    });
    stage.app("cited", Script::text(&["[\"More about tides?\", \"Why?\"]"]), cited).await;
    let ground = &stage.shelf.ground;
    // What may be asked next is made by the workspace's model.
    let default =
        json!({"model_settings": [{"model_type": "llm", "provider": ground.provider, "model": "cited-model"}]});
    let _ = ground.console.post_json("/workspaces/current/default-model", &default).await.expect(200);
    let completion = ground.console.create_ready_app("completion", ground.provider, "plain-model").await;
    stage.given["completion"] = json!(completion.code);
    let greeting = json!({"type": "template-transform", "template": "Hello {{ name }}, {{ count }}, {{ kind }}, {{ paper.filename }}",
        "variables": (["name", "count", "kind", "paper"]).map(|name| json!({"variable": name, "value_selector": ["start", name]}))});
    let outputs = json!([{"variable": "greeting", "value_selector": ["greet", "output"]},
        {"variable": "count", "value_selector": ["start", "count"]}]);
    let nodes = json!({"start": {"type": "start", "variables": fields()}, "greet": greeting,
        "end": {"type": "end", "outputs": outputs}});
    stage.drawn("workflow", "workflow", nodes, &[("start", "source", "greet"), ("greet", "source", "end")]).await;
    let mut ask = form();
    ask["form_content"] = json!("Write {{#$output.note#}}");
    ask["inputs"] = json!([ask["inputs"][0]]);
    let nodes = json!({"start": {"type": "start", "variables": []}, "ask": ask,
        "answer": {"type": "answer", "answer": "You wrote: {{#ask.note#}}"}});
    stage.drawn("waiting", "advanced-chat", nodes, &[("start", "source", "ask"), ("ask", "yes", "answer")]).await;
    Box::pin(stage.slow_apps()).await;
    Box::pin(stage.long_form()).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn people_use_the_pages_in_a_browser() {
    let stage = Box::pin(stage()).await;
    let given = stage.given.to_string();
    let printed = tokio::task::spawn_blocking(move || {
        let script = prepared();
        run(Command::new("node").arg(script).arg(given), "install Node.js 20 or newer")
    });
    assert_eq!(printed.await.unwrap().trim(), "ok");
}
