//! Apps as tools of other programs, and what other programs of the installation may ask.

use config::Tier;
use serde_json::{Value, json};
use test_kit::{Client, TestServer};

use crate::it::ground::Ground;
use crate::it::workflow_runs::Flow;

fn message(id: u32, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn hello() -> Value {
    let client = json!({"name": "tester", "version": "1.5"});
    message(1, "initialize", json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}))
}

fn call(arguments: Value) -> Value {
    message(9, "tools/call", json!({"name": "whatever", "arguments": arguments}))
}

/// A caller of the server with that code.
struct Caller {
    client: Client,
    path: String,
}

impl Caller {
    fn new(server: &TestServer, code: &str) -> Self {
        Self { client: server.client(), path: format!("/mcp/server/{code}/mcp") }
    }

    /// The body of an answer of that status.
    async fn ask(&self, body: &Value, status: u16) -> Value {
        self.client.post_json(&self.path, body).await.expect(status).json
    }

    /// The code of a JSON-RPC error.
    async fn refused(&self, body: &Value, status: u16) -> i64 {
        let answer = self.ask(body, status).await;
        assert_eq!(answer["jsonrpc"], "2.0", "{answer}");
        answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error in {answer}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_app_is_a_tool() {
    let ground = Ground::of("chat").await;
    let form = json!([
        {"text-input": {"label": "Name", "variable": "name", "required": true, "default": ""}},
        {"select": {"label": "Tone", "variable": "tone", "required": false, "options": ["warm", "cold"], "default": "warm"}},
    ]);
    ground.configure(json!({"user_input_form": form})).await;
    let path = format!("/apps/{}/server", ground.app.id);
    let none = ground.console.get(&path).await.expect(200).json;
    assert!(none.as_object().unwrap().len() == 8 && none.as_object().unwrap().values().all(Value::is_null), "{none}");
    let body = json!({"description": "Greets people", "parameters": {"name": "Whom to greet"}});
    let server = ground.console.post_json(&path, &body).await.expect(200).json;
    assert_eq!((&server["status"], &server["name"]), (&json!("active"), &json!("A chat app")));
    assert_eq!(server["parameters"], json!({"name": "Whom to greet"}));
    assert!(server["created_at"].is_i64());
    let _ = ground.console.post_json(&path, &body).await.expect(400);
    let code = server["server_code"].as_str().unwrap();
    assert_eq!((code.len(), &ground.console.get(&path).await.expect(200).json), (16, &server));

    let caller = Caller::new(&ground.server, code);
    assert_eq!(caller.refused(&call(json!({"query": "Hi", "name": "Ann"})), 200).await, -32602);
    let answer = caller.ask(&hello(), 200).await;
    let result = &answer["result"];
    assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!(1)));
    assert_eq!((&result["protocolVersion"], &result["serverInfo"]["name"]), (&json!("2024-11-05"), &json!("Dify")));
    assert_eq!(result["capabilities"], json!({"tools": {"listChanged": false}}));
    assert_eq!(result["instructions"], "Greets people");
    let user = ground.server.db().one("SELECT * FROM end_users WHERE type = 'mcp'", &[]).await;
    assert_eq!((&user["session_id"], &user["name"]), (&server["id"], &json!("tester@1.5")));
    let _ = caller.ask(&hello(), 200).await;
    assert_eq!(ground.server.db().count("end_users", "type = 'mcp'", &[]).await, 1);

    let heard = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let heard = caller.client.post_json(&caller.path, &heard).await.expect(202);
    assert!(heard.body.is_empty() && heard.header("access-control-allow-origin").is_none());
    assert_eq!(caller.ask(&message(2, "ping", json!({})), 200).await, json!({"jsonrpc": "2.0", "id": 2, "result": {}}));
    let tools = caller.ask(&json!({"jsonrpc": "2.0", "id": "t", "method": "tools/list"}), 200).await;
    let schema = json!({
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "User Input/Question content"},
            "name": {"type": "string", "description": "Whom to greet"},
            "tone": {"type": "string", "description": "", "enum": ["warm", "cold"]},
        },
        "required": ["query", "name"],
    });
    let tool = json!({"name": "A chat app", "description": "Greets people", "inputSchema": schema});
    assert_eq!(tools, json!({"jsonrpc": "2.0", "id": "t", "result": {"tools": [tool]}}));

    let answer = caller.ask(&call(json!({"query": "Hi", "name": "Ann"})), 200).await;
    let content = json!([{"type": "text", "text": "Hello, world!"}]);
    assert_eq!(answer, json!({"jsonrpc": "2.0", "id": 9, "result": {"content": content, "isError": false}}));
    let row = ground.server.db().one("SELECT * FROM messages", &[]).await;
    assert_eq!((&row["invoke_from"], &row["from_end_user_id"]), (&json!("service-api"), &user["id"]));
    assert_eq!((&row["query"], &row["inputs"]["name"]), (&json!("Hi"), &json!("Ann")));
    assert_eq!(caller.refused(&call(json!({"query": "Hi"})), 200).await, -32602);
    assert_eq!(caller.refused(&call(json!({"query": 5, "name": "Ann"})), 200).await, -32602);
}

