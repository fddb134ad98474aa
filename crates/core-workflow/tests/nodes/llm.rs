//! `llm` with a model that says what it is told.

use std::sync::Arc;

use core_workflow::capabilities::{ContentPart, ModelCall, ModelDelta, ModelError, ModelTraits, Turn};
use core_workflow::event::RunStatus;
use core_workflow::value::{FileKind, Value};
use core_workflow::{Capabilities, Event, Limits, Registry, Run, RunSetup, Workflow};
use serde_json::{Value as Json, json};

use crate::bench::{Ran, file, graph, run, values, with};
use crate::stub_model::{StubHistory, StubModel, capabilities, end, model_error, text, usage};

fn node(fields: Json) -> Json {
    let mut node = json!({
        "type": "llm",
        "model": {"provider": "openai", "name": "gpt", "mode": "chat", "completion_params": {"temperature": 0.1, "stop": ["END"]}},
        "prompt_template": [{"role": "user", "text": "Hello"}],
        "context": {"enabled": false, "variable_selector": []},
        "vision": {"enabled": false},
    });
    let (Json::Object(node_fields), Json::Object(fields)) = (&mut node, fields) else { panic!("not objects") };
    node_fields.extend(fields);
    node
}

async fn ask(fields: Json, inputs: Json, model: &Arc<StubModel>) -> Ran {
    run(&graph(node(fields), &["text"]), with(inputs, capabilities(model))).await
}

#[tokio::test]
async fn a_prompt_is_sent_and_its_answer_put_out() {
    let model = Arc::new(StubModel::saying(&["Hel", "lo"]));
    let prompt = json!([
        {"role": "system", "text": "Be kind to {{#start.name#}}. {{x}} {#no#}"},
        {"role": "assistant", "text": ""},
        {"role": "user", "text": "Say {{#start.o.word#}} {{#start.list#}}", "edition_type": "basic"},
    ]);
    let ran =
        ask(json!({"prompt_template": prompt}), json!({"name": "Ada", "o": {"word": "hi"}, "list": [1, true]}), &model)
            .await;
    assert_eq!(
        model.prompts(),
        [("system", "Be kind to Ada. {{x}} {#no#}".to_owned()), ("user", "Say hi [1, True]".to_owned())]
    );
    let call = model.only_call();
    assert_eq!((call.provider.as_str(), call.model.as_str(), call.completion_mode), ("openai", "gpt", false));
    assert_eq!((Json::Object(call.parameters), call.stop), (json!({"temperature": 0.1}), vec!["END".to_owned()]));
    let outputs = ran.outputs();
    assert_eq!(
        (&outputs["text"], &outputs["reasoning_content"], &outputs["finish_reason"]),
        (&json!("Hello"), &json!(""), &json!("stop"))
    );
    assert_eq!((&outputs["usage"]["total_tokens"], &outputs["usage"]["total_price"]), (&json!(15), &json!("0.003")));
    assert_eq!((outputs.get("structured_output"), outputs.get("files")), (None, None));
    assert_eq!(ran.inputs(), json!({"#start.name#": "Ada", "#start.o.word#": "hi", "#start.list#": [1, true]}));
    let data = ran.process_data();
    assert_eq!(
        (&data["model_mode"], &data["model_provider"], &data["model_name"]),
        (&json!("chat"), &json!("openai"), &json!("gpt"))
    );
    assert_eq!(data["prompts"][0], json!({"role": "system", "text": "Be kind to Ada. {{x}} {#no#}", "files": []}));
    assert_eq!((&data["usage"]["prompt_tokens"], &data["finish_reason"]), (&json!(10), &json!("stop")));
    let metadata = &ran.node().metadata;
    assert_eq!(
        (metadata.total_tokens, &metadata.total_price, metadata.currency.as_deref()),
        (Some(15), &Some(usage().total_price), Some("USD"))
    );
    assert_eq!(ran.end().totals.usage.total_tokens, 15);
    let chunk = |text: &str, is_final| ("n.text".to_owned(), text.to_owned(), is_final);
    assert_eq!(ran.chunks(), [chunk("Hel", false), chunk("lo", false), chunk("", true)]);
}

