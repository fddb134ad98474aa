//! Prompts: what is said to a model.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
    Tool,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct PromptMessage {
    pub role: Role,
    pub content: MessageContent,
    pub name: Option<String>,
    /// Only on assistant messages.
    pub tool_calls: Vec<ToolCall>,
    /// Only on tool messages: the call this is the result of.
    pub tool_call_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MessageContent {
    Text(String),
    Parts(Vec<ContentPart>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum ContentPart {
    Text(String),
    Image { media: Media, detail: ImageDetail },
    Audio(Media),
    Video(Media),
    Document(Media),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageDetail {
    #[default]
    Low,
    High,
}

impl ImageDetail {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
        }
    }
}

/// A file inside a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// The format by its usual short name: `png`, `mp3`, `pdf`.
    pub format: String,
    pub source: MediaSource,
    pub mime_type: String,
    pub filename: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaSource {
    Url(String),
    Base64(String),
}

impl Media {
    /// The URL, or the content as a `data:` URL.
    pub fn data(&self) -> std::borrow::Cow<'_, str> {
        match &self.source {
            MediaSource::Url(url) => url.as_str().into(),
            MediaSource::Base64(data) => format!("data:{};base64,{data}", self.mime_type).into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    /// A JSON object as text, as the model wrote it.
    pub arguments: String,
}

/// A function that the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    pub description: String,
    /// A JSON schema.
    pub parameters: serde_json::Value,
}

impl PromptMessage {
    fn new(role: Role, content: MessageContent) -> Self {
        Self { role, content, name: None, tool_calls: Vec::new(), tool_call_id: None }
    }

    pub fn system(text: impl Into<String>) -> Self {
        Self::new(Role::System, MessageContent::Text(text.into()))
    }

    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, MessageContent::Text(text.into()))
    }

    pub fn user_parts(parts: Vec<ContentPart>) -> Self {
        Self::new(Role::User, MessageContent::Parts(parts))
    }

    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, MessageContent::Text(text.into()))
    }

    pub fn assistant_tool_calls(text: impl Into<String>, tool_calls: Vec<ToolCall>) -> Self {
        Self { tool_calls, ..Self::assistant(text) }
    }

    pub fn tool(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { tool_call_id: Some(id.into()), ..Self::new(Role::Tool, MessageContent::Text(text.into())) }
    }

    /// All text of the message; files leave no trace.
    pub fn text(&self) -> String {
        let mut all = String::new();
        for part in self.texts() {
            if !all.is_empty() {
                all.push('\n');
            }
            all.push_str(part);
        }
        all
    }

    /// The text parts in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match &self.content {
            MessageContent::Text(text) => (Some(text.as_str()), &[][..]),
            MessageContent::Parts(parts) => (None, parts.as_slice()),
        };
        one.into_iter().chain(many.iter().filter_map(|part| match part {
            ContentPart::Text(text) => Some(text.as_str()),
            ContentPart::Image { .. } | ContentPart::Audio(_) | ContentPart::Video(_) | ContentPart::Document(_) => {
                None
            }
        }))
    }

    pub fn is_empty(&self) -> bool {
        let no_content = match &self.content {
            MessageContent::Text(text) => text.is_empty(),
            MessageContent::Parts(parts) => parts.is_empty(),
        };
        no_content && self.tool_calls.is_empty()
    }
}
