//! The keywords of a text.

use std::collections::{HashMap, HashSet};

use super::words::{Cut, Kind, Word, words};
use super::{dictionary, stop_words};

/// Bytes of a text that are looked at. Segments are far shorter.
const LOOKED_AT: usize = 1024 * 1024;

/// Keywords of a query that are looked for.
const OF_QUERY: usize = 10;

/// Longest keyword, in characters. Longer ones are no words.
const LONGEST: usize = 100;

/// The words that say most about a text by TF-IDF, at most `top_n` and the parts of those that have parts (`gpt` of
/// `gpt-4`), the weightiest first. As people write them, in lower case, but only one of several forms of a word.
///
/// For people to read. They are found by their [`index_keys`].
pub fn keywords(text: &str, top_n: usize) -> Vec<String> {
    let text = text.get(..text.floor_char_boundary(LOOKED_AT)).unwrap_or_default();
    let words = words(text, Cut::Once);
    let mut candidates = candidates(&words, |word| !stop_words::contains(&word.text) && has_length(word));
    if candidates.is_empty() {
        // A text of one character.
        candidates = self::candidates(&words, |word| !stop_words::contains(&word.text) && word.kind != Kind::Part);
    }
    candidates.sort_by(|one, other| other.weight.total_cmp(&one.weight).then(one.first.cmp(&other.first)));
    candidates.truncate(top_n);
    let mut chosen = Vec::new();
    let mut keys = HashSet::new();
    for candidate in candidates {
        let whole = candidate.forms.into_iter().max_by_key(|(count, first, _)| (*count, std::cmp::Reverse(*first)));
        let Some((_, first, whole)) = whole else { continue };
        let parts = words.get(first + 1..).unwrap_or_default().iter();
        let parts = parts.take_while(|word| word.kind == Kind::Part).filter(|_| whole.kind == Kind::Compound);
        let parts = parts.filter(|part| !stop_words::contains(&part.text) && has_length(part));
        for word in std::iter::once(whole).chain(parts) {
            if keys.insert(word.key()) {
                chosen.push(word.text.clone());
            }
        }
    }
    chosen
}

struct Candidate<'w> {
    weight: f64,
    first: usize,
    /// Forms of the word: how often, where first.
    forms: Vec<(usize, usize, &'w Word)>,
}

fn candidates<'w>(words: &'w [Word], is_one: impl Fn(&Word) -> bool) -> Vec<Candidate<'w>> {
    let mut by_key: HashMap<String, Candidate<'w>> = HashMap::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| word.kind != Kind::Part && is_one(word)) {
        let candidate =
            by_key.entry(word.key()).or_insert_with(|| Candidate { weight: 0.0, first: at, forms: Vec::new() });
        match candidate.forms.iter_mut().find(|(_, _, form)| form.text == word.text) {
            Some((count, ..)) => *count += 1,
            None => candidate.forms.push((1, at, word)),
        }
    }
    let mut candidates: Vec<Candidate<'w>> = by_key.into_values().collect();
    for candidate in &mut candidates {
        let count: u32 = candidate.forms.iter().map(|(count, ..)| u32::try_from(*count).unwrap_or(u32::MAX)).sum();
        let rarity = match candidate.forms.first() {
            Some((_, _, word)) if word.kind == Kind::Han => dictionary::rarity(&word.text),
            _ => dictionary::usual_rarity(),
        };
        candidate.weight = f64::from(count) * rarity;
    }
    candidates
}

/// Single characters say little; pairs of characters are no words that a person would read.
fn has_length(word: &Word) -> bool {
    let length = word.text.chars().count();
    word.kind != Kind::Pair && (2..=LONGEST).contains(&length)
}

/// By what keywords are stored and looked up, each once: their stems, or those of each of their words where somebody has
/// written several (`vector databases`).
pub fn index_keys<K: AsRef<str>>(keywords: impl IntoIterator<Item = K>) -> Vec<String> {
    let mut known = HashSet::new();
    let mut keys = Vec::new();
    for keyword in keywords {
        let words = words(keyword.as_ref(), Cut::Once);
        let has_others = words.iter().any(|word| !stop_words::contains(&word.text));
        for word in words {
            let key = word.key();
            let counts = !(has_others && stop_words::contains(&word.text));
            if counts && word.text.chars().count() <= LONGEST && known.insert(key.clone()) {
                keys.push(key);
            }
        }
    }
    keys
}

/// The keys that a query is looked up by: those of its ten most telling words.
pub fn query_keys(query: &str) -> Vec<String> {
    index_keys(keywords(query, OF_QUERY))
}