/// An MCP server of the flow's app, to which a client has introduced itself.
async fn served(flow: &Flow) -> Caller {
    let path = format!("/apps/{}/server", flow.app.id);
    let body = json!({"description": "Counts", "parameters": {"word": "What to count"}});
    let server = flow.console.post_json(&path, &body).await.expect(200).json;
    let caller = Caller::new(&flow.server, server["server_code"].as_str().unwrap());
    let _ = caller.ask(&hello(), 200).await;
    caller
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_a_tool() {
    let nodes = json!({
        "start": {"type": "start", "variables": [
            {"variable": "word", "label": "Word", "type": "text-input", "required": true},
            {"variable": "paper", "label": "Paper", "type": "file", "required": false},
        ]},
        "count": {"type": "code", "code_language": "javascript",
            "code": "function main({w}) { if (w === 'bad') throw new Error('no such word'); return {n: w.length}; }",
            "variables": [{"variable": "w", "value_selector": ["start", "word"]}], "outputs": {"n": {"type": "number"}}},
        "end": {"type": "end", "outputs": [
            {"variable": "word", "value_selector": ["start", "word"]},
            {"variable": "n", "value_selector": ["count", "n"]},
        ]},
    });
    let flow = Flow::of("workflow", nodes, &[("start", "source", "count"), ("count", "source", "end")]).await;
    let caller = served(&flow).await;
    let tools = caller.ask(&message(2, "tools/list", json!({})), 200).await;
    let schema = json!({
        "type": "object",
        "properties": {"word": {"type": "string", "description": "What to count"}},
        "required": ["word"],
    });
    assert_eq!(tools["result"]["tools"][0]["inputSchema"], schema);
    let answer = caller.ask(&call(json!({"word": "söll"})), 200).await;
    let content = json!([{"type": "text", "text": "{\"word\": \"söll\", \"n\": 4}"}]);
    assert_eq!(answer["result"], json!({"content": content, "isError": false}));
    let run = flow.server.db().one("SELECT * FROM workflow_runs", &[]).await;
    let log = flow.server.db().one("SELECT * FROM workflow_app_logs", &[]).await;
    assert_eq!((&run["status"], &run["created_by_role"]), (&json!("succeeded"), &json!("end_user")));
    assert_eq!(log["created_from"], "service-api");
    assert_eq!(caller.refused(&call(json!({})), 200).await, -32602);
    let failed = caller.ask(&call(json!({"word": "bad"})), 200).await;
    assert_eq!(failed["result"]["isError"], true);
    assert!(failed["result"]["content"][0]["text"].as_str().unwrap().contains("no such word"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatflow_is_a_tool() {
    let nodes = json!({
        "start": {"type": "start", "variables": [
            {"variable": "word", "label": "Word", "type": "text-input", "required": true}]},
        "answer": {"type": "answer", "answer": "{{#start.word#}}: {{#sys.query#}}"},
    });
    let flow = Flow::of("advanced-chat", nodes, &[("start", "source", "answer")]).await;
    let caller = served(&flow).await;
    let tools = caller.ask(&message(2, "tools/list", json!({})), 200).await;
    assert_eq!(tools["result"]["tools"][0]["inputSchema"]["required"], json!(["query", "word"]));
    let answer = caller.ask(&call(json!({"query": "Why?", "word": "So"})), 200).await;
    let content = json!([{"type": "text", "text": "So: Why?"}]);
    assert_eq!(answer["result"], json!({"content": content, "isError": false}));
    assert_eq!(caller.refused(&call(json!({"query": "", "word": "So"})), 200).await, -32602);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_messages_and_dead_codes_are_refused() {
    let ground = Ground::of("completion").await;
    let path = format!("/apps/{}/server", ground.app.id);
    let server = ground.console.post_json(&path, &json!({"parameters": {}})).await.expect(200).json;
    let code = server["server_code"].as_str().unwrap();
    let caller = Caller::new(&ground.server, code);
    let _ = caller.ask(&hello(), 200).await;
    let answer = caller.ask(&call(json!({"query": "Hi"})), 200).await;
    assert_eq!(answer["result"]["content"][0]["text"], "Hello, world!");

    for method in ["prompts/list", "resources/read", "completion/complete", "logging/setLevel", "none"] {
        assert_eq!(caller.refused(&message(3, method, json!({})), 200).await, -32601, "{method}");
    }
    for (body, expected) in [
        (json!({"jsonrpc": "2.0", "method": "ping"}), -32600),
        (json!({"jsonrpc": "2.0", "method": "notifications/cancelled"}), -32600),
        (message(4, "initialize", json!({})), -32602),
        (message(5, "tools/call", json!({"arguments": {}})), -32602),
    ] {
        assert_eq!(caller.refused(&body, 400).await, expected, "{body}");
    }
    for body in [json!({"id": 1, "method": "ping"}), json!({"jsonrpc": "2.0"}), message(6, "ping", json!([]))] {
        assert_eq!(caller.client.post_json(&caller.path, &body).await.expect(400).code(), "invalid_param", "{body}");
    }
    assert_eq!(caller.client.get(&caller.path).await.expect(405).code(), "method_not_allowed");
    let unknown = Caller::new(&ground.server, "0123456789abcdef");
    assert_eq!(unknown.refused(&hello(), 404).await, -32600);

    let change = |status: &str| json!({"id": server["id"], "parameters": {"query": "What to do"}, "status": status});
    let off = ground.console.put_json(&path, &change("inactive")).await.expect(200).json;
    assert_eq!((&off["status"], &off["description"]), (&json!("inactive"), &server["description"]));
    assert_eq!(caller.refused(&hello(), 404).await, -32600);
    let _ = ground.console.put_json(&path, &change("paused")).await.expect(400);
    let _ = ground.console.put_json(&path, &change("active")).await.expect(200);
    let tools = caller.ask(&message(7, "tools/list", json!({})), 200).await;
    let properties = &tools["result"]["tools"][0]["inputSchema"]["properties"];
    assert_eq!(properties, &json!({"query": {"type": "string", "description": "What to do"}}));
    let mut foreign = change("active");
    foreign["id"] = json!(ground.app.id);
    assert_eq!(ground.console.put_json(&path, &foreign).await.expect(404).code(), "not_found");

    let refresh = format!("/apps/{}/server/refresh", server["id"].as_str().unwrap());
    let fresh = ground.console.get(&refresh).await.expect(200).text_at("/server_code");
    assert_eq!(caller.refused(&hello(), 404).await, -32600);
    let _ = Caller::new(&ground.server, &fresh).ask(&hello(), 200).await;
    assert_eq!(
        ground.console.get(&format!("/apps/{}/server/refresh", ground.app.id)).await.expect(404).code(),
        "not_found"
    );
    let _ = ground.console.delete(&format!("/apps/{}", ground.app.id)).await.expect(204);
    assert_eq!(Caller::new(&ground.server, &fresh).refused(&hello(), 404).await, -32600);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_programs_make_workspaces() {
    let builder = TestServer::builder(Tier::Console).set("INNER_API", "true").set("INNER_API_KEY", "inner-key");
    let server = Box::pin(builder.start()).await;
    let inner = server.client().at(format!("{}/inner/api/enterprise", server.base()));
    let made = json!({"name": "Second", "owner_email": test_kit::Console::OWNER_EMAIL});
    assert_eq!(inner.post_json("/workspace", &made).await.expect(401).code(), "unauthorized");
    let inner = inner.with_header("X-Inner-Api-Key", "inner-key");
    assert_eq!(inner.post_json("/workspace", &made).await.expect(401).code(), "not_setup");
    let console = server.console().await;
    let before = console.post_json("/workspaces/current", &json!({})).await.expect(200).text_at("/id");
    let answer = inner.post_json("/workspace", &made).await.expect(200).json;
    let tenant = answer["tenant"].as_object().unwrap();
    assert!(tenant.keys().eq(["id", "name", "plan", "status", "created_at", "updated_at"]), "{answer}");
    assert_eq!((&tenant["name"], &tenant["status"]), (&json!("Second"), &json!("normal")));
    assert!(tenant["created_at"].as_str().unwrap().ends_with('Z'));
    let list = console.get("/workspaces").await.expect(200).json;
    assert_eq!(list["workspaces"].as_array().unwrap().len(), 2, "{list}");
    let after = console.post_json("/workspaces/current", &json!({})).await.expect(200).text_at("/id");
    assert_eq!(after, before);
    let nobody = json!({"name": "Third", "owner_email": "nobody@example.com"});
    assert_eq!(inner.post_json("/workspace", &nobody).await.expect(404).code(), "not_found");
    assert_eq!(inner.post_json("/workspace", &json!({"name": "x"})).await.expect(400).code(), "invalid_param");
    let ownerless = inner.post_json("/workspace/ownerless", &json!({"name": "Third"})).await.expect(200).json;
    assert!(ownerless["tenant"]["encrypt_public_key"].as_str().unwrap().contains("PUBLIC KEY"));
    assert_eq!(ownerless["tenant"]["custom_config"], json!({}));
    assert_eq!(server.db().count("tenants", "true", &[]).await, 3);
    assert_eq!(server.db().count("tenant_account_joins", "true", &[]).await, 2);
    assert_eq!(inner.post_json("/none/such", &json!({})).await.expect(404).code(), "not_found");
}
