//! Deleting addresses of mail and of the web, but not those of Markdown links and pictures.

use std::collections::VecDeque;
use std::ops::Range;

/// Brackets that may still become a link. Nobody nests them deeper.
const MAX_OPEN: usize = 64;

/// Deletes e-mail addresses and http(s) URLs. What is inside a Markdown link or picture with an http(s) target stays.
pub(super) fn remove(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut done = 0;
    for link in links(text) {
        remove_between(text.get(done..link.start).unwrap_or_default(), &mut kept);
        kept.push_str(text.get(link.clone()).unwrap_or_default());
        done = link.end;
    }
    remove_between(text.get(done..).unwrap_or_default(), &mut kept);
    kept
}

/// Byte ranges of links and pictures in order; one that stands in the text of another is part of it.
fn links(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open: VecDeque<usize> = VecDeque::new();
    let mut targets = Targets { text, stop: 0 };
    let mut skip_to = 0;
    let mut previous = b' ';
    for (at, byte) in text.bytes().enumerate() {
        let before = std::mem::replace(&mut previous, byte);
        if at < skip_to {
            continue;
        }
        match byte {
            b'[' => {
                open.push_back(if before == b'!' { at.saturating_sub(1) } else { at });
                if open.len() > MAX_OPEN {
                    open.pop_front();
                }
            }
            b']' => {
                let Some(start) = open.pop_back() else { continue };
                let Some(end) = targets.end(at + 1) else { continue };
                while found.last().is_some_and(|inner| inner.start >= start) {
                    found.pop();
                }
                found.push(start..end);
                skip_to = end;
            }
            // No link goes over a blank line.
            b'\n' if before == b'\n' => open.clear(),
            _ => {}
        }
    }
    found
}

/// Finds where targets end. Asked for ever later places, it looks at each byte once.
struct Targets<'t> {
    text: &'t str,
    /// The first closing bracket or end of line from where it looked last.
    stop: usize,
}

impl Targets<'_> {
    /// The end of a `(http…)` that begins at `at`.
    fn end(&mut self, at: usize) -> Option<usize> {
        let target = self.text.get(at..)?.strip_prefix('(')?;
        let length = url_prefix(target)?;
        if self.stop < at {
            self.stop = target.find([')', '\n']).map_or(self.text.len(), |stop| at + 1 + stop);
        }
        let closes = self.text.get(self.stop..)?.starts_with(')');
        (closes && self.stop > at + 1 + length).then_some(self.stop + 1)
    }
}

/// Length of `http://` or `https://`, in any case.
fn url_prefix(text: &str) -> Option<usize> {
    let length_of = |prefix: &str| {
        text.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix)).map(|_| prefix.len())
    };
    length_of("http://").or_else(|| length_of("https://"))
}

fn remove_between(text: &str, kept: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find([':', '@']) {
        let (before, from) = rest.split_at(at);
        let address = if from.starts_with('@') { mail(before, from) } else { url(before, from) };
        let (keep, skip) = address.unwrap_or((at + 1, 1));
        kept.push_str(rest.get(..keep).unwrap_or_default());
        rest = from.get(skip..).unwrap_or_default();
    }
    kept.push_str(rest);
}

/// A URL around its colon: where it starts in what is before, and how much of what follows belongs to it.
fn url(before: &str, from: &str) -> Option<(usize, usize)> {
    let rest = from.strip_prefix("://")?;
    let start = ["https", "http"].into_iter().find_map(|scheme| {
        let start = before.len().checked_sub(scheme.len())?;
        before.get(start..).filter(|end| end.eq_ignore_ascii_case(scheme)).map(|_| start)
    })?;
    let length = rest.find(ends_url).unwrap_or(rest.len());
    (length > 0).then_some((start, "://".len() + length))
}

/// A URL ends at a blank, and at what stands around URLs in texts without blanks.
fn ends_url(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '<' | '>' | '"' | '`')
        || matches!(character, '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FF65}')
}

/// An e-mail address around its `@`, likewise.
fn mail(before: &str, from: &str) -> Option<(usize, usize)> {
    let is_local = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '+' | '-');
    let start = before.trim_end_matches(is_local).len();
    if start == before.len() {
        return None;
    }
    let domain = from.strip_prefix('@')?;
    let is_domain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-');
    let length = domain.find(|character| !is_domain(character)).unwrap_or(domain.len());
    let dot = domain.get(..length)?.find('.')?;
    (dot > 0 && dot + 1 < length).then_some((start, 1 + length))
}
