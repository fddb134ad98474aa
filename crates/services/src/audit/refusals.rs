//! How many refused sign-ins a process writes down.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

const WINDOW: Duration = Duration::from_secs(60);
/// In one window. Five make a lock, so that people who guess are seen long before.
const MOST: u32 = 120;

#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Option<(Instant, u32)>>);

impl Refusals {
    /// Whether one more is written.
    pub(super) fn admit(&self) -> bool {
        let mut window = self.0.lock();
        let (begun, written) = window.filter(|(begun, _)| begun.elapsed() < WINDOW).unwrap_or((Instant::now(), 0));
        *window = Some((begun, written.saturating_add(1)));
        if written == MOST {
            tracing::warn!(target: "audit", "very many sign-ins are refused: for a while they are in the log only");
        }
        written < MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_off() {
        let refusals = Refusals::default();
        let admitted = (0..MOST * 2).filter(|_| refusals.admit()).count();
        assert_eq!(admitted, MOST as usize);
    }
}
