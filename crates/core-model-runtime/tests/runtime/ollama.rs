//! Ollama: lines of JSON, tools, thinking, and what goes wrong.

use core_model_runtime::{ChatRequest, EmbeddingInput, FinishReason, PromptMessage, Tool};
use serde_json::{Value, json};
use stub_upstream::{Misbehave, Script};

use crate::bench::{Bench, hello, with_parameters};

fn ollama(bench: &Bench, extra: Value) -> core_model_runtime::ModelRef {
    let mut credentials = json!({"base_url": bench.stub.base_url(), "api_key": "k"});
    let Value::Object(extra) = extra else { panic!() };
    credentials.as_object_mut().unwrap().extend(extra);
    bench.model("ollama", "llama3.2", credentials)
}

#[tokio::test]
async fn a_reply_in_lines() {
    let bench = Bench::new().await;
    let model = ollama(&bench, json!({"context_size": "8192"}));
    let outcome = bench.ask(&model).await;
    assert_eq!(outcome.text, "Hello, world!");
    let last = outcome.last();
    assert_eq!(last.finish_reason, Some(FinishReason::Stop));
    let usage = last.usage.as_ref().unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (10, 4));
    let request = bench.stub.requests().pop().unwrap();
    assert_eq!((request.path.as_str(), request.header("authorization")), ("/api/chat", Some("Bearer k")));
    assert_eq!(request.body["options"]["num_ctx"], 8192);
    assert_eq!(bench.chat(&model).await.unwrap().text, "Hello, world!");
    assert_eq!(bench.last_body()["stream"], false);
}

#[tokio::test]
async fn completion_mode_generates() {
    let bench = Bench::new().await;
    let model = ollama(&bench, json!({"mode": "completion"}));
    assert_eq!(bench.ask(&model).await.text, "Hello, world!");
    let request = bench.stub.requests().pop().unwrap();
    assert_eq!((request.path.as_str(), &request.body["prompt"]), ("/api/generate", &json!("Say hello.")));
}

#[tokio::test]
async fn thinking_is_wrapped() {
    let bench = Bench::scripted(Script { reasoning: Some("let me see".into()), ..Script::default() }).await;
    let outcome = bench.stream(&ollama(&bench, json!({})), with_parameters(json!({"think": true}))).await;
    assert_eq!(outcome.text, "<think>\nlet me see\n</think>Hello, world!");
    assert_eq!(bench.last_body()["think"], true);
}

#[tokio::test]
async fn tools_are_called_whole() {
    let bench = Bench::scripted(Script::tool_call("", "add", r#"{"a":1}"#)).await;
    let tool = Tool { name: "add".into(), description: "adds".into(), parameters: json!({"type": "object"}) };
    let request = ChatRequest { tools: vec![tool], ..hello() };
    let model = ollama(&bench, json!({"function_call_support": "true"}));
    let outcome = bench.stream(&model, request.clone()).await;
    assert_eq!(outcome.last().finish_reason, Some(FinishReason::ToolCalls));
    let [call] = outcome.tool_calls.as_slice() else { panic!("{:?}", outcome.tool_calls) };
    assert_eq!((call.name.as_str(), call.arguments.as_str()), ("add", r#"{"a":1}"#));
    assert!(call.id.starts_with("call_"));
    assert_eq!(bench.last_body()["tools"][0]["function"]["name"], "add");

    let mut asked = PromptMessage::assistant("");
    asked.tool_calls = outcome.tool_calls.clone();
    let messages = vec![PromptMessage::user("1+1?"), asked, PromptMessage::tool(&call.id, "2")];
    bench.stream(&model, ChatRequest { messages, ..request }).await;
    assert_eq!(bench.last_body()["messages"][2], json!({"role": "tool", "content": "2", "tool_name": "add"}));
}

#[tokio::test]
async fn troubles_of_streams() {
    for (misbehave, kind) in [
        (Misbehave::CutMidStream, "connection"),
        (Misbehave::CloseEarly, "connection"),
        (Misbehave::BrokenSse, "connection"),
        (Misbehave::InvalidUtf8, "connection"),
        (Misbehave::Silence, "connection"),
        (Misbehave::OversizeEvent(100_000), "connection"),
        (Misbehave::ErrorEvent, "server_unavailable"),
    ] {
        let bench = Bench::scripted(Script::misbehaving(misbehave)).await;
        let outcome = bench.ask(&ollama(&bench, json!({}))).await;
        assert_eq!(outcome.error().kind(), kind, "{misbehave:?}");
    }
    for misbehave in [Misbehave::OneByteWrites, Misbehave::Linger] {
        let bench = Bench::scripted(Script::misbehaving(misbehave)).await;
        let outcome = bench.ask(&ollama(&bench, json!({}))).await;
        // The last line carries the end in this protocol: without it the answer is not known to be whole.
        assert_eq!(outcome.error.is_some(), misbehave == Misbehave::Linger);
        assert_eq!(outcome.text, "Hello, world!");
    }
}

#[tokio::test]
async fn embedding_and_reranking() {
    let bench = Bench::scripted(Script::vectors(12)).await;
    let model = ollama(&bench, json!({"context_size": "512"}));
    let texts: Vec<String> = (0..20).map(|n| format!("text {n}")).collect();
    let result = bench.runtime.embed(&model, &texts, EmbeddingInput::Document).await.unwrap();
    assert_eq!((result.embeddings.len(), result.embeddings[0].len(), result.usage.tokens), (20, 12, 40));
    let bodies: Vec<usize> =
        bench.stub.requests().iter().map(|request| request.body["input"].as_array().unwrap().len()).collect();
    assert_eq!(bodies, [16, 4]);
    assert_eq!(bench.last_body()["options"]["num_ctx"], 512);
    let documents = ["about cats".to_owned(), "about dogs".to_owned()];
    let ranked = bench.runtime.rerank(&model, "dogs", &documents, Some(1)).await.unwrap();
    assert_eq!((ranked.len(), ranked[0].index), (1, 1));
}
