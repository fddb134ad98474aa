//! JSON as the original writes it, for what it hashes: sorted keys, `, ` and `: `, everything beyond ASCII escaped.

use std::fmt::Write;

use super::json::write_text;
use super::tree::Tree;

impl Tree {
    /// JSON whose text does not depend on the order of keys or on white space.
    pub fn to_sorted_json(&self) -> String {
        let mut out = String::new();
        write(self, &mut out);
        out
    }
}

fn write(tree: &Tree, out: &mut String) {
    match tree {
        Tree::Null | Tree::Bool(_) | Tree::Number(_) => super::json::write(tree, out),
        Tree::Text(text) => ascii(text, out),
        Tree::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write(item, out);
            }
            out.push(']');
        }
        Tree::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (i, (key, value)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                ascii(key, out);
                out.push_str(": ");
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn ascii(text: &str, out: &mut String) {
    let start = out.len();
    write_text(text, out);
    // Only what was written now: looking at all of it for every text would take the square of its length.
    if out.get(start..).is_some_and(str::is_ascii) {
        return;
    }
    let literal = out.split_off(start);
    let mut units = [0; 2];
    for c in literal.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_python_writes() {
        let tree = Tree::from_json(r#"{"b":[1,2.50,"ü🤖\n"],"a":{"z":null,"y":true}}"#).unwrap();
        let expected = r#"{"a": {"y": true, "z": null}, "b": [1, 2.50, "\u00fc\ud83e\udd16\n"]}"#;
        assert_eq!(tree.to_sorted_json(), expected);
    }
}
