//! `tool` and `agent` with answers that a test writes down.

use std::sync::Arc;

use async_trait::async_trait;
use core_workflow::capabilities::{
    AgentCall, AgentError, AgentStream, Agents, ToolCallRequest, ToolError, ToolMessage, ToolStream, Tools, Turn,
};
use core_workflow::event::RunStatus;
use core_workflow::value::{FileKind, Value, map_to_json};
use core_workflow::{Capabilities, Event, Limits, Registry, RunSetup, Workflow};
use futures::StreamExt;
use parking_lot::Mutex;
use serde_json::{Value as Json, json};

use crate::bench::{Ran, file, graph, run, values, with};
use crate::stub_model::{StubHistory, usage};

type Answer = Vec<Result<ToolMessage, ToolError>>;

#[derive(Default)]
struct StubTools {
    answer: Mutex<Answer>,
    refusal: Option<ToolError>,
    calls: Mutex<Vec<ToolCallRequest>>,
}

#[async_trait]
impl Tools for StubTools {
    async fn invoke(&self, call: ToolCallRequest) -> Result<ToolStream, ToolError> {
        self.calls.lock().push(call);
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        Ok(futures::stream::iter(std::mem::take(&mut *self.answer.lock())).boxed())
    }

    async fn required_parameters(&self, _call: &ToolCallRequest) -> Result<Vec<String>, ToolError> {
        Ok(vec!["must".to_owned()])
    }
}

fn tool(fields: Json) -> Json {
    let mut node = json!({
        "type": "tool", "provider_id": "time", "provider_type": "builtin", "provider_name": "time",
        "tool_name": "current_time", "tool_label": "Now", "tool_configurations": {}, "tool_parameters": {},
    });
    let (Json::Object(node_fields), Json::Object(fields)) = (&mut node, fields) else { panic!("not objects") };
    node_fields.extend(fields);
    node
}

async fn call(fields: Json, shown: &[&str], tools: &Arc<StubTools>) -> Ran {
    let capabilities = Capabilities { tools: Some(Arc::clone(tools) as _), ..Capabilities::default() };
    let environment = [("KEY".to_owned(), Value::Secret("sk-1234567890".into()))].into_iter().collect();
    let inputs = json!({"x": "X", "o": {"a": [1]}, "n": null});
    run(&graph(tool(fields), shown), RunSetup { environment, ..with(inputs, capabilities) }).await
}

fn answering(messages: Vec<ToolMessage>) -> Arc<StubTools> {
    Arc::new(StubTools { answer: Mutex::new(messages.into_iter().map(Ok).collect()), ..StubTools::default() })
}

fn variable(name: &str, value: Json, stream: bool) -> ToolMessage {
    ToolMessage::Variable { name: name.to_owned(), value, stream }
}

#[tokio::test]
async fn parameters_are_filled_in() {
    let tools = answering(Vec::new());
    let parameters = json!({
        "mixed": {"type": "mixed", "value": "{{#start.x#}} {{#env.KEY#}}"},
        "constant": {"type": "constant", "value": "c{{#start.x#}}"},
        "number": {"type": "constant", "value": 5},
        "variable": {"type": "variable", "value": ["start", "o"]},
        "nothing": {"type": "variable", "value": ["start", "n"]},
        "null": {"type": "mixed", "value": null},
        "gone": {"type": "variable", "value": ["start", "gone"]},
        "empty": null,
        "bare": "{{#start.x#}}",
        "bare_number": 3,
        "secret": {"type": "variable", "value": ["env", "KEY"]},
    });
    let fields = json!({"tool_parameters": parameters, "tool_configurations": {"a": "{{#start.x#}}", "b": 2, "c": null}, "credential_id": "cred"});
    let ran = call(fields, &["text"], &tools).await;
    assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
    let made = tools.calls.lock()[0].clone();
    assert_eq!(
        map_to_json(&made.parameters),
        json!({"mixed": "X sk-1234567890", "constant": "cX", "number": 5, "variable": {"a": [1]}, "nothing": null, "bare": "X", "bare_number": 3, "secret": "sk-1234567890"})
    );
    assert_eq!(map_to_json(&made.configurations), json!({"a": "{{#start.x#}}", "b": 2}));
    assert_eq!(
        (made.provider_id.as_str(), made.provider_type.as_str(), made.tool.as_str()),
        ("time", "builtin", "current_time")
    );
    assert_eq!((made.credential_id.as_deref(), made.settings["tool_label"].as_str()), (Some("cred"), Some("Now")));
    assert_eq!(ran.inputs()["mixed"], "X sk-123************90");
    assert_eq!(ran.inputs()["secret"], "sk-123************90");
    assert_eq!(ran.outputs(), json!({"text": "", "files": [], "json": [{"data": []}]}));
}

