//! Reading JSON that people and models have written nearly right: prose and fences around it, single quotes, bare
//! words, comments, missing or extra commas, quotes inside texts, a missing end.

use json_text::without_lone_surrogates;
use serde::de::IgnoredAny;
use serde_json::Value as Json;

/// Objects and lists in each other.
const MAX_DEPTH: usize = 100;
/// Characters that are looked at to tell whether a quote ends its text.
const LOOKAHEAD: usize = 512;

/// Valid JSON text without needless spaces. Numbers, keys and their order stay as written. `None`: there is no JSON.
pub(crate) fn repair(text: &str) -> Option<String> {
    if serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return Some(compact(&without_lone_surrogates(text)));
    }
    let start = text.find(['{', '['])?;
    let chars: Vec<char> = text.get(start..)?.chars().collect();
    let mut reader = Reader { chars: &chars, at: 0, out: String::with_capacity(text.len()) };
    reader.value(0).then_some(())?;
    Some(reader.out)
}

/// The value of such text.
pub(crate) fn parse(text: &str) -> Option<Json> {
    serde_json::from_str(&repair(text)?).ok()
}

/// The first object in a text that is one, looked for at every brace: answers in which prose comes before JSON.
pub fn first_object(text: &str) -> Option<serde_json::Map<String, Json>> {
    // Each try reads on to the end of the text; answers hold few braces before their JSON.
    const TRIES: usize = 32;
    text.match_indices('{').take(TRIES).find_map(|(at, _)| match parse(text.get(at..)?) {
        Some(Json::Object(object)) if !object.is_empty() => Some(object),
        _ => None,
    })
}

/// Valid JSON without the spaces between its parts.
fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for c in json.chars() {
        if in_text {
            out.push(c);
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if !c.is_ascii_whitespace() {
            out.push(c);
            in_text = c == '"';
        }
    }
    out
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    out: String,
}

/// What a text stands for; it decides which sign may follow its closing quote.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Key,
    Value,
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '\u{201c}' | '\u{201d}')
}

