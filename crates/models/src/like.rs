//! Patterns for `LIKE`.

/// A pattern that matches whatever contains the text literally.
pub(crate) fn containing(text: &str) -> String {
    format!("%{}%", literal(text))
}

/// A pattern that matches the text and nothing else.
pub(crate) fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

#[cfg(test)]
mod tests {
    #[test]
    fn wildcards_are_escaped() {
        assert_eq!(super::containing("50%_\\x"), "%50\\%\\_\\\\x%");
    }
}
