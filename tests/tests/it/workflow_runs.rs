//! Running published workflows over the Service API.

use serde_json::{Value, json};
use test_kit::{App, Console, ServiceClient, TestServer};

use crate::it::console_people::set_up;
use crate::it::console_workflows::{publish, save};
use crate::it::costs::{Cost, STATEMENTS};

/// An app with a published workflow, and a key of it.
pub(crate) struct Flow {
    pub server: TestServer,
    pub console: Console,
    pub app: App,
    pub service: ServiceClient,
}

impl Flow {
    pub(crate) async fn of(mode: &str, nodes: Value, edges: &[(&str, &str, &str)]) -> Self {
        Self::with(mode, nodes, edges, json!({})).await
    }

    /// `more` holds further members of the draft: features, variables.
    pub(crate) async fn with(mode: &str, nodes: Value, edges: &[(&str, &str, &str)], more: Value) -> Self {
        Self::drawn_on(set_up().await, mode, nodes, edges, more).await
    }

    /// On a server that is there.
    pub(crate) async fn drawn_on(
        (server, console): (TestServer, Console),
        mode: &str,
        nodes: Value,
        edges: &[(&str, &str, &str)],
        more: Value,
    ) -> Self {
        let app = console.create_app(mode, "flow").await;
        let key = console.api_key(&app).await;
        let service = server.service(&key);
        let flow = Self { server, console, app, service };
        flow.draw(nodes, edges, more).await;
        publish(&flow.console, &flow.app).await.expect(200);
        flow
    }

    /// Saves a draft.
    pub(crate) async fn draw(&self, nodes: Value, edges: &[(&str, &str, &str)], more: Value) {
        let mut draft = json!({
            "graph": graph(nodes, edges),
            "features": {},
            "environment_variables": [],
            "conversation_variables": [],
        });
        for (key, value) in more.as_object().unwrap() {
            draft[key] = value.clone();
        }
        save(&self.console, &self.app, &draft).await.expect(200);
    }
}

/// Nodes are `{id: data}`.
pub(crate) fn graph(nodes: Value, edges: &[(&str, &str, &str)]) -> Value {
    let nodes: Vec<Value> = nodes
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, data)| {
            let mut data = data.clone();
            if data.get("title").is_none() {
                data["title"] = json!(id);
            }
            json!({"id": id, "type": "custom", "data": data, "position": {"x": 0, "y": 0}})
        })
        .collect();
    let edges: Vec<Value> = edges
        .iter()
        .map(|(from, handle, to)| json!({"id": format!("{from}-{handle}-{to}"), "source": from, "sourceHandle": handle, "target": to}))
        .collect();
    json!({"nodes": nodes, "edges": edges, "viewport": {"x": 0, "y": 0, "zoom": 1}})
}

pub(crate) fn greeting() -> Value {
    json!({
        "start": {"type": "start", "variables": [
            {"variable": "name", "label": "Name", "type": "text-input", "required": true, "max_length": 48},
        ]},
        "hello": {"type": "template-transform", "template": "Hello, {{ name }}!",
            "variables": [{"variable": "name", "value_selector": ["start", "name"]}]},
        "end": {"type": "end", "outputs": [{"variable": "said", "value_selector": ["hello", "output"]}]},
    })
}

pub(crate) const IN_A_LINE: [(&str, &str, &str); 2] = [("start", "source", "hello"), ("hello", "source", "end")];

