//! JSON, indented by two.

use serde::de::IgnoredAny;

use super::budget::{Budget, Text};
use super::error::ExtractError;
use super::plain;

const FORMAT: &str = "JSON";

/// The same values, two spaces a level, characters instead of `\u` escapes. Numbers stay as they were written.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let source = plain::decode(bytes);
    // Proves that it is JSON, without recursion, and keeps nothing.
    serde_json::from_str::<IgnoredAny>(&source).map_err(|error| ExtractError::broken(FORMAT, error))?;
    let mut writer = Indented { text: budget.text(), depth: 0 };
    let mut rest = source.as_ref();
    let mut opened = false;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { break };
        let (token, after) = rest.split_at_checked(token_length(rest, first)).unwrap_or((rest, ""));
        rest = after;
        let closes = matches!(first, '}' | ']');
        if closes {
            writer.depth = writer.depth.saturating_sub(1);
        }
        if opened != closes {
            // Between `[` and its first value, and between the last value and `]`, but not inside `[]`.
            if opened || closes {
                writer.new_line()?;
            }
        }
        opened = matches!(first, '{' | '[');
        match first {
            '{' | '[' => {
                writer.text.push(token)?;
                writer.depth += 1;
            }
            ',' => {
                writer.text.push(",")?;
                writer.new_line()?;
            }
            ':' => writer.text.push(": ")?,
            '"' => writer.text.push(&plain_string(token))?,
            _ => writer.text.push(token)?,
        }
    }
    Ok(writer.text.into_string())
}

struct Indented<'b> {
    text: Text<'b>,
    depth: usize,
}

impl Indented<'_> {
    fn new_line(&mut self) -> Result<(), ExtractError> {
        self.text.push("\n")?;
        (0..self.depth).try_for_each(|_| self.text.push("  "))
    }
}

/// Bytes of the token that starts `rest`, which is known to be valid.
fn token_length(rest: &str, first: char) -> usize {
    match first {
        '{' | '}' | '[' | ']' | ',' | ':' => 1,
        '"' => {
            let mut escaped = false;
            let end = rest.bytes().skip(1).position(|byte| {
                let ends = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |end| end + 2)
        }
        _ => rest
            .find(|character: char| ",]}:".contains(character) || character.is_ascii_whitespace())
            .unwrap_or(rest.len()),
    }
}

/// A string with the escapes that JSON needs and no others. Lone surrogates, which no text can hold, stay escaped.
fn plain_string(token: &str) -> String {
    if !token.contains('\\') {
        return token.to_owned();
    }
    let value = serde_json::from_str::<String>(token).and_then(|value| serde_json::to_string(&value));
    value.unwrap_or_else(|_lone_surrogate| token.to_owned())
}
