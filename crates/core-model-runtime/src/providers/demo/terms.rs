//! The words of a text, as the demonstration models see them.

use std::collections::BTreeMap;

/// Words that say little; they count little.
const COMMON: [&str; 44] = [
    "a", "about", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "has", "have",
    "how", "i", "in", "is", "it", "its", "my", "of", "on", "or", "our", "that", "the", "this", "to", "was", "we",
    "what", "when", "where", "which", "who", "why", "will", "with", "you", "your",
];
const COMMON_WEIGHT: f64 = 0.1;
/// Of a single character beside the pairs that it is part of.
const CHARACTER_WEIGHT: f64 = 0.3;
/// Characters that a stem keeps at least.
const SHORTEST_STEM: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Term {
    pub weight: f64,
    pub count: f64,
}

/// Stems of words, and for scripts without spaces pairs of neighbouring characters. In a fixed order, so that sums
/// are the same every time.
pub(super) fn terms(text: &str) -> BTreeMap<String, Term> {
    let mut terms = BTreeMap::new();
    let mut add = |word: String, weight: f64| {
        terms.entry(word).or_insert(Term { weight, count: 0.0 }).count += 1.0;
    };
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let characters: Vec<char> = word.chars().collect();
        for run in characters.chunk_by(|a, b| is_unspaced(*a) == is_unspaced(*b)) {
            if run.first().copied().is_some_and(is_unspaced) {
                run.windows(2).for_each(|pair| add(pair.iter().collect(), 1.0));
                run.iter().for_each(|&character| add(character.to_string(), CHARACTER_WEIGHT));
            } else {
                let word: String = run.iter().collect();
                let weight = if COMMON.binary_search(&word.as_str()).is_ok() { COMMON_WEIGHT } else { 1.0 };
                add(stem(&word), weight);
            }
        }
    }
    terms
}

/// Han, Kana and Hangul.
fn is_unspaced(character: char) -> bool {
    matches!(u32::from(character),
        0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff)
}

/// Takes the commonest English endings away, without claiming to be a stemmer.
fn stem(word: &str) -> String {
    if !word.is_ascii() {
        return word.to_owned();
    }
    let cut = |word: &str, ending: &str| {
        word.strip_suffix(ending).filter(|stem| stem.len() >= SHORTEST_STEM).map(str::to_owned)
    };
    let word = cut(word, "ies").map(|stem| stem + "y").unwrap_or_else(|| word.to_owned());
    let word = match cut(&word, "s") {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) => stem,
        Some(_) | None => word,
    };
    let shortened = ["ing", "ed"].iter().find_map(|ending| cut(&word, ending));
    let mut stem = shortened.unwrap_or(word);
    let mut last = stem.chars().rev();
    if let (Some(a), Some(b)) = (last.next(), last.next())
        && a == b
        && !"aeiouls".contains(a)
        && stem.len() > SHORTEST_STEM
    {
        stem.pop();
    }
    cut(&stem, "e").unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(terms(text).into_keys().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn endings_fall() {
        for (word, expected) in [
            ("policies", "policy"),
            ("running", "run"),
            ("indexes", "index"),
            ("caching", "cach"),
            ("cache", "cach"),
            ("is", "is"),
            ("class", "class"),
            ("status", "status"),
            ("red", "red"),
            ("ring", "ring"),
            ("\u{fc}bungs", "\u{fc}bungs"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn scripts_without_spaces_give_pairs() {
        check("\u{9000}\u{6b3e}", &["\u{6b3e}", "\u{9000}", "\u{9000}\u{6b3e}"]);
        check("v2\u{7248}", &["v2", "\u{7248}"]);
        check("...", &[]);
    }

    #[test]
    fn common_words_are_sorted() {
        assert!(COMMON.is_sorted());
        assert!(terms("the")["the"].weight < terms("fox")["fox"].weight);
    }
}
