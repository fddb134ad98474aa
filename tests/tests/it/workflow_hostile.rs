//! Workflows, and people who run them, that mean no good: whatever they send, the answer is one of the contract's, the
//! server goes on, and no run is left behind as if it still worked.

mod code;
mod files;
mod graphs;
mod http;
mod inputs;
mod large;
mod rounds;
mod upstream;
mod values;

use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::{Answer, ServiceClient, TestServer};

use crate::it::console_people::set_up_with;
use crate::it::console_workflows::{publish, save};
use crate::it::workflow_runs::Flow;

type Edges<'e> = [(&'e str, &'e str, &'e str)];

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// From now on every panic of this process is known, also one that something catches.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.lock().unwrap().push(info.to_string());
            usual(info);
        }));
    });
}

/// An app that nothing was drawn for yet.
async fn blank(mode: &str, settings: &[(&str, &str)]) -> Flow {
    watch_panics();
    let (server, console) = set_up_with(settings).await;
    let app = console.create_app(mode, "flow").await;
    let service = server.service(&console.api_key(&app).await);
    Flow { server, console, app, service }
}

/// Makes a graph what runs get from now on.
async fn deploy(flow: &Flow, nodes: Value, edges: &Edges<'_>) {
    flow.draw(nodes, edges, json!({})).await;
    publish(&flow.console, &flow.app).await.expect(200);
}

/// Saves a draft that may be refused.
async fn try_draft(flow: &Flow, graph: Value) -> Answer {
    let body = json!({"graph": graph, "features": {}, "environment_variables": [], "conversation_variables": []});
    save(&flow.console, &flow.app, &body).await
}

fn body(inputs: Value) -> Value {
    json!({"inputs": inputs, "user": "ann", "response_mode": "blocking"})
}

/// A blocking run's `data`, whatever it came to.
async fn outcome(flow: &Flow, inputs: Value) -> Value {
    flow.service.post_json("/workflows/run", &body(inputs)).await.expect(200).json["data"].clone()
}

/// A run of these nodes fails with these words; or succeeds with these outputs.
async fn comes_to(flow: &Flow, nodes: Value, edges: &Edges<'_>, inputs: Value, expected: Result<Value, &str>) {
    deploy(flow, nodes.clone(), edges).await;
    let data = outcome(flow, inputs).await;
    match expected {
        Ok(outputs) => {
            assert_eq!((&data["status"], &data["outputs"]), (&json!("succeeded"), &outputs), "{nodes}: {data}");
        }
        Err(error) => {
            assert_eq!(data["status"], json!("failed"), "{nodes}: {data}");
            let told = data["error"].as_str().unwrap_or_default();
            assert!(told.contains(error), "{error} is not in {told}: {nodes}");
        }
    }
}

/// Start, one node `x`, and an end that shows the node's value `name`.
fn around(node: Value, name: &str) -> Value {
    json!({
        "start": {"type": "start", "variables": []},
        "x": node,
        "end": {"type": "end", "outputs": [{"variable": "out", "value_selector": ["x", name]}]},
    })
}

const AROUND: [(&str, &str, &str); 2] = [("start", "source", "x"), ("x", "source", "end")];

/// An error answer in the contract's shape.
#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str, what: &str) -> String {
    let shown: String = answer.text().chars().take(400).collect();
    assert_eq!((answer.status, answer.code()), (status, code), "{what}: {shown}");
    assert_eq!(answer.json["status"], json!(status), "{what}: {shown}");
    let message = answer.json["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty() && message.len() < 2000, "{what}: {shown}");
    message.to_owned()
}

/// After all that was done to it: the server answers, no run is left over, nothing panicked, nothing was its own fault.
async fn unharmed(server: &TestServer) {
    let begun = Instant::now();
    let root = server.client();
    let health = tokio::time::timeout(Duration::from_secs(5), root.get("/health")).await;
    health.expect("the server answers").expect(200);
    for table in ["workflow_runs", "workflow_node_executions"] {
        while server.db().count(table, "status = 'running'", &[]).await > 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "{table} shows something that still runs");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let metrics = root.get("/metrics").await.expect(200);
    let faults = metrics.text().lines().filter(|line| {
        line.starts_with("ferrify_http_requests_total{") && line.contains("status=\"5") && !line.ends_with(" 0")
    });
    assert_eq!(faults.collect::<Vec<_>>(), Vec::<&str>::new());
    assert_eq!(*PANICS.lock().unwrap(), Vec::<String>::new());
}

async fn answered(service: &ServiceClient) -> bool {
    let sent = service.request(reqwest::Method::GET, "/info").send().await;
    sent.is_ok_and(|answer| answer.status() == 200)
}

/// How long other requests waited while something went on.
struct Probe {
    task: tokio::task::JoinHandle<Duration>,
    stop: tokio::sync::watch::Sender<bool>,
}

impl Probe {
    fn start(flow: &Flow) -> Self {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let service = flow.service.clone();
        let task = tokio::spawn(async move {
            let mut longest = Duration::ZERO;
            while !*stopped.borrow() {
                let asked = Instant::now();
                // A connection that was given up meanwhile is no answer: it is asked again, and the clock goes on.
                while !answered(&service).await {}
                longest = longest.max(asked.elapsed());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            longest
        });
        Self { task, stop }
    }

    /// The longest wait was short, even on a machine that has much else to do.
    async fn nobody_waited(self, what: &str) {
        self.stop.send_replace(true);
        let longest = self.task.await.unwrap();
        eprintln!("{what}: others waited {longest:?}");
        assert!(longest < Duration::from_secs(10), "{what}: another request waited {longest:?}");
    }
}
