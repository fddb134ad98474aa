//! Cutting a long text where little is lost.

use crate::clean::is_dropped;

/// Bytes of a text that are cleaned and split at once.
pub(super) const BLOCK: usize = 256 * 1024;

/// Cuts a text that is in memory already into parts of at most a block, between characters and nowhere better: the
/// chunker finds the places at which it works on its own.
pub fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (part, after) = rest.split_at_checked(floor(rest, BLOCK))?;
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

/// The last boundary of a character up to `at`.
fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

/// Where to cut a text that is longer than a block, at most a block from its start: after the last blank line in its
/// second half, else after a line, a sentence or a word. Cleaning both sides gives the same as cleaning the whole, except
/// for a text that has none of these.
pub(super) fn cut(text: &str) -> usize {
    let end = floor(text, BLOCK);
    let window = floor(text, BLOCK / 2)..end;
    let offset = window.start;
    let Some(searched) = text.get(window) else { return end };
    let fits = |at: &usize| {
        let next = text.get(*at..).and_then(|rest| rest.chars().next());
        next.is_some_and(|next| !next.is_whitespace() && !is_dropped(next))
    };
    let after = |separator: &'static str| {
        searched.rmatch_indices(separator).map(|(at, found)| offset + at + found.len()).find(fits)
    };
    let places = ["\n\n", "\n", "。", ". ", " "];
    places.into_iter().find_map(after).unwrap_or(end)
}

/// Whether a text is long enough that [`cut`] sees what comes after a block.
pub(super) fn is_full(text: &str) -> bool {
    // The longest character has four bytes.
    text.len() >= BLOCK + 4
}
