//! From our requests to the protocol.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::capability::ChatCall;
use crate::chat::ChatRequest;
use crate::message::{ContentPart, Media, MediaSource, MessageContent, PromptMessage, Role};
use crate::providers::ollama::wire::{Body, Call, CalledFunction, FunctionDefinition, Message, ToolDefinition};
use crate::schema::{Feature, ModelMode};

pub(super) fn mode(call: &ChatCall) -> ModelMode {
    call.schema.model_properties.mode().unwrap_or(ModelMode::Chat)
}

/// The request body, or why the prompt cannot be expressed.
pub(super) fn body(call: &ChatCall, stream: bool) -> Result<Body<'_>, String> {
    let request = &call.request;
    let mut options = request.parameters.clone();
    let keep_alive = options.shift_remove("keep_alive").filter(|value| value != "").map(keep_alive);
    let think = options.shift_remove("think");
    let format = format(&mut options)?;
    if !request.stop.is_empty() {
        options.insert("stop".to_owned(), json!(request.stop));
    }
    // Without it the server cuts the prompt at its own, often much smaller, default.
    if let (false, Some(context)) = (options.contains_key("num_ctx"), call.schema.model_properties.context_size()) {
        options.insert("num_ctx".to_owned(), json!(context));
    }
    let mut body = Body {
        model: &call.model.model,
        stream,
        messages: None,
        prompt: None,
        images: Vec::new(),
        tools: Vec::new(),
        options,
        format,
        keep_alive,
        think,
    };
    match mode(call) {
        ModelMode::Chat => {
            body.messages = Some(messages(&request.messages)?);
            if call.schema.has(Feature::ToolCall) || call.schema.has(Feature::MultiToolCall) {
                body.tools = tools(request);
            }
        }
        ModelMode::Completion => {
            let texts: Vec<String> = request.messages.iter().map(PromptMessage::text).collect();
            body.prompt = Some(texts.join("\n"));
            for message in &request.messages {
                body.images.extend(images(message)?);
            }
        }
    }
    Ok(body)
}

/// Seconds are numbers (`-1` keeps a model for ever), spans are texts (`5m`).
fn keep_alive(value: Value) -> Value {
    match value.as_str().and_then(|text| text.trim().parse::<i64>().ok()) {
        Some(seconds) => json!(seconds),
        None => value,
    }
}

/// A schema if there is one, else plain JSON if that was asked for.
fn format(options: &mut Map<String, Value>) -> Result<Option<Value>, String> {
    let schema = options.shift_remove("json_schema");
    let format = options.shift_remove("format");
    if let Some(schema) = schema.as_ref().and_then(Value::as_str).filter(|text| !text.trim().is_empty()) {
        let schema: Value =
            serde_json::from_str(schema).map_err(|error| format!("the JSON schema is not valid JSON: {error}"))?;
        // The envelope that other vendors want around it.
        return Ok(Some(schema.get("schema").cloned().unwrap_or(schema)));
    }
    Ok(format.filter(|format| format == "json"))
}

fn tools(request: &ChatRequest) -> Vec<ToolDefinition<'_>> {
    request
        .tools
        .iter()
        .map(|tool| ToolDefinition {
            kind: "function",
            function: FunctionDefinition {
                name: &tool.name,
                description: &tool.description,
                parameters: &tool.parameters,
            },
        })
        .collect()
}

fn messages(prompt: &[PromptMessage]) -> Result<Vec<Message<'_>>, String> {
    let calls = prompt.iter().flat_map(|message| &message.tool_calls);
    let names: HashMap<&str, &str> = calls.map(|call| (call.id.as_str(), call.name.as_str())).collect();
    prompt
        .iter()
        .map(|message| {
            let name = message.tool_call_id.as_deref().and_then(|id| names.get(id).copied());
            Ok(Message {
                role: message.role.as_str(),
                content: message.text().into(),
                images: images(message)?,
                tool_calls: message.tool_calls.iter().map(call).collect::<Result<_, _>>()?,
                tool_name: name.or(message.name.as_deref()).filter(|_| message.role == Role::Tool),
            })
        })
        .collect()
}

fn call(call: &crate::message::ToolCall) -> Result<Call<'_>, String> {
    let arguments = serde_json::from_str(&call.arguments)
        .map_err(|error| format!("the arguments of the call to {} are not valid JSON: {error}", call.name))?;
    Ok(Call { function: CalledFunction { name: &call.name, arguments } })
}

fn images(message: &PromptMessage) -> Result<Vec<&str>, String> {
    let MessageContent::Parts(parts) = &message.content else { return Ok(Vec::new()) };
    parts
        .iter()
        .filter_map(|part| match part {
            ContentPart::Text(_) => None,
            ContentPart::Image { media, detail: _ } => Some(image(media)),
            ContentPart::Audio(media) | ContentPart::Video(media) | ContentPart::Document(media) => {
                Some(Err(format!("files of type {} are not supported", media.mime_type)))
            }
        })
        .collect()
}

