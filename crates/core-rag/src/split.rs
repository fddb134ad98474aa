//! Cutting a text into pieces of a size. Sizes are counted in characters (Unicode scalars).

mod fixed;
mod recursive;
mod separator;
#[cfg(test)]
mod tests;

pub(crate) use fixed::FixedSplitter;
pub(crate) use recursive::RecursiveSplitter;

/// How long pieces are, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    size: usize,
    overlap: usize,
}

/// Of a piece at least one character in so many is new. Without that a few megabytes could become gigabytes of pieces
/// that repeat each other.
const NEW_ONE_IN: usize = 8;

impl Sizes {
    /// An overlap that would leave next to nothing new in a piece is cut down.
    pub(crate) fn new(size: usize, overlap: usize) -> Self {
        let size = size.max(1);
        Self { size, overlap: overlap.min(size - size.div_ceil(NEW_ONE_IN)) }
    }

    /// Whether a text fits into a piece.
    fn holds(self, text: &str) -> bool {
        text.len() <= self.size || text.chars().nth(self.size).is_none()
    }
}
