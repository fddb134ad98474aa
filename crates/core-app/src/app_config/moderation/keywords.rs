//! Words to be found in a text, whatever their case.

use regex::{Regex, RegexBuilder};

/// Of the compiled list; lists that may be saved take a hundredth of it.
const LARGEST: usize = 32 * 1024 * 1024;

/// A list of words.
#[derive(Debug, Clone)]
pub struct Keywords {
    /// `None` finds nothing: the list is empty.
    pattern: Option<Regex>,
    longest: usize,
}

impl Keywords {
    /// Reads a list with one word per line; blank lines count as none. `None` for a list that is too large to be used.
    pub fn read(lines: &str) -> Option<Self> {
        let lines = lines.split('\n').map(|line| line.trim_end_matches('\r'));
        let words: Vec<String> = lines.filter(|line| !line.trim().is_empty()).map(folded).collect();
        if words.is_empty() {
            return Some(Self { pattern: None, longest: 0 });
        }
        let longest = words.iter().map(|word| word.chars().count()).max().unwrap_or_default();
        let any = words.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
        let pattern = RegexBuilder::new(&any).size_limit(LARGEST).build().ok()?;
        Some(Self { pattern: Some(pattern), longest })
    }

    /// Whether the text has one of the words anywhere, also within other words.
    pub fn are_in(&self, text: &str) -> bool {
        self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&folded(text)))
    }

    /// Whether a text of which `known` bytes have none of the words has one now.
    pub(crate) fn are_in_rest(&self, text: &str, known: usize) -> bool {
        // Folding makes no text shorter: a word is found within as many characters as it has.
        let before = text.get(..known).unwrap_or_default();
        let begin = before.char_indices().rev().take(self.longest).last().map_or(before.len(), |(at, _)| at);
        self.are_in(text.get(begin..).unwrap_or(text))
    }
}

/// Without the difference between upper and lower case.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Letter by letter: a piece of a text folds as the whole does. One lower-case sigma is enough.
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_case() {
        let keywords = Keywords::read("bad\r\n\n  \nÄRGER\na.c\nΟΔΟΣ").unwrap();
        for text in ["so BAD!", "baddest", "viel ärger", "A.C", "η οδός οδος"] {
            assert!(keywords.are_in(text), "{text}");
        }
        for text in ["", "ba d", "abc", "arger", "   "] {
            assert!(!keywords.are_in(text), "{text}");
        }
        assert!(!Keywords::read("\n\n").unwrap().are_in("\n\n"));
    }

    #[test]
    fn words_are_found_across_the_border_of_what_is_known() {
        let keywords = Keywords::read("verboten\n禁止词").unwrap();
        for text in ["aa ver|boten", "verboten| aa", "這是禁|止词", "這是禁止|词", "x verbote|N", "|verboten"]
        {
            let known = text.find('|').unwrap();
            let whole = text.replace('|', "");
            assert!(keywords.are_in_rest(&whole, known), "{text}");
        }
        // A word that was known already need not be found again, but what is new is looked at as a whole.
        assert!(!keywords.are_in_rest("verboten and much more", 22));
        assert!(!keywords.are_in_rest("ver", 3));
    }

    #[test]
    fn a_long_list_is_fast_enough_to_be_used() {
        let lines: Vec<String> = (0..10_000).map(|n| format!("word number {n}")).collect();
        let keywords = Keywords::read(&lines.join("\n")).unwrap();
        assert!(keywords.are_in("here is WORD NUMBER 9999 at last"));
        assert!(!keywords.are_in(&"word numbe ".repeat(10_000)));
    }
}
