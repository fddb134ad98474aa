//! PowerPoint presentations: the text of the slides, in the order in which they are shown.
//!
//! ECMA-376 part 1, chapters 19 (PresentationML) and 21 (DrawingML).

use std::collections::HashMap;

use super::Page;
use super::budget::Budget;
use super::error::{ExtractError, Limit};
use super::package::Package;
use super::picture;
use super::table;
use super::xml::{self, Node};

const FORMAT: &str = "PPTX";
const PRESENTATION: &str = "ppt/presentation.xml";
const MAX_SLIDES: usize = 10_000;

/// Slides one after the other, a blank line between them.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let slides = pages(bytes, budget)?.into_iter().map(|page| page.text).filter(|text| !text.is_empty());
    Ok(slides.collect::<Vec<_>>().join("\n\n"))
}

/// One page a slide. Notes and masters are left out.
pub(super) fn pages(bytes: &[u8], budget: &Budget) -> Result<Vec<Page>, ExtractError> {
    let mut package = Package::open(FORMAT, bytes, budget)?;
    let presentation = package.needed(PRESENTATION)?;
    let relationships = package.needed("ppt/_rels/presentation.xml.rels")?;
    let targets = xml::relationships(FORMAT, &relationships, budget)?;
    let mut slides = Vec::new();
    xml::walk(FORMAT, &presentation, budget, |node| {
        if let Node::Open(element) = node
            && element.local_name().as_ref() == "sldId"
        {
            // `id` without a prefix is a number; `r:id` is the relationship.
            let id = element
                .attributes()
                .with_checks(false)
                .flatten()
                .find(|attribute| attribute.key.local_name().as_ref() == "id" && attribute.key.prefix().is_some());
            if let Some(target) = id.and_then(|id| targets.get(id.value.as_ref())) {
                slides.push(xml::resolve(PRESENTATION, target));
            }
            if slides.len() > MAX_SLIDES {
                return Err(ExtractError::TooLarge(Limit::Pages(MAX_SLIDES)));
            }
        }
        Ok(())
    })?;
    let mut pages = Vec::new();
    for (index, name) in slides.iter().enumerate() {
        let part = package.needed(name)?;
        let number = u32::try_from(index + 1).ok();
        let pictures = if budget.wants_pictures() { targets_of(&mut package, name, budget)? } else { HashMap::new() };
        let mut show = |id: &str| {
            let part = xml::resolve(name, pictures.get(id)?);
            let target = budget.picture(&part, |max| package.small_part(&part, max))?;
            Some(picture::shown(&target))
        };
        let text = slide(&part, budget, &mut show)?;
        pages.push(Page { text, number, sheet: None });
    }
    Ok(pages)
}

/// What a slide's relationships mean, by their ids.
fn targets_of(
    package: &mut Package<'_>,
    slide: &str,
    budget: &Budget,
) -> Result<HashMap<String, String>, ExtractError> {
    let relationships = match slide.rsplit_once('/') {
        Some((folder, file)) => package.part(&format!("{folder}/_rels/{file}.rels"))?,
        None => None,
    };
    relationships.map_or_else(|| Ok(HashMap::new()), |part| xml::relationships(FORMAT, &part, budget))
}

/// One line a paragraph or picture; tables as Markdown.
fn slide(part: &[u8], budget: &Budget, show: &mut dyn FnMut(&str) -> Option<String>) -> Result<String, ExtractError> {
    let mut text = budget.text();
    let mut paragraph = String::new();
    let mut cells: Option<Vec<String>> = None;
    let mut cell = String::new();
    let mut header = true;
    let (mut in_text, mut hidden) = (false, 0_usize);
    xml::walk(FORMAT, part, budget, |node| {
        match node {
            // A copy of the shape before it, for old readers.
            Node::Open(element) if hidden > 0 || element.local_name().as_ref() == "Fallback" => hidden += 1,
            Node::Close(_) if hidden > 0 => hidden -= 1,
            Node::Open(element) => match element.local_name().as_ref() {
                "t" => in_text = true,
                "br" => paragraph.push('\n'),
                "tbl" => header = true,
                "tr" => cells = Some(Vec::new()),
                "tc" => cell.clear(),
                "blip" => {
                    if let Some(picture) = xml::attribute(element, "embed").and_then(|id| show(&id)) {
                        text.push(&picture)?;
                        text.push("\n")?;
                    }
                }
                _ => {}
            },
            Node::Text(piece) if in_text && hidden == 0 => paragraph.push_str(piece),
            Node::Text(_) => {}
            Node::Close("t") => in_text = false,
            Node::Close("p") => {
                let paragraph = std::mem::take(&mut paragraph);
                match paragraph.trim() {
                    "" => {}
                    line if cells.is_some() => {
                        if !cell.is_empty() {
                            cell.push('\n');
                        }
                        cell.push_str(line);
                    }
                    line => {
                        text.push(line)?;
                        text.push("\n")?;
                    }
                }
            }
            Node::Close("tc") => {
                if let Some(cells) = &mut cells {
                    cells.push(std::mem::take(&mut cell));
                }
            }
            Node::Close("tr") => {
                let cells = cells.take().unwrap_or_default();
                table::push_row(&mut text, cells.iter().map(String::as_str))?;
                if std::mem::take(&mut header) {
                    table::push_rule(&mut text, cells.len())?;
                }
            }
            Node::Close(_) => {}
        }
        Ok(())
    })?;
    Ok(text.as_str().trim_end().to_owned())
}