#[tokio::test]
async fn from_the_second_version_settings_are_parameters_too() {
    for version in [json!({"version": "2"}), json!({"tool_node_version": "2"})] {
        let tools = answering(Vec::new());
        let mut fields = json!({"tool_configurations": {
            "a": {"type": "mixed", "value": "{{#start.x#}}"}, "b": {"type": "constant", "value": 2},
            "c": {"type": "variable", "value": ["start", "o"]}, "d": 7, "e": {"type": "constant", "value": {"k": "{{#start.x#}}"}},
        }});
        fields.as_object_mut().unwrap().extend(version.as_object().unwrap().clone());
        call(fields, &["text"], &tools).await;
        let made = tools.calls.lock()[0].clone();
        assert_eq!(
            map_to_json(&made.configurations),
            json!({"a": "X", "b": 2, "c": {"a": [1]}, "d": 7, "e": {"k": "X"}})
        );
    }
}

#[tokio::test]
async fn every_kind_of_answer_has_its_place() {
    let picture = Arc::new(file("a.png", "image/png", FileKind::Image));
    let linked = Arc::new(file("b.txt", "text/plain", FileKind::Document));
    let tools = answering(vec![
        ToolMessage::Text("Hello ".to_owned()),
        ToolMessage::Link { url: "https://x/".to_owned(), file: None },
        ToolMessage::Link { url: "/files/b.txt".to_owned(), file: Some(linked) },
        ToolMessage::Json(json!({"a": 1})),
        ToolMessage::Json(json!({"b": 2})),
        ToolMessage::File(picture),
        variable("whole", json!([1, 2]), false),
        variable("parts", json!("one "), true),
        variable("parts", json!("two"), true),
        ToolMessage::Log(json!({"id": "l", "label": "step", "status": "success", "data": {}})),
        ToolMessage::RetrieverResources { resources: vec![json!({"d": 1})], context: "ctx".to_owned() },
        ToolMessage::Usage(Box::new(usage())),
        ToolMessage::Usage(Box::new(usage())),
    ]);
    let fields = json!({"plugin_unique_identifier": "plug"});
    let ran = call(fields, &["text", "parts", "whole"], &tools).await;
    let outputs = ran.outputs();
    assert_eq!(outputs["text"], "Hello Link: https://x/\nFile: /files/b.txt\nctx");
    assert_eq!(outputs["json"], json!([{"a": 1}, {"b": 2}]));
    assert_eq!(
        (&outputs["files"][0]["filename"], &outputs["files"][1]["filename"]),
        (&json!("b.txt"), &json!("a.png"))
    );
    assert_eq!((&outputs["whole"], &outputs["parts"]), (&json!([1, 2]), &json!("one two")));
    let piece = |name: &str, text: &str, is_final| (name.to_owned(), text.to_owned(), is_final);
    assert_eq!(
        ran.chunks(),
        [
            piece("n.text", "Hello ", false),
            piece("n.text", "Link: https://x/\n", false),
            piece("n.text", "File: /files/b.txt\n", false),
            piece("n.text", "ctx", false),
            piece("n.text", "", true),
            piece("end.answer", "\n", false),
            piece("n.parts", "one ", false),
            piece("n.parts", "two", false),
            piece("n.parts", "", true),
            piece("end.answer", "\n", false),
            piece("n.whole", "- 1\n- 2", true),
        ]
    );
    let metadata = &ran.node().metadata;
    assert_eq!(
        metadata.tool_info,
        Some(json!({"provider_type": "builtin", "provider_id": "time", "plugin_unique_identifier": "plug"}))
    );
    assert_eq!((metadata.total_tokens, ran.end().totals.usage.total_tokens), (Some(30), 30));
    assert!(ran.events.iter().any(|event| matches!(event, Event::AgentLog { entry, .. } if entry["node_id"] == "n" && entry["parent_id"].is_null())));
    assert!(
        ran.events
            .iter()
            .any(|event| matches!(event, Event::RetrieverResources { resources, .. } if resources[0]["d"] == 1))
    );
}

