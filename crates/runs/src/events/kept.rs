//! How much of a run's stream stays: the latest entries within a number and within bytes.

use std::collections::VecDeque;

/// The entries that this process has written for one run and that are still wanted.
#[derive(Default)]
pub(crate) struct Kept {
    entries: VecDeque<(u64, usize)>,
    bytes: usize,
}

impl Kept {
    /// Counts an entry by its number; from which number on entries are to stay, once some have to go.
    pub(crate) fn add(&mut self, entry: u64, size: usize, most: usize, most_bytes: usize) -> Option<u64> {
        self.entries.push_back((entry, size));
        self.bytes += size;
        let mut dropped = false;
        // The newest stays whatever its size.
        while self.entries.len() > 1 && (self.entries.len() > most || self.bytes > most_bytes) {
            let oldest = self.entries.pop_front();
            self.bytes -= oldest.map_or(0, |(_, size)| size);
            dropped = true;
        }
        self.entries.front().filter(|_| dropped).map(|(entry, _)| *entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first() {
        let mut kept = Kept::default();
        assert_eq!(kept.add(1, 10, 3, 100), None);
        assert_eq!(kept.add(5, 10, 3, 100), None);
        assert_eq!(kept.add(6, 85, 3, 100), Some(5), "too many bytes");
        assert_eq!(kept.add(7, 1, 3, 100), None);
        assert_eq!(kept.add(8, 1, 3, 100), Some(6), "too many entries");
        assert_eq!(kept.add(9, 1_000, 3, 100), Some(9), "the newest stays");
    }
}
