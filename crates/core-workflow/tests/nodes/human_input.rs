//! `human-input`: runs that wait for a person and go on, in this process or another.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_workflow::capabilities::{FormError, FormState, HumanForms, NewForm};
use core_workflow::event::{Pause, RunStatus};
use core_workflow::value::Value;
use core_workflow::{Capabilities, Checkpoint, Command, Event, Limits, PauseReason, Registry, Run, Selector, Workflow};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};

use crate::bench::{Ran, graph, run, values, with};

#[derive(Default)]
struct StubForms {
    asked: Mutex<Vec<NewForm>>,
    state: Mutex<Option<FormState>>,
}

#[async_trait]
impl HumanForms for StubForms {
    async fn open(&self, form: NewForm) -> Result<FormState, FormError> {
        self.asked.lock().push(form);
        let waiting = FormState::Waiting { form_id: "form-1".to_owned() };
        Ok(self.state.lock().clone().unwrap_or(waiting))
    }
}

/// The node under test with an end for each handle, which shows what the node has put out.
fn branching(node: Json, handles: &[&str], shown: &[&str]) -> Json {
    let mut graph = graph(node, &[]);
    let outputs: Vec<Json> =
        shown.iter().map(|name| json!({"variable": name, "value_selector": ["n", name]})).collect();
    graph["edges"] = json!([{"source": "start", "target": "n"}]);
    for handle in handles {
        let mut outputs = outputs.clone();
        outputs.push(json!({"variable": handle, "value_selector": ["start", "mark"]}));
        let end = json!({"id": format!("end_{handle}"), "data": {"type": "end", "outputs": outputs}});
        graph["nodes"].as_array_mut().unwrap().push(end);
        let edge = json!({"source": "n", "target": format!("end_{handle}"), "sourceHandle": handle});
        graph["edges"].as_array_mut().unwrap().push(edge);
    }
    graph
}

fn pause(ran: &Ran) -> &Pause {
    match ran.events.last() {
        Some(Event::RunPaused(pause)) => pause,
        other => panic!("the run does not wait: {other:?}"),
    }
}

/// Runs until the run waits, and gives what is written down then.
async fn until_paused(graph: &Json, capabilities: Capabilities) -> (Ran, Checkpoint) {
    let workflow = Arc::new(Workflow::compile(graph, &Registry::standard()).unwrap());
    let mut run = Run::new(workflow, with(json!({"mark": "here", "who": "Ada {{#$output.note#}}"}), capabilities));
    let mut events = Vec::new();
    while let Some(event) = run.next().await {
        events.push(event);
    }
    let written = serde_json::to_string(&run.checkpoint().unwrap()).unwrap();
    (Ran { events }, serde_json::from_str(&written).unwrap())
}

#[tokio::test]
async fn a_run_that_is_told_to_pause_after_its_last_node_ends_when_it_goes_on() {
    let graph = json!({
        "nodes": [
            {"id": "start", "data": {"type": "start", "variables": []}},
            {"id": "end", "data": {"type": "end", "outputs": [{"variable": "mark", "value_selector": ["start", "mark"]}]}},
        ],
        "edges": [{"source": "start", "target": "end", "sourceHandle": "source"}],
    });
    let workflow = Arc::new(Workflow::compile(&graph, &Registry::standard()).unwrap());
    let mut run = Run::new(workflow, with(json!({"mark": "here"}), Capabilities::default()));
    let mut events = Vec::new();
    while let Some(event) = run.next().await {
        if matches!(&event, Event::NodeSucceeded(end) if end.execution.node.id.as_ref() == "end") {
            run.obey(Command::Pause { reason: "a look".to_owned() });
        }
        events.push(event);
    }
    let paused = Ran { events };
    assert_eq!(pause(&paused).reasons, [PauseReason::ScheduledPause { message: "a look".to_owned() }]);
    assert!(pause(&paused).nodes.is_empty());
    let (done, _) = go_on(&graph, run.checkpoint().unwrap(), Capabilities::default(), Vec::new()).await;
    assert!(matches!(done.events.first(), Some(Event::RunStarted { resumed: true })));
    let Some(Event::RunEnded(end)) = done.events.last() else { panic!("{:?}", done.events) };
    assert_eq!((end.status, end.outputs.get("mark")), (RunStatus::Succeeded, Some(&Value::from("here"))));
}

