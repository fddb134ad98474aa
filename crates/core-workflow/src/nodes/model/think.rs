//! Thoughts in answers: what models write between `<think>` and `</think>`.

use std::sync::LazyLock;

use regex::Regex;

static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a literal, compiled by every test")]
    Regex::new(r"(?is)<think[^>]*>(.*?)</think>").expect("the pattern is valid")
});
static BLANK_LINES: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a literal, compiled by every test")]
    Regex::new(r"\n\s*\n").expect("the pattern is valid")
});

/// The answer without thoughts.
pub(crate) fn strip(text: &str) -> String {
    BLOCK.replace_all(text, "").into_owned()
}

/// The answer and the thoughts, each tidied. A thought that is never closed is part of the answer.
pub(crate) fn separate(text: &str) -> (String, String) {
    let thoughts: Vec<&str> = BLOCK
        .captures_iter(text)
        .filter_map(|captures| captures.get(1))
        .map(|thought| thought.as_str().trim())
        .collect();
    let answer = strip(text);
    (BLANK_LINES.replace_all(&answer, "\n\n").trim().to_owned(), thoughts.join("\n"))
}

/// Longer than any opening tag that models write.
const MAX_TAG: usize = 128;
const OPEN: &str = "<think";
const CLOSE: &str = "</think>";

/// Finds thoughts in a stream whose pieces may cut a tag anywhere.
#[derive(Debug, Default)]
pub(crate) struct ThinkSplitter {
    /// What may be the beginning of a tag.
    held: String,
    inside: bool,
    seen: bool,
}

impl ThinkSplitter {
    /// The part of the next piece that is thought.
    pub(crate) fn thought_of(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let text = std::mem::take(&mut self.held);
        let mut rest = text.as_str();
        let mut thought = String::new();
        while let Some(at) = rest.find('<') {
            let (before, tag) = rest.split_at(at);
            if self.inside {
                thought.push_str(before);
            }
            let found = if self.inside { close_tag(tag) } else { open_tag(tag) };
            match found {
                Tag::Whole(length) => {
                    self.inside = !self.inside;
                    self.seen |= self.inside;
                    rest = tag.get(length..).unwrap_or_default();
                }
                Tag::Begun => {
                    tag.clone_into(&mut self.held);
                    return thought;
                }
                Tag::No => {
                    if self.inside {
                        thought.push('<');
                    }
                    rest = tag.get(1..).unwrap_or_default();
                }
            }
        }
        if self.inside {
            thought.push_str(rest);
        }
        thought
    }

    /// What was held back when the stream ended.
    pub(crate) fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        if self.inside { held } else { String::new() }
    }

    /// There was a thought at all.
    pub(crate) const fn has_thought(&self) -> bool {
        self.seen
    }
}

enum Tag {
    /// Of this many bytes.
    Whole(usize),
    /// The text ends before it can be told.
    Begun,
    No,
}

fn begins_with(text: &str, tag: &str) -> Option<bool> {
    let length = text.len().min(tag.len());
    let same = text.as_bytes().get(..length)?.eq_ignore_ascii_case(tag.as_bytes().get(..length)?);
    same.then_some(length == tag.len())
}

fn open_tag(text: &str) -> Tag {
    match begins_with(text, OPEN) {
        None => Tag::No,
        Some(false) => Tag::Begun,
        Some(true) => match text.find('>') {
            Some(end) => Tag::Whole(end + 1),
            None if text.len() > MAX_TAG => Tag::No,
            None => Tag::Begun,
        },
    }
}

fn close_tag(text: &str) -> Tag {
    match begins_with(text, CLOSE) {
        None => Tag::No,
        Some(false) => Tag::Begun,
        Some(true) => Tag::Whole(CLOSE.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_separated() {
        let cases = [
            ("plain", "plain", ""),
            ("<think>a</think>b", "b", "a"),
            ("<think>\na\n</think>\n\n\n \nb\n\n\n\nc ", "b\n\nc", "a"),
            ("<THINK class=x>a</think>b<think>c\nd</THINK>e", "be", "a\nc\nd"),
            ("b <think>never closed", "b <think>never closed", ""),
            ("<think></think>b", "b", ""),
        ];
        for (text, answer, thought) in cases {
            assert_eq!(separate(text), (answer.to_owned(), thought.to_owned()), "{text}");
        }
    }

    #[test]
    fn tags_may_be_cut_anywhere() {
        let text =
            "a<b <think kind='x'>one < two </thinker> é</think>c</think><thin>d<THINK>three</THINK>e<think>open </thi";
        let expected = "one < two </thinker> éthreeopen </thi";
        let boundaries: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        for first in &boundaries {
            for second in boundaries.iter().filter(|second| *second >= first) {
                let mut splitter = ThinkSplitter::default();
                let mut thought = String::new();
                let (start, end) = text.split_at(*second);
                let (start, middle) = start.split_at(*first);
                for piece in [start, middle, end] {
                    thought += &splitter.thought_of(piece);
                }
                thought += &splitter.finish();
                assert_eq!(thought, expected, "{first} {second}");
            }
        }
        let mut splitter = ThinkSplitter::default();
        let thought: String = text.chars().map(|c| splitter.thought_of(&c.to_string())).collect();
        assert_eq!(thought + &splitter.finish(), expected);
    }

    #[test]
    fn an_endless_tag_is_text() {
        let mut splitter = ThinkSplitter::default();
        for _ in 0..10_000 {
            splitter.thought_of("<think ");
        }
        assert!(splitter.held.len() < 1000);
    }
}
