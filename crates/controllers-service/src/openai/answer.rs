//! Completions and their chunks, as OpenAI's clients read them.

use core_app::{Envelope, Metadata};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What was used up, in tokens.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct CompletionUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

impl CompletionUsage {
    pub(crate) fn of_message(metadata: &Metadata) -> Self {
        metadata.usage.as_ref().map_or_else(Self::default, |usage| Self {
            prompt_tokens: usage.prompt_tokens.into(),
            completion_tokens: usage.completion_tokens.into(),
            total_tokens: usage.total_tokens.into(),
        })
    }

    /// A workflow knows only the sum of its models' tokens.
    pub(crate) fn of_run(data: &Value) -> Self {
        let total = data.get("total_tokens").and_then(Value::as_u64).unwrap_or_default();
        Self { prompt_tokens: 0, completion_tokens: total, total_tokens: total }
    }

    /// As a closing frame of this API tells it.
    pub(crate) fn of_frame(usage: Option<&Value>) -> Self {
        let count = |name: &str| usage.and_then(|usage| usage.get(name)).and_then(Value::as_u64).unwrap_or_default();
        Self {
            prompt_tokens: count("prompt_tokens"),
            completion_tokens: count("completion_tokens"),
            total_tokens: count("total_tokens"),
        }
    }
}

/// What all parts of a completion repeat.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Heading {
    id: String,
    /// Unix seconds.
    created: i64,
    model: String,
    /// Where to go on; only of conversations that are kept.
    conversation: Option<String>,
}

impl Heading {
    pub(crate) fn new(envelope: &Envelope, model: String, kept: bool) -> Self {
        let id = envelope.run.map_or_else(|| envelope.message.to_string(), |run| run.to_string());
        Self {
            id: format!("chatcmpl-{id}"),
            created: envelope.created_at,
            model,
            conversation: kept.then(|| envelope.conversation.to_string()),
        }
    }

    fn metadata(&self) -> Option<CompletionMetadata> {
        self.conversation.clone().map(|conversation_id| CompletionMetadata { conversation_id })
    }
}

/// What a client may send back to go on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompletionMetadata {
    conversation_id: String,
}

/// A whole completion.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Completion {
    id: String,
    object: &'static str,
    created: i64,
    model: String,
    choices: Vec<Choice>,
    usage: CompletionUsage,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<CompletionMetadata>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Choice {
    index: u32,
    message: AssistantMessage,
    /// Always null.
    logprobs: Option<()>,
    finish_reason: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct AssistantMessage {
    role: &'static str,
    content: String,
    /// Always null.
    refusal: Option<()>,
}

impl Completion {
    pub(crate) fn new(heading: Heading, content: String, usage: CompletionUsage) -> Self {
        let metadata = heading.metadata();
        Self {
            id: heading.id,
            object: "chat.completion",
            created: heading.created,
            model: heading.model,
            choices: vec![Choice {
                index: 0,
                message: AssistantMessage { role: "assistant", content, refusal: None },
                logprobs: None,
                finish_reason: "stop",
            }],
            usage,
            metadata,
        }
    }
}

/// A piece of a completion.
#[derive(Debug, Serialize)]
pub(crate) struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: Vec<ChunkChoice<'a>>,
    /// Null until the last chunk, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<CompletionUsage>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<CompletionMetadata>,
}

#[derive(Debug, Serialize)]
struct ChunkChoice<'a> {
    index: u32,
    delta: Delta<'a>,
    logprobs: Option<()>,
    finish_reason: Option<&'a str>,
}

#[derive(Debug, Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

impl<'a> Chunk<'a> {
    fn new(heading: &'a Heading, with_usage: bool, choice: Option<ChunkChoice<'a>>) -> Self {
        Self {
            id: &heading.id,
            object: "chat.completion.chunk",
            created: heading.created,
            model: &heading.model,
            choices: choice.into_iter().collect(),
            usage: with_usage.then_some(None),
            metadata: None,
        }
    }

    /// Who speaks.
    pub(crate) fn opening(heading: &'a Heading, with_usage: bool) -> Self {
        let delta = Delta { role: Some("assistant"), content: Some("") };
        let choice = ChunkChoice { index: 0, delta, logprobs: None, finish_reason: None };
        Self { metadata: heading.metadata(), ..Self::new(heading, with_usage, Some(choice)) }
    }

    pub(crate) fn text(heading: &'a Heading, with_usage: bool, text: &'a str) -> Self {
        let delta = Delta { role: None, content: Some(text) };
        Self::new(heading, with_usage, Some(ChunkChoice { index: 0, delta, logprobs: None, finish_reason: None }))
    }

    /// Why it ends.
    pub(crate) fn closing(heading: &'a Heading, with_usage: bool, reason: &'a str) -> Self {
        let delta = Delta::default();
        Self::new(
            heading,
            with_usage,
            Some(ChunkChoice { index: 0, delta, logprobs: None, finish_reason: Some(reason) }),
        )
    }

    /// What it took: a chunk of its own, without a choice.
    pub(crate) fn usage(heading: &'a Heading, usage: CompletionUsage) -> Self {
        Self { usage: Some(Some(usage)), ..Self::new(heading, true, None) }
    }
}

/// What a workflow answers with: its first text, else all of its outputs as JSON.
pub(crate) fn text_of(outputs: Option<&Value>) -> String {
    let outputs = outputs.and_then(Value::as_object);
    let text = outputs.and_then(|outputs| outputs.values().find_map(Value::as_str));
    text.map_or_else(|| outputs.map(|all| Value::Object(all.clone()).to_string()).unwrap_or_default(), str::to_owned)
}
