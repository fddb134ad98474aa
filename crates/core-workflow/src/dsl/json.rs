//! JSON, with numbers left as they stand.

use super::MAX_DEPTH;
use super::tree::{Budget, ReadError, Tree, without_nul};
use indexmap::IndexMap;

pub(super) fn read(text: &str) -> Result<Tree, ReadError> {
    let mut reader = Reader { text, at: 0, budget: Budget::default() };
    let tree = reader.value(0)?;
    reader.skip_space();
    if reader.at < text.len() { Err(reader.fault("something after the value")) } else { Ok(tree) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    budget: Budget,
}

impl Reader<'_> {
    fn fault(&self, what: &str) -> ReadError {
        ReadError::Syntax(format!("no JSON: {what} at byte {}", self.at))
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Goes over the byte if it is next.
    fn eat(&mut self, byte: u8) -> bool {
        self.skip_space();
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    fn word(&mut self, word: &str, value: Tree) -> Result<Tree, ReadError> {
        if !self.rest().starts_with(word) {
            return Err(self.fault("an unknown word"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn value(&mut self, depth: usize) -> Result<Tree, ReadError> {
        if depth > MAX_DEPTH {
            return Err(ReadError::TooDeep);
        }
        self.budget.value()?;
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Tree::Text),
            Some(b't') => self.word("true", Tree::Bool(true)),
            Some(b'f') => self.word("false", Tree::Bool(false)),
            Some(b'n') => self.word("null", Tree::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.fault("no value")),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Tree, ReadError> {
        self.at += 1;
        let mut map = IndexMap::new();
        if self.eat(b'}') {
            return Ok(Tree::Map(map));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.fault("no key"));
            }
            let key = self.string()?;
            if !self.eat(b':') {
                return Err(self.fault("no colon"));
            }
            let value = self.value(depth + 1)?;
            map.insert(key, value);
            if self.eat(b'}') {
                return Ok(Tree::Map(map));
            }
            if !self.eat(b',') {
                return Err(self.fault("no comma"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Tree, ReadError> {
        self.at += 1;
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Tree::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.eat(b']') {
                return Ok(Tree::List(items));
            }
            if !self.eat(b',') {
                return Err(self.fault("no comma"));
            }
        }
    }

    fn string(&mut self) -> Result<String, ReadError> {
        let bytes = self.rest().as_bytes();
        let mut end = 1;
        loop {
            match bytes.get(end) {
                None => return Err(self.fault("a text without end")),
                Some(b'\\') => end += 2,
                Some(b'"') => break,
                Some(_) => end += 1,
            }
        }
        let literal = self.rest().get(..=end).ok_or_else(|| self.fault("a text without end"))?;
        let text: String = serde_json::from_str(literal)
            .or_else(|e| serde_json::from_str(&without_halves(literal)).map_err(|_same| e))
            .map_err(|e| ReadError::Syntax(format!("no JSON: {e}")))?;
        self.at += end + 1;
        self.budget.text(text.len())?;
        Ok(without_nul(text))
    }

    fn number(&mut self) -> Result<Tree, ReadError> {
        let length =
            self.rest().bytes().take_while(|b| matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')).count();
        let literal = self.rest().get(..length).unwrap_or_default().to_owned();
        if !is_number(&literal) {
            return Err(self.fault("an unreadable number"));
        }
        self.at += length;
        self.budget.text(length)?;
        Ok(Tree::Number(literal))
    }
}

/// A text literal with U+FFFD for halves of characters: browsers write `\ud83e` for half an emoji.
fn without_halves(literal: &str) -> String {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let second = escape.get(6..).and_then(unit).filter(|unit| (0xdc00..0xe000).contains(unit));
        let length = match unit(escape) {
            Some(0xd800..0xdc00) if second.is_some() => 12,
            Some(0xd800..0xe000) => {
                out.push('\u{fffd}');
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            Some(_) => 6,
            None => 2,
        };
        let (escape, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        out.push_str(escape);
        rest = after;
    }
    out + rest
}

/// Whether a text is a number of JSON.
pub(super) fn is_number(text: &str) -> bool {
    fn digits(text: &str) -> Option<&str> {
        let count = text.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 { None } else { text.get(count..) }
    }
    fn parse(text: &str) -> Option<()> {
        let text = text.strip_prefix('-').unwrap_or(text);
        let mut rest = match text.strip_prefix('0') {
            Some(rest) => rest,
            None => digits(text)?,
        };
        if let Some(fraction) = rest.strip_prefix('.') {
            rest = digits(fraction)?;
        }
        if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
            rest = digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))?;
        }
        rest.is_empty().then_some(())
    }
    parse(text).is_some()
}

pub(super) fn write(tree: &Tree, out: &mut String) {
    match tree {
        Tree::Null => out.push_str("null"),
        Tree::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Tree::Number(number) => out.push_str(number),
        Tree::Text(text) => write_text(text, out),
        Tree::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Tree::Map(map) => {
            out.push('{');
            for (i, (key, value)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

/// A JSON text literal.
pub(super) fn write_text(text: &str, out: &mut String) {
    use std::fmt::Write;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written() {
        for text in [
            r#"{"b":1.0,"a":[1e21,-0,1E+2,123456789012345678901234567890,0.10],"text":"\"\\\n\tü🤖","n":null,"t":true}"#,
            "[]",
            "{}",
            "\"\"",
            "[[],{}]",
        ] {
            assert_eq!(Tree::from_json(text).unwrap().to_json(), text);
        }
        assert_eq!(Tree::from_json(" { \"a\" :\n[ 1 , 2 ] } ").unwrap().to_json(), r#"{"a":[1,2]}"#);
        assert_eq!(Tree::from_json(r#""a\u0000b\ud83e\udd16""#).unwrap(), Tree::text("ab🤖"));
        assert_eq!(Tree::from_json(r#"{"a":1,"a":2}"#).unwrap().to_json(), r#"{"a":2}"#);
    }

    #[test]
    fn halves_of_characters_are_replaced() {
        for (literal, text) in [
            (r#""a\ud83eb""#, "a\u{fffd}b"),
            (r#""\ud83e\ud83e\udd16""#, "\u{fffd}🤖"),
            (r#""\udd16\\ud83e\n""#, "\u{fffd}\\ud83e\n"),
            (r#""\ud83e""#, "\u{fffd}"),
        ] {
            assert_eq!(Tree::from_json(literal).unwrap(), Tree::text(text), "{literal}");
        }
        assert!(Tree::from_json(r#""\ud83e\x""#).is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "", "{", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", ".5", "+1", "1e", "nul", "\"a", "\"\\x\"", "\"\n\"",
            "1 2", "[1}", "NaN", "--1", "\"\\",
        ] {
            assert!(matches!(Tree::from_json(text), Err(ReadError::Syntax(_))), "{text}");
        }
        assert_eq!(Tree::from_json(&"[".repeat(200)), Err(ReadError::TooDeep));
        assert_eq!(Tree::from_json(&format!("[{}0]", "0,".repeat(600_000))), Err(ReadError::TooMany));
    }
}