/// The quote that ends a text which `open` began.
const fn closing(open: char) -> char {
    if open == '\u{201c}' { '\u{201d}' } else { open }
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Skips spaces and comments.
    fn skip(&mut self) {
        while let Some(c) = self.peek() {
            let next = self.chars.get(self.at + 1).copied();
            match (c, next) {
                ('/', Some('/')) => self.skip_until(|reader| reader.peek() == Some('\n')),
                ('/', Some('*')) => {
                    self.skip_until(|reader| reader.chars.get(reader.at..reader.at + 2) == Some(&['*', '/']));
                    self.at += 2;
                }
                _ if c.is_whitespace() => self.at += 1,
                _ => return,
            }
        }
    }

    fn skip_until(&mut self, done: impl Fn(&Self) -> bool) {
        while self.at < self.chars.len() && !done(self) {
            self.at += 1;
        }
    }

    /// Writes one value. False: it lies too deep.
    fn value(&mut self, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        self.skip();
        match self.peek() {
            Some('{') => self.object(depth),
            Some('[') => self.list(depth),
            Some(quote) if is_quote(quote) => {
                self.text(quote, Place::Value);
                true
            }
            Some(_) => {
                self.bare();
                true
            }
            None => {
                self.out.push_str("null");
                true
            }
        }
    }

    fn object(&mut self, depth: usize) -> bool {
        self.at += 1;
        self.out.push('{');
        let mut first = true;
        loop {
            self.skip();
            match self.peek() {
                None => break,
                Some('}') => {
                    self.at += 1;
                    break;
                }
                Some(']') if depth > 0 => break,
                Some(',' | ':' | ']') => {
                    self.at += 1;
                    continue;
                }
                Some(_) => {}
            }
            let before = self.out.len();
            if !first {
                self.out.push(',');
            }
            self.key();
            self.skip();
            if self.peek() == Some(':') {
                self.at += 1;
                self.out.push(':');
                self.skip();
                if matches!(self.peek(), Some(',' | '}' | ']')) {
                    self.out.push_str("null");
                } else if !self.value(depth + 1) {
                    return false;
                }
                first = false;
            } else {
                // A word without a value.
                self.out.truncate(before);
            }
        }
        self.out.push('}');
        true
    }

    fn list(&mut self, depth: usize) -> bool {
        self.at += 1;
        self.out.push('[');
        let mut first = true;
        loop {
            self.skip();
            match self.peek() {
                None => break,
                Some(']') => {
                    self.at += 1;
                    break;
                }
                Some('}') if depth > 0 => break,
                Some(',' | '}' | ':') => {
                    self.at += 1;
                    continue;
                }
                Some(_) => {}
            }
            if !std::mem::take(&mut first) {
                self.out.push(',');
            }
            if !self.value(depth + 1) {
                return false;
            }
        }
        self.out.push(']');
        true
    }

    fn key(&mut self) {
        match self.peek() {
            Some(quote) if is_quote(quote) => self.text(quote, Place::Key),
            _ => {
                let from = self.at;
                self.skip_until(|reader| matches!(reader.peek(), Some(':' | ',' | '{' | '}' | '[' | ']' | '\n')));
                // A bracket where a key should be would not move on.
                self.at = self.at.max(from + 1);
                let word: String = self.chars.get(from..self.at).unwrap_or_default().iter().collect();
                self.write_text(word.trim());
            }
        }
    }

    /// A text in quotes.
    fn text(&mut self, open: char, place: Place) {
        let close = closing(open);
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\\' => self.escape(&mut text),
                c if c == close && self.ends_here(place) => break,
                c => text.push(c),
            }
        }
        self.write_text(&text);
    }

    /// What follows a backslash.
    fn escape(&mut self, text: &mut String) {
        let Some(c) = self.peek() else { return };
        self.at += 1;
        match c {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            '"' | '\\' | '/' | '\'' => text.push(c),
            'u' => match self.unicode() {
                Some(c) => text.push(c),
                None => text.push_str("\\u"),
            },
            c => text.extend(['\\', c]),
        }
    }

    fn unicode(&mut self) -> Option<char> {
        let first = self.hex(self.at)?;
        if (0xd800..0xdc00).contains(&first) && self.chars.get(self.at + 4..self.at + 6) == Some(&['\\', 'u']) {
            let second = self.hex(self.at + 6).filter(|code| (0xdc00..0xe000).contains(code));
            if let Some(second) = second {
                self.at += 10;
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
        }
        self.at += 4;
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits: String = self.chars.get(at..at + 4)?.iter().collect();
        u32::from_str_radix(&digits, 16).ok()
    }

    /// A quote ends its text if what may follow a text follows.
    fn ends_here(&self, place: Place) -> bool {
        let Some((next, at)) = self.next_sign(self.at) else { return true };
        match place {
            Place::Key => next == ':',
            Place::Value => match next {
                '}' | ']' => true,
                // `"a, "b" c"` holds a comma after a quote; what begins after a real one is a key or a value.
                ',' => self.next_sign(at + 1).is_none_or(|(after, _)| {
                    is_quote(after) || matches!(after, '{' | '[' | '}' | ']') || after.is_alphanumeric() || after == '-'
                }),
                // A forgotten comma before a key.
                quote if is_quote(quote) => self.is_key(at),
                _ => false,
            },
        }
    }

    /// A quoted text followed by a colon begins here.
    fn is_key(&self, at: usize) -> bool {
        let Some(open) = self.chars.get(at) else { return false };
        let rest = self.chars.get(at + 1..).unwrap_or_default();
        let Some(length) = rest.iter().take(LOOKAHEAD).position(|c| *c == closing(*open) || *c == '\n') else {
            return false;
        };
        self.next_sign(at + 1 + length + 1).is_some_and(|(next, _)| next == ':')
    }

    /// The next sign that is no space, and its place.
    fn next_sign(&self, from: usize) -> Option<(char, usize)> {
        let rest = self.chars.get(from..).unwrap_or_default();
        let ahead = rest.iter().take(LOOKAHEAD).position(|c| !c.is_whitespace())?;
        Some((*rest.get(ahead)?, from + ahead))
    }

    /// A word without quotes: a number, a constant, or a text.
    fn bare(&mut self) {
        let from = self.at;
        self.skip_until(|reader| {
            matches!(reader.peek(), Some(',' | '}' | ']' | '\n'))
                // An address holds `//` too, but not after a space.
                || matches!(reader.chars.get(reader.at..reader.at + 3), Some([' ', '/', '/' | '*']))
        });
        let word: String = self.chars.get(from..self.at).unwrap_or_default().iter().collect();
        match word.trim() {
            "true" | "True" | "TRUE" => self.out.push_str("true"),
            "false" | "False" | "FALSE" => self.out.push_str("false"),
            "null" | "None" | "NULL" | "undefined" | "NaN" => self.out.push_str("null"),
            number if serde_json::from_str::<serde_json::Number>(number).is_ok() => self.out.push_str(number),
            text => self.write_text(text),
        }
    }

    fn write_text(&mut self, text: &str) {
        self.out.push_str(&Json::from(text).to_string());
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_json_keeps_its_numbers_and_keys() {
        let text = "{ \"a\" : 12345678901234567890123, \"b\": 1.0, \"a\": \"x \\\" y\\\\\" }\n";
        assert_eq!(repair(text).unwrap(), r#"{"a":12345678901234567890123,"b":1.0,"a":"x \" y\\"}"#);
        assert_eq!(repair(" 42 ").as_deref(), Some("42"));
        assert_eq!(repair("\"x\"").as_deref(), Some("\"x\""));
    }

    #[test]
    fn nearly_json_is_read_as_meant() {
        let cases = [
            ("{'a': 'b'}", r#"{"a":"b"}"#),
            ("{a: hello world, b: 1.50, c: True, d: None}", r#"{"a":"hello world","b":1.50,"c":true,"d":null}"#),
            ("{\"a\": 1,}", r#"{"a":1}"#),
            ("[1, 2,, 3", "[1,2,3]"),
            ("{\"a\": {\"b\": [1, {\"c\": \"d\"", r#"{"a":{"b":[1,{"c":"d"}]}}"#),
            ("{\"a\": \"line\nbreak\ttab\"}", r#"{"a":"line\nbreak\ttab"}"#),
            ("{\"q\": \"He said \"hi\" to me\"}", r#"{"q":"He said \"hi\" to me"}"#),
            ("{\"q\": \"it's\", 'r': 'a\"b'}", r#"{"q":"it's","r":"a\"b"}"#),
            ("{\"a\": \"b\"\n \"c\": 2}", r#"{"a":"b","c":2}"#),
            ("Sure:\n```json\n{\"a\": [true]}\n```\nDone.", r#"{"a":[true]}"#),
            ("{\"a\": 1 /* one */, // two\n \"b\": 2}", r#"{"a":1,"b":2}"#),
            ("{\"a\": , \"b\": }", r#"{"a":null,"b":null}"#),
            ("{\"a\": \"\\x \\u00e9 \\ud83d\\ude00 \\uzz\",}", "{\"a\":\"\\\\x é 😀 \\\\uzz\"}"),
            ("{\"url\": http://x/y?z=1}", r#"{"url":"http://x/y?z=1"}"#),
            ("{\u{201c}a\u{201d}: \u{201c}b\u{201d}}", r#"{"a":"b"}"#),
            ("{[}", "{}"),
            ("{\"a\": [1, 2}", r#"{"a":[1,2]}"#),
        ];
        for (text, expected) in cases {
            let repaired = repair(text).unwrap();
            assert_eq!(repaired, expected, "{text}");
            assert!(serde_json::from_str::<Json>(&repaired).is_ok(), "{repaired}");
        }
    }

    #[test]
    fn what_is_no_json_is_none() {
        for text in ["", "hello", "   ", "-", "'x'"] {
            assert_eq!(repair(text), None, "{text}");
        }
        assert_eq!(repair(&"[".repeat(100_000)), None);
    }

    #[test]
    fn whatever_comes_out_is_json() {
        // Every short text over the signs that matter.
        let signs = ['{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', '/', '\n', '\''];
        for number in 0..signs.len().pow(5) {
            let mut rest = number;
            let mut text = String::from("{");
            for _ in 0..5 {
                text.push(signs[rest % signs.len()]);
                rest /= signs.len();
            }
            if let Some(repaired) = repair(&text) {
                assert!(serde_json::from_str::<Json>(&repaired).is_ok(), "{text:?} became {repaired:?}");
            }
        }
    }

    #[test]
    fn an_object_is_found_behind_prose() {
        let object = first_object("The set {} and then: {\"a\": 1} end").unwrap();
        assert_eq!(Json::Object(object), serde_json::json!({"a": 1}));
        assert!(first_object("nothing").is_none());
    }
}
