//! What good upstreams say.

use core_model_runtime::{
    ChatRequest, ContentPart, FinishReason, ImageDetail, Media, MediaSource, PromptMessage, Tool,
};
use serde_json::{Value, json};
use stub_upstream::{Misbehave, Script};

use crate::bench::{Bench, hello, with_parameters};

#[tokio::test]
async fn openai_streams() {
    let bench = Bench::new().await;
    let outcome = bench.ask(&bench.openai("gpt-4o")).await;
    assert_eq!(outcome.text, "Hello, world!");
    let last = outcome.last();
    assert_eq!(last.finish_reason, Some(FinishReason::Stop));
    let usage = serde_json::to_value(last.usage.as_ref().unwrap()).unwrap();
    assert_eq!((&usage["prompt_tokens"], &usage["completion_tokens"]), (&json!(10), &json!(4)));
    assert_eq!(usage["prompt_price"], "0.0000250");
    assert_eq!(usage["completion_price"], "0.0000400");
    assert_eq!(usage["total_price"], "0.0000650");
    assert!(usage["latency"].as_f64().unwrap() > 0.0);
    assert!(usage["time_to_first_token"].as_f64().unwrap() > 0.0);
    // One chunk per piece of text, and the last one.
    assert_eq!(outcome.chunks.len(), 5);
    let request = bench.stub.requests().pop().unwrap();
    assert_eq!(request.header("authorization"), Some("Bearer k"));
    assert_eq!(request.body["stream_options"], json!({"include_usage": true}));
}

#[tokio::test]
async fn anthropic_streams() {
    let bench = Bench::new().await;
    let outcome = bench.ask(&bench.anthropic()).await;
    assert_eq!(outcome.text, "Hello, world!");
    let usage = outcome.last().usage.as_ref().unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (10, 4));
    let request = bench.stub.requests().pop().unwrap();
    assert_eq!(request.header("x-api-key"), Some("k"));
    assert_eq!(request.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(request.body["max_tokens"], 8192);
}

#[tokio::test]
async fn whole_replies() {
    let bench = Bench::new().await;
    for model in [bench.openai("gpt-4o"), bench.anthropic(), bench.openai("gpt-3.5-turbo-instruct")] {
        let result = bench.chat(&model).await.unwrap();
        assert_eq!(result.text, "Hello, world!");
        assert_eq!(result.finish_reason, Some(FinishReason::Stop));
        assert_eq!((result.usage.prompt_tokens, result.usage.completion_tokens), (10, 4));
        assert_eq!(bench.last_body()["stream"], json!(false));
    }
}

#[tokio::test]
async fn completion_mode() {
    let bench = Bench::new().await;
    let outcome = bench.ask(&bench.openai("gpt-3.5-turbo-instruct")).await;
    assert_eq!(outcome.text, "Hello, world!");
    assert_eq!(bench.last_body()["prompt"], "Say hello.");
}

