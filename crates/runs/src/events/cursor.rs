//! The position of a frame: its stream entry, and its place inside.

use std::fmt;
use std::str::FromStr;

use crate::error::RunsError;

/// `<milliseconds>-<sequence>.<index>`. Cursors of one run are ordered as its frames are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    milliseconds: u64,
    sequence: u64,
    index: u32,
}

impl Cursor {
    pub(super) fn new(entry: &str, index: u32) -> Result<Self, RunsError> {
        let parsed = entry.split_once('-').and_then(|(milliseconds, sequence)| {
            Some(Self { milliseconds: number(milliseconds)?, sequence: number(sequence)?, index })
        });
        parsed.ok_or_else(|| RunsError::Cursor(entry.to_owned()))
    }

    /// The id just before the entry, so that the entry itself is read again: its later frames may be unseen.
    pub(super) fn before_its_entry(self) -> String {
        match (self.milliseconds, self.sequence) {
            (0, 0) => "0-0".to_owned(),
            (milliseconds, 0) => format!("{}-{}", milliseconds - 1, u64::MAX),
            (milliseconds, sequence) => format!("{milliseconds}-{}", sequence - 1),
        }
    }
}

/// Digits only: the standard parser would take a sign too.
fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.{}", self.milliseconds, self.sequence, self.index)
    }
}

impl FromStr for Cursor {
    type Err = RunsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || RunsError::Cursor(text.chars().take(64).collect());
        let (entry, index) = text.split_once('.').ok_or_else(malformed)?;
        Self::new(entry, number(index).ok_or_else(malformed)?).map_err(|_cause| malformed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_their_text_and_are_ordered() {
        let texts = ["1-0.0", "1-0.1", "1-1.0", "2-0.0", "1700000000000-3.12"];
        let cursors: Vec<Cursor> = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert!(cursors.is_sorted());
        assert_eq!(cursors.iter().map(Cursor::to_string).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn malformed_cursors_are_refused() {
        for text in ["", "1", "1-0", "1-0.", "-1-0.0", "1-0.x", "+1-0.0", "1-0.99999999999", "1-0.0.0"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_entry_of_a_cursor_is_read_again() {
        let before = |text: &str| text.parse::<Cursor>().unwrap().before_its_entry();
        assert_eq!(before("5-3.1"), "5-2");
        assert_eq!(before("5-0.1"), format!("4-{}", u64::MAX));
        assert_eq!(before("0-0.1"), "0-0");
    }
}
