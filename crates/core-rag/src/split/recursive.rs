//! Splitting at the largest unit of text that fits: paragraphs, sentences, words, characters.

use std::collections::VecDeque;

use super::Sizes;

/// Where a text is cut, the best places first. The empty one cuts between any two characters.
const SEPARATORS: [&str; 5] = ["\n\n", "。", ". ", " ", ""];

/// Cuts at the first separator that a text has, joins short parts again up to the size, and goes on with the next
/// separators in what is still too long. Time and memory are in proportion to the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecursiveSplitter {
    sizes: Sizes,
}

impl RecursiveSplitter {
    pub(crate) fn new(sizes: Sizes) -> Self {
        Self { sizes }
    }

    /// Pieces in order, trimmed, none of them blank.
    pub(crate) fn split(&self, text: &str) -> Vec<String> {
        let mut pieces = Vec::new();
        self.split_by(text, &SEPARATORS, &mut pieces);
        pieces
    }

    fn split_by(&self, text: &str, separators: &[&str], pieces: &mut Vec<String>) {
        let Some(chosen) = separators.iter().position(|separator| text.contains(separator)) else {
            // No separator remains.
            pieces.extend(trimmed(text));
            return;
        };
        let remaining = separators.get(chosen + 1..).unwrap_or_default();
        let separator = separators.get(chosen).copied().unwrap_or_default();
        let mut merge = Merge { sizes: self.sizes, parts: VecDeque::new(), total: 0, pieces };
        for part in parts(text, separator) {
            let length = part.chars().count();
            if length < self.sizes.size || remaining.is_empty() {
                merge.add(part, length);
            } else {
                merge.finish();
                self.split_by(part, remaining, merge.pieces);
            }
        }
        merge.finish();
    }
}

/// Parts of a text with their separator at the end. Runs of spaces count as one.
fn parts<'t>(text: &'t str, separator: &str) -> Box<dyn Iterator<Item = &'t str> + 't> {
    match separator {
        "" => Box::new(text.split_inclusive(|_| true)),
        " " => Box::new(text.split_inclusive(' ').filter(|part| *part != " ")),
        _ => {
            let separator = separator.to_owned();
            let mut rest = Some(text);
            Box::new(std::iter::from_fn(move || {
                let text = rest.take()?;
                match text.find(&separator) {
                    Some(at) => {
                        let (part, after) = text.split_at(at + separator.len());
                        rest = Some(after).filter(|after| !after.is_empty());
                        Some(part)
                    }
                    None => Some(text),
                }
            }))
        }
    }
}

/// Short parts on their way to one piece.
struct Merge<'t, 'p> {
    sizes: Sizes,
    /// With their lengths.
    parts: VecDeque<(&'t str, usize)>,
    total: usize,
    pieces: &'p mut Vec<String>,
}

impl<'t> Merge<'t, '_> {
    fn add(&mut self, part: &'t str, length: usize) {
        if self.total + length > self.sizes.size && !self.parts.is_empty() {
            self.emit();
            // The tail is repeated, as far as it may be and leaves room.
            while self.total > self.sizes.overlap || (self.total > 0 && self.total + length > self.sizes.size) {
                let Some((_, first)) = self.parts.pop_front() else { break };
                self.total = self.total.saturating_sub(first);
            }
        }
        self.parts.push_back((part, length));
        self.total += length;
    }

    fn emit(&mut self) {
        let joined: String = self.parts.iter().map(|(part, _)| *part).collect();
        self.pieces.extend(trimmed(&joined));
    }

    fn finish(&mut self) {
        self.emit();
        self.parts.clear();
        self.total = 0;
    }
}

fn trimmed(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
