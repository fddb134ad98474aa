//! Which fields are never written.

/// What stands in a log in place of a secret.
pub const MASK: &str = "********";

const SECRET_WORDS: [&str; 10] = [
    "password",
    "passwd",
    "secret",
    "authorization",
    "cookie",
    "api_key",
    "apikey",
    "credential",
    "private_key",
    "access_token",
];

/// Whether a field of this name may hold a secret.
pub fn is_secret(field: &str) -> bool {
    let name = field.to_ascii_lowercase().replace('-', "_");
    // `tokens` are counted, a `token` opens doors.
    name == "token"
        || name.ends_with(".token")
        || name.ends_with("_token")
        || SECRET_WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name() {
        for name in [
            "password",
            "Authorization",
            "openai_api_key",
            "refresh_token",
            "token",
            "db.password",
            "Set-Cookie",
            "credentials",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["total_tokens", "app.id", "latency_ms", "message", "prompt_tokens"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
