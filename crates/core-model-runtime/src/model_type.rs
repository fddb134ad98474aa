//! What a model can be asked for.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelType {
    #[serde(alias = "text-generation")]
    Llm,
    #[serde(alias = "embeddings")]
    TextEmbedding,
    #[serde(alias = "reranking")]
    Rerank,
    Speech2text,
    Moderation,
    Tts,
}

impl ModelType {
    pub const ALL: [Self; 6] =
        [Self::Llm, Self::TextEmbedding, Self::Rerank, Self::Speech2text, Self::Moderation, Self::Tts];

    /// Reads either spelling, the one of the API or the one of the tables.
    pub fn from_any(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.as_str() == text || ty.storage_alias() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::TextEmbedding => "text-embedding",
            Self::Rerank => "rerank",
            Self::Speech2text => "speech2text",
            Self::Moderation => "moderation",
            Self::Tts => "tts",
        }
    }

    /// The spelling in provider tables.
    pub fn storage_alias(self) -> &'static str {
        match self {
            Self::Llm => "text-generation",
            Self::TextEmbedding => "embeddings",
            Self::Rerank => "reranking",
            Self::Speech2text => "speech2text",
            Self::Moderation => "moderation",
            Self::Tts => "tts",
        }
    }
}

impl fmt::Display for ModelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        for ty in ModelType::ALL {
            assert_eq!(ModelType::from_any(ty.as_str()), Some(ty));
            assert_eq!(ModelType::from_any(ty.storage_alias()), Some(ty));
        }
        assert_eq!(ModelType::from_any("image"), None);
        assert_eq!(serde_json::to_string(&ModelType::Speech2text).unwrap(), "\"speech2text\"");
    }
}
