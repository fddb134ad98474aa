//! Texts with `{{name}}` places.
//!
//! A place whose name has no value becomes `{name}`; text that does not match the grammar stays as it is. Inserted
//! values have their own places reduced to `{x}`, so that nothing a person types is ever expanded. What looks like a
//! model's control token (`<|…|>`) is removed from the result.

use std::sync::LazyLock;

use regex::{Captures, Regex};

static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a literal pattern, covered by tests")]
    Regex::new(r"\{\{([a-zA-Z_][a-zA-Z0-9_]{0,29}|#histories#|#query#|#context#)\}\}").unwrap()
});

static CONTROL: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a literal pattern, covered by tests")]
    Regex::new(r"<\|.*?\|>").unwrap()
});

/// A template text.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a>(pub &'a str);

impl Template<'_> {
    /// Fills the places; `value` is asked for each name.
    pub fn fill(self, value: impl Fn(&str) -> Option<String>) -> String {
        let filled = PLACE.replace_all(self.0, |place: &Captures<'_>| {
            let name = place.get(1).map_or("", |m| m.as_str());
            match value(name) {
                Some(text) => without_places(&text),
                None => format!("{{{name}}}"),
            }
        });
        without_control_tokens(&filled)
    }

    /// Whether the text has this place.
    pub fn has(self, name: &str) -> bool {
        PLACE.captures_iter(self.0).any(|place| place.get(1).is_some_and(|m| m.as_str() == name))
    }
}

/// Reduces `{{x}}` to `{x}`.
pub(super) fn without_places(text: &str) -> String {
    if !text.contains("{{") {
        return text.to_owned();
    }
    PLACE.replace_all(text, "{$1}").into_owned()
}

fn without_control_tokens(text: &str) -> String {
    if !text.contains("<|") {
        return text.to_owned();
    }
    CONTROL.replace_all(text, "").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_vectors() {
        let fill = |text: &str| Template(text).fill(|name| (name == "name").then(|| "{{evil}} {{#query#}}".to_owned()));
        assert_eq!(
            fill("Hi {{name}} {{x y}} {{#context#}} {{miss}}"),
            "Hi {evil} {#query#} {{x y}} {#context#} {miss}"
        );
        let long = format!("{{{{{}}}}}", "a".repeat(31));
        assert_eq!(fill(&format!("a<|im_start|>b {long}")), format!("ab {long}"));
    }
}
