//! What one document may cost, asked before anything is kept.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::error::{ExtractError, Limit};
use super::extractor::ExtractLimits;
use super::picture::{Picture, PictureLimits, Pictures};

/// Looking at the clock is cheap but not free; readers ask for every cell.
const CHECK_EVERY: u32 = 256;

/// The account of one document. Lives on the thread that reads it.
#[derive(Debug)]
pub(super) struct Budget {
    limits: ExtractLimits,
    deadline: Cell<Instant>,
    /// Set when nobody waits for the text any more.
    abandoned: Arc<AtomicBool>,
    inflated: Cell<usize>,
    produced: Cell<usize>,
    ticks: Cell<u32>,
    pictures: RefCell<Pictures>,
}

impl Budget {
    pub(super) fn new(limits: ExtractLimits, deadline: Instant, abandoned: Arc<AtomicBool>) -> Self {
        Self {
            limits,
            deadline: Cell::new(deadline),
            abandoned,
            inflated: Cell::new(0),
            produced: Cell::new(0),
            ticks: Cell::new(0),
            pictures: RefCell::new(Pictures::new(PictureLimits::NONE)),
        }
    }

    /// Pictures are left out otherwise.
    pub(super) fn with_pictures(self, limits: PictureLimits) -> Self {
        Self { pictures: RefCell::new(Pictures::new(limits)), ..self }
    }

    pub(super) fn wants_pictures(&self) -> bool {
        self.pictures.borrow().are_wanted()
    }

    /// Whether one more would be taken.
    pub(super) fn has_room_for_pictures(&self) -> bool {
        self.pictures.borrow().have_room()
    }

    /// Keeps a picture for the caller; what comes back is its address in the text. See [`Pictures::keep`].
    pub(super) fn picture(&self, name: &str, load: impl FnOnce(usize) -> Option<Vec<u8>>) -> Option<String> {
        self.pictures.borrow_mut().keep(name, load)
    }

    pub(super) fn take_pictures(&self) -> Vec<Picture> {
        self.pictures.borrow_mut().take()
    }

    /// Time that the reader had to wait for its caller.
    pub(super) fn give_back(&self, waited: Duration) {
        self.deadline.set(self.deadline.get() + waited);
    }

    /// Ends a reader whose time is up or whose caller is gone.
    pub(super) fn check_time(&self) -> Result<(), ExtractError> {
        if self.abandoned.load(Ordering::Relaxed) || Instant::now() >= self.deadline.get() {
            return Err(ExtractError::TimedOut(self.limits.timeout));
        }
        Ok(())
    }

    /// One small step of a loop that may be long: looks at the clock now and then.
    pub(super) fn tick(&self) -> Result<(), ExtractError> {
        let ticks = self.ticks.get().wrapping_add(1);
        self.ticks.set(ticks);
        if ticks.is_multiple_of(CHECK_EVERY) { self.check_time() } else { Ok(()) }
    }

    /// Bytes that came out of a compressed part.
    pub(super) fn inflate(&self, bytes: usize) -> Result<(), ExtractError> {
        let inflated = self.inflated.get().saturating_add(bytes);
        self.inflated.set(inflated);
        if inflated > self.limits.max_inflated {
            return Err(ExtractError::TooLarge(Limit::Inflated(self.limits.max_inflated)));
        }
        self.tick()
    }

    /// What may still be inflated, in bytes.
    pub(super) fn inflatable(&self) -> usize {
        self.limits.max_inflated.saturating_sub(self.inflated.get())
    }

    fn produce(&self, bytes: usize) -> Result<(), ExtractError> {
        let produced = self.produced.get().saturating_add(bytes);
        self.produced.set(produced);
        if produced > self.limits.max_output {
            return Err(ExtractError::TooLarge(Limit::Output(self.limits.max_output)));
        }
        self.tick()
    }

    /// Refuses early what is going to be too long.
    pub(super) fn expect_output(&self, bytes: usize) -> Result<(), ExtractError> {
        if self.produced.get().saturating_add(bytes) > self.limits.max_output {
            return Err(ExtractError::TooLarge(Limit::Output(self.limits.max_output)));
        }
        Ok(())
    }

    /// A text that is counted as it grows.
    pub(super) fn text(&self) -> Text<'_> {
        Text { budget: self, text: String::new() }
    }

    /// Counts a text that some library made in one piece.
    pub(super) fn accept(&self, text: String) -> Result<String, ExtractError> {
        self.produce(text.len())?;
        Ok(if text.contains('\0') { text.replace('\0', "") } else { text })
    }
}

/// Text on its way to the caller. NUL characters are left out: no database and no JSON field of Postgres keeps them.
#[derive(Debug)]
pub(super) struct Text<'b> {
    budget: &'b Budget,
    text: String,
}

impl Text<'_> {
    pub(super) fn push(&mut self, piece: &str) -> Result<(), ExtractError> {
        self.budget.produce(piece.len())?;
        if piece.contains('\0') {
            self.text.extend(piece.chars().filter(|character| *character != '\0'));
        } else {
            self.text.push_str(piece);
        }
        Ok(())
    }

    /// Appends a line to lines: the newline stands between them, not at the end.
    pub(super) fn push_line(&mut self, line: &str) -> Result<(), ExtractError> {
        if !self.text.is_empty() {
            self.push("\n")?;
        }
        self.push(line)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }
}
