//! Estimating tokens with the GPT-2 vocabulary.

use tiktoken_rs::CoreBPE;

use crate::message::{PromptMessage, Tool};

/// Overhead of a message and of the reply's start.
const PER_MESSAGE: usize = 3;
/// The vocabulary's merge step is quadratic for text without word breaks, so such text is counted in pieces.
const PIECE: usize = 4096;

pub(crate) fn count_text(text: &str) -> u32 {
    if text.is_empty() {
        return 0;
    }
    let bpe = vocabulary();
    let total: usize = pieces(text).map(|piece| bpe.count_ordinary(piece)).sum();
    u32::try_from(total).unwrap_or(u32::MAX)
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
        vocabulary();
    });
    if let Err(error) = loaded.await {
        tracing::error!(%error, "the token vocabulary was not loaded");
    }
}

fn vocabulary() -> &'static CoreBPE {
    tiktoken_rs::r50k_base_singleton()
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
    fn long_text_is_cut_without_loss() {
        let words = "lorem ipsum ".repeat(2000);
        assert_eq!(pieces(&words).collect::<String>(), words);
        assert!(pieces(&words).all(|piece| piece.len() <= PIECE));
        let wide = "\u{4f60}".repeat(5000);
        assert_eq!(pieces(&wide).collect::<String>(), wide);
        assert_eq!(count_text(&words), u32::try_from(vocabulary().count_ordinary(&words)).unwrap());
    }
}
