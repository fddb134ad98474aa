//! Cutting text that comes in pieces into batches of whole sentences.

/// What ends a sentence.
const ENDS: [char; 4] = ['.', '!', '?', '\u{3002}'];
/// Sentences of the first batch; each batch may have one more than the one before.
const FIRST: usize = 2;
const MOST: usize = 7;

/// Batches of growing size: the first sound comes soon, later ones flow.
#[derive(Debug)]
pub(super) struct Batches {
    pending: String,
    /// Whole sentences at the beginning of `pending`, and where they end.
    sentences: usize,
    complete: usize,
    wanted: usize,
}

impl Default for Batches {
    fn default() -> Self {
        Self { pending: String::new(), sentences: 0, complete: 0, wanted: FIRST }
    }
}

impl Batches {
    /// Adds a piece. A batch that is not taken (`Err` gives it back) is offered again with what follows.
    pub(super) fn push(&mut self, piece: &str, mut take: impl FnMut(String) -> Result<(), String>) {
        for (position, character) in piece.char_indices() {
            if ENDS.contains(&character) {
                self.sentences += 1;
                self.complete = self.pending.len() + position + character.len_utf8();
            }
        }
        self.pending.push_str(piece);
        if self.sentences < self.wanted {
            return;
        }
        let rest = self.pending.split_off(self.complete);
        let batch = std::mem::replace(&mut self.pending, rest);
        let length = batch.len();
        match take(batch) {
            Ok(()) => {
                (self.sentences, self.complete) = (0, 0);
                self.wanted = (self.wanted + 1).min(MOST);
            }
            Err(mut batch) => {
                batch.push_str(&self.pending);
                self.pending = batch;
                self.complete = length;
            }
        }
    }

    /// What is left at the end.
    pub(super) fn rest(&mut self) -> Option<String> {
        Some(std::mem::take(&mut self.pending)).filter(|text| !text.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(pieces: &[&str]) -> Vec<String> {
        let (mut taken, mut batches) = (Vec::new(), Batches::default());
        for piece in pieces {
            batches.push(piece, |batch| {
                taken.push(batch);
                Ok(())
            });
        }
        taken.extend(batches.rest());
        taken
    }

    #[test]
    fn batches_grow() {
        let text: Vec<String> = (1..=12).map(|n| format!("S{n}. ")).collect();
        let pieces: Vec<&str> = text.iter().map(String::as_str).collect();
        assert_eq!(batches(&pieces), ["S1. S2.", " S3. S4. S5.", " S6. S7. S8. S9.", " S10. S11. S12. "]);
    }

    #[test]
    fn nothing_is_lost_or_said_twice() {
        let text = "Ja! Wirklich? 是的。好。Ohne Ende, aber mit 3.14 und so... weiter";
        for size in 1..9 {
            let characters: Vec<char> = text.chars().collect();
            let pieces: Vec<String> = characters.chunks(size).map(|chunk| chunk.iter().collect()).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(batches(&pieces).concat(), text);
        }
        assert!(batches(&["  ", "\n"]).is_empty());
    }

    #[test]
    fn what_is_not_taken_is_offered_again() {
        let mut batches = Batches::default();
        batches.push("A. B. and", Err);
        let mut taken = Vec::new();
        batches.push(" so", |batch| {
            taken.push(batch);
            Ok(())
        });
        assert_eq!(taken, ["A. B."]);
        assert_eq!(batches.rest().as_deref(), Some(" and so"));
    }
}