#[tokio::test]
async fn every_piece_is_told_before_the_next_one_is_made() {
    let (model, say) = StubModel::default().then_live();
    let model = Arc::new(model);
    let workflow = Workflow::compile(&graph(node(json!({})), &["text"]), &Registry::standard()).unwrap();
    let mut run = Run::new(Arc::new(workflow), with(json!({}), capabilities(&model)));
    let mut heard = Vec::new();
    for piece in ["one ", "two ", "three"] {
        say.unbounded_send(text(piece)).unwrap();
        loop {
            match run.next().await.unwrap() {
                Event::Chunk(chunk) => {
                    assert_eq!((chunk.text.as_str(), chunk.is_final), (piece, false));
                    heard.push(chunk.execution);
                    break;
                }
                Event::RunStarted { .. } | Event::NodeStarted(_) | Event::NodeSucceeded(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    say.unbounded_send(end()).unwrap();
    let Some(Event::Chunk(last)) = run.next().await else { panic!("no last chunk") };
    assert_eq!((last.text.as_str(), last.is_final), ("", true));
    let Some(Event::NodeSucceeded(node)) = run.next().await else { panic!("no end of the node") };
    assert!(heard.iter().all(|execution| *execution == Some(node.execution.id)));
}

#[tokio::test]
async fn thoughts_stay_or_are_put_out_apart() {
    let pieces = ["<th", "ink>\nhm", "m\n</thi", "nk>\n\n\n\nAnswer", "\n\n\n\nend ", "<think>b</think>"];
    let raw = pieces.concat();
    for (format, answer, thoughts, told) in
        [("tagged", raw.as_str(), "", ""), ("separated", "Answer\n\nend", "hmm\nb", "\nhmm\nb")]
    {
        let model = Arc::new(StubModel::saying(&pieces));
        let ran = ask(json!({"reasoning_format": format}), json!({}), &model).await;
        let outputs = ran.outputs();
        assert_eq!((&outputs["text"], &outputs["reasoning_content"]), (&json!(answer), &json!(thoughts)));
        let streamed: String = ran.chunks().into_iter().map(|(_, text, _)| text).collect();
        assert_eq!(streamed, raw);
        let reasoning: Vec<(String, bool)> = ran
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Reasoning { text, is_final, .. } => Some((text.clone(), *is_final)),
                _ => None,
            })
            .collect();
        assert_eq!(reasoning.iter().map(|(text, _)| text.as_str()).collect::<String>(), told);
        assert_eq!(reasoning.iter().filter(|(_, is_final)| *is_final).count(), usize::from(format == "separated"));
    }
}

#[tokio::test]
async fn what_cannot_be_asked_says_why() {
    let no_prompt =
        "No prompt found in the LLM configuration. Please ensure a prompt is properly configured before proceeding.";
    let context = json!({"enabled": true, "variable_selector": ["start", "c"]});
    let model_named_missing = json!({"provider": "p", "name": "missing", "mode": "chat"});
    let jinja = json!([{"role": "user", "edition_type": "jinja2", "jinja2_text": "{{ x }}", "text": "{{#old.y#}}"}]);
    let broken_jinja = json!([{"role": "user", "edition_type": "jinja2", "jinja2_text": "{{ x"}]);
    let variables = json!({"jinja2_variables": [{"variable": "x", "value_selector": ["gone", "x"]}]});
    let cases = [
        (
            json!({"prompt_template": [{"role": "user", "text": "{{#start.gone#}}"}]}),
            "Variable #start.gone# not found",
            "VariableNotFoundError",
        ),
        (
            json!({"prompt_template": [{"role": "user", "text": "{{#start.o.gone#}}"}]}),
            "Variable #start.o.gone# not found",
            "VariableNotFoundError",
        ),
        (json!({"prompt_template": [{"role": "user", "text": "{{#start.empty#}}"}]}), no_prompt, "NoPromptFoundError"),
        (json!({"prompt_template": []}), no_prompt, "NoPromptFoundError"),
        (
            json!({"memory": {"query_prompt_template": "{{#start.gone#}}"}}),
            "Variable #start.gone# not found",
            "VariableNotFoundError",
        ),
        (json!({"context": context}), "Invalid context structure: {'title': 'x'}", "InvalidContextStructureError"),
        (json!({"model": model_named_missing}), "Model missing not exist.", "ModelNotExistError"),
        (
            json!({"prompt_template": jinja, "prompt_config": variables}),
            "Variable x not found",
            "VariableNotFoundError",
        ),
        (json!({"structured_output_enabled": true}), "Please provide a valid structured output schema", "LLMNodeError"),
        (
            json!({"structured_output_enabled": true, "structured_output": {"schema": {}}}),
            "Please provide a valid structured output schema",
            "LLMNodeError",
        ),
    ];
    for (fields, message, kind) in cases {
        let model = Arc::new(StubModel::saying(&["x"]));
        let ran = ask(fields.clone(), json!({"empty": "", "o": {}, "c": [{"title": "x"}]}), &model).await;
        assert_eq!(ran.failure(), (message, kind), "{fields}");
        assert!(model.calls.lock().is_empty());
    }
    let model = Arc::new(StubModel::saying(&["x"]));
    let ran = ask(json!({"prompt_template": broken_jinja}), json!({}), &model).await;
    assert_eq!(ran.failure().1, "LLMNodeError");
    let ran = run(&graph(node(json!({})), &["text"]), RunSetup::default()).await;
    assert_eq!(ran.failure(), ("models are not available here", "LLMNodeError"));
    for fields in [
        json!({"prompt_template": [{"role": "wizard", "text": "x"}]}),
        json!({"model": null}),
        json!({"prompt_template": null}),
    ] {
        assert!(Workflow::compile(&graph(node(fields.clone()), &["text"]), &Registry::standard()).is_err(), "{fields}");
    }
}

#[tokio::test]
async fn a_failure_of_the_model_is_the_nodes() {
    let broken = [
        (vec![Err(model_error("slow down"))], "slow down", "InvokeRateLimitError"),
        (vec![text("so far"), Err(model_error("gone"))], "gone", "InvokeRateLimitError"),
        (vec![text("so far")], "the model's answer broke off", "InvokeConnectionError"),
        (vec![text(&"x".repeat(11)), end()], "the model's answer is longer than 10 bytes", "InvokeError"),
    ];
    for (deltas, message, kind) in broken {
        let model = Arc::new(StubModel::default().then(deltas));
        let limits = Limits { max_answer_text: 10, ..Limits::default() };
        let ran =
            run(&graph(node(json!({})), &["text"]), RunSetup { limits, ..with(json!({}), capabilities(&model)) }).await;
        assert_eq!(ran.failure(), (message, kind));
        assert_eq!(ran.status(), RunStatus::Failed);
        assert_eq!(ran.process_data()["prompts"][0]["text"], "Hello");
        assert!(ran.chunks().iter().all(|(_, _, is_final)| !is_final));
    }
}

#[tokio::test]
async fn a_retry_answers_anew_and_a_failure_can_have_a_default() {
    let model = Arc::new(StubModel::default().then(vec![Err(model_error("no"))]).then(vec![text("yes"), end()]));
    let retry = json!({"retry_enabled": true, "max_retries": 1, "retry_interval": 1});
    let ran = ask(json!({"retry_config": retry}), json!({}), &model).await;
    assert_eq!((ran.retries(), &ran.outputs()["text"]), (vec![1], &json!("yes")));
    assert_eq!(ran.status(), RunStatus::PartialSucceeded);
    let model = Arc::new(StubModel::default());
    let default = json!([{"key": "text", "type": "string", "value": "instead"}]);
    let ran = ask(json!({"error_strategy": "default-value", "default_value": default}), json!({}), &model).await;
    assert_eq!((ran.status(), &ran.end().outputs["text"]), (RunStatus::PartialSucceeded, &Value::from("instead")));
    assert_eq!(ran.node().outputs["error_type"], Value::from("InvokeRateLimitError"));
}

fn chat_setup(model: &Arc<StubModel>, history: &Arc<StubHistory>, query: &str, inputs: Json) -> RunSetup {
    let capabilities = Capabilities { history: Some(Arc::clone(history) as _), ..capabilities(model) };
    let system = values(json!({"query": query}));
    RunSetup { system, ..with(inputs, capabilities) }
}

fn turn(query: &str, answer: &str) -> Turn {
    Turn { query: query.to_owned(), files: Vec::new(), answer: answer.to_owned() }
}

fn texts(call: &ModelCall) -> Vec<String> {
    call.messages.iter().map(|message| format!("{}: {}", message.role.as_str(), message.plain_text())).collect()
}

#[tokio::test]
async fn earlier_turns_stand_before_the_question() {
    let history = Arc::new(StubHistory { turns: vec![turn("q1", "a1"), turn("q2", "a2")], ..StubHistory::default() });
    let prompt = json!([{"role": "system", "text": "Sys"}]);
    let all = vec!["system: Sys", "user: q1", "assistant: a1", "user: q2", "assistant: a2", "user: now {{#start.x#}}"];
    let last = vec!["system: Sys", "user: q2", "assistant: a2", "user: now {{#start.x#}}"];
    let asked_otherwise = vec!["system: Sys", "user: q2", "assistant: a2", "user: X: now {{#start.x#}}"];
    let cases = [
        (json!({"window": {"enabled": false, "size": 1}}), None, all),
        (json!({"window": {"enabled": true, "size": 1}}), Some(1), last),
        (
            json!({"window": {"enabled": true, "size": 1}, "query_prompt_template": "{{#start.x#}}: {{#sys.query#}}"}),
            Some(1),
            asked_otherwise,
        ),
    ];
    for (memory, window, expected) in cases {
        let model = Arc::new(StubModel::saying(&["x"]));
        // A question is never looked through for references: it is a stranger's text.
        let setup = chat_setup(&model, &history, "now {{#start.x#}}", json!({"x": "X"}));
        let ran = run(&graph(node(json!({"memory": memory, "prompt_template": prompt})), &["text"]), setup).await;
        assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
        assert_eq!(texts(&model.only_call()), expected);
        let (asked_window, draft) = history.asked.lock().pop().unwrap();
        assert_eq!(asked_window, window);
        // What the call holds already counts against the room for earlier turns.
        assert_eq!((draft.messages.len(), draft.messages[0].plain_text()), (2, "Sys".to_owned()));
    }
    // Without memory neither turns nor question are added.
    let model = Arc::new(StubModel::saying(&["x"]));
    let setup = chat_setup(&model, &history, "now", json!({}));
    run(&graph(node(json!({"memory": null, "prompt_template": prompt})), &["text"]), setup).await;
    assert_eq!(texts(&model.only_call()), ["system: Sys"]);
}

#[tokio::test]
async fn completion_prompts_are_one_text() {
    let history = Arc::new(StubHistory { turns: vec![turn("q1", "a1")], ..StubHistory::default() });
    let memory = json!({"role_prefix": {"user": "Me", "assistant": "You"}});
    let cases = [
        (
            "H: {{#histories#}} Q: #sys.query# {{#sys.query#}} C: {{#context#}}",
            json!(memory),
            "H: Me: q1\nYou: a1 Q: now now C: ctx",
        ),
        ("Just {{#start.x#}}", json!(memory), "Me: q1\nYou: a1\nJust X"),
        ("Just {{#start.x#}}", json!({}), "Human: q1\nAssistant: a1\nJust X"),
        ("#histories#|#sys.query#", json!(null), "|now"),
    ];
    for (prompt, memory, expected) in cases {
        let model = Arc::new(StubModel::saying(&["x"]));
        let fields = json!({
            "model": {"provider": "p", "name": "m", "mode": "completion"}, "memory": memory,
            "prompt_template": {"text": prompt, "edition_type": "basic"},
            "context": {"enabled": true, "variable_selector": ["start", "c"]},
        });
        let ran =
            run(&graph(node(fields), &["text"]), chat_setup(&model, &history, "now", json!({"x": "X", "c": "ctx"})))
                .await;
        assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
        let call = model.only_call();
        assert!(call.completion_mode);
        assert_eq!(texts(&call), [format!("user: {expected}")]);
        assert_eq!(ran.process_data()["model_mode"], "completion");
    }
}

#[tokio::test]
async fn context_is_text_for_the_model_and_sources_for_the_client() {
    let piece = json!({
        "title": "Doc", "content": "found {{#start.x#}}", "summary": "short",
        "metadata": {"_source": "knowledge", "position": 1, "dataset_id": "d", "segment_hit_count": 3, "score": 0.5},
        "files": [file("pic.png", "image/png", FileKind::Image).to_json()],
    });
    let fields = json!({
        "prompt_template": [{"role": "system", "text": "Use {{#context#}} and {#context#}"}, {"role": "user", "text": "Q"}],
        "context": {"enabled": true, "variable_selector": ["start", "c"]}, "vision": {"enabled": true},
    });
    let model =
        Arc::new(StubModel::new(ModelTraits { vision: true, ..ModelTraits::default() }).then(vec![text("x"), end()]));
    let ran = ask(fields.clone(), json!({"x": "X", "c": ["plain", piece, {"content": 5}]}), &model).await;
    let context = "plain\nshort\nfound {{#start.x#}}\n5";
    assert_eq!(model.prompts()[0].1, format!("Use {context} and {context}"));
    assert_eq!(ran.inputs()["#context#"], context);
    assert_eq!(ran.inputs()["#context_files#"][0]["filename"], "pic.png");
    let ContentPart::File { file, detail } = &model.only_call().messages[1].content[0] else { panic!("no file") };
    assert_eq!((file.filename.as_deref(), detail.as_deref()), (Some("pic.png"), Some("high")));
    let resources: Vec<&Vec<Json>> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            Event::RetrieverResources { resources, .. } => Some(resources),
            _ => None,
        })
        .collect();
    assert_eq!((resources.len(), resources[0].len()), (1, 1));
    let source = &resources[0][0];
    assert_eq!(
        (&source["dataset_id"], &source["hit_count"], &source["content"]),
        (&json!("d"), &json!(3), &json!("found {{#start.x#}}"))
    );
    // A context that is not there is empty.
    let model = Arc::new(StubModel::saying(&["x"]));
    ask(fields, json!({"c": null}), &model).await;
    assert_eq!(model.prompts()[0].1, "Use  and ");
}

