//! The text forms of values: in templates, in answers, in logs.

use super::{ArrayKind, Value, python};

impl Value {
    /// What a reference in a node's field becomes.
    pub fn text(&self) -> String {
        match self {
            Self::None | Self::File(_) => String::new(),
            Self::String(text) | Self::Secret(text) => text.to_string(),
            Self::Integer(_) | Self::Float(_) | Self::Boolean(_) => python::repr(self),
            Self::Object(_) => python::json(self, None),
            Self::Array(array) if array.items.is_empty() || array.kind == ArrayKind::File => String::new(),
            Self::Array(array) if array.kind == ArrayKind::String => python::json(self, None),
            Self::Array(_) => python::repr(self),
        }
    }

    /// What a reference in an answer becomes, and how a value is streamed.
    pub fn markdown(&self) -> String {
        match self {
            Self::Object(_) => python::json(self, Some(2)),
            Self::File(file) => file.markdown(),
            Self::Array(array) if array.kind == ArrayKind::File => {
                let files: Vec<String> = array.items.iter().filter_map(Self::as_file).map(|f| f.markdown()).collect();
                files.join("\n")
            }
            Self::Array(array) => {
                let lines: Vec<String> = array.items.iter().map(|item| format!("- {}", python::str(item))).collect();
                lines.join("\n")
            }
            Self::None | Self::String(_) | Self::Secret(_) | Self::Integer(_) | Self::Float(_) | Self::Boolean(_) => {
                self.text()
            }
        }
    }

    /// The text that may be logged: secrets show their ends at most.
    pub fn log(&self) -> String {
        match self {
            Self::Secret(text) => obfuscated(text),
            Self::None
            | Self::String(_)
            | Self::Integer(_)
            | Self::Float(_)
            | Self::Boolean(_)
            | Self::Object(_)
            | Self::File(_)
            | Self::Array(_) => self.text(),
        }
    }
}

/// A secret's first six and last two characters with stars between, or stars only when it is short.
fn obfuscated(secret: &str) -> String {
    const SHORT: usize = 8;
    const STARS: &str = "************";
    let count = secret.chars().count();
    if count == 0 {
        return String::new();
    }
    if count <= SHORT {
        return "*".repeat(20);
    }
    let head: String = secret.chars().take(6).collect();
    let tail: String = secret.chars().skip(count - 2).collect();
    format!("{head}{STARS}{tail}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(json: serde_json::Value) -> Value {
        Value::from_json(json)
    }

    #[test]
    fn numbers_and_words_are_written_as_in_python() {
        let cases = [
            (json!(3), "3"),
            (json!(2.0), "2.0"),
            (json!(1e21), "1e+21"),
            (json!(1e-7), "1e-07"),
            (json!(1e15), "1000000000000000.0"),
            (json!(1e16), "1e+16"),
            (json!(0.0001), "0.0001"),
            (json!(-1.5e-10), "-1.5e-10"),
            (json!(true), "True"),
            (json!(null), ""),
        ];
        for (json, expected) in cases {
            assert_eq!(value(json.clone()).text(), expected, "{json}");
            assert_eq!(value(json.clone()).markdown(), expected, "{json}");
        }
    }

    #[test]
    fn lists_have_the_form_of_their_type() {
        let cases = [
            (json!(["é", "b"]), "[\"é\", \"b\"]", "- é\n- b"),
            (json!([1, 2.5]), "[1, 2.5]", "- 1\n- 2.5"),
            (json!([{"k": "v"}]), "[{'k': 'v'}]", "- {'k': 'v'}"),
            (json!([true, null]), "[True, None]", "- True\n- None"),
            (json!([[1, 10], null]), "[[1, 10], None]", "- [1, 10]\n- None"),
            (json!([]), "", ""),
            (json!([{"it's": "a\nb"}]), "[{\"it's\": 'a\\nb'}]", "- {\"it's\": 'a\\nb'}"),
        ];
        for (json, text, markdown) in cases {
            assert_eq!(value(json.clone()).text(), text, "{json}");
            assert_eq!(value(json.clone()).markdown(), markdown, "{json}");
        }
    }

    #[test]
    fn objects_are_json() {
        let object = value(json!({"k": "é", "n": null, "l": [1, "x"], "e": {}}));
        assert_eq!(object.text(), r#"{"k": "é", "n": null, "l": [1, "x"], "e": {}}"#);
        assert_eq!(
            object.markdown(),
            "{\n  \"k\": \"é\",\n  \"n\": null,\n  \"l\": [\n    1,\n    \"x\"\n  ],\n  \"e\": {}\n}"
        );
    }

    #[test]
    fn a_logged_secret_is_hidden() {
        let secret = Value::Secret("sk-1234567890".into());
        assert_eq!(secret.text(), "sk-1234567890");
        assert_eq!(secret.log(), "sk-123************90");
        assert!(!Value::Secret("short".into()).log().contains("short"));
    }
}