#[tokio::test]
async fn tool_calls_are_whole() {
    let mut script = Script::tool_call("call_1", "weather", r#"{"city":"Paris"}"#);
    script.tool_calls.extend(Script::tool_call("call_2", "time", "{}").tool_calls);
    let bench = Bench::scripted(script).await;
    let request = || ChatRequest {
        tools: vec![Tool {
            name: "weather".into(),
            description: "Says the weather.".into(),
            parameters: json!({"type": "object"}),
        }],
        ..hello()
    };
    for model in [bench.openai("gpt-4o"), bench.anthropic()] {
        let outcome = bench.stream(&model, request()).await;
        let found: Vec<_> = outcome
            .tool_calls
            .iter()
            .map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str()))
            .collect();
        assert_eq!(found, [("call_1", "weather", r#"{"city":"Paris"}"#), ("call_2", "time", "{}")]);
        assert_eq!(outcome.chunks.iter().filter(|chunk| !chunk.tool_calls.is_empty()).count(), 1);
        assert_eq!(outcome.last().finish_reason, Some(FinishReason::ToolCalls));
        let whole = bench.runtime.chat(&model, request()).await.unwrap();
        assert_eq!(whole.tool_calls, outcome.tool_calls);
    }
}

#[tokio::test]
async fn reasoning_is_wrapped() {
    let bench = Bench::scripted(Script { reasoning: Some("let me think".into()), ..Script::text(&["42"]) }).await;
    for model in [bench.openai("gpt-4o"), bench.anthropic()] {
        let expected = "<think>\nlet me think\n</think>42";
        assert_eq!(bench.ask(&model).await.text, expected);
        assert_eq!(bench.chat(&model).await.unwrap().text, expected);
    }
}

#[tokio::test]
async fn images_are_sent() {
    let bench = Bench::new().await;
    let media = Media {
        format: "png".into(),
        source: MediaSource::Base64("iVBORw0=".into()),
        mime_type: "image/png".into(),
        filename: "a.png".into(),
    };
    let parts =
        vec![ContentPart::Image { media, detail: ImageDetail::High }, ContentPart::Text("What is this?".into())];
    let request = || ChatRequest { messages: vec![PromptMessage::user_parts(parts.clone())], ..ChatRequest::default() };
    bench.stream(&bench.openai("gpt-4o"), request()).await.last();
    let expected =
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0=", "detail": "high"}});
    assert_eq!(bench.last_body()["messages"][0]["content"][0], expected);
    bench.stream(&bench.anthropic(), request()).await.last();
    let source = json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0="});
    assert_eq!(bench.last_body()["messages"][0]["content"][0], json!({"type": "image", "source": source}));
}

#[tokio::test]
async fn parameters_are_filtered() {
    let bench = Bench::new().await;
    let given = json!({"temperature": 0.5, "max_tokens": 100, "nonsense": 1, "response_format": "json_object"});
    bench.stream(&bench.openai("gpt-4o"), with_parameters(given.clone())).await.last();
    let body = bench.last_body();
    assert_eq!((&body["temperature"], &body["max_tokens"]), (&json!(0.5), &json!(100)));
    assert_eq!(body["response_format"], json!({"type": "json_object"}));
    assert!(body.get("nonsense").is_none());

    bench.stream(&bench.openai("o4-mini"), with_parameters(given)).await.last();
    let body = bench.last_body();
    assert_eq!(body["max_completion_tokens"], 100);
    assert!(body.get("temperature").is_none() && body.get("max_tokens").is_none());

    let outcome = bench.stream(&bench.openai("gpt-4o"), with_parameters(json!({"temperature": 9}))).await;
    assert_eq!(outcome.error().kind(), "invalid_parameter");
    assert!(outcome.error().to_string().contains("temperature"));
}

#[tokio::test]
async fn fenced_formats_are_unwrapped() {
    let bench = Bench::scripted(Script::text(&["``", "`json\n{\"a\"", ": 1}", "\n``", "`"])).await;
    let outcome = bench.stream(&bench.anthropic(), with_parameters(json!({"response_format": "JSON"}))).await;
    assert_eq!(outcome.text, "{\"a\": 1}");
    let body = bench.last_body();
    assert_eq!(body["stop_sequences"], json!(["\n```"]));
    assert!(body["system"].as_str().unwrap().contains("JSON"));
    assert_eq!(body["messages"][0]["content"][0]["text"], "Say hello.\n```JSON\n");
}

#[tokio::test]
async fn missing_usage_is_estimated() {
    let bench = Bench::scripted(Script { usage: false, ..Script::default() }).await;
    for model in [bench.openai("gpt-4o"), bench.anthropic()] {
        let outcome = bench.ask(&model).await;
        let usage = outcome.last().usage.as_ref().unwrap();
        assert_eq!(usage.completion_tokens, 4);
        assert_eq!(usage.prompt_tokens, bench.runtime.count_tokens(&hello().messages));
        assert!(usage.total_price > 0);
    }
}

#[tokio::test]
async fn unusual_but_valid_streams_are_read() {
    for misbehave in [Misbehave::OneByteWrites, Misbehave::CrlfAndComments, Misbehave::NoDone, Misbehave::Linger] {
        let script = Script { misbehave: Some(misbehave), ..Script::text(&["\u{4f60}\u{597d}", ", \u{1f30d}", "!"]) };
        let bench = Bench::scripted(script).await;
        let outcome = bench.ask(&bench.openai("gpt-4o")).await;
        outcome.last();
        assert_eq!(outcome.text, "\u{4f60}\u{597d}, \u{1f30d}!", "{misbehave:?}");
    }
}

#[tokio::test]
async fn compatible_servers_differ() {
    let bench = Bench::scripted(Script::tool_call("c", "f", "{}")).await;
    let tools = vec![Tool { name: "f".into(), description: "d".into(), parameters: json!({}) }];
    let request = || ChatRequest { tools: tools.clone(), ..hello() };
    let bodies = |bench: &Bench| -> Value { bench.last_body() };

    let model = bench.compatible(json!({"endpoint_model_name": "wire-name", "stream_include_usage": "not_supported"}));
    bench.stream(&model, request()).await.last();
    let body = bodies(&bench);
    assert_eq!(body["model"], "wire-name");
    assert!(body.get("tools").is_none() && body.get("stream_options").is_none());

    let model = bench.compatible(json!({"function_calling_type": "tool_call", "stream_mode_delimiter": "\\n"}));
    assert_eq!(bench.stream(&model, request()).await.tool_calls.len(), 1);
    assert_eq!(bodies(&bench)["tool_choice"], "auto");

    let model = bench.compatible(json!({"function_calling_type": "function_call"}));
    bench.stream(&model, request()).await.last();
    assert_eq!(bodies(&bench)["functions"][0]["name"], "f");
}

#[tokio::test]
async fn a_whole_reply_instead_of_a_stream_is_accepted() {
    let body = r#"{"object":"chat.completion","choices":[{"message":{"content":"whole"},"finish_reason":"stop"}]}"#;
    let bench = Bench::scripted(Script { body: Some(body.into()), ..Script::default() }).await;
    let outcome = bench.ask(&bench.compatible(json!({}))).await;
    assert_eq!(outcome.text, "whole");
    assert_eq!(outcome.last().finish_reason, Some(FinishReason::Stop));
}

#[tokio::test]
async fn the_demo_repeats() {
    let bench = Bench::new().await;
    let model = bench.model("demo", "demo-chat", json!({}));
    let outcome = bench.ask(&model).await;
    assert!(outcome.text.contains("Say hello."));
    assert!(outcome.chunks.len() > 10);
    assert!(outcome.last().usage.as_ref().unwrap().total_tokens > 0);
    let whole = bench.chat(&model).await.unwrap();
    assert_eq!(whole.text, outcome.text);
    assert!(bench.stub.requests().is_empty());
}
