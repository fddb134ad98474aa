//! Terms as Postgres writes them: `tsvector` and `tsquery` in text form.

use std::collections::HashMap;
use std::fmt::Write as _;

/// Bytes of a term; Postgres takes at most 2046. Longer ones are no words.
const LONGEST: usize = 255;
/// Positions that Postgres keeps of a term, and the highest of them.
const POSITIONS: usize = 255;
const LAST_POSITION: usize = 16_383;
/// Bytes of all terms of one text together; Postgres takes at most a megabyte with the positions.
const BUDGET: usize = 400_000;
/// Terms of a query beyond these are dropped.
const QUERY_TERMS: usize = 64;

fn is_usable(term: &str) -> bool {
    !term.is_empty() && term.len() <= LONGEST && !term.contains('\0')
}

fn quote(out: &mut String, term: &str) {
    out.push('\'');
    for c in term.chars() {
        if matches!(c, '\'' | '\\') {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
}

/// The text form of a `tsvector` with positions.
pub(super) fn vector_text(terms: &[String]) -> String {
    let mut positions: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut order = Vec::new();
    let mut bytes = 0;
    for (index, term) in terms.iter().enumerate().filter(|(_, term)| is_usable(term)) {
        let known = positions.entry(term).or_insert_with(|| {
            order.push(term.as_str());
            Vec::new()
        });
        bytes += if known.is_empty() { term.len() + 8 } else { 2 };
        if bytes > BUDGET {
            break;
        }
        if known.len() < POSITIONS {
            known.push((index + 1).min(LAST_POSITION));
        }
    }
    let mut text = String::new();
    for (term, mut places) in order.into_iter().filter_map(|term| positions.remove(term).map(|places| (term, places))) {
        if !text.is_empty() {
            text.push(' ');
        }
        quote(&mut text, term);
        places.dedup();
        for (index, place) in places.iter().enumerate() {
            // Writing into a string cannot fail.
            let _ = write!(text, "{}{place}", if index == 0 { ':' } else { ',' });
        }
    }
    text
}

/// The usable ones, each once.
pub(super) fn distinct(terms: &[String]) -> Vec<&str> {
    let mut seen = std::collections::HashSet::new();
    let usable = terms.iter().map(String::as_str).filter(|term| is_usable(term));
    usable.filter(|term| seen.insert(*term)).take(QUERY_TERMS).collect()
}

/// The text form of a `tsquery` that any of the terms satisfies; `None` when there is no usable term.
pub(super) fn query_text(terms: &[String]) -> Option<String> {
    let mut text = String::new();
    for term in distinct(terms) {
        if !text.is_empty() {
            text.push_str(" | ");
        }
        quote(&mut text, term);
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(terms: &[&str]) -> Vec<String> {
        terms.iter().map(|term| (*term).to_owned()).collect()
    }

    #[test]
    fn vectors_carry_positions() {
        assert_eq!(vector_text(&of(&["web", "rust", "web"])), "'web':1,3 'rust':2");
        assert_eq!(vector_text(&of(&["it's", "", r"a\b", "nul\0"])), r"'it''s':1 'a\\b':3");
        assert_eq!(vector_text(&[]), "");
    }

    #[test]
    fn queries_join_what_is_usable() {
        assert_eq!(query_text(&of(&["a", "b & !c", "a"])).as_deref(), Some("'a' | 'b & !c'"));
        assert_eq!(query_text(&of(&["", &"x".repeat(300)])), None);
    }
}