/// The server fetches nothing itself.
fn image(media: &Media) -> Result<&str, String> {
    match &media.source {
        MediaSource::Base64(data) => Ok(data),
        MediaSource::Url(_) => {
            Err("pictures by URL are not supported; set MULTIMODAL_SEND_FORMAT to base64".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::chat::ModelRef;
    use crate::credentials::Credentials;
    use crate::message::{ImageDetail, Tool, ToolCall};
    use crate::model_type::ModelType;
    use crate::providers::ollama::schema;

    fn call(entered: Value, request: ChatRequest) -> ChatCall {
        let Value::Object(entered) = entered else { panic!() };
        let credentials = Credentials::from_json_map(entered);
        ChatCall {
            schema: Arc::new(schema::from_credentials(ModelType::Llm, "llama3.2", &credentials).unwrap()),
            model: ModelRef {
                tenant: uuid::Uuid::nil(),
                provider: "ollama".parse().unwrap(),
                model: "llama3.2".to_owned(),
                credentials: Arc::new(credentials),
            },
            request,
        }
    }

    fn written(call: &ChatCall) -> Value {
        serde_json::to_value(body(call, true).unwrap()).unwrap()
    }

    fn picture(source: MediaSource) -> PromptMessage {
        let media = Media { format: "png".into(), source, mime_type: "image/png".into(), filename: "a.png".into() };
        let image = ContentPart::Image { media, detail: ImageDetail::Low };
        PromptMessage::user_parts(vec![image, ContentPart::Text("see".into())])
    }

    #[test]
    fn a_conversation_with_tools_and_pictures() {
        let mut asked = PromptMessage::assistant("");
        asked.tool_calls = vec![ToolCall { id: "c1".into(), name: "add".into(), arguments: r#"{"a":1}"#.into() }];
        let tool = Tool { name: "add".into(), description: "adds".into(), parameters: json!({"type": "object"}) };
        let Value::Object(parameters) =
            json!({"temperature": 0.5, "num_predict": 9, "think": true, "keep_alive": "5m", "format": "json"})
        else {
            panic!()
        };
        let request = ChatRequest {
            messages: vec![
                PromptMessage::system("s"),
                picture(MediaSource::Base64("AAAA".into())),
                asked,
                PromptMessage::tool("c1", "2"),
            ],
            parameters,
            tools: vec![tool],
            stop: vec!["END".into()],
            user: None,
        };
        let entered = json!({"context_size": "8000", "function_call_support": "true"});
        assert_eq!(
            written(&call(entered, request.clone())),
            json!({
                "model": "llama3.2", "stream": true, "think": true, "keep_alive": "5m", "format": "json",
                "options": {"temperature": 0.5, "num_predict": 9, "stop": ["END"], "num_ctx": 8000},
                "messages": [
                    {"role": "system", "content": "s"},
                    {"role": "user", "content": "see", "images": ["AAAA"]},
                    {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "add", "arguments": {"a": 1}}}]},
                    {"role": "tool", "content": "2", "tool_name": "add"},
                ],
                "tools": [{"type": "function", "function": {"name": "add", "description": "adds", "parameters": {"type": "object"}}}],
            })
        );
        // A model that cannot call is not offered tools.
        assert!(written(&call(json!({}), request)).get("tools").is_none());
    }

    #[test]
    fn completion_takes_one_text() {
        let request = ChatRequest {
            messages: vec![PromptMessage::system("a"), picture(MediaSource::Base64("AAAA".into()))],
            ..ChatRequest::default()
        };
        let body = written(&call(json!({"mode": "completion"}), request));
        assert_eq!((&body["prompt"], &body["images"]), (&json!("a\nsee"), &json!(["AAAA"])));
        assert!(body.get("messages").is_none());
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let message = picture(MediaSource::Url("http://x/a.png".into()));
        let call = call(json!({}), ChatRequest { messages: vec![message], ..ChatRequest::default() });
        assert!(body(&call, false).unwrap_err().contains("URL"));
    }

    #[test]
    fn schemas_are_formats() {
        let check = |given: Value, expected: Option<Value>| {
            let Value::Object(mut given) = given else { panic!() };
            assert_eq!(format(&mut given), Ok(expected));
            assert!(given.is_empty());
        };
        check(json!({"json_schema": r#"{"type":"object"}"#}), Some(json!({"type": "object"})));
        check(json!({"json_schema": r#"{"name":"n","schema":{"type":"string"}}"#}), Some(json!({"type": "string"})));
        check(json!({"format": "json"}), Some(json!("json")));
        check(json!({"format": "", "json_schema": " "}), None);
        assert_eq!(keep_alive(json!("-1")), json!(-1));
    }
}