#[tokio::test]
async fn files_reach_models_that_can_read_them() {
    let image = file("a.png", "image/png", FileKind::Image).to_json();
    let document = file("b.pdf", "application/pdf", FileKind::Document).to_json();
    let inputs = json!({"files": [image, document], "one": image});
    let names = |model: &StubModel| -> Vec<Vec<String>> {
        let name = |part: &ContentPart| match part {
            ContentPart::Text(text) => text.clone(),
            ContentPart::File { file, detail } => {
                format!("{}/{}", file.filename.clone().unwrap(), detail.clone().unwrap())
            }
        };
        model.only_call().messages.iter().map(|message| message.content.iter().map(name).collect()).collect()
    };
    let vision = json!({"enabled": true, "configs": {"variable_selector": ["start", "files"], "detail": "low"}});
    let prompt = json!([{"role": "user", "text": "Look: {{#start.one#}}"}]);
    let images = ModelTraits { vision: true, ..ModelTraits::default() };
    let everything = ModelTraits { documents: true, ..images.clone() };
    let cases = [
        (ModelTraits::default(), json!({"vision": vision}), vec![vec!["Hello"]]),
        (images.clone(), json!({"vision": vision}), vec![vec!["a.png/low", "Hello"]]),
        (everything.clone(), json!({"vision": vision}), vec![vec!["a.png/low", "b.pdf/low", "Hello"]]),
        (images, json!({"prompt_template": prompt}), vec![vec!["Look: "], vec!["a.png/high"]]),
        // Named twice, sent once.
        (
            everything.clone(),
            json!({"prompt_template": prompt, "vision": vision}),
            vec![vec!["Look: "], vec!["b.pdf/low", "a.png/low"]],
        ),
        (
            everything,
            json!({"prompt_template": [{"role": "system", "text": "S"}], "vision": vision}),
            vec![vec!["S"], vec!["a.png/low", "b.pdf/low"]],
        ),
    ];
    for (traits, fields, expected) in cases {
        let model = Arc::new(StubModel::new(traits).then(vec![text("x"), end()]));
        let ran = ask(fields.clone(), inputs.clone(), &model).await;
        assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
        assert_eq!(names(&model), expected, "{fields}");
        if fields.get("vision").is_some() {
            assert_eq!(ran.inputs()["#files#"][1]["filename"], "b.pdf");
        }
    }
    let model =
        Arc::new(StubModel::new(ModelTraits { vision: true, ..ModelTraits::default() }).then(vec![text("x"), end()]));
    let ran = ask(json!({"vision": vision}), inputs, &model).await;
    let saved = &ran.process_data()["prompts"][0]["files"][0];
    assert_eq!((&saved["type"], &saved["data"]), (&json!("image"), &json!("https://files.test/a.png")));
}

