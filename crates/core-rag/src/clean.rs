//! Cleaning a text before it is split. Linear in its length, whatever it holds.

mod addresses;
mod spaces;
#[cfg(test)]
mod tests;

use crate::rule::{REMOVE_EXTRA_SPACES, REMOVE_URLS_EMAILS, Rules};

/// Cleans by the steps that the rules enable, after what is always done.
pub fn clean(text: &str, rules: &Rules) -> String {
    let mut text = always(text);
    if rules.enables(REMOVE_EXTRA_SPACES) {
        text = spaces::collapse(&text);
    }
    if rules.enables(REMOVE_URLS_EMAILS) {
        text = addresses::remove(&text);
    }
    text
}

/// Marks of special tokens lose their bars; control characters go.
fn always(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('<', Some('|')) => {
                characters.next();
                cleaned.push('<');
            }
            ('|', Some('>')) => {}
            _ if is_dropped(character) => {}
            _ => cleaned.push(character),
        }
    }
    cleaned
}

/// Characters that never survive. The three Latin ones are what the bytes of U+FFFE look like when they are misread; the
/// contract drops them everywhere.
pub(crate) fn is_dropped(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{08}' | '\u{0B}' | '\u{0C}' | '\u{0E}'..='\u{1F}' | '\u{7F}' | '\u{EF}' | '\u{BF}' | '\u{BE}' | '\u{FFFE}'
    )
}

/// The part of the content of a chunk that says something: without punctuation and symbols in front. A text that begins
/// with a Markdown link or picture stays whole.
pub(crate) fn without_leading_symbols(text: &str) -> &str {
    if begins_with_link(text) { text } else { text.trim_start_matches(is_leading_symbol) }
}

fn is_leading_symbol(character: char) -> bool {
    match character {
        '"'..='\'' | '('..=',' | '.' | '/' | ':'..='@' | '[' | ']' | '^' | '_' | '`' | '~' => true,
        // General punctuation without the ellipsis, more punctuation, CJK punctuation without its letters and numbers.
        '\u{2026}' => false,
        '\u{2000}'..='\u{206F}' | '\u{2E00}'..='\u{2E7F}' | '\u{3000}'..='\u{303F}' => !character.is_alphanumeric(),
        _ => false,
    }
}

fn begins_with_link(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('!').unwrap_or(text).strip_prefix('[') else { return false };
    let line = inside.lines().next().unwrap_or_default();
    line.split_once("](").is_some_and(|(_, target)| target.contains(')'))
}
