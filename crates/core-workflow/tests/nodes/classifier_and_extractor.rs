//! `question-classifier` and `parameter-extractor` with a model that says what it is told.

use std::sync::Arc;

use core_workflow::capabilities::{ModelTraits, Turn};
use core_workflow::event::RunStatus;
use core_workflow::value::{FileKind, Value};
use core_workflow::{Capabilities, Registry, RunSetup, Workflow};
use serde_json::{Value as Json, json};

use crate::bench::{Ran, file, graph, run, values, with};
use crate::stub_model::{StubHistory, StubModel, capabilities, end, model_error, text};

fn classifier(fields: Json) -> Json {
    let mut node = json!({
        "type": "question-classifier",
        "query_variable_selector": ["start", "q"],
        "model": {"provider": "p", "name": "m", "mode": "chat", "completion_params": {}},
        "classes": [{"id": "one", "name": "About {{#start.topic#}}"}, {"id": "two", "name": "Other"}],
        "instruction": "Think of {{#start.topic#}}",
        "vision": {"enabled": false},
    });
    let (Json::Object(node_fields), Json::Object(fields)) = (&mut node, fields) else { panic!("not objects") };
    node_fields.extend(fields);
    node
}

/// A graph with an end for each class.
fn branching(node: Json) -> Json {
    let mut graph = graph(node, &["class_id"]);
    graph["edges"] = json!([
        {"source": "start", "target": "n"},
        {"source": "n", "target": "end", "sourceHandle": "one"},
        {"source": "n", "target": "end2", "sourceHandle": "two"},
    ]);
    let outputs = json!([{"variable": "second", "value_selector": ["n", "class_name"]}]);
    graph["nodes"].as_array_mut().unwrap().push(json!({"id": "end2", "data": {"type": "end", "outputs": outputs}}));
    graph
}

async fn classify(fields: Json, model: &Arc<StubModel>) -> Ran {
    let inputs = json!({"q": "Where is {{#start.topic#}}?", "topic": "cats"});
    run(&branching(classifier(fields)), with(inputs, capabilities(model))).await
}

#[tokio::test]
async fn the_class_is_the_handle() {
    let model = Arc::new(StubModel::saying(&[
        "<think>{\"category_id\": \"two\"}</think>```json\n{\"keywords\": [], ",
        "\"category_id\": \"one\", \"category_name\": \"x\"}\n```",
    ]));
    let ran = classify(json!({}), &model).await;
    assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
    let outputs = ran.outputs();
    assert_eq!(
        (&outputs["class_id"], &outputs["class_name"], &outputs["usage"]["total_tokens"]),
        (&json!("one"), &json!("About cats"), &json!(15))
    );
    assert_eq!(ran.end().outputs["class_id"], Value::from("one"));
    assert!(ran.end().outputs.get("second").is_none());
    assert_eq!(ran.inputs(), json!({"query": "Where is {{#start.topic#}}?"}));
    let data = ran.process_data();
    assert_eq!(
        (&data["model_mode"], &data["finish_reason"], &data["model_name"]),
        (&json!("chat"), &json!("stop"), &json!("m"))
    );
    assert_eq!(data["prompts"].as_array().unwrap().len(), 4);
    assert_eq!(ran.node().metadata.total_tokens, Some(15));
    let (role, question) = model.prompts().pop().unwrap();
    let question: Json = serde_json::from_str(&question).unwrap();
    assert_eq!(role, "user");
    assert_eq!(
        (&question["input_text"], &question["classification_instructions"]),
        (&json!("Where is {{#start.topic#}}?"), &json!("Think of cats"))
    );
    assert_eq!(question["categories"][0], json!({"category_id": "one", "category_name": "About cats"}));
    assert!(ran.chunks().iter().all(|(name, _, _)| name == "n.class_id"));
}