#[tokio::test]
async fn jinja_prompts_see_their_variables() {
    let fields = json!({
        "prompt_template": [
            {"role": "system", "edition_type": "jinja2", "jinja2_text": "{% for i in items %}{{ i.n }};{% endfor %}{{ name|upper }}", "text": ""},
            {"role": "user", "edition_type": "basic", "text": "{{ name }}"},
        ],
        "prompt_config": {"jinja2_variables": [
            {"variable": "items", "value_selector": ["start", "items"]}, {"variable": "name", "value_selector": ["start", "name"]},
        ]},
    });
    let model = Arc::new(StubModel::saying(&["x"]));
    let ran = ask(fields, json!({"items": [{"n": 1}, {"n": 2}], "name": "{{ ada }}"}), &model).await;
    assert_eq!(model.prompts(), [("system", "1;2;{{ ADA }}".to_owned()), ("user", "{{ name }}".to_owned())]);
    assert_eq!(ran.inputs()["name"], "{{ ada }}");
}

#[tokio::test]
async fn answers_can_be_objects() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    let fields = json!({"structured_output_enabled": true, "structured_output": {"schema": schema}});
    let native = ModelTraits { structured_output: true, ..ModelTraits::default() };
    let cases = [
        (native.clone(), "{\"a\": 1}", json!({"a": 1})),
        (ModelTraits::default(), "<think>{\"b\": 2}</think>Here:\n```json\n{'a': 1,}\n```", json!({"a": 1})),
        (ModelTraits::default(), "[1, {\"a\": 1}]", json!({"a": 1})),
        (ModelTraits::default(), "{\"a\": {\"__proto\": [1, 2", json!({"a": {"__proto": [1, 2]}})),
    ];
    for (traits, answer, expected) in cases {
        let is_native = traits.structured_output;
        let model = Arc::new(StubModel::new(traits).then(vec![text(answer), end()]));
        let ran = ask(fields.clone(), json!({}), &model).await;
        assert_eq!((&ran.outputs()["structured_output"], &ran.outputs()["text"]), (&expected, &json!(answer)));
        let call = model.only_call();
        assert_eq!(call.schema, is_native.then(|| schema.clone()));
        // Others are told in words.
        assert_eq!(call.messages.len(), if is_native { 1 } else { 2 });
        if !is_native {
            assert!(call.messages[0].plain_text().contains(&schema.to_string()));
        }
    }
    let model = Arc::new(StubModel::new(native).then(vec![text("I cannot."), end()]));
    let ran = ask(fields, json!({}), &model).await;
    assert_eq!(ran.failure(), ("Failed to parse structured output: I cannot.", "OutputParserError"));
    assert_eq!((ran.end().totals.usage.total_tokens, &ran.process_data()["finish_reason"]), (15, &json!("stop")));
}

