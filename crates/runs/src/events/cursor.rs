//! The position of a frame: which process's part of the run, and its number there.

use std::fmt;
use std::str::FromStr;

use crate::error::RunsError;

/// `<epoch>-<number>`. Cursors of one run are ordered as its frames are, also where another process went on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    epoch: u64,
    number: u64,
}

impl Cursor {
    /// Before every frame.
    pub const START: Self = Self { epoch: 0, number: 0 };

    pub(crate) const fn new(epoch: u64, number: u64) -> Self {
        Self { epoch, number }
    }

    /// The frame with that number in the same part of the run.
    pub(super) const fn beside(self, number: u64) -> Self {
        Self { epoch: self.epoch, number }
    }
}

/// Digits only: the standard parser would take a sign too.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.number)
    }
}

impl FromStr for Cursor {
    type Err = RunsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('-').and_then(|(epoch, at)| Some(Self::new(number(epoch)?, number(at)?)));
        parsed.ok_or_else(|| RunsError::Cursor(text.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_their_text_and_are_ordered() {
        let texts = ["0-0", "1-0", "1-1", "2-0", "1700000000000-3", "1700000000000-12"];
        let cursors: Vec<Cursor> = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert!(cursors.is_sorted());
        assert_eq!(cursors.first(), Some(&Cursor::START));
        assert_eq!(cursors.iter().map(Cursor::to_string).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn malformed_cursors_are_refused() {
        for text in ["", "1", "1-", "-1-0", "1-0.0", "+1-0", "1-99999999999999999999", "1-0-0", "1-x", "é-1"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
