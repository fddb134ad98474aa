//! Counting tokens: with the model's own vocabulary where it is known, else an estimate with GPT-2's.

use tiktoken_rs::CoreBPE;

use crate::id::ProviderId;

use crate::message::{PromptMessage, Tool};

/// Overhead of a message and of the reply's start.
const PER_MESSAGE: usize = 3;
/// The vocabulary's merge step is quadratic for text without word breaks, so such text is counted in pieces.
const PIECE: usize = 4096;

/// What texts are counted with. The first use loads a vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vocabulary {
    /// The estimate for models whose vocabulary is unknown.
    Gpt2,
    /// Of OpenAI's embedding models.
    Cl100k,
}

impl Vocabulary {
    /// Of an embedding model.
    pub(crate) fn of_embedding(provider: &ProviderId, model: &str) -> Self {
        let known = matches!(provider.provider.as_str(), "openai" | "azure_openai");
        if known && model.starts_with("text-embedding-") { Self::Cl100k } else { Self::Gpt2 }
    }

    /// Blocks; long texts belong on the blocking pool.
    pub(crate) fn count(self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let bpe = self.load();
        let total: usize = pieces(text).map(|piece| bpe.count_ordinary(piece)).sum();
        u32::try_from(total).unwrap_or(u32::MAX)
    }

    /// The longest beginning with at most `limit` tokens, by and large: cut in proportion, as often as needed.
    pub(crate) fn truncate(self, text: &str, limit: u32) -> &str {
        let mut rest = text;
        // A token has at least one byte.
        while u32::try_from(rest.len()).unwrap_or(u32::MAX) > limit {
            let tokens = self.count(rest);
            if tokens <= limit {
                break;
            }
            let share =
                u128::try_from(rest.len()).unwrap_or(u128::MAX).saturating_mul(limit.into()) / u128::from(tokens);
            let length = usize::try_from(share).unwrap_or_default().min(rest.len().saturating_sub(1));
            let end = (0..=length).rev().find(|&at| rest.is_char_boundary(at)).unwrap_or_default();
            rest = rest.get(..end).unwrap_or_default();
        }
        rest
    }

    fn load(self) -> &'static CoreBPE {
        match self {
            Self::Gpt2 => tiktoken_rs::r50k_base_singleton(),
            Self::Cl100k => tiktoken_rs::cl100k_base_singleton(),
        }
    }
}

pub(crate) fn count_text(text: &str) -> u32 {
    Vocabulary::Gpt2.count(text)
}

pub(crate) fn count_messages(messages: &[PromptMessage]) -> u32 {
    let mut total = u32::try_from(PER_MESSAGE.saturating_mul(messages.len() + 1)).unwrap_or(u32::MAX);
    let mut add = |text: &str| total = total.saturating_add(count_text(text));
    for message in messages {
        add(message.role.as_str());
        message.texts().for_each(&mut add);
        if let Some(name) = &message.name {
            add(name);
        }
        for call in &message.tool_calls {
            add(&call.name);
            add(&call.arguments);
        }
    }
    total
}

pub(crate) fn count_tools(tools: &[Tool]) -> u32 {
    tools.iter().fold(0, |total: u32, tool| {
        let parameters = tool.parameters.to_string();
        [&tool.name, &tool.description, &parameters]
            .into_iter()
            .fold(total, |total, text| total.saturating_add(count_text(text)))
    })
}

/// Loads the vocabulary on the blocking pool, so that the first count does not hold up a runtime thread.
pub(crate) async fn load() {
    let loaded = tokio::task::spawn_blocking(|| {
        Vocabulary::Gpt2.load();
    });
    if let Err(error) = loaded.await {
        tracing::error!(%error, "the token vocabulary was not loaded");
    }
}

/// Cuts after whitespace near the limit where there is any, else at the limit.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let window_end = (0..=PIECE.min(rest.len())).rev().find(|&at| rest.is_char_boundary(at))?;
        let (window, beyond) = rest.split_at_checked(window_end)?;
        if beyond.is_empty() {
            rest = "";
            return Some(window);
        }
        // A word keeps its leading space in this vocabulary.
        let cut = window.rfind(char::is_whitespace).filter(|&at| at > 0).unwrap_or(window_end);
        let (piece, next) = rest.split_at_checked(cut)?;
        rest = next;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_like_gpt2() {
        assert_eq!(count_text(""), 0);
        assert_eq!(count_text("Hello world"), 2);
        assert_eq!(count_messages(&[PromptMessage::user("Hello world")]), 3 + 1 + 2 + 3);
    }

    #[test]
    fn vocabularies_differ() {
        let of = |provider: &str, model: &str| Vocabulary::of_embedding(&provider.parse().unwrap(), model);
        assert_eq!(of("openai", "text-embedding-3-small"), Vocabulary::Cl100k);
        assert_eq!(of("openai_api_compatible", "text-embedding-3-small"), Vocabulary::Gpt2);
        assert_eq!(of("cohere", "embed-v4.0"), Vocabulary::Gpt2);
        let chinese = "\u{4f60}\u{597d}\u{4e16}\u{754c}";
        assert!(Vocabulary::Cl100k.count(chinese) < Vocabulary::Gpt2.count(chinese));
        assert_eq!(Vocabulary::Cl100k.count("tiktoken is great!"), 6);
    }

    #[test]
    fn texts_are_cut_at_a_limit() {
        for vocabulary in [Vocabulary::Gpt2, Vocabulary::Cl100k] {
            for text in ["lorem ipsum dolor ".repeat(3000), "\u{4f60}\u{597d}".repeat(3000), "x".repeat(9000)] {
                let cut = vocabulary.truncate(&text, 500);
                assert!(text.starts_with(cut));
                let tokens = vocabulary.count(cut);
                assert!((450..=500).contains(&tokens), "{tokens}");
            }
            assert_eq!(vocabulary.truncate("short", 500), "short");
            assert_eq!(vocabulary.truncate("short", 0), "");
        }
    }

    #[test]
    fn long_text_is_cut_without_loss() {
        let words = "lorem ipsum ".repeat(2000);
        assert_eq!(pieces(&words).collect::<String>(), words);
        assert!(pieces(&words).all(|piece| piece.len() <= PIECE));
        let wide = "\u{4f60}".repeat(5000);
        assert_eq!(pieces(&wide).collect::<String>(), wide);
        assert_eq!(count_text(&words), u32::try_from(Vocabulary::Gpt2.load().count_ordinary(&words)).unwrap());
    }
}