#[tokio::test]
async fn every_reply_leads_somewhere_or_fails() {
    for (reply, second) in [
        ("{\"category_id\": \"two\", \"category_name\": \"Other\"}", Some("Other")),
        ("{'category_id': 'two'", Some("Other")),
        ("{\"category_id\": \"nine\", \"category_name\": \"Other\"}", None),
        ("{\"keywords\": []}", None),
    ] {
        let ran = classify(json!({}), &Arc::new(StubModel::saying(&[reply]))).await;
        assert_eq!(ran.end().outputs.get("second"), second.map(Value::from).as_ref(), "{reply}");
        assert_eq!(ran.end().outputs.contains_key("class_id"), second.is_none());
    }
    // Ids may be numbers, in files and in replies.
    let numbered = json!({"classes": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}]});
    let ran = classify(numbered, &Arc::new(StubModel::saying(&["{\"category_id\": 2}"]))).await;
    assert_eq!((&ran.outputs()["class_id"], &ran.outputs()["class_name"]), (&json!("2"), &json!("B")));
    let ran = classify(json!({}), &Arc::new(StubModel::saying(&["I would say two"]))).await;
    assert_eq!(ran.failure(), ("got invalid json object: I would say two", "OutputParserError"));
    assert_eq!(ran.end().totals.usage.total_tokens, 15);
    let ran = classify(json!({}), &Arc::new(StubModel::default().then(vec![Err(model_error("busy"))]))).await;
    assert_eq!(ran.failure(), ("busy", "InvokeRateLimitError"));
    let ran = classify(json!({"classes": []}), &Arc::new(StubModel::saying(&["{}"]))).await;
    assert_eq!(ran.failure(), ("the node has no classes", "QuestionClassifierNodeError"));
    let ran = run(&branching(classifier(json!({}))), RunSetup::default()).await;
    assert_eq!(ran.failure(), ("models are not available here", "QuestionClassifierNodeError"));
}

#[tokio::test]
async fn memory_and_pictures_are_shown_to_the_classifier() {
    let turn = Turn { query: "earlier?".to_owned(), files: Vec::new(), answer: "yes".to_owned() };
    let history = Arc::new(StubHistory { turns: vec![turn], ..StubHistory::default() });
    let traits = ModelTraits { vision: true, ..ModelTraits::default() };
    for mode in ["chat", "completion"] {
        let model = Arc::new(StubModel::new(traits.clone()).then(vec![text("{\"category_id\": \"two\"}"), end()]));
        let capabilities = Capabilities { history: Some(Arc::clone(&history) as _), ..capabilities(&model) };
        let fields = json!({
            "model": {"provider": "p", "name": "m", "mode": mode},
            "memory": {"window": {"enabled": true, "size": 3}},
            "vision": {"enabled": true, "configs": {"variable_selector": ["start", "pic"], "detail": "low"}},
        });
        let inputs = json!({"q": "?", "topic": "", "pic": file("a.png", "image/png", FileKind::Image).to_json()});
        let ran = run(&branching(classifier(fields)), with(inputs, capabilities)).await;
        assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
        let call = model.only_call();
        assert!(call.messages[0].plain_text().contains("<histories>\nHuman: earlier?\nAssistant: yes\n</histories>"));
        assert_eq!(call.messages.last().unwrap().content.len(), 2);
        assert_eq!(call.messages.len(), if mode == "chat" { 4 } else { 1 });
        assert_eq!(history.asked.lock().pop().unwrap().0, Some(3));
    }
}

fn extractor(fields: Json) -> Json {
    let mut node = json!({
        "type": "parameter-extractor",
        "model": {"provider": "p", "name": "m", "mode": "chat", "completion_params": {}},
        "query": ["start", "q"],
        "parameters": [
            {"name": "city", "type": "string", "description": "Where", "required": true},
            {"name": "days", "type": "number", "description": "How long", "required": false},
        ],
        "instruction": "Only {{#start.place#}}",
        "reasoning_mode": "function_call",
        "vision": {"enabled": false},
    });
    let (Json::Object(node_fields), Json::Object(fields)) = (&mut node, fields) else { panic!("not objects") };
    node_fields.extend(fields);
    node
}

