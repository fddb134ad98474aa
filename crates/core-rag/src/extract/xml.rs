//! XML parts of packages, event by event.
//!
//! Only the five predefined entities and character references are resolved: entities that a document declares itself are
//! left out, so that none can multiply.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::budget::Budget;
use super::error::{ExtractError, Limit};
use super::plain;

/// Elements inside each other. Nothing here recurses, but open elements are remembered.
const MAX_DEPTH: usize = 10_000;

/// What a walk over a part sees. Names are without their prefix.
pub(super) enum Node<'e> {
    Open(&'e BytesStart<'e>),
    /// An element's end; comes for `<a/>` too.
    Close(&'e str),
    Text(&'e str),
}

/// Calls `visit` for everything in document order.
pub(super) fn walk(
    format: &'static str,
    part: &[u8],
    budget: &Budget,
    mut visit: impl FnMut(Node<'_>) -> Result<(), ExtractError>,
) -> Result<(), ExtractError> {
    let source = plain::decode(part);
    let mut reader = Reader::from_str(&source);
    let mut depth = 0_usize;
    loop {
        budget.tick()?;
        let event = reader.read_event().map_err(|error| ExtractError::broken(format, error))?;
        match event {
            Event::Start(element) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(ExtractError::TooLarge(Limit::Depth(MAX_DEPTH)));
                }
                visit(Node::Open(&element))?;
            }
            Event::Empty(element) => {
                visit(Node::Open(&element))?;
                visit(Node::Close(element.local_name().as_ref()))?;
            }
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                visit(Node::Close(element.local_name().as_ref()))?;
            }
            Event::Text(text) => visit(Node::Text(&text.xml10_content()))?,
            Event::CData(text) => visit(Node::Text(&text.xml10_content()))?,
            Event::GeneralRef(reference) => {
                let mut buffer = [0; 4];
                let character = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(&*character.encode_utf8(&mut buffer)),
                    Ok(None) => quick_xml::escape::resolve_predefined_entity(&reference),
                    Err(error) => return Err(ExtractError::broken(format, error)),
                };
                if let Some(character) = character {
                    visit(Node::Text(character))?;
                }
            }
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// An attribute by its name without prefix, unescaped.
pub(super) fn attribute<'e>(element: &'e BytesStart<'_>, name: &str) -> Option<Cow<'e, str>> {
    let attribute = element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)?;
    quick_xml::escape::unescape(&attribute.value).ok().map(|value| Cow::Owned(value.into_owned()))
}

/// Targets of a part's relationships by id, as written.
pub(super) fn relationships(
    format: &'static str,
    part: &[u8],
    budget: &Budget,
) -> Result<std::collections::HashMap<String, String>, ExtractError> {
    let mut targets = std::collections::HashMap::new();
    walk(format, part, budget, |node| {
        if let Node::Open(element) = node
            && element.local_name().as_ref() == "Relationship"
            && let (Some(id), Some(target)) = (attribute(element, "Id"), attribute(element, "Target"))
        {
            targets.insert(id.into_owned(), target.into_owned());
        }
        Ok(())
    })?;
    Ok(targets)
}

/// The part that a relationship or a link of `base` means. `..` cannot leave the package: there is nothing above it.
pub(super) fn resolve(base: &str, target: &str) -> String {
    let mut path: Vec<&str> = match target.starts_with('/') {
        true => Vec::new(),
        false => base.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
    };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.join("/")
}
