//! From the pages of a document to the chunks that are indexed.
//!
//! Everything here is a stream: a page may come in parts, and chunks leave as soon as they are complete, so that a
//! document of any length needs the memory of a few blocks. What comes out depends on the text alone, not on the parts in
//! which it came. Estimates run the same code.

mod blocks;
mod chunker;
mod estimate;
pub mod qa;
#[cfg(test)]
mod tests;

pub use blocks::parts;
pub use chunker::Chunker;
pub use estimate::{Estimate, Estimator, Preview};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a chunk of a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum DocForm {
    /// A piece of the text.
    #[default]
    #[serde(rename = "text_model")]
    General,
    /// A question that a piece of the text answers, with the answer.
    #[serde(rename = "qa_model")]
    QuestionAnswer,
    /// A piece of the text, found by smaller pieces of it.
    #[serde(rename = "hierarchical_model")]
    ParentChild,
}

impl DocForm {
    /// As rows and requests have it; `None` for any other word.
    pub fn from_wire(form: &str) -> Option<Self> {
        match form {
            "text_model" => Some(Self::General),
            "qa_model" => Some(Self::QuestionAnswer),
            "hierarchical_model" => Some(Self::ParentChild),
            _ => None,
        }
    }

    pub fn as_wire(self) -> &'static str {
        match self {
            Self::General => "text_model",
            Self::QuestionAnswer => "qa_model",
            Self::ParentChild => "hierarchical_model",
        }
    }
}

/// What becomes a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Never blank. Of a question and its answer the question.
    pub content: String,
    pub answer: Option<String>,
    /// [`content_hash`] of the content.
    pub hash: String,
    /// What is searched instead of the chunk, if it is a parent.
    pub children: Vec<ChildChunk>,
}

impl Chunk {
    fn of(content: String) -> Self {
        let hash = content_hash(&content);
        Self { content, answer: None, hash, children: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildChunk {
    pub content: String,
    pub hash: String,
}

/// Why a document is not cut, in words for the person who wants it to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// Sizes in characters.
    #[error("the length of a chunk must be between {min} and {max} characters, but it is {size}")]
    Size { size: usize, min: usize, max: usize },
    #[error("the length of a chunk is missing in the process rule")]
    NoSize,
    #[error("chunks of {size} characters cannot overlap by {overlap}")]
    Overlap { size: usize, overlap: usize },
    #[error("the process rule does not say how parent chunks are cut into child chunks")]
    NoChildRule,
    /// Bytes of a document that is to be one chunk.
    #[error("a document of more than {0} bytes cannot be one parent chunk: choose paragraphs as parents")]
    TooLong(usize),
    #[error("a parent chunk would have more than {0} child chunks: choose another separator")]
    TooManyChildren(usize),
}

/// How contents are compared: the SHA-256 of the text and the literal `None`, in hexadecimal digits.
pub fn content_hash(content: &str) -> String {
    hex::encode(Sha256::new().chain_update(content).chain_update("None").finalize())
}

/// The SHA-256 of anything, in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
