//! Splitting at a separator that a person chose.

use std::borrow::Cow;

use super::recursive::RecursiveSplitter;
use super::{Sizes, separator};

/// Cuts at every separator. Pieces that fit stay as they are, however short; longer ones are split further.
#[derive(Debug, Clone)]
pub(crate) struct FixedSplitter {
    separator: String,
    sizes: Sizes,
    further: RecursiveSplitter,
}

impl FixedSplitter {
    /// `separator` as it was written, with escapes; an empty one cuts nowhere.
    pub(crate) fn new(separator: &str, sizes: Sizes) -> Self {
        Self { separator: separator::decode(separator), sizes, further: RecursiveSplitter::new(sizes) }
    }

    /// Empty where nothing is cut by a separator.
    pub(crate) fn separator(&self) -> &str {
        &self.separator
    }

    /// All pieces in order, also blank ones. Made one by one.
    pub(crate) fn split<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Cow<'t, str>> {
        let whole = self.separator.is_empty().then_some(text);
        let parts = (!self.separator.is_empty()).then(|| text.split(self.separator.as_str()));
        whole.into_iter().chain(parts.into_iter().flatten()).flat_map(|piece| self.fit(piece))
    }

    /// What becomes of one piece between separators.
    pub(crate) fn fit<'t>(&self, piece: &'t str) -> impl Iterator<Item = Cow<'t, str>> + use<'t> {
        let (short, long) = match self.sizes.holds(piece) {
            true => (Some(Cow::Borrowed(piece)), Vec::new()),
            false => (None, self.further.split(piece)),
        };
        short.into_iter().chain(long.into_iter().map(Cow::Owned))
    }
}
