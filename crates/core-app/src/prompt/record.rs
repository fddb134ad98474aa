//! What is kept of a prompt and an answer.

use core_model_runtime::{ContentPart, Media, MediaSource, MessageContent, ModelMode, PromptMessage, Role};
use serde::Serialize;
use serde_json::Value;

use super::template::without_places;

/// How much of a file's data is kept in the record.
const KEPT_DATA: usize = 10;

#[derive(Serialize)]
struct SavedMessage<'a> {
    role: &'a str,
    text: String,
    files: Vec<SavedFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<SavedToolCall<'a>>,
}

#[derive(Serialize)]
struct SavedFile {
    #[serde(rename = "type")]
    kind: &'static str,
    data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
}

#[derive(Serialize)]
struct SavedToolCall<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: SavedFunction<'a>,
}

#[derive(Serialize)]
struct SavedFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

/// The prompt as `messages.message` holds it: `[{role, text, files}]`, with file data cut short.
pub fn saved_prompt(mode: ModelMode, messages: &[PromptMessage]) -> Value {
    let saved: Vec<_> = messages
        .iter()
        .map(|message| SavedMessage {
            role: match (mode, message.role) {
                (ModelMode::Completion, _) | (_, Role::User) => "user",
                (_, Role::System) => "system",
                (_, Role::Assistant) => "assistant",
                (_, Role::Tool) => "tool",
            },
            text: message.text(),
            files: files(&message.content),
            tool_calls: message
                .tool_calls
                .iter()
                .map(|call| SavedToolCall {
                    id: &call.id,
                    kind: "function",
                    function: SavedFunction { name: &call.name, arguments: &call.arguments },
                })
                .collect(),
        })
        .collect();
    // Strings and lists of strings always serialise.
    serde_json::to_value(saved).unwrap_or_default()
}

fn files(content: &MessageContent) -> Vec<SavedFile> {
    let MessageContent::Parts(parts) = content else { return Vec::new() };
    let file = |kind, media: &Media, detail| Some(SavedFile { kind, data: cut(media), detail });
    parts
        .iter()
        .filter_map(|part| match part {
            ContentPart::Text(_) => None,
            ContentPart::Image { media, detail } => file("image", media, Some(detail.as_str())),
            ContentPart::Audio(media) => file("audio", media, None),
            ContentPart::Video(media) => file("video", media, None),
            ContentPart::Document(media) => file("document", media, None),
        })
        .collect()
}

fn cut(media: &Media) -> String {
    match &media.source {
        MediaSource::Url(url) => url.clone(),
        MediaSource::Base64(data) => {
            let head: String = data.chars().take(KEPT_DATA).collect();
            format!("data:{};base64,{head}...[TRUNCATED]...", media.mime_type)
        }
    }
}

/// The answer as it is stored: trimmed, without places that a later prompt could expand.
pub fn answer_to_save(answer: &str) -> String {
    without_places(answer.trim())
}
