//! Terms for a full-text index of Postgres with the configuration `simple`: all that is to be known about languages is
//! done here, and the same for documents and queries.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::stop_words;
use super::words::{Cut, Kind, words};

/// Bytes of a lexeme. Postgres takes 2,046; what is longer than this is cut, in documents as in queries.
const MAX_LEXEME: usize = 255;

/// Positions are numbers up to this, as Postgres has them.
const MAX_POSITION: u16 = 16_383;

/// Positions of one lexeme that Postgres keeps.
const MAX_POSITIONS: usize = 255;

/// Bytes of a whole vector; Postgres refuses one of a megabyte.
const MAX_VECTOR: usize = 900 * 1024;

/// Bytes of a document that are looked at.
const LOOKED_AT: usize = 4 * 1024 * 1024;

/// Bytes of a query, and terms of it.
const LOOKED_AT_IN_QUERY: usize = 16 * 1024;
const MAX_QUERY_TERMS: usize = 64;

/// The terms of a document with their positions from 1, in order. Stop words are left out but counted, parts of a word
/// have its position.
pub fn terms(text: &str) -> Vec<(String, u16)> {
    let mut position = 0_u16;
    let mut terms = Vec::new();
    for word in words(start_of(text, LOOKED_AT), Cut::Finely) {
        if word.kind != Kind::Part || position == 0 {
            position = position.saturating_add(1).min(MAX_POSITION);
        }
        let term = lexeme(word.key());
        if !term.is_empty() && !stop_words::contains(&word.text) {
            terms.push((term, position));
        }
    }
    terms
}

/// The text form of a `tsvector` with the terms of a document: `'run':2,7 'way':4`. It is valid and within the limits of
/// Postgres, whatever the document is. Of one that has too many different terms the last are left out.
pub fn ts_vector(text: &str) -> String {
    let mut places: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    let mut size = 0_usize;
    for (term, position) in terms(text) {
        if let Some(positions) = places.get_mut(&term) {
            if positions.len() < MAX_POSITIONS && positions.last() != Some(&position) && size < MAX_VECTOR {
                positions.push(position);
                size += 2;
            }
        } else if size < MAX_VECTOR {
            // An entry is its text, the count of its positions, those, and up to three bytes between.
            size += term.len() + 8;
            places.insert(term, vec![position]);
        }
    }
    let mut vector = String::new();
    for (term, positions) in &places {
        if !vector.is_empty() {
            vector.push(' ');
        }
        quote(term, &mut vector);
        let mut mark = ':';
        for position in positions {
            // Writing to a text cannot fail.
            let _ = write!(vector, "{mark}{position}");
            mark = ',';
        }
    }
    vector
}

/// The terms that a query is looked up by, each once. Stop words only where there is nothing else.
pub fn query_terms(text: &str) -> Vec<String> {
    let words = words(start_of(text, LOOKED_AT_IN_QUERY), Cut::Finely);
    let mut terms = Vec::new();
    for with_stop_words in [false, true] {
        for word in words.iter().filter(|word| with_stop_words || !stop_words::contains(&word.text)) {
            let term = lexeme(word.key());
            if terms.len() < MAX_QUERY_TERMS && !term.is_empty() && !terms.contains(&term) {
                terms.push(term);
            }
        }
        if !terms.is_empty() {
            break;
        }
    }
    terms
}

/// The text form of a `tsquery` that finds documents with any term of a query: `'run' | 'way'`. `None` for a query
/// without words. Nothing in a query is an operator.
pub fn ts_query(text: &str) -> Option<String> {
    let mut query = String::new();
    for term in query_terms(text) {
        if !query.is_empty() {
            query.push_str(" | ");
        }
        quote(&term, &mut query);
    }
    (!query.is_empty()).then_some(query)
}

fn start_of(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

fn lexeme(mut key: String) -> String {
    key.truncate(key.floor_char_boundary(MAX_LEXEME));
    key
}

/// Quotes and backslashes are doubled; NUL, which no text of Postgres has, is left out.
fn quote(term: &str, into: &mut String) {
    into.push('\'');
    for character in term.chars().filter(|character| *character != '\0') {
        if matches!(character, '\'' | '\\') {
            into.push(character);
        }
        into.push(character);
    }
    into.push('\'');
}
