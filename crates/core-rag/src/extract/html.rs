//! HTML: what a reader of the page sees.

use std::rc::Rc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use htmd::{HtmlToMarkdown, Node};
use markup5ever_rcdom::NodeData;

use super::budget::Budget;
use super::error::{ExtractError, Limit};
use super::plain;

/// Elements inside each other. Every level is a frame of recursion and a copy of the text below it.
const MAX_DEPTH: usize = 256;

/// Start tags without their end tag: the parser looks through all of them at many tags. Sloppy pages have hundreds.
const MAX_OPEN: usize = 4_000;

/// Elements of the page. The parser repeats formatting that was left open in every block that follows.
const MAX_ELEMENTS: usize = 4_000_000;

/// Bytes in front of a line for each list or quotation around it.
const INDENT: usize = 4;

/// Never seen.
const HIDDEN: [&str; 7] = ["script", "style", "noscript", "template", "iframe", "svg", "head"];

/// Their end tags may be left out: counting their starts would count siblings.
const CLOSED_BY_THE_NEXT: [&str; 14] =
    ["p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "rt", "rp"];

const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// Repeated in the next block when left open.
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// The visible text, with headings, lists, links and tables in Markdown.
pub(super) fn visible_text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    to_markdown(&plain::decode(bytes), budget)
}

pub(super) fn to_markdown(source: &str, budget: &Budget) -> Result<String, ExtractError> {
    to_markdown_with(source, budget, &mut |_| None)
}

/// Likewise. `picture` is asked for what is to stand for the address of each picture, if it is not to stay.
pub(super) fn to_markdown_with(
    source: &str,
    budget: &Budget,
    picture: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<String, ExtractError> {
    budget.check_time()?;
    check_tags(source)?;
    let converter = HtmlToMarkdown::builder().skip_tags(HIDDEN.to_vec()).build();
    let tree = converter.html_to_tree(source).map_err(|error| ExtractError::broken("HTML", error))?;
    budget.check_time()?;
    check_tree(&tree, budget, picture)?;
    budget.accept(converter.tree_to_markdown(&tree))
}

/// Refuses, before they are parsed, pages that would cost the parser more than time in proportion to their length.
fn check_tags(source: &str) -> Result<(), ExtractError> {
    let mut open: Vec<&str> = Vec::new();
    let mut formatting = [0_usize; FORMATTING.len()];
    let mut elements = 0_usize;
    for after in source.split('<').skip(1) {
        let (ends, after) = after.strip_prefix('/').map_or((false, after), |after| (true, after));
        let name_end = after.find(|character: char| !character.is_ascii_alphanumeric() && character != '-');
        let name = after.get(..name_end.unwrap_or(after.len())).unwrap_or_default();
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            continue;
        }
        let repeated = formatting.iter().fold(0_usize, |sum, count| sum.saturating_add(*count));
        elements = elements.saturating_add(repeated + 1);
        if elements > MAX_ELEMENTS {
            return Err(ExtractError::TooLarge(Limit::Entries(MAX_ELEMENTS)));
        }
        if let Some(count) = FORMATTING.iter().position(|other| is(other)).and_then(|at| formatting.get_mut(at)) {
            *count = if ends { count.saturating_sub(1) } else { *count + 1 };
        }
        if VOID.iter().any(|other| is(other)) || CLOSED_BY_THE_NEXT.iter().any(|other| is(other)) {
            continue;
        }
        // An end tag that does not match may be ignored by the parser, so it counts for nothing here.
        match (ends, open.last()) {
            (true, Some(last)) if is(last) => drop(open.pop()),
            (true, _) => {}
            (false, _) => open.push(name),
        }
        if open.len() > MAX_OPEN {
            return Err(ExtractError::TooLarge(Limit::Depth(MAX_OPEN)));
        }
    }
    Ok(())
}

/// Refuses trees that recursion would fall down, or that would become much longer as text.
fn check_tree(
    tree: &Rc<Node>,
    budget: &Budget,
    picture: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<(), ExtractError> {
    let (mut lines, mut deepest_indent) = (0_usize, 0_usize);
    let mut nodes = vec![(Rc::clone(tree), 0_usize, 0_usize)];
    while let Some((node, depth, mut indent)) = nodes.pop() {
        budget.tick()?;
        if depth > MAX_DEPTH {
            return Err(ExtractError::TooLarge(Limit::Depth(MAX_DEPTH)));
        }
        match &node.data {
            NodeData::Element { name, attrs, .. } => match name.local.as_ref() {
                "blockquote" | "ul" | "ol" => indent += 1,
                "img" => {
                    lines += 1;
                    let mut attributes = attrs.borrow_mut();
                    let source = attributes.iter_mut().find(|attribute| attribute.name.local.as_ref() == "src");
                    if let Some(source) = source
                        && let Some(target) = inline_picture(&source.value, budget).or_else(|| picture(&source.value))
                    {
                        source.value = target.as_str().into();
                    }
                }
                _ => lines += 1,
            },
            NodeData::Text { contents } => {
                lines = lines.saturating_add(contents.borrow().bytes().filter(|byte| *byte == b'\n').count());
            }
            NodeData::Document
            | NodeData::Doctype { .. }
            | NodeData::Comment { .. }
            | NodeData::ProcessingInstruction { .. } => {}
        }
        deepest_indent = deepest_indent.max(indent);
        nodes.extend(node.children.borrow().iter().map(|child| (Rc::clone(child), depth + 1, indent)));
    }
    budget.expect_output(lines.saturating_mul(deepest_indent).saturating_mul(INDENT))
}

/// What stands for a picture whose bytes are in its address (`data:image/png;base64,…`): that must not become text.
fn inline_picture(source: &str, budget: &Budget) -> Option<String> {
    let data = source.strip_prefix("data:")?;
    let encoded = data.split_once(";base64,").map(|(_, encoded)| encoded);
    let target = encoded.and_then(|encoded| {
        budget.picture(&crate::chunk::digest(encoded.as_bytes()), |max| {
            let fits = encoded.len() / 4 <= max / 3 + 1;
            fits.then(|| BASE64_STANDARD.decode(encoded).ok()).flatten()
        })
    });
    Some(target.unwrap_or_default())
}

/// Drops what looks like a tag within a line: `<b>`, `</b>`, `<!-- -->`, `<00:01.000>`. `a < b` stays.
pub(super) fn without_tags(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, from)) = rest.split_once('<') {
        text.push_str(before);
        let is_tag = from.starts_with(|first: char| first.is_ascii_alphanumeric() || matches!(first, '/' | '!' | '?'));
        let end = from.find(['>', '\n']).filter(|_| is_tag);
        match end.and_then(|end| from.get(end..)).and_then(|end| end.strip_prefix('>')) {
            Some(after) => rest = after,
            None => {
                text.push('<');
                rest = from;
            }
        }
    }
    text.push_str(rest);
    text
}

/// The entities that subtitles use.
pub(super) fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&quot;", "\"").replace("&amp;", "&")
}