async fn extract(fields: Json, model: &Arc<StubModel>) -> Ran {
    let inputs = json!({"q": "Three days in Rome", "place": "Italy"});
    run(&graph(extractor(fields), &["city"]), with(inputs, capabilities(model))).await
}

#[tokio::test]
async fn a_model_that_calls_functions_is_given_one() {
    let model = Arc::new(StubModel::calling("{\"city\": \"Rome\", \"days\": 3}"));
    let ran = extract(json!({}), &model).await;
    let outputs = ran.outputs();
    assert_eq!((&outputs["city"], &outputs["days"]), (&json!("Rome"), &json!(3)));
    assert_eq!(
        (&outputs["__is_success"], &outputs["__reason"], &outputs["__usage"]["total_tokens"]),
        (&json!(1), &json!(null), &json!(15))
    );
    let call = model.only_call();
    assert_eq!(call.tools.len(), 1);
    assert_eq!(call.tools[0].name, "extract_parameters");
    let schema = json!({"type": "object", "properties": {
        "city": {"type": "string", "description": "Where"}, "days": {"type": "number", "description": "How long"},
    }, "required": ["city"]});
    assert_eq!(call.tools[0].parameters, schema);
    assert!(call.messages[0].plain_text().contains("Only Italy"));
    assert!(call.messages[1].plain_text().contains("Three days in Rome"));
    let data = ran.process_data();
    assert_eq!(data["function"]["parameters"], schema);
    assert_eq!(
        data["tool_call"]["function"],
        json!({"name": "extract_parameters", "arguments": "{\"city\": \"Rome\", \"days\": 3}"})
    );
    assert_eq!((&data["llm_text"], &data["usage"]["total_tokens"]), (&json!(""), &json!(15)));
    let inputs = ran.inputs();
    assert_eq!(
        (&inputs["query"], &inputs["instruction"], &inputs["files"]),
        (&json!("Three days in Rome"), &json!("Only Italy"), &json!([]))
    );
    assert_eq!(
        inputs["parameters"][1],
        json!({"name": "days", "type": "number", "options": [], "description": "How long", "required": false})
    );
}

#[tokio::test]
async fn others_write_json() {
    let reply = "<think>{\"city\": \"Oslo\", \"days\": 1}</think>Here it is: {\"city\": \"Rome\", \"days\": 3}";
    let calls = ModelTraits { tool_calls: true, ..ModelTraits::default() };
    for (traits, mode, reasoning) in [
        (ModelTraits::default(), "chat", "function_call"),
        (calls.clone(), "chat", "prompt"),
        (calls.clone(), "completion", "function_call"),
        (calls, "chat", "function_call"),
    ] {
        let has_tools = traits.tool_calls && mode == "chat" && reasoning == "function_call";
        let model = Arc::new(StubModel::new(traits).then(vec![text(reply), end()]));
        let fields = json!({"reasoning_mode": reasoning, "model": {"provider": "p", "name": "m", "mode": mode}});
        let ran = extract(fields, &model).await;
        assert_eq!((&ran.outputs()["city"], &ran.outputs()["__is_success"]), (&json!("Rome"), &json!(1)));
        let call = model.only_call();
        assert_eq!(!call.tools.is_empty(), has_tools);
        assert_eq!(call.messages[0].plain_text().contains("<structure>"), !has_tools);
        assert_eq!(ran.process_data()["llm_text"], reply);
        if !has_tools {
            assert_eq!(ran.process_data()["function"], json!({}));
        }
    }
}

