//! What is shown of a secret.

/// Sent back by a client in place of a secret that it was not shown: "keep what is stored".
pub const HIDDEN: &str = "[__HIDDEN__]";

const ALL_HIDDEN: &str = "********************";

/// The first six and last two characters; nothing of a short secret.
pub fn obfuscate(secret: &str) -> String {
    if secret.chars().count() <= 8 {
        return ALL_HIDDEN.to_owned();
    }
    format!("{}************{}", first(secret, 6), last(secret, 2))
}

/// As extensions show their keys: three characters on each side, one of a short secret.
pub fn obfuscate_short(secret: &str) -> String {
    let shown = if secret.chars().count() > 8 { 3 } else { 1 };
    format!("{}******{}", first(secret, shown), last(secret, shown))
}

fn first(text: &str, n: usize) -> String {
    text.chars().take(n).collect()
}

fn last(text: &str, n: usize) -> String {
    let skipped = text.chars().count().saturating_sub(n);
    text.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_shown() {
        assert_eq!(obfuscate("sk-abcdefghijkl"), "sk-abc************kl");
        assert_eq!(obfuscate("short"), "*".repeat(20));
        assert_eq!(obfuscate("12345678"), "*".repeat(20));
        assert_eq!(obfuscate("ключ-секрет"), "ключ-с************ет");
        assert_eq!(obfuscate_short("abcdefghij"), "abc******hij");
        assert_eq!(obfuscate_short("abcdef"), "a******f");
    }
}
