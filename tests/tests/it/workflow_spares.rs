//! Nodes whose provider is away or slow: who answers in their place, and who does not have to wait for them.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::upstream::{Misbehave, Script};
use test_kit::{Answer, App, ServiceClient};

use crate::it::console_workflows::{publish, save};
use crate::it::ground::{Ground, MODEL};
use crate::it::workflow_runs::graph;

const SPARE: &str = "spare-model";

/// A model of the stub, with others behind it.
fn model(ground: &Ground, name: &str, spares: &[&str]) -> Value {
    let named =
        |name: &str| json!({"provider": ground.provider, "name": name, "mode": "chat", "completion_params": {}});
    let mut model = named(name);
    model["ferrify_fallbacks"] = spares.iter().map(|name| named(name)).collect();
    model
}

async fn ground(settings: &[(&str, &str)]) -> Ground {
    let ground = Ground::with("advanced-chat", settings).await;
    ground.console.add_openai_compatible(&ground.stub.openai_base_url(), SPARE).await;
    ground
}

fn llm(model: &Value) -> Value {
    json!({"type": "llm", "model": model, "prompt_template": [{"role": "user", "text": "{{#sys.query#}}"}],
        "context": {"enabled": false, "variable_selector": []}, "vision": {"enabled": false}})
}

async fn publish_graph(ground: &Ground, app: &App, nodes: Value, edges: &[(&str, &str, &str)]) {
    let draft = json!({"graph": graph(nodes, edges), "features": {}, "environment_variables": [], "conversation_variables": []});
    save(&ground.console, app, &draft).await.expect(200);
    publish(&ground.console, app).await.expect(200);
}

/// A chatflow around one `llm` node.
async fn answering(ground: &Ground, app: &App, node: Value) {
    let nodes = json!({"start": {"type": "start", "variables": []}, "llm": node,
        "answer": {"type": "answer", "answer": "{{#llm.text#}}"}});
    publish_graph(ground, app, nodes, &[("start", "source", "llm"), ("llm", "source", "answer")]).await;
}

fn question(mode: &str) -> Value {
    json!({"inputs": {}, "query": "Hi", "user": "ann", "response_mode": mode, "auto_generate_name": false})
}

