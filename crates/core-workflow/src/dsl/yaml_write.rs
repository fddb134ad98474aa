//! Values to YAML that readers of YAML 1.1 and 1.2 understand alike: texts that could be taken for something else are
//! quoted, texts of several lines are blocks, keys are sorted.

use std::fmt::Write;

use super::scalar;
use super::tree::Tree;

/// Longer keys need the explicit form.
const LONGEST_SIMPLE_KEY: usize = 120;

pub(super) fn write(tree: &Tree) -> String {
    let mut out = String::new();
    match tree {
        Tree::Map(map) if !map.is_empty() => block(tree, 0, &mut out),
        Tree::List(items) if !items.is_empty() => block(tree, 0, &mut out),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => {
            inline(tree, 0, &mut out);
            out.push('\n');
        }
    }
    out
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

/// A list or object that is not empty, beginning where the cursor stands.
fn block(tree: &Tree, depth: usize, out: &mut String) {
    match tree {
        Tree::List(items) => {
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    indent(depth, out);
                }
                out.push_str("- ");
                nested(item, depth + 1, out);
            }
        }
        Tree::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
            for (i, (key, value)) in entries.into_iter().enumerate() {
                if i > 0 {
                    indent(depth, out);
                }
                member(key, value, depth, out);
            }
        }
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => {}
    }
}

fn member(key: &str, value: &Tree, depth: usize, out: &mut String) {
    let explicit = key.len() > LONGEST_SIMPLE_KEY;
    if explicit {
        out.push_str("? ");
    }
    if is_plain(key) {
        out.push_str(key)
    } else {
        quoted(key, out)
    }
    if explicit {
        out.push('\n');
        indent(depth, out);
    }
    out.push(':');
    match value {
        Tree::List(items) if !items.is_empty() => {
            out.push('\n');
            indent(depth, out);
            block(value, depth, out);
        }
        Tree::Map(map) if !map.is_empty() => {
            out.push('\n');
            indent(depth + 1, out);
            block(value, depth + 1, out);
        }
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => {
            out.push(' ');
            inline(value, depth + 1, out);
            out.push('\n');
        }
    }
}

/// An item of a list, after its dash.
fn nested(tree: &Tree, depth: usize, out: &mut String) {
    match tree {
        Tree::List(items) if !items.is_empty() => block(tree, depth, out),
        Tree::Map(map) if !map.is_empty() => block(tree, depth, out),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => {
            inline(tree, depth, out);
            out.push('\n');
        }
    }
}

/// A value without a line break at its end; `depth` is where further lines of a text begin.
fn inline(tree: &Tree, depth: usize, out: &mut String) {
    match tree {
        Tree::Null => out.push_str("null"),
        Tree::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Tree::Number(number) => write_number(number, out),
        Tree::Text(text) if is_plain(text) => out.push_str(text),
        Tree::Text(text) if is_block(text) => literal(text, depth, out),
        Tree::Text(text) => quoted(text, out),
        Tree::List(_) => out.push_str("[]"),
        Tree::Map(_) => out.push_str("{}"),
    }
}

/// `1e21` is no number to YAML 1.1: it wants a point and a sign.
fn write_number(number: &str, out: &mut String) {
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else {
        out.push_str(number);
        return;
    };
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push('e');
    if !exponent.starts_with(['+', '-']) {
        out.push('+');
    }
    out.push_str(exponent);
}

/// Words that some reader takes for something else than a text. Not `y` and `n`: every graph has positions, and no reader
/// of these files takes them for anything else.
const WORDS: [&str; 10] = ["yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"];

fn is_plain(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '/'));
    let inner = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '@' | '+' | '(' | ')');
    first
        && text.chars().all(inner)
        && !text.ends_with(' ')
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        && matches!(scalar::resolve(text), Tree::Text(_))
}

/// Characters that stand for themselves in every reader.
const fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

fn is_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\t', '\n'])
        && text.chars().all(|c| c == '\n' || c == '\t' || is_printable(c))
        && text.split('\n').all(|line| line.is_empty() || !line.trim().is_empty())
}