#[tokio::test]
async fn what_was_not_found_is_said_and_made_up_for() {
    let select = json!([{"name": "city", "type": "select", "options": ["Rome", "Oslo"], "required": true}]);
    let nothing = "Failed to extract result from function call or text response, using empty result.";
    let cases = [
        (json!(null), "I do not know", nothing, json!("")),
        (json!(null), "{\"city\": \"Rome\"}", "Invalid number of parameters", json!("Rome")),
        (json!(null), "{\"days\": 1, \"x\": 2}", "Parameter city is required", json!("")),
        (json!(null), "{\"days\": 1, \"city\": null}", "Parameter city is required", json!("")),
        (
            json!(null),
            "{\"days\": 1, \"city\": 5}",
            "Invalid value for parameter city, expected segment type: string, actual_type: number",
            json!(""),
        ),
        (select.clone(), "{\"city\": \"Bern\"}", "Invalid `select` value for parameter city", json!("Bern")),
        (select.clone(), "nothing", nothing, json!("")),
    ];
    for (parameters, reply, reason, city) in cases {
        let fields = if parameters.is_null() { json!({}) } else { json!({"parameters": parameters}) };
        let ran = extract(fields, &Arc::new(StubModel::saying(&[reply]))).await;
        let outputs = ran.outputs();
        assert_eq!(
            (&outputs["__is_success"], &outputs["__reason"], &outputs["city"]),
            (&json!(0), &json!(reason), &city),
            "{reply}"
        );
        assert_eq!(ran.status(), RunStatus::Succeeded);
    }
    // An optional parameter may be null.
    let ran = extract(json!({}), &Arc::new(StubModel::saying(&["{\"city\": \"Rome\", \"days\": null}"]))).await;
    assert_eq!((&ran.outputs()["__is_success"], &ran.outputs()["days"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn values_take_the_form_of_their_type() {
    let cases = [
        ("number", json!("7"), json!(7)),
        ("number", json!("7.5"), json!(7.5)),
        ("number", json!("seven"), json!(0)),
        ("bool", json!("True"), json!(true)),
        ("boolean", json!(0), json!(false)),
        ("boolean", json!([]), json!(false)),
        ("string", json!({}), json!("")),
        ("array[string]", json!(["a", 1, "b"]), json!(["a", "b"])),
        ("array[number]", json!([1, "2", 2.5, "x"]), json!([1, 2, 2.5])),
        ("array[object]", json!([{"a": 1}, 2]), json!([{"a": 1}])),
        ("array[boolean]", json!([true, "false", "x"]), json!([true, false])),
        ("array[string]", json!("a"), json!([])),
    ];
    for (kind, found, expected) in cases {
        let model = Arc::new(StubModel::calling(&json!({"city": found}).to_string()));
        let ran = extract(json!({"parameters": [{"name": "city", "type": kind}]}), &model).await;
        assert_eq!(ran.outputs()["city"], expected, "{kind} {found}");
    }
}

#[tokio::test]
async fn an_extractor_that_cannot_ask_fails() {
    let ran = extract(json!({}), &Arc::new(StubModel::default())).await;
    assert_eq!((ran.failure(), ran.status()), (("too many calls", "InvokeRateLimitError"), RunStatus::Failed));
    let ran = run(&graph(extractor(json!({})), &["city"]), RunSetup::default()).await;
    assert_eq!(ran.failure(), ("models are not available here", "ParameterExtractorNodeError"));
    for name in ["__reason", "__is_success", ""] {
        let node = extractor(json!({"parameters": [{"name": name, "type": "string"}]}));
        assert!(Workflow::compile(&graph(node, &["city"]), &Registry::standard()).is_err(), "{name}");
    }
    let node = extractor(json!({"parameters": [{"name": "x", "type": "colour"}]}));
    assert!(Workflow::compile(&graph(node, &["city"]), &Registry::standard()).is_err());
    // A selector that leads nowhere asks about an empty text.
    let model = Arc::new(StubModel::calling("{}"));
    let setup = RunSetup { inputs: values(json!({})), capabilities: capabilities(&model), ..RunSetup::default() };
    let ran = run(&graph(extractor(json!({"query": ["gone", "q"], "parameters": null})), &["city"]), setup).await;
    assert_eq!((&ran.inputs()["query"], &ran.outputs()["__is_success"]), (&json!(""), &json!(1)));
}