async fn ask(service: &ServiceClient) -> Answer {
    service.post_json("/chat-messages", &question("blocking")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_answers_for_one_that_is_away() {
    let ground = ground(&[]).await;
    answering(&ground, &ground.app, llm(&model(&ground, MODEL, &["unknown-model", SPARE]))).await;
    ground.stub.script(SPARE, Script::text(&["I am", " here"]));
    for status in [503, 401, 429] {
        ground.stub.script(MODEL, Script::refusal(status, "not now"));
        assert_eq!(ask(&ground.service).await.expect(200).json["answer"], "I am here", "{status}");
    }
    let stream = ground.service.sse("/chat-messages", &question("streaming")).await.well_framed();
    assert_eq!(stream.answer(), "I am here");
    let nodes = stream.named("node_finished");
    let node = nodes.iter().find(|node| node["data"]["node_type"] == "llm").unwrap();
    assert_eq!(
        (&node["data"]["status"], &node["data"]["process_data"]["model_name"]),
        (&json!("succeeded"), &json!(SPARE))
    );
    let metrics = ground.server.client().get("/metrics").await.expect(200);
    assert!(metrics.text().contains("ferrify_model_fallbacks_total"), "counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_question_or_has_begun_is_not_asked_elsewhere() {
    let ground = ground(&[]).await;
    answering(&ground, &ground.app, llm(&model(&ground, MODEL, &[SPARE]))).await;
    ground.stub.script(SPARE, Script::text(&["not me"]));
    ground.stub.script(MODEL, Script::refusal(400, "too long"));
    let failed = ask(&ground.service).await.expect(400);
    assert!(failed.text().contains("too long"), "{}", failed.text());
    ground.stub.script(MODEL, Script { misbehave: Some(Misbehave::ErrorEvent), ..Script::text(&["I was", " saying"]) });
    let broken = ground.service.sse("/chat-messages", &question("streaming")).await.well_framed();
    assert!(!broken.answer().contains("not me"));
    assert_eq!(broken.only("workflow_finished")["data"]["status"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_sort_and_extract_fall_back_too() {
    let ground = ground(&[]).await;
    let app = ground.console.create_app("workflow", "sorting").await;
    let service = ground.server.service(&ground.console.api_key(&app).await);
    let nodes = json!({
        "start": {"type": "start", "variables": [{"variable": "q", "label": "q", "type": "text-input", "required": true}]},
        "sort": {"type": "question-classifier", "query_variable_selector": ["start", "q"],
            "model": model(&ground, MODEL, &[SPARE]), "instruction": "", "vision": {"enabled": false},
            "classes": [{"id": "1", "name": "Cats"}, {"id": "2", "name": "Dogs"}]},
        "find": {"type": "parameter-extractor", "query": ["start", "q"], "model": model(&ground, "gone-model", &[SPARE]),
            "reasoning_mode": "prompt", "instruction": "", "vision": {"enabled": false},
            "parameters": [{"name": "city", "type": "string", "description": "a city", "required": true}]},
        "end": {"type": "end", "outputs": [
            {"variable": "class", "value_selector": ["sort", "class_name"]},
            {"variable": "city", "value_selector": ["find", "city"]},
        ]},
    });
    let edges = [("start", "source", "sort"), ("sort", "2", "find"), ("find", "source", "end")];
    ground.console.add_openai_compatible(&ground.stub.openai_base_url(), "gone-model").await;
    publish_graph(&ground, &app, nodes, &edges).await;
    ground.stub.script(MODEL, Script::refusal(503, "down"));
    ground.stub.script("gone-model", Script::refusal(401, "no"));
    ground.stub.script(SPARE, Script::text(&[r#"{"category_id": "2", "category_name": "Dogs", "city": "Oslo"}"#]));
    let body = json!({"inputs": {"q": "dogs of Oslo"}, "user": "ann", "response_mode": "blocking"});
    let answer = service.post_json("/workflows/run", &body).await.expect(200);
    assert_eq!(answer.json["data"]["outputs"], json!({"class": "Dogs", "city": "Oslo"}), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_provider_leaves_room_for_other_nodes() {
    let ground = ground(&[("FERRIFY_MAX_STREAMS_PER_PROVIDER", "2")]).await;
    answering(&ground, &ground.app, llm(&model(&ground, MODEL, &[]))).await;
    ground.stub.script(MODEL, Script::pieces(200, "slow ", Duration::from_millis(100)));
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = ground.service.sse_stream("/chat-messages", &question("streaming")).await;
        stream.until("message").await;
        held.push(stream);
    }
    // The node fails, and says why.
    let refused = ask(&ground.service).await.expect(400);
    assert!(refused.text().contains("is busy with other answers"), "{}", refused.text());
    let row = ground.server.db().one("SELECT error FROM workflow_node_executions WHERE status = 'failed'", &[]).await;
    assert!(row["error"].as_str().unwrap().contains(ground.provider), "{row}");

    // Its strategies apply.
    let lenient = ground.console.create_app("advanced-chat", "lenient").await;
    let service = ground.server.service(&ground.console.api_key(&lenient).await);
    let mut node = llm(&model(&ground, MODEL, &[]));
    node["error_strategy"] = json!("default-value");
    node["default_value"] = json!([{"key": "text", "type": "string", "value": "Ask again later."}]);
    answering(&ground, &lenient, node).await;
    assert_eq!(ask(&service).await.expect(200).json["answer"], "Ask again later.");

    // Another provider goes on, on its own and in the place of the one that is full.
    let other = ground.console.add_anthropic(&ground.stub.anthropic_base_url(), "sk-other").await;
    let elsewhere = json!({"provider": other, "name": "claude-sonnet-4-6", "mode": "chat", "completion_params": {}});
    ground.stub.script("claude-sonnet-4-6", Script::text(&["At", " once"]));
    let mut chain = model(&ground, MODEL, &[]);
    chain["ferrify_fallbacks"] = json!([elsewhere]);
    for chosen in [elsewhere, chain] {
        answering(&ground, &lenient, llm(&chosen)).await;
        assert_eq!(ask(&service).await.expect(200).json["answer"], "At once", "{chosen}");
    }
    drop(held);
}