#[tokio::test]
async fn what_a_tool_cannot_do_is_said() {
    let required = json!({"tool_parameters": {"must": {"type": "variable", "value": ["start", "gone"]}}});
    let configured =
        json!({"version": "2", "tool_configurations": {"c": {"type": "variable", "value": ["start", "gone"]}}});
    let refused = ToolError::Refused { provider: "time".to_owned(), message: "no".to_owned() };
    let reserved = |name: &str| vec![Ok(variable(name, json!("x"), false))];
    let cases = [
        (required, None, Vec::new(), "Variable ['start', 'gone'] does not exist", "ToolParameterError"),
        (configured, None, Vec::new(), "Variable ['start', 'gone'] does not exist", "ToolParameterError"),
        (
            json!({}),
            Some(ToolError::NoRuntime("no such tool".to_owned())),
            Vec::new(),
            "Failed to get tool runtime: no such tool",
            "ToolNodeError",
        ),
        (
            json!({}),
            Some(ToolError::Failed("boom".to_owned())),
            Vec::new(),
            "Failed to invoke tool: boom",
            "ToolInvokeError",
        ),
        (json!({}), Some(refused), Vec::new(), "Failed to invoke tool time: no", "ToolInvokeError"),
        (
            json!({}),
            None,
            vec![Ok(ToolMessage::Text("x".to_owned())), Err(ToolError::Failed("late".to_owned()))],
            "Failed to invoke tool: late",
            "ToolInvokeError",
        ),
        (json!({}), None, reserved("text"), "The variable name 'text' is reserved.", "ToolNodeError"),
        (json!({}), None, reserved("json"), "The variable name 'json' is reserved.", "ToolNodeError"),
        (
            json!({}),
            None,
            vec![Ok(variable("v", json!(1), true))],
            "When 'stream' is True, 'variable_value' must be a string.",
            "ToolNodeError",
        ),
    ];
    for (fields, refusal, answer, message, kind) in cases {
        let tools = Arc::new(StubTools { answer: Mutex::new(answer), refusal, ..StubTools::default() });
        let ran = call(fields, &["text"], &tools).await;
        assert_eq!(ran.failure(), (message, kind));
        assert_eq!(ran.status(), RunStatus::Failed);
        assert!(ran.chunks().iter().all(|(_, _, is_final)| !is_final));
    }
    let ran = run(&graph(tool(json!({})), &["text"]), RunSetup::default()).await;
    assert_eq!(ran.failure(), ("Failed to get tool runtime: tools are not available here", "ToolNodeError"));
    let node = tool(json!({"tool_parameters": {"p": {"type": "guess", "value": 1}}}));
    assert!(Workflow::compile(&graph(node, &["text"]), &Registry::standard()).is_err());
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let endless = vec![ToolMessage::Text("0123456789".to_owned()); 1000];
    let capabilities = Capabilities { tools: Some(answering(endless) as _), ..Capabilities::default() };
    let limits = Limits { max_answer_text: 100, ..Limits::default() };
    let ran = run(&graph(tool(json!({})), &["text"]), RunSetup { limits, ..with(json!({}), capabilities) }).await;
    assert_eq!(ran.failure(), ("the answer is longer than 100 bytes", "ToolNodeError"));
    assert_eq!(ran.chunks().len(), 11);
}

#[tokio::test]
async fn a_failed_tool_is_tried_again() {
    let tools = Arc::new(StubTools { refusal: Some(ToolError::Failed("boom".to_owned())), ..StubTools::default() });
    let retry = json!({"retry_enabled": true, "max_retries": 2, "retry_interval": 1});
    let ran = call(json!({"retry_config": retry}), &["text"], &tools).await;
    assert_eq!((ran.retries(), tools.calls.lock().len()), (vec![1, 2], 3));
}

#[derive(Default)]
struct StubAgents {
    answer: Mutex<Vec<Result<ToolMessage, AgentError>>>,
    calls: Mutex<Vec<AgentCall>>,
}

#[async_trait]
impl Agents for StubAgents {
    async fn invoke(&self, call: AgentCall) -> Result<AgentStream, AgentError> {
        self.calls.lock().push(call);
        Ok(futures::stream::iter(std::mem::take(&mut *self.answer.lock())).boxed())
    }
}

fn agent(fields: Json) -> Json {
    let mut node = json!({
        "type": "agent", "agent_strategy_provider_name": "langgenius/agent/agent", "agent_strategy_name": "ReAct",
        "agent_strategy_label": "ReAct", "icon": "icon.svg",
        "agent_parameters": {
            "query": {"type": "mixed", "value": "{{#sys.query#}}!"},
            "model": {"type": "constant", "value": {"provider": "p", "model": "m", "completion_params": {"max_tokens": 5}}},
            "context": {"type": "variable", "value": ["start", "o"]},
        },
    });
    let (Json::Object(node_fields), Json::Object(fields)) = (&mut node, fields) else { panic!("not objects") };
    node_fields.extend(fields);
    node
}

fn agent_setup(agents: &Arc<StubAgents>, history: Option<&Arc<StubHistory>>) -> RunSetup {
    let history = history.map(|history| Arc::clone(history) as _);
    let capabilities = Capabilities { agents: Some(Arc::clone(agents) as _), history, ..Capabilities::default() };
    RunSetup { system: values(json!({"query": "hi"})), ..with(json!({"o": {"a": 1}}), capabilities) }
}

