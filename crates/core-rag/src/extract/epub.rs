//! EPUB books: the chapters in reading order.
//!
//! EPUB 3.3: `META-INF/container.xml` names the package document, its spine the order of the chapters.

use std::collections::{HashMap, HashSet};

use super::budget::Budget;
use super::error::ExtractError;
use super::html;
use super::package::Package;
use super::plain;
use super::xml::{self, Node};

const FORMAT: &str = "EPUB";

/// Chapters as Markdown, a blank line between them.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let mut package = Package::open(FORMAT, bytes, budget)?;
    if package.part("META-INF/rights.xml")?.is_some() {
        return Err(ExtractError::Encrypted { format: FORMAT });
    }
    let container = package.needed("META-INF/container.xml")?;
    let mut root = None;
    xml::walk(FORMAT, &container, budget, |node| {
        if let Node::Open(element) = node
            && element.local_name().as_ref() == "rootfile"
            && root.is_none()
        {
            root = xml::attribute(element, "full-path").map(|path| path.into_owned());
        }
        Ok(())
    })?;
    let root = root.ok_or_else(|| ExtractError::broken(FORMAT, "its container names no package document"))?;
    let opf = package.needed(&root)?;

    let mut text = budget.text();
    for chapter in chapters(&opf, &root, budget)? {
        // A spine may name what is not there; readers of books skip it too.
        let Some(part) = package.part(&chapter)? else { continue };
        let chapter = html::to_markdown_with(&plain::decode(&part), budget, &mut |source| {
            let name = xml::resolve(&chapter, &percent_decoded(source));
            budget.picture(&name, |max| package.small_part(&name, max))
        })?;
        if chapter.is_empty() {
            continue;
        }
        if !text.as_str().is_empty() {
            text.push("\n\n")?;
        }
        text.push(&chapter)?;
    }
    Ok(text.into_string())
}

/// Names of the parts with chapters, each once.
fn chapters(opf: &[u8], root: &str, budget: &Budget) -> Result<Vec<String>, ExtractError> {
    let mut manifest: HashMap<String, String> = HashMap::new();
    let mut spine = Vec::new();
    xml::walk(FORMAT, opf, budget, |node| {
        let Node::Open(element) = node else { return Ok(()) };
        match element.local_name().as_ref() {
            "item" => {
                let is_text = xml::attribute(element, "media-type").is_none_or(|kind| kind.contains("html"));
                let item = xml::attribute(element, "id").zip(xml::attribute(element, "href"));
                if let Some((id, href)) = item.filter(|_| is_text) {
                    manifest.insert(id.into_owned(), href.into_owned());
                }
            }
            "itemref" => spine.extend(xml::attribute(element, "idref").map(|id| id.into_owned())),
            _ => {}
        }
        Ok(())
    })?;
    let mut seen = HashSet::new();
    let hrefs = spine.iter().filter_map(|id| manifest.get(id));
    let parts = hrefs.map(|href| xml::resolve(root, &percent_decoded(href)));
    Ok(parts.filter(|part| seen.insert(part.clone())).collect())
}

/// `chapter%201.xhtml` is `chapter 1.xhtml`; what follows `#` is a place within the part.
fn percent_decoded(href: &str) -> String {
    let mut bytes = Vec::with_capacity(href.len());
    let mut rest = href.split('#').next().unwrap_or_default().bytes();
    while let Some(byte) = rest.next() {
        let ahead = rest.clone().take(2).map(|digit| char::from(digit).to_digit(16));
        match (byte, ahead.collect::<Option<Vec<_>>>().as_deref()) {
            (b'%', Some([high, low])) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest.nth(1);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
