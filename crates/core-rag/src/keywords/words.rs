//! Cutting a text into words and finding their stems.

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use unicode_segmentation::UnicodeSegmentation;

use super::dictionary;

/// What a run of characters is written in, as far as it matters for finding words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Han,
    /// Words are not told apart in writing, and no dictionary is at hand.
    Unspaced,
    Other,
}

/// Where a word comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Han,
    /// Two neighbours of a script without spaces, or a single character that has none.
    Pair,
    Plain,
    /// Several words that are written as one: `gpt-4`, `node.js`. Its parts follow as plain words.
    Compound,
    /// One of those.
    Part,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case, in one Unicode form.
    pub(super) text: String,
    pub(super) kind: Kind,
}

impl Word {
    /// What words are compared by.
    pub(super) fn key(&self) -> String {
        match self.kind {
            Kind::Han | Kind::Pair | Kind::Compound => self.text.clone(),
            Kind::Plain | Kind::Part => stem(&self.text),
        }
    }
}

/// How finely Chinese is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Each character belongs to one word.
    Once,
    /// Long words come after the shorter ones inside them.
    Finely,
}

/// All words in order, stop words too.
pub(super) fn words(text: &str, cut: Cut) -> Vec<Word> {
    let text = one_form(text);
    let mut words = Vec::new();
    for (script, run) in runs(&text) {
        match script {
            Script::Han => {
                let mut push = |word: &str| words.push(Word { text: word.to_owned(), kind: Kind::Han });
                match cut {
                    Cut::Once => dictionary::cut(run).for_each(&mut push),
                    Cut::Finely => dictionary::cut_finely(run).for_each(&mut push),
                }
            }
            Script::Unspaced => pairs(run, &mut words),
            Script::Other => spaced(run, &mut words),
        }
    }
    words
}

/// Full-width letters, ligatures, decomposed accents and curved apostrophes become what they are usually written as.
fn one_form(text: &str) -> Cow<'_, str> {
    let composed: Cow<'_, str> = match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfkc().collect()),
    };
    if composed.chars().any(|character| character.is_uppercase() || character == '’') {
        return Cow::Owned(composed.to_lowercase().replace('’', "'"));
    }
    composed
}

fn script_of(character: char) -> Script {
    match character {
        '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}'
        | '々'
        | '〇' => Script::Han,
        // Thai, Lao, Myanmar, Khmer, Hiragana.
        '\u{0E01}'..='\u{0E3A}'
        | '\u{0E40}'..='\u{0E4E}'
        | '\u{0E81}'..='\u{0ECD}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{17D3}'
        | '\u{3041}'..='\u{3096}' => Script::Unspaced,
        _ => Script::Other,
    }
}

fn runs(text: &str) -> impl Iterator<Item = (Script, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let script = script_of(rest.chars().next()?);
        let end = rest.find(|character| script_of(character) != script).unwrap_or(rest.len());
        let (run, after) = rest.split_at_checked(end)?;
        rest = after;
        Some((script, run))
    })
}

fn pairs(run: &str, words: &mut Vec<Word>) {
    let mut push = |text: String| words.push(Word { text, kind: Kind::Pair });
    let characters = || run.chars();
    if characters().nth(1).is_none() {
        return push(run.to_owned());
    }
    for (first, second) in characters().zip(characters().skip(1)) {
        push([first, second].iter().collect());
    }
}

/// Words by Unicode's rules. Those that are joined without a space (`gpt-4`) are also one word together.
fn spaced(run: &str, words: &mut Vec<Word>) {
    let mut found = run.unicode_word_indices().peekable();
    while let Some((start, first)) = found.next() {
        let mut end = start + first.len();
        let mut parts = vec![first];
        while let Some((next, part)) = found.next_if(|(next, _)| joins(run.get(end..*next))) {
            end = next + part.len();
            parts.push(part);
        }
        // Unicode joins `node.js` and `user_id` itself.
        let parts: Vec<&str> = parts.into_iter().flat_map(|part| part.split(['.', ':', '·'])).collect();
        let signs = run.get(end..).map_or(0, |after| signs_of(run.get(start..end).unwrap_or_default(), after));
        let whole = run.get(start..end + signs).unwrap_or_default();
        match parts.as_slice() {
            [_] if signs > 0 => words.push(Word { text: whole.to_owned(), kind: Kind::Compound }),
            [one] => words.push(Word { text: one.to_string(), kind: Kind::Plain }),
            _ => {
                words.push(Word { text: whole.to_owned(), kind: Kind::Compound });
                let parts = parts.into_iter().filter(|part| !part.is_empty());
                // A price or a version says nothing by its halves.
                let parts = parts.filter(|_| !whole.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
                words.extend(parts.map(|part| Word { text: part.to_owned(), kind: Kind::Part }));
            }
        }
    }
}

fn joins(gap: Option<&str>) -> bool {
    matches!(gap, Some("-" | "\u{2010}" | "\u{2011}" | "." | "_" | "&" | "+" | "#" | "%" | "/" | "@"))
}

/// `c++` and `c#` are other words than `c`.
fn signs_of(word: &str, after: &str) -> usize {
    let letters = word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let signs = after.bytes().take_while(|byte| matches!(byte, b'+' | b'#')).count();
    if letters && signs <= 2 { signs } else { 0 }
}

/// The part of a word that its forms have in common. Chosen by script, never by a guess at the language, so that a
/// question and an answer in the same language always agree.
pub(super) fn stem(word: &str) -> String {
    let word = without_apostrophes(word);
    let Some(algorithm) = word.chars().find_map(algorithm_for) else { return word.to_owned() };
    let plain = if algorithm == Algorithm::English { without_accents(word) } else { Cow::Borrowed(word) };
    let stem = Stemmer::create(algorithm).stem(&plain);
    // Of a word that is all ending nothing is left.
    if stem.trim().is_empty() { word.to_owned() } else { stem.into_owned() }
}

/// Latin letters without their marks: people leave them out where their keyboards lack them.
fn without_accents(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        return Cow::Borrowed(word);
    }
    let mut plain = String::with_capacity(word.len());
    for character in word.nfd().filter(|character| !is_combining_mark(*character)) {
        match character {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'ø' => plain.push('o'),
            'đ' => plain.push('d'),
            'ł' => plain.push('l'),
            'ı' => plain.push('i'),
            _ => plain.push(character),
        }
    }
    Cow::Owned(plain)
}

fn algorithm_for(character: char) -> Option<Algorithm> {
    match character {
        'a'..='z' | '\u{DF}'..='\u{24F}' => Some(Algorithm::English),
        '\u{370}'..='\u{3FF}' => Some(Algorithm::Greek),
        '\u{400}'..='\u{52F}' => Some(Algorithm::Russian),
        '\u{620}'..='\u{64A}' => Some(Algorithm::Arabic),
        '\u{B80}'..='\u{BFF}' => Some(Algorithm::Tamil),
        _ => None,
    }
}

/// `l'homme` is `homme`; `john's` is `john`.
fn without_apostrophes(word: &str) -> &str {
    let word = match word.split_once('\'') {
        Some(("l" | "d" | "j" | "m" | "t" | "s" | "n" | "c" | "qu", rest)) if rest.len() > 1 => rest,
        _ => word,
    };
    word.strip_suffix("'s").unwrap_or(word)
}