#[tokio::test]
async fn an_agent_tells_what_it_does() {
    let log = |id: &str, status: &str| {
        Ok(ToolMessage::Log(json!({"id": id, "label": id, "status": status, "data": {"s": status}})))
    };
    let answer = vec![
        log("r1", "start"),
        Ok(ToolMessage::Text("An".to_owned())),
        log("r1", "success"),
        log("r2", "error"),
        Ok(ToolMessage::Text("swer".to_owned())),
        Ok(ToolMessage::Json(
            json!({"execution_metadata": {"total_tokens": 7, "total_price": "0.5", "currency": "EUR"}}),
        )),
        Ok(ToolMessage::Json(
            json!({"found": true, "execution_metadata": {"total_tokens": 9, "total_price": 0.25, "currency": "EUR"}}),
        )),
        Ok(variable("extra", json!("e"), false)),
    ];
    let agents = Arc::new(StubAgents { answer: Mutex::new(answer), ..StubAgents::default() });
    let turn = Turn { query: "q".to_owned(), files: Vec::new(), answer: "a".to_owned() };
    let history = Arc::new(StubHistory { turns: vec![turn.clone(), turn], ..StubHistory::default() });
    let fields = json!({"memory": {"window": {"enabled": true, "size": 1}}});
    let ran = run(&graph(agent(fields), &["text"]), agent_setup(&agents, Some(&history))).await;
    let outputs = ran.outputs();
    assert_eq!(
        (&outputs["text"], &outputs["extra"], &outputs["usage"]["total_tokens"]),
        (&json!("Answer"), &json!("e"), &json!(9))
    );
    let entry = |id: &str, status: &str| {
        json!({
            "id": id, "label": id, "status": status, "data": {"s": status}, "parent_id": null, "error": null, "metadata": null, "node_id": "n",
        })
    };
    let entries = json!([entry("r1", "success"), entry("r2", "error")]);
    assert_eq!(outputs["json"], json!([entries[0], entries[1], {"found": true}]));
    let metadata = &ran.node().metadata;
    assert_eq!(metadata.agent_log, Some(entries));
    assert_eq!(metadata.tool_info, Some(json!({"icon": "icon.svg", "agent_strategy": "ReAct"})));
    assert_eq!((metadata.total_tokens, metadata.currency.as_deref()), (Some(9), Some("EUR")));
    let told = ran.events.iter().filter(|event| matches!(event, Event::AgentLog { .. })).count();
    assert_eq!((told, ran.chunks().len()), (3, 3));
    let call = agents.calls.lock()[0].clone();
    assert_eq!((call.strategy.as_str(), call.strategy_provider.as_str()), ("ReAct", "langgenius/agent/agent"));
    assert_eq!(call.history.len(), 1);
    assert_eq!(map_to_json(&call.parameters)["query"], "hi!");
    assert_eq!(map_to_json(&call.parameters)["context"], json!({"a": 1}));
    let (window, draft) = history.asked.lock().pop().unwrap();
    assert_eq!((window, draft.model.as_str(), &draft.parameters["max_tokens"]), (Some(1), "m", &json!(5)));
}

#[tokio::test]
async fn an_agent_that_sends_nothing_has_empty_outputs() {
    let agents = Arc::new(StubAgents::default());
    let ran = run(&graph(agent(json!({})), &["text"]), agent_setup(&agents, None)).await;
    let outputs = ran.outputs();
    assert_eq!(
        (&outputs["text"], &outputs["json"], &outputs["files"]),
        (&json!(""), &json!([{"data": []}]), &json!([]))
    );
    assert_eq!(ran.node().metadata.total_tokens, None);
    assert!(agents.calls.lock()[0].history.is_empty());
}

#[tokio::test]
async fn what_an_agent_cannot_do_is_said() {
    let agents = Arc::new(StubAgents {
        answer: Mutex::new(vec![Err(AgentError::Failed("lost".to_owned()))]),
        ..StubAgents::default()
    });
    let ran = run(&graph(agent(json!({})), &["text"]), agent_setup(&agents, None)).await;
    assert_eq!(ran.failure(), ("Failed to invoke agent: lost", "AgentInvocationError"));
    let fields = json!({"agent_parameters": {"x": {"type": "variable", "value": ["start", "gone"]}}});
    let ran = run(&graph(agent(fields), &["text"]), agent_setup(&agents, None)).await;
    assert_eq!(ran.failure(), ("Variable ['start', 'gone'] does not exist", "AgentVariableNotFoundError"));
    let ran = run(&graph(agent(json!({"agent_parameters": null})), &["text"]), RunSetup::default()).await;
    assert_eq!(ran.failure(), ("Failed to get agent strategy: agents are not available here", "AgentStrategyError"));
}