fn run(inputs: Value) -> Value {
    json!({"inputs": inputs, "user": "ann", "response_mode": "blocking"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_run_answers_with_its_outputs_and_is_kept() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    let answer = flow.service.post_json("/workflows/run", &run(json!({"name": "Ann"}))).await.expect(200);
    let data = &answer.json["data"];
    assert_eq!(
        (&data["status"], &data["outputs"], &data["error"], &data["total_steps"], &data["total_tokens"]),
        (&json!("succeeded"), &json!({"said": "Hello, Ann!"}), &Value::Null, &json!(3), &json!(0))
    );
    assert_eq!(answer.json["workflow_run_id"], data["id"]);
    assert!(answer.json["task_id"].is_string() && data["elapsed_time"].is_f64() && data["finished_at"].is_i64());

    let id = data["id"].as_str().unwrap();
    let row = flow.server.db().one("SELECT * FROM workflow_runs WHERE id = $1::uuid", &[id]).await;
    assert_eq!(
        (&row["status"], &row["triggered_from"], &row["type"], &row["total_steps"], &row["created_by_role"]),
        (&json!("succeeded"), &json!("app-run"), &json!("workflow"), &json!(3), &json!("end_user"))
    );
    let inputs: Value = serde_json::from_str(row["inputs"].as_str().unwrap()).unwrap();
    assert_eq!((&inputs["name"], &inputs["sys.user_id"]), (&json!("Ann"), &json!("ann")));
    assert_eq!(inputs["sys.workflow_run_id"], json!(id));
    let nodes = flow
        .server
        .db()
        .all("SELECT * FROM workflow_node_executions WHERE workflow_run_id = $1::uuid ORDER BY index", &[id])
        .await;
    let told: Vec<_> =
        nodes.iter().map(|node| (node["node_id"].as_str().unwrap(), node["status"].as_str().unwrap())).collect();
    assert_eq!(told, [("start", "succeeded"), ("hello", "succeeded"), ("end", "succeeded")]);
    assert_eq!(nodes[1]["predecessor_node_id"], json!("start"));
    assert_eq!(nodes[1]["outputs"], json!(r#"{"output":"Hello, Ann!"}"#));
    let log = flow.server.db().one("SELECT * FROM workflow_app_logs WHERE workflow_run_id = $1::uuid", &[id]).await;
    assert_eq!(log["created_from"], json!("service-api"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_run_tells_every_node() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    let mut body = run(json!({"name": "Ann"}));
    body["response_mode"] = json!("streaming");
    let transcript = flow.service.sse("/workflows/run", &body).await.well_framed();
    assert_eq!(
        transcript.names(),
        [
            "workflow_started",
            "node_started",
            "node_finished",
            "node_started",
            "text_chunk",
            "node_finished",
            "node_started",
            "node_finished",
            "workflow_finished"
        ]
    );
    let started = transcript.only("workflow_started");
    assert_eq!(started["data"]["inputs"]["name"], json!("Ann"));
    assert!(started["data"]["inputs"].get("sys.timestamp").is_none());
    for event in transcript.events() {
        assert_eq!(event["workflow_run_id"], started["workflow_run_id"]);
        assert_eq!(event["task_id"], started["task_id"]);
        assert!(event.get("message_id").is_none());
    }
    let chunk = transcript.only("text_chunk");
    assert_eq!(chunk["data"], json!({"text": "Hello, Ann!", "from_variable_selector": ["hello", "output"]}));
    let nodes = transcript.named("node_finished");
    assert_eq!(nodes[1]["data"]["outputs"], json!({"output": "Hello, Ann!"}));
    assert_eq!(nodes[1]["data"]["inputs"], json!({"name": "Ann"}));
    assert_eq!(nodes[1]["data"]["inputs_truncated"], json!(false));
    let end = &transcript.only("workflow_finished")["data"];
    assert_eq!(end["outputs"], json!({"said": "Hello, Ann!"}));
    assert_eq!(end["created_by"]["user"], json!("ann"));
    assert_eq!((&end["exceptions_count"], &end["files"]), (&json!(0), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_before_the_run() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    for (inputs, message) in [
        (json!({}), "name is required in input form"),
        (json!({"name": 7}), "(type 'text-input') name in input form must be a string"),
        (json!({"name": "x".repeat(49)}), "name in input form must be less than 48 characters"),
    ] {
        let answer = flow.service.post_json("/workflows/run", &run(inputs)).await.expect(400);
        assert_eq!((answer.code(), answer.text_at("/message")), ("invalid_param", message.to_owned()));
    }
    assert_eq!(flow.server.db().count("workflow_runs", "true", &[]).await, 0);
    let missing = flow.service.post_json("/workflows/run", &json!({"inputs": {"name": "Ann"}})).await.expect(400);
    assert_eq!(missing.code(), "invalid_param");
    let chat = flow
        .service
        .post_json("/chat-messages", &json!({"inputs": {}, "query": "hi", "user": "ann"}))
        .await
        .expect(400);
    assert_eq!(chat.code(), "not_chat_app");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_is_an_answer() {
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "hello": {"type": "template-transform", "template": "{% for %}", "variables": []},
        "end": {"type": "end", "outputs": [{"variable": "said", "value_selector": ["hello", "output"]}]},
    });
    let flow = Flow::of("workflow", nodes, &IN_A_LINE).await;
    let answer = flow.service.post_json("/workflows/run", &run(json!({}))).await.expect(200);
    let data = &answer.json["data"];
    assert_eq!((&data["status"], &data["total_steps"]), (&json!("failed"), &json!(2)));
    assert!(data["error"].as_str().unwrap().contains("syntax error"), "{}", data["error"]);
    let id = data["id"].as_str().unwrap();
    let row = flow.server.db().one("SELECT * FROM workflow_runs WHERE id = $1::uuid", &[id]).await;
    assert_eq!((&row["status"], &row["error"]), (&json!("failed"), &data["error"]));
    assert_eq!(flow.server.db().count("workflow_node_executions", "status = 'failed'", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_runs_by_its_id_and_a_broken_draft_does_not_matter() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    let first = flow.console.get(&format!("/apps/{}/workflows/publish", flow.app.id)).await.expect(200).text_at("/id");
    let mut nodes = greeting();
    nodes["hello"]["template"] = json!("Bye, {{ name }}!");
    flow.draw(nodes.clone(), &IN_A_LINE, json!({})).await;
    publish(&flow.console, &flow.app).await.expect(200);
    nodes["hello"]["error_strategy"] = json!("no such strategy");
    flow.draw(nodes, &IN_A_LINE, json!({})).await;

    let body = run(json!({"name": "Ann"}));
    let said = |answer: test_kit::Answer| answer.expect(200).json["data"]["outputs"]["said"].clone();
    assert_eq!(said(flow.service.post_json("/workflows/run", &body).await), json!("Bye, Ann!"));
    assert_eq!(said(flow.service.post_json(&format!("/workflows/{first}/run"), &body).await), json!("Hello, Ann!"));
    let draft = flow.console.get(&format!("/apps/{}/workflows/draft", flow.app.id)).await.expect(200).text_at("/id");
    let of_draft = flow.service.post_json(&format!("/workflows/{draft}/run"), &body).await.expect(400);
    assert_eq!(of_draft.code(), "bad_request");
    flow.service.post_json(&format!("/workflows/{}/run", uuid::Uuid::new_v4()), &body).await.expect(404);
    flow.service.post_json("/workflows/no-id/run", &body).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatflow_answers_remembers_and_keeps_its_messages() {
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "count": {"type": "assigner", "version": "2", "items": [
            {"variable_selector": ["conversation", "n"], "input_type": "constant", "operation": "+=", "value": 1},
        ]},
        "answer": {"type": "answer", "answer": "{{#conversation.n#}}. {{#sys.query#}} ({{#sys.dialogue_count#}})"},
    });
    let edges = [("start", "source", "count"), ("count", "source", "answer")];
    let variables = json!({"conversation_variables": [
        {"id": uuid::Uuid::new_v4(), "name": "n", "value_type": "number", "value": 0, "description": ""},
    ]});
    let flow = Flow::with("advanced-chat", nodes, &edges, variables).await;
    let ask = |query: &str, conversation: &str| json!({"inputs": {}, "query": query, "user": "ann", "conversation_id": conversation, "response_mode": "blocking", "auto_generate_name": false});
    let first = flow.service.post_json("/chat-messages", &ask("Hi", "")).await.expect(200);
    assert_eq!(
        (&first.json["answer"], &first.json["mode"], &first.json["event"]),
        (&json!("1. Hi (1)"), &json!("advanced-chat"), &json!("message"))
    );
    let conversation = first.text_at("/conversation_id");
    let second = flow.service.post_json("/chat-messages", &ask("Again", &conversation)).await.expect(200);
    assert_eq!(second.json["answer"], json!("2. Again (2)"));

    let row =
        flow.server.db().one("SELECT * FROM messages WHERE id = $1::uuid", &[&second.text_at("/message_id")]).await;
    assert_eq!(
        (&row["answer"], &row["status"], &row["app_mode"]),
        (&json!("2. Again (2)"), &json!("normal"), &json!("advanced-chat"))
    );
    assert!(row["workflow_run_id"].is_string());
    let other = flow.service.post_json("/chat-messages", &ask("Hi", "")).await.expect(200);
    assert_eq!(other.json["answer"], json!("1. Hi (1)"), "another conversation counts for itself");

    let mut body = ask("Stream", &conversation);
    body["response_mode"] = json!("streaming");
    let transcript = flow.service.sse("/chat-messages", &body).await.well_framed();
    assert_eq!(transcript.answer(), "3. Stream (3)");
    let names = transcript.names();
    assert_eq!(
        (names[0], names[names.len() - 2], names[names.len() - 1]),
        ("workflow_started", "workflow_finished", "message_end")
    );
    let end = transcript.only("message_end");
    assert_eq!(end["conversation_id"], json!(conversation));
    assert_eq!(end["metadata"]["usage"]["total_tokens"], json!(0));
    assert_eq!(end["files"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn code_runs_in_both_languages() {
    let nodes = json!({
        "start": {"type": "start", "variables": [{"variable": "n", "label": "n", "type": "number", "required": true}]},
        "py": {"type": "code", "code_language": "python3", "code": "def main(n):\n    return {\"twice\": n * 2}",
            "variables": [{"variable": "n", "value_selector": ["start", "n"]}], "outputs": {"twice": {"type": "number"}}},
        "js": {"type": "code", "code_language": "javascript", "code": "function main({n}) { return {text: `n=${n}`} }",
            "variables": [{"variable": "n", "value_selector": ["py", "twice"]}], "outputs": {"text": {"type": "string"}}},
        "end": {"type": "end", "outputs": [{"variable": "text", "value_selector": ["js", "text"]}]},
    });
    let flow =
        Flow::of("workflow", nodes, &[("start", "source", "py"), ("py", "source", "js"), ("js", "source", "end")])
            .await;
    let answer = flow.service.post_json("/workflows/run", &run(json!({"n": 21}))).await.expect(200);
    assert_eq!(answer.json["data"]["outputs"], json!({"text": "n=42"}), "{}", answer.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_looked_up_and_listed() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    let answer = flow.service.post_json("/workflows/run", &run(json!({"name": "Ann"}))).await.expect(200);
    let id = answer.text_at("/workflow_run_id");
    let found = flow.service.get(&format!("/workflows/run/{id}")).await.expect(200).json;
    assert_eq!((&found["status"], &found["outputs"]), (&json!("succeeded"), &json!({"said": "Hello, Ann!"})));
    let inputs: Value = serde_json::from_str(found["inputs"].as_str().unwrap()).unwrap();
    assert!(inputs["sys.timestamp"].is_i64() && inputs["name"] == "Ann", "{inputs}");
    flow.service.get(&format!("/workflows/run/{}", uuid::Uuid::new_v4())).await.expect(404);
    flow.service.get("/workflows/run/none").await.expect(404);
    let logs = flow.service.get("/workflows/logs?status=succeeded").await.expect(200).json;
    assert_eq!((&logs["total"], &logs["data"][0]["workflow_run"]["id"]), (&json!(1), &json!(id)));
    assert_eq!(logs["data"][0]["details"], Value::Null);
    let parameters = flow.service.get("/parameters").await.expect(200).json;
    assert_eq!(parameters["user_input_form"][0]["text-input"]["variable"], json!("name"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_runs_the_workflow_of_a_page_and_is_told_less() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    let page = flow.server.web(&flow.app.code).await;
    let transcript = page.sse("/workflows/run", &json!({"inputs": {"name": "Ann"}})).await.well_framed();
    let end = &transcript.only("workflow_finished")["data"];
    assert_eq!((&end["status"], &end["outputs"]), (&json!("succeeded"), &json!({"said": "Hello, Ann!"})));
    let node = &transcript.named("node_finished")[1]["data"];
    assert_eq!((&node["status"], &node["outputs"], &node["inputs"]), (&json!("succeeded"), &Value::Null, &Value::Null));
    assert!(node.get("outputs_truncated").is_none());
    let log = flow.server.db().one("SELECT created_from FROM workflow_app_logs", &[]).await;
    assert_eq!(log["created_from"], json!("web-app"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_spends_few_round_trips() {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    let body = run(json!({"name": "Ann"}));
    let ask = async || drop(flow.service.post_json("/workflows/run", &body).await.expect(200));
    ask().await;
    let each = Cost::of(&flow.server, STATEMENTS).least(10, ask).await;
    assert!(each <= 4.5, "{each} statements a run: one when it begins, one for its nodes, one when it ends");
}
