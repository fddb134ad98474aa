//! Reading what `main` returned: JSON text of unknown origin.

use json_text::without_lone_surrogates;
use serde_json::Value;

use crate::error::SandboxError;

/// Parses a return value. Halves of surrogate pairs, which both languages let through and JSON in UTF-8 cannot hold,
/// become U+FFFD.
pub(crate) fn parse(text: &[u8]) -> Result<Value, SandboxError> {
    let text = String::from_utf8_lossy(text);
    match serde_json::from_str(&text) {
        Ok(value) => Ok(value),
        Err(first) => serde_json::from_str(&without_lone_surrogates(&text))
            .map_err(|_still| SandboxError::ResultNotJson { message: first.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, expected: &Value) {
        assert_eq!(&parse(text.as_bytes()).unwrap(), expected, "{text}");
    }

    #[test]
    fn numbers_keep_their_kind() {
        check("[1, 1.0, 9223372036854775807, -9223372036854775808]", &json!([1, 1.0, i64::MAX, i64::MIN]));
        check("18446744073709551616", &json!(18_446_744_073_709_551_616.0));
    }

    #[test]
    fn halves_of_pairs_are_replaced() {
        check(r#""\ud83d""#, &json!("\u{fffd}"));
        check(r#"["\ud83d\ude00", "\ude00\ud83d", "\\ud83d"]"#, &json!(["😀", "\u{fffd}\u{fffd}", "\\ud83d"]));
        check(r#""\ud83dx\u0041é""#, &json!("\u{fffd}xAé"));
        check(r#""\ud83d\ud83d\ude00""#, &json!("\u{fffd}😀"));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "NaN", "{", "\"\\ud83d", "\\", "\\u", "[1]x", "\"\\uD8é\""] {
            assert!(matches!(parse(text.as_bytes()), Err(SandboxError::ResultNotJson { .. })), "{text}");
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse(&[b'"', 0xff, b'"']).is_ok());
    }
}
