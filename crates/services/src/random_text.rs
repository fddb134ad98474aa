//! Random names: API keys, public codes of apps.

use rand::RngExt;
use rand::distr::Alphanumeric;

/// Letters and digits from the thread's cryptographic generator.
pub(crate) fn random_text(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_and_are_plain() {
        let text = random_text(24);
        assert_eq!(text.len(), 24);
        assert!(text.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(text, random_text(24));
    }
}
