use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::chat::{ChatRequest, ModelRef};
use crate::message::{ImageDetail, ToolCall};
use crate::providers::openai_dialect::endpoint::LengthLimit;

fn call(request: ChatRequest, mode: &str) -> ChatCall {
    let schema = json!({"model": "m", "label": "M", "model_type": "llm", "model_properties": {"mode": mode}});
    ChatCall {
        model: ModelRef {
            tenant: uuid::Uuid::nil(),
            provider: "openai".parse().unwrap(),
            model: "m".to_owned(),
            credentials: Arc::default(),
        },
        schema: Arc::new(serde_json::from_value(schema).unwrap()),
        request,
    }
}

fn endpoint() -> Endpoint {
    Endpoint::new("https://x.test/v1/", Some("k"), "m")
}

fn check(endpoint: &Endpoint, request: ChatRequest, stream: bool, expected: Value) {
    let call = call(request, "chat");
    let found = serde_json::to_value(body(endpoint, &call, stream).unwrap()).unwrap();
    assert_eq!(found, expected);
}

fn parameters_of(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!() };
    map
}

fn media(source: MediaSource) -> Media {
    Media { format: "mp3".into(), source, mime_type: "audio/mpeg".into(), filename: "a.mp3".into() }
}

#[test]
fn a_plain_request() {
    let request = ChatRequest {
        messages: vec![PromptMessage::system("s"), PromptMessage::user("u")],
        parameters: parameters_of(json!({"temperature": 0.5, "max_tokens": 9, "response_format": "json_object"})),
        stop: vec!["x".into()],
        user: Some("abc".into()),
        ..ChatRequest::default()
    };
    check(
        &endpoint(),
        request,
        true,
        json!({
            "model": "m",
            "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
            "stream": true, "stream_options": {"include_usage": true},
            "temperature": 0.5, "max_tokens": 9, "response_format": {"type": "json_object"},
            "stop": ["x"], "user": "abc",
        }),
    );
}

#[test]
fn reasoning_families_differ() {
    let endpoint = Endpoint { length_limit: LengthLimit::MaxCompletionTokens, stop_words: false, ..endpoint() };
    let request = ChatRequest {
        parameters: parameters_of(json!({"max_tokens": 9, "reasoning_effort": "low", "response_format": "text"})),
        stop: vec!["x".into()],
        ..ChatRequest::default()
    };
    let expected = json!({
        "model": "m", "messages": [], "stream": false, "max_completion_tokens": 9, "reasoning_effort": "low",
    });
    check(&endpoint, request, false, expected);
}

