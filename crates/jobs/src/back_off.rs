//! How long to wait after a failure.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3600);

/// 5 s, 10 s, 20 s, and so on, up to an hour.
pub(crate) fn exponential(attempt: u16) -> Duration {
    let doublings = u32::from(attempt.saturating_sub(1)).min(20);
    FIRST.saturating_mul(1 << doublings).min(LONGEST)
}

/// Between half and one and a half of it: what failed together does not come back together.
pub(crate) fn spread(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(0.5..1.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        assert_eq!([1, 2, 3].map(exponential), [5, 10, 20].map(Duration::from_secs));
        assert_eq!(exponential(0), FIRST);
        assert_eq!(exponential(u16::MAX), LONGEST);
    }

    #[test]
    fn a_spread_pause_stays_near() {
        for _ in 0..100 {
            let pause = spread(Duration::from_secs(10));
            assert!(pause >= Duration::from_secs(5) && pause < Duration::from_secs(15));
        }
    }
}
