//! XML files for indexing: what stands between the tags.

use super::budget::Budget;
use super::error::ExtractError;
use super::plain;
use super::xml::{self, Node};

/// One line for each text between two tags. A file that is no proper XML, and one that says all in attributes, is indexed
/// as it was written.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let mut text = String::new();
    let mut line = String::new();
    let walked = xml::walk("XML", bytes, budget, |node| {
        match node {
            Node::Text(piece) => line.push_str(piece),
            Node::Open(_) | Node::Close(_) => end_line(&mut line, &mut text),
        }
        Ok(())
    });
    match walked {
        Ok(()) if !text.is_empty() => budget.accept(text),
        Ok(()) | Err(ExtractError::Broken { .. }) => plain::text(bytes, budget),
        Err(error) => Err(error),
    }
}

fn end_line(line: &mut String, text: &mut String) {
    let trimmed = line.trim();
    if !trimmed.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(trimmed);
    }
    line.clear();
}
