//! The dictionary of Chinese words, loaded once.

use std::sync::LazyLock;

use jieba_rs::{Jieba, KeywordExtract, TfIdf};

struct Dictionary {
    jieba: Jieba,
    weights: TfIdf,
    /// Of a word that nobody has weighed.
    median: f64,
}

static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(|| {
    let (jieba, weights) = (Jieba::new(), TfIdf::default());
    // No word at all, so the library falls back on the median itself.
    let median = weights.extract_keywords(&jieba, "qzxjvw", 1, Vec::new()).first().map_or(1.0, |word| word.weight);
    Dictionary { jieba, weights, median }
});

/// Loads the dictionary, which takes some tenths of a second and about 50 MB: before the first text, where it must not
/// wait. Blocks.
pub fn warm_up() {
    LazyLock::force(&DICTIONARY);
}

/// Words of a text of Han characters, in order.
pub(super) fn cut(text: &str) -> impl Iterator<Item = &str> {
    DICTIONARY.jieba.cut(text, true).into_iter().map(|token| token.word)
}

/// Likewise, with the shorter words inside long ones in front of them.
pub(super) fn cut_finely(text: &str) -> impl Iterator<Item = &str> {
    DICTIONARY.jieba.cut_for_search(text, true).into_iter().map(|token| token.word)
}

/// How rare a Chinese word is: its inverse document frequency in a large collection.
pub(super) fn rarity(word: &str) -> f64 {
    let found = DICTIONARY.weights.extract_keywords(&DICTIONARY.jieba, word, 1, Vec::new());
    found.first().filter(|found| found.keyword == word).map_or(DICTIONARY.median, |found| found.weight)
}

/// That of any other word.
pub(super) fn usual_rarity() -> f64 {
    DICTIONARY.median
}