fn literal(text: &str, depth: usize, out: &mut String) {
    let body = text.trim_end_matches('\n');
    let breaks = text.len() - body.len();
    out.push_str(match breaks {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            // At the root a block needs some indentation too.
            indent(depth.max(1), out);
            out.push_str(line);
        }
    }
    for _ in 1..breaks {
        out.push('\n');
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn round_trip(json: &str) {
        let tree = Tree::from_json(json).unwrap();
        let yaml = tree.to_yaml();
        let back = Tree::from_yaml(&yaml).unwrap_or_else(|e| panic!("{e}:\n{yaml}"));
        assert_eq!(back.to_sorted_json(), tree.to_sorted_json(), "{yaml}");
    }

    #[test]
    fn a_file_looks_like_this() {
        let json = r#"{"version":"0.5.0","app":{"name":"Hello","mode":"workflow","icon":"🤖"},"list":[],"map":{},"nodes":[{"id":"1","data":{"code":"def main():\n    return 1\n","n":1.0}},["a",["b"]],[],"x: y"],"flag":true,"on":"on"}"#;
        let expected = "app:\n  icon: \"🤖\"\n  mode: workflow\n  name: Hello\nflag: true\nlist: []\nmap: {}\nnodes:\n- data:\n    code: |\n      def main():\n          return 1\n    n: 1.0\n  id: \"1\"\n- - a\n  - - b\n- []\n- \"x: y\"\n\"on\": \"on\"\nversion: \"0.5.0\"\n";
        assert_eq!(Tree::from_json(json).unwrap().to_yaml(), expected);
    }

    #[test]
    fn every_text_comes_back() {
        for text in [
            "",
            " ",
            "a ",
            " a",
            "yes",
            "No",
            "null",
            "~",
            "12",
            "1e3",
            "0x1F",
            "1:30",
            "2024-01-01",
            "=",
            "<<",
            "- a",
            "? b",
            ": c",
            "a: b",
            "a #b",
            "#c",
            "@d",
            "`e",
            "%f",
            "&g",
            "*h",
            "!i",
            "|j",
            ">k",
            "{l}",
            "[m]",
            "'n'",
            "\"o\"",
            "a\\nb",
            "---",
            "...",
            "a\nb",
            "a\nb\n",
            "a\nb\n\n\n",
            "\na",
            " a\nb",
            "\ta\nb",
            "a\n  \nb",
            "a\n\n\nb",
            "a\r\nb",
            "a\tb\n\tc",
            "tab\t",
            "\u{85}x",
            "\u{2028}\n",
            "\u{feff}a",
            "\u{7f}",
            "\u{1}",
            "ü🤖\n日本語",
            "{{#start.name#}}",
            "{{#a.b#}}\n  {{#c.d#}}\n",
            "x\n---\ny",
            "x\n# y",
            "👨‍👩‍👧",
            "a\n ",
            "key: |\n  block\n",
            "\u{fffe}",
        ] {
            for json in [
                Tree::text(text).to_json(),
                Tree::List(vec![Tree::text(text), Tree::text("next")]).to_json(),
                Tree::map([(text, Tree::text("value")), ("z", Tree::text(text))]).to_json(),
                Tree::map([("deep", Tree::List(vec![Tree::map([("in", Tree::text(text))])]))]).to_json(),
            ] {
                round_trip(&json);
            }
        }
        round_trip(
            &Tree::map([("k".repeat(500), Tree::map([("a", Tree::Null)])), ("l\n".repeat(90), Tree::text("x"))])
                .to_json(),
        );
    }

    #[test]
    fn numbers_come_back() {
        for number in
            ["1", "-1", "1.0", "0.10", "123456789012345678901234567890", "0.7071067811865476", "-0.0", "1.5e-7"]
        {
            assert_eq!(
                Tree::from_yaml(&Tree::Number(number.to_owned()).to_yaml()).unwrap(),
                Tree::Number(number.to_owned())
            );
        }
        assert_eq!(Tree::Number("1e21".to_owned()).to_yaml(), "1.0e+21\n");
        assert_eq!(Tree::Number("2.5E5".to_owned()).to_yaml(), "2.5e+5\n");
    }
}