async fn go_on(
    graph: &Json,
    checkpoint: Checkpoint,
    capabilities: Capabilities,
    updates: Vec<(Selector, Value)>,
) -> (Ran, Checkpoint) {
    let workflow = Arc::new(Workflow::compile(graph, &Registry::standard()).unwrap());
    let mut run = Run::resume(workflow, checkpoint, capabilities, Limits::default(), updates).unwrap();
    let mut events = Vec::new();
    while let Some(event) = run.next().await {
        events.push(event);
    }
    let checkpoint = run.checkpoint().unwrap();
    (Ran { events }, checkpoint)
}

fn form() -> Json {
    json!({
        "type": "human-input",
        "form_content": "Dear {{#start.who#}}: {{#$output.note#}} / {{#$output.more#}}",
        "inputs": [
            {"type": "text_input", "output_variable_name": "note", "default": {"type": "constant", "selector": [], "value": "none"}},
            {"type": "paragraph", "output_variable_name": "more", "default": {"type": "variable", "selector": ["start", "mark"], "value": ""}},
        ],
        "user_actions": [
            {"id": "approve", "title": "Yes", "button_style": "primary"},
            {"id": "reject", "title": "No"},
        ],
        "delivery_methods": [{"type": "webapp"}],
        "timeout": 2, "timeout_unit": "day",
    })
}

fn capabilities(forms: &Arc<StubForms>) -> Capabilities {
    Capabilities { forms: Some(Arc::clone(forms) as _), ..Capabilities::default() }
}

const HANDLES: [&str; 3] = ["approve", "reject", "__timeout"];
const SHOWN: [&str; 4] = ["note", "more", "__action_id", "__rendered_content"];

#[tokio::test]
async fn a_form_waits_and_its_button_chooses() {
    let forms = Arc::new(StubForms::default());
    let graph = branching(form(), &HANDLES, &SHOWN);
    let (ran, checkpoint) = until_paused(&graph, capabilities(&forms)).await;
    let reason = PauseReason::HumanInputRequired { form_id: "form-1".to_owned(), node_id: "n".to_owned() };
    assert_eq!(pause(&ran).reasons, std::slice::from_ref(&reason));
    let asked = forms.asked.lock()[0].clone();
    assert_eq!(asked.content, "Dear Ada {{#$output.note#}}: {{#$output.note#}} / {{#$output.more#}}");
    assert_eq!(
        (asked.title.as_str(), asked.node.as_str(), asked.expires_after),
        ("Node", "n", Duration::from_hours(48))
    );
    assert_eq!(
        (asked.inputs[0].default.as_ref(), asked.inputs[1].default.as_ref()),
        (Some(&Value::from("none")), Some(&Value::from("here")))
    );
    assert_eq!(
        (asked.actions[1].button_style.as_str(), &asked.delivery_methods),
        ("default", &json!([{"type": "webapp"}]))
    );

    // Whoever looks too early finds it waiting, for the same form.
    let (early, checkpoint) = go_on(&graph, checkpoint, capabilities(&forms), Vec::new()).await;
    assert_eq!(pause(&early).reasons, [reason]);
    assert_eq!(forms.asked.lock()[1], asked);

    let pressed = values(json!({"note": "fine", "other": "not asked for"}));
    *forms.state.lock() = Some(FormState::Submitted { action: "approve".to_owned(), values: pressed });
    let (done, _) = go_on(&graph, checkpoint, capabilities(&forms), Vec::new()).await;
    assert_eq!(done.status(), RunStatus::Succeeded, "{:?}", done.end());
    assert_eq!(
        done.outputs(),
        json!({
            "note": "fine", "more": "here", "__action_id": "approve",
            "__rendered_content": "Dear Ada fine: fine / here",
        })
    );
    assert!(done.end().outputs.contains_key("approve") && !done.end().outputs.contains_key("reject"));
    assert_eq!(done.node().execution.id, asked.execution);
}