#[test]
fn schemas_are_wrapped_when_bare() {
    let format = |schema: &str| {
        let given = parameters_of(json!({"response_format": "json_schema", "json_schema": schema}));
        parameters(&endpoint(), &given)
    };
    let bare = Value::Object(format(r#"{"type":"object"}"#).unwrap());
    let expected = json!({"type": "json_schema", "json_schema": {"name": "response", "schema": {"type": "object"}}});
    assert_eq!(bare, json!({ "response_format": expected }));
    let whole = Value::Object(format(r#"{"name":"n","schema":{"type":"object"},"strict":true}"#).unwrap());
    assert_eq!(whole["response_format"]["json_schema"]["strict"], true);
    assert!(format("nonsense").is_err());
}

#[test]
fn files_become_parts() {
    let image = Media { mime_type: "image/png".into(), ..media(MediaSource::Base64("AA==".into())) };
    let linked = Media { mime_type: "image/png".into(), ..media(MediaSource::Url("https://x.test/i".into())) };
    let document = Media {
        mime_type: "application/pdf".into(),
        filename: "d.pdf".into(),
        ..media(MediaSource::Base64("JV".into()))
    };
    let parts = vec![
        ContentPart::Image { media: image, detail: ImageDetail::High },
        ContentPart::Image { media: linked, detail: ImageDetail::Low },
        ContentPart::Audio(media(MediaSource::Base64("SU".into()))),
        ContentPart::Document(document),
        ContentPart::Text("t".into()),
    ];
    let request = ChatRequest { messages: vec![PromptMessage::user_parts(parts)], ..ChatRequest::default() };
    let content = json!([
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "high"}},
        {"type": "image_url", "image_url": {"url": "https://x.test/i", "detail": "low"}},
        {"type": "input_audio", "input_audio": {"data": "SU", "format": "mp3"}},
        {"type": "file", "file": {"filename": "d.pdf", "file_data": "data:application/pdf;base64,JV"}},
        {"type": "text", "text": "t"},
    ]);
    let expected = json!({"model": "m", "messages": [{"role": "user", "content": content}], "stream": false});
    check(&endpoint(), request, false, expected);

    let linked = vec![ContentPart::Audio(media(MediaSource::Url("https://x.test/a".into())))];
    let request = ChatRequest { messages: vec![PromptMessage::user_parts(linked)], ..ChatRequest::default() };
    assert!(body(&endpoint(), &call(request, "chat"), false).is_err());
}

fn tool_request() -> ChatRequest {
    let calls = vec![ToolCall { id: "c1".into(), name: "f".into(), arguments: "{}".into() }];
    ChatRequest {
        messages: vec![PromptMessage::assistant_tool_calls("", calls), PromptMessage::tool("c1", "42")],
        tools: vec![Tool { name: "f".into(), description: "d".into(), parameters: json!({"type": "object"}) }],
        ..ChatRequest::default()
    }
}

#[test]
fn tools_in_three_styles() {
    let function = json!({"name": "f", "description": "d", "parameters": {"type": "object"}});
    check(
        &endpoint(),
        tool_request(),
        false,
        json!({
            "model": "m", "stream": false,
            "messages": [
                {"role": "assistant", "content": null,
                 "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                {"role": "tool", "content": "42", "tool_call_id": "c1"},
            ],
            "tools": [{"type": "function", "function": function}], "tool_choice": "auto",
        }),
    );
    check(
        &Endpoint { tools: ToolStyle::Functions, ..endpoint() },
        tool_request(),
        false,
        json!({
            "model": "m", "stream": false,
            "messages": [
                {"role": "assistant", "content": "", "function_call": {"name": "f", "arguments": "{}"}},
                {"role": "function", "content": "42", "name": "c1"},
            ],
            "functions": [function],
        }),
    );
    check(
        &Endpoint { tools: ToolStyle::None, ..endpoint() },
        tool_request(),
        false,
        json!({
            "model": "m", "stream": false,
            "messages": [{"role": "assistant", "content": ""}, {"role": "user", "content": "42"}],
        }),
    );
}

#[test]
fn completion_mode_sends_a_prompt() {
    let request = ChatRequest { messages: vec![PromptMessage::user("once upon")], ..ChatRequest::default() };
    let call = call(request, "completion");
    let endpoint = endpoint();
    let found = serde_json::to_value(body(&endpoint, &call, false).unwrap()).unwrap();
    assert_eq!(found, json!({"model": "m", "prompt": "once upon", "stream": false}));
}

/// Caches of upstreams and people who compare requests see the order of the fields.
#[test]
fn fields_keep_their_order() {
    let tools = vec![Tool { name: "t".to_owned(), description: "d".to_owned(), parameters: json!({}) }];
    let mut request =
        ChatRequest { tools, stop: vec!["s".to_owned()], user: Some("u".to_owned()), ..ChatRequest::default() };
    request.messages = vec![PromptMessage::user("Hi")];
    request.parameters.insert("temperature".to_owned(), json!(0.5));
    let text = |mode| {
        let call = call(request.clone(), mode);
        serde_json::to_string(&body(&endpoint(), &call, false).unwrap()).unwrap()
    };
    assert_eq!(
        text("chat"),
        r#"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":false,"temperature":0.5,"stop":["s"],"user":"u","tools":[{"type":"function","function":{"name":"t","description":"d","parameters":{}}}],"tool_choice":"auto"}"#
    );
    assert_eq!(
        text("completion"),
        r#"{"model":"m","prompt":"Hi","stream":false,"temperature":0.5,"stop":["s"],"user":"u"}"#
    );
}
