//! The official SDKs, unchanged, against a real server. They are installed once per machine with the ordinary clients.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use test_kit::upstream::StubUpstream;
use test_kit::{App, Console, TestServer};

use crate::it::console_workflows::{publish, save};
use crate::it::ground::{Ground, MODEL};
use crate::it::workflow_runs::{IN_A_LINE, graph, greeting};

/// Where the SDKs are kept between runs.
pub(crate) fn shelf(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sdk").join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder of the tests that holds scripts.
pub(crate) fn sources_of(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn sources(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk").join(name)
}

/// Runs to the end and returns what was printed.
#[track_caller]
pub(crate) fn run(command: &mut Command, missing: &str) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?} cannot be run ({e}): {missing}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?} failed\n{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Does `install` unless it was done for this list of packages; one process at a time.
pub(crate) fn once(folder: &Path, list: &Path, install: impl FnOnce()) {
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let (wanted, done) = (fs::read(list).unwrap(), folder.join("installed"));
    if fs::read(&done).ok().as_deref() != Some(wanted.as_slice()) {
        install();
        fs::write(&done, &wanted).unwrap();
    }
}

fn python() -> (PathBuf, PathBuf) {
    (environment("python").join("python"), sources("python"))
}

/// A program that makes up requests from a description of an API.
pub(crate) fn schemathesis() -> PathBuf {
    environment("schemathesis").join("schemathesis")
}

/// The programs of a virtual environment with the packages of that list.
fn environment(name: &str) -> PathBuf {
    const MISSING: &str = "install Python 3 with its venv module, so that `python3 -m venv` works";
    let folder = shelf(name);
    let venv = folder.join("venv");
    let program = venv.join("bin").join("python");
    let list = sources(name).join("requirements.txt");
    once(&folder, &list, || {
        run(Command::new("python3").arg("-m").arg("venv").arg("--clear").arg(&venv), MISSING);
        run(Command::new(&program).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&list), MISSING);
    });
    venv.join("bin")
}

fn node(script: &str) -> PathBuf {
    const MISSING: &str = "install Node.js 18 or newer with npm";
    let (folder, sources) = (shelf("node"), sources("node"));
    let list = sources.join("package.json");
    once(&folder, &list, || {
        fs::copy(&list, folder.join("package.json")).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        run(&mut npm, MISSING);
    });
    // Modules are looked up beside the script.
    let copy = folder.join(script);
    fs::copy(sources.join(script), &copy).unwrap();
    copy
}

/// A server with a chat app, a completion app, a chatflow and a workflow: what the scripts are called with.
async fn apps() -> (TestServer, StubUpstream, Vec<String>) {
    let stub = StubUpstream::start().await;
    let server = TestServer::start(config::Tier::All).await;
    let console = server.console().await;
    let provider = console.add_openai_compatible(&stub.openai_base_url(), MODEL).await;
    let chat = console.create_ready_app("chat", provider, MODEL).await;
    let completion = console.create_ready_app("completion", provider, MODEL).await;
    let chatflow = console.create_app("advanced-chat", "A chatflow").await;
    let nodes = json!({"start": {"type": "start", "variables": []},
        "answer": {"type": "answer", "answer": "You said: {{#sys.query#}}"}});
    draw(&console, &chatflow, graph(nodes, &[("start", "source", "answer")])).await;
    let workflow = console.create_app("workflow", "A workflow").await;
    draw(&console, &workflow, graph(greeting(), &IN_A_LINE)).await;
    let mut arguments = vec![format!("{}/v1", server.base())];
    for app in [&chat, &completion, &chatflow, &workflow] {
        arguments.push(console.api_key(app).await);
    }
    (server, stub, arguments)
}

async fn draw(console: &Console, app: &App, graph: Value) {
    let draft = json!({"graph": graph, "features": {}, "environment_variables": [], "conversation_variables": []});
    save(console, app, &draft).await.expect(200);
    publish(console, app).await.expect(200);
}

/// A server with datasets: the base URL, and a key to them.
async fn datasets() -> (TestServer, Vec<String>) {
    let server = TestServer::start(config::Tier::All).await;
    let console = server.console().await;
    let key = console.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
    let base = format!("{}/v1", server.base());
    (server, vec![base, key])
}

async fn runs_with_python(script: &'static str, arguments: Vec<String>) {
    let printed = tokio::task::spawn_blocking(move || {
        let (program, sources) = python();
        let script = sources.join(script);
        run(Command::new(program).arg(script).args(arguments), "the virtual environment is broken: remove it")
    });
    assert_eq!(printed.await.unwrap().trim(), "ok");
}

async fn runs_with_node(script: &'static str, arguments: Vec<String>) {
    let printed = tokio::task::spawn_blocking(move || {
        run(Command::new("node").arg(node(script)).args(arguments), "install Node.js 18 or newer")
    });
    assert_eq!(printed.await.unwrap().trim(), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_works_unchanged() {
    let (_server, _stub, arguments) = apps().await;
    runs_with_python("check.py", arguments).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_works_unchanged() {
    let (_server, _stub, arguments) = apps().await;
    runs_with_node("check.mjs", arguments).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_work_with_the_python_sdk() {
    let (_server, arguments) = datasets().await;
    runs_with_python("knowledge.py", arguments).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_work_with_the_node_sdk() {
    let (_server, arguments) = datasets().await;
    runs_with_node("knowledge.mjs", arguments).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openai_client_for_python_works_unchanged() {
    let (_server, _stub, arguments) = apps().await;
    runs_with_python("openai_face.py", arguments).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openai_client_for_node_works_unchanged() {
    let (_server, _stub, arguments) = apps().await;
    runs_with_node("openai_face.mjs", arguments.into_iter().take(2).collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mcp_client_works_unchanged() {
    let ground = Ground::of("chat").await;
    let path = format!("/apps/{}/server", ground.app.id);
    let made = ground.console.post_json(&path, &json!({"description": "Chats", "parameters": {}})).await.expect(200);
    let address = format!("{}/mcp/server/{}/mcp", ground.server.base(), made.text_at("/server_code"));
    runs_with_python("mcp_client.py", vec![address]).await;
}