#[tokio::test]
async fn a_form_that_nobody_fills_in_has_a_handle_of_its_own() {
    let forms = Arc::new(StubForms { state: Mutex::new(Some(FormState::Expired)), ..StubForms::default() });
    let graph = branching(form(), &HANDLES, &SHOWN);
    let ran = run(&graph, with(json!({"mark": "here", "who": "x"}), capabilities(&forms))).await;
    assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
    assert_eq!(
        (&ran.outputs()["__action_id"], &ran.outputs()["__rendered_content"]),
        (&json!(""), &json!("Dear x:  / "))
    );
    assert!(ran.end().outputs.contains_key("__timeout"));
}

#[tokio::test]
async fn a_wrong_button_and_no_forms_are_failures() {
    let pressed = FormState::Submitted { action: "maybe".to_owned(), values: values(json!({})) };
    let forms = Arc::new(StubForms { state: Mutex::new(Some(pressed)), ..StubForms::default() });
    let graph = branching(form(), &HANDLES, &SHOWN);
    let ran = run(&graph, with(json!({}), capabilities(&forms))).await;
    assert_eq!(ran.failure(), ("the form has no action `maybe`", "HumanInputNodeError"));
    let ran = run(&graph, with(json!({}), Capabilities::default())).await;
    assert_eq!(ran.failure(), ("human input is not available here", "HumanInputNodeError"));
}

#[tokio::test]
async fn forms_that_are_drawn_wrongly_are_refused() {
    let long = "x".repeat(21);
    let wrong = [
        json!({"user_actions": [{"id": "not valid", "title": "x"}]}),
        json!({"user_actions": [{"id": long, "title": "x"}]}),
        json!({"user_actions": [{"id": "x", "title": long}]}),
        json!({"user_actions": [{"id": "x", "title": "x"}, {"id": "x", "title": "y"}]}),
        json!({"user_actions": [{"id": "x", "title": "x", "button_style": "loud"}]}),
        json!({"inputs": [{"type": "slider", "output_variable_name": "x"}]}),
        json!({"inputs": [{"type": "paragraph", "output_variable_name": "1x"}]}),
        json!({"timeout": 0}),
        json!({"timeout_unit": "week"}),
    ];
    for fields in wrong {
        let mut node = form();
        node.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert!(Workflow::compile(&graph(node, &[]), &Registry::standard()).is_err(), "{fields}");
    }
}

fn update(name: &str, value: Json) -> (Selector, Value) {
    (Selector::of("n", name), Value::from_json(value))
}

#[tokio::test]
async fn the_older_form_waits_for_variables() {
    let node =
        json!({"type": "human-input", "required_variables": ["n.decision", "start.mark"], "pause_reason": "Ask her"});
    let graph = branching(node, &["yes", "source"], &[]);
    let (ran, checkpoint) = until_paused(&graph, Capabilities::default()).await;
    assert_eq!(pause(&ran).reasons, [PauseReason::ScheduledPause { message: "Ask her".to_owned() }]);
    let (again, checkpoint) =
        go_on(&graph, checkpoint, Capabilities::default(), vec![update("edge_source_handle", json!("yes"))]).await;
    assert_eq!(pause(&again).reasons.len(), 1);
    let (done, _) = go_on(&graph, checkpoint, Capabilities::default(), vec![update("decision", json!(null))]).await;
    assert_eq!(done.status(), RunStatus::Succeeded);
    assert!(done.end().outputs.contains_key("yes") && !done.end().outputs.contains_key("source"));
}

#[tokio::test]
async fn the_older_form_goes_on_where_nothing_is_chosen() {
    let node = json!({"type": "human-input", "required_variables": ["start.mark"]});
    let ran = run(&branching(node, &["yes", "source"], &[]), with(json!({"mark": 1}), Capabilities::default())).await;
    assert_eq!(ran.status(), RunStatus::Succeeded);
    assert!(ran.end().outputs.contains_key("source"));
    // Without variables to wait for, it waits for the choice.
    let graph = branching(json!({"type": "human-input"}), &["yes", "source"], &[]);
    let (ran, checkpoint) = until_paused(&graph, Capabilities::default()).await;
    let [PauseReason::HumanInputRequired { node_id, form_id }] = pause(&ran).reasons.as_slice() else {
        panic!("another reason")
    };
    assert_eq!((node_id.as_str(), form_id.is_empty()), ("n", false));
    let (done, _) = go_on(&graph, checkpoint, Capabilities::default(), vec![update("branch", json!("yes"))]).await;
    assert!(done.end().outputs.contains_key("yes"));
}
