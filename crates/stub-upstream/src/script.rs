//! What the stub is to do.

use std::time::Duration;

/// One reply, and how it goes.
#[derive(Debug, Clone)]
pub struct Script {
    /// The pieces of text; their number is the number of completion tokens.
    pub chunks: Vec<String>,
    /// Before the response head.
    pub first_delay: Duration,
    /// Before every piece but the first.
    pub chunk_delay: Duration,
    pub status: u16,
    /// Additional response headers.
    pub headers: Vec<(String, String)>,
    /// Replaces the whole body, whatever was asked for: a stream of events where it begins like one, else JSON.
    pub body: Option<String>,
    pub misbehave: Option<Misbehave>,
    pub tool_calls: Vec<StubToolCall>,
    /// Reasoning text before the answer, in two pieces.
    pub reasoning: Option<String>,
    /// Whether tokens are counted.
    pub usage: bool,
    pub prompt_tokens: u32,
    /// In OpenAI's words; chosen from the content when absent.
    pub finish_reason: Option<String>,
    /// Numbers per embedding.
    pub dimension: usize,
    /// How many of the embeddings that were asked for are left out.
    pub missing_vectors: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StubToolCall {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

/// What goes wrong, or at least unusually.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misbehave {
    /// The connection breaks in the middle of an event.
    CutMidStream,
    /// Half of the text comes, then nothing, but the connection stays.
    Silence,
    /// An event that is not UTF-8.
    InvalidUtf8,
    /// An event whose data is not JSON.
    BrokenSse,
    /// The body ends properly, but before the reply is finished.
    CloseEarly,
    /// An error object instead of the second half.
    ErrorEvent,
    /// The request is read and never answered.
    HangBeforeHeaders,
    /// The connection is closed instead of an answer.
    CloseBeforeHeaders,
    /// An event of this many bytes.
    OversizeEvent(usize),
    /// Every byte is its own piece of the transfer.
    OneByteWrites,
    /// CRLF line ends and comment lines, as the standard allows.
    CrlfAndComments,
    /// No `[DONE]` and no last blank line.
    NoDone,
    /// Everything but the last event comes, and the connection stays.
    Linger,
}

impl Default for Script {
    /// A short friendly reply.
    fn default() -> Self {
        Self::text(&["Hello", ", ", "world", "!"])
    }
}

impl Script {
    pub fn text(chunks: &[&str]) -> Self {
        Self {
            chunks: chunks.iter().map(|&chunk| chunk.to_owned()).collect(),
            first_delay: Duration::ZERO,
            chunk_delay: Duration::ZERO,
            status: 200,
            headers: Vec::new(),
            body: None,
            misbehave: None,
            tool_calls: Vec::new(),
            reasoning: None,
            usage: true,
            prompt_tokens: 10,
            finish_reason: None,
            dimension: 8,
            missing_vectors: 0,
        }
    }

    /// A reply of `count` equal pieces, for measurements.
    pub fn pieces(count: usize, piece: &str, chunk_delay: Duration) -> Self {
        Self { chunks: vec![piece.to_owned(); count], chunk_delay, ..Self::text(&[]) }
    }

    /// A refusal with an error object.
    pub fn refusal(status: u16, message: &str) -> Self {
        let body = serde_json::json!({"error": {"message": message, "type": "stub_error", "code": null}});
        Self { status, body: Some(body.to_string()), ..Self::text(&[]) }
    }

    /// Embeddings of this many numbers.
    pub fn vectors(dimension: usize) -> Self {
        Self { dimension, ..Self::default() }
    }

    pub fn misbehaving(misbehave: Misbehave) -> Self {
        Self { misbehave: Some(misbehave), ..Self::default() }
    }

    pub fn tool_call(id: &str, name: &str, arguments: &str) -> Self {
        let call = StubToolCall { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() };
        Self { tool_calls: vec![call], ..Self::text(&[]) }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn finish(&self) -> &str {
        match &self.finish_reason {
            Some(reason) => reason,
            None if self.tool_calls.is_empty() => "stop",
            None => "tool_calls",
        }
    }

    pub(crate) fn completion_tokens(&self) -> usize {
        self.chunks.len() + self.tool_calls.len()
    }
}