#[tokio::test]
async fn files_of_the_model_are_put_out_and_shown() {
    let picture = Arc::new(file("made.png", "image/png", FileKind::Image));
    let model = Arc::new(StubModel::default().then(vec![text("See: "), Ok(ModelDelta::File(picture)), end()]));
    let ran = ask(json!({}), json!({}), &model).await;
    let outputs = ran.outputs();
    assert_eq!(outputs["text"], "See: ![made.png](https://files.test/made.png)");
    assert_eq!(outputs["files"][0]["filename"], "made.png");
    assert_eq!(ran.chunks().len(), 3);
}

#[tokio::test]
async fn a_run_that_is_dropped_drops_the_models_answer() {
    let (model, say) = StubModel::default().then_live();
    let model = Arc::new(model);
    let workflow = Workflow::compile(&graph(node(json!({})), &["text"]), &Registry::standard()).unwrap();
    let mut run = Run::new(Arc::new(workflow), with(json!({}), capabilities(&model)));
    say.unbounded_send(text("x")).unwrap();
    while !matches!(run.next().await, Some(Event::Chunk(_))) {}
    assert!(!say.is_closed());
    drop(run);
    assert!(say.is_closed());
}

#[tokio::test]
async fn another_model_answers_for_one_that_is_away() {
    let spare = |name: &str| json!({"provider": "other", "name": name, "completion_params": {"top_p": 1}});
    let chosen = json!({"provider": "openai", "name": "gpt", "ferrify_fallbacks": [spare("missing"), spare("second")]});
    let fields = json!({"model": chosen, "context": {"enabled": false}});
    let away = || vec![Err(model_error("down"))];
    let model = Arc::new(StubModel::default().then(away()).then(vec![text("here"), end()]));
    let ran = ask(fields.clone(), json!({}), &model).await;
    assert_eq!(ran.outputs()["text"], json!("here"));
    assert_eq!(
        (&ran.process_data()["model_provider"], &ran.process_data()["model_name"]),
        (&json!("other"), &json!("second"))
    );
    let calls = model.calls.lock().clone();
    let asked: Vec<_> = calls.iter().map(|call| (call.model.as_str(), call.is_spare)).collect();
    assert_eq!(asked, [("gpt", false), ("second", true)]);
    assert_eq!(calls[0].messages, calls[1].messages);
    assert_eq!(Json::Object(calls[1].parameters.clone()), json!({"top_p": 1}));

    // The last one that was asked is told of.
    let model = Arc::new(StubModel::default().then(away()).then(vec![Err(model_error("down, too"))]));
    let ran = ask(fields.clone(), json!({}), &model).await;
    assert_eq!(ran.status(), RunStatus::Failed);
    assert_eq!(ran.failure(), ("down, too", "InvokeRateLimitError"));

    // What has been said is not gone on with, and what is wrong with a question is wrong everywhere.
    let refused = ModelError { is_away: false, ..model_error("too long") };
    for deltas in [vec![text("I was"), Err(model_error("down"))], vec![Err(refused)]] {
        let model = Arc::new(StubModel::default().then(deltas).then(vec![text("not me"), end()]));
        let ran = ask(fields.clone(), json!({}), &model).await;
        assert_eq!((ran.status(), model.calls.lock().len()), (RunStatus::Failed, 1));
    }
}
