//! What counts as an e-mail address.

use std::sync::LazyLock;

use regex::Regex;

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a literal pattern, covered by a test")]
    Regex::new(r"^[\w.!#$%&'*+\-/=?^`{|}~]+@([\w-]+(?:\.[\w-]+)+)$").unwrap()
});

/// Whether this looks like an address.
pub fn is_email(text: &str) -> bool {
    text.len() <= 255 && ADDRESS.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn addresses() {
        for good in ["a@b.c", "first.last+tag@sub.example.com", "O'Neil@x-y.org"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "a@b", "a b@c.d", "a@b.c\n", "@b.c", "a@"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
