//! Language models.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::{Map as JsonMap, Value as Json};

use crate::usage::Usage;
use crate::value::{File, FileKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    System,
    User,
    Assistant,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::System, Self::User, Self::Assistant].into_iter().find(|role| role.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentPart {
    Text(String),
    File {
        file: Arc<File>,
        /// How closely a model is to look at an image: `low` or `high`.
        detail: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub content: Vec<ContentPart>,
}

impl Message {
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, content: vec![ContentPart::Text(text.into())] }
    }

    /// Its texts, one after the other.
    pub fn plain_text(&self) -> String {
        let texts = self.content.iter().filter_map(|part| match part {
            ContentPart::Text(text) => Some(text.as_str()),
            ContentPart::File { .. } => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}

/// A function that a model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Json,
}

/// One call of a model.
#[derive(Debug, Clone)]
pub struct ModelCall {
    pub provider: String,
    pub model: String,
    pub completion_mode: bool,
    pub parameters: JsonMap<String, Json>,
    pub messages: Vec<Message>,
    pub tools: Vec<ToolSpec>,
    pub stop: Vec<String>,
    /// JSON Schema that the answer must satisfy.
    pub schema: Option<Json>,
    /// It is asked because another one is away.
    pub is_spare: bool,
}

impl ModelTraits {
    /// Files of this kind may be sent to it.
    pub const fn reads(&self, kind: FileKind) -> bool {
        match kind {
            FileKind::Image => self.vision,
            FileKind::Document => self.documents,
            FileKind::Audio => self.audio,
            FileKind::Video => self.video,
            FileKind::Custom => false,
        }
    }
}

/// What a model can do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelTraits {
    /// It looks at images.
    pub vision: bool,
    pub documents: bool,
    pub audio: bool,
    pub video: bool,
    pub tool_calls: bool,
    /// It holds itself to a JSON Schema.
    pub structured_output: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    pub name: String,
    /// JSON text.
    pub arguments: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishReason(pub Option<String>);

/// A piece of a model's answer. The last one is [`ModelDelta::End`].
#[derive(Debug, Clone, PartialEq)]
pub enum ModelDelta {
    Text(String),
    ToolCalls(Vec<ToolCall>),
    /// A file that the model has made.
    File(Arc<File>),
    End {
        usage: Box<Usage>,
        finish_reason: FinishReason,
    },
}

/// Why a model did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ModelError {
    pub message: String,
    /// The error's class, as workflows compare it.
    pub kind: &'static str,
    /// Nothing is wrong with what was asked: another model may be able to answer it.
    pub is_away: bool,
}

pub type ModelStream = BoxStream<'static, Result<ModelDelta, ModelError>>;

#[async_trait]
pub trait Models: Send + Sync {
    async fn traits(&self, provider: &str, model: &str) -> Result<ModelTraits, ModelError>;

    /// Resolves when the model has begun to answer. Dropping the stream ends the call.
    async fn stream(&self, call: ModelCall) -> Result<ModelStream, ModelError>;
}
