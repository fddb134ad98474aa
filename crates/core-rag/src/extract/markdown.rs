//! Markdown in sections, for indexing.

use super::budget::Budget;
use super::error::ExtractError;
use super::{Page, html, plain};

#[derive(Default)]
struct Section {
    heading: Option<String>,
    body: String,
}

/// One page a heading, with the text below it: the heading without its hashes, the text without HTML tags. Hashes inside
/// fenced code are no headings.
pub(super) fn pages(bytes: &[u8], budget: &Budget) -> Result<Vec<Page>, ExtractError> {
    let source = plain::decode(bytes);
    let mut pages = Vec::new();
    let mut section = Section::default();
    let mut fence: Option<&str> = None;
    for line in source.lines() {
        budget.tick()?;
        let trimmed = line.trim_start();
        match fence {
            Some(mark) if trimmed.starts_with(mark) => fence = None,
            Some(_) => {}
            None => fence = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark)),
        }
        match heading(line) {
            Some(text) if fence.is_none() => {
                let heading = Some(text.to_owned());
                finish(std::mem::replace(&mut section, Section { heading, ..Section::default() }), &mut pages, budget)?;
            }
            _ => {
                section.body.push_str(line);
                section.body.push('\n');
            }
        }
    }
    finish(section, &mut pages, budget)?;
    Ok(pages)
}

fn finish(section: Section, pages: &mut Vec<Page>, budget: &Budget) -> Result<(), ExtractError> {
    let body = html::without_tags(&section.body);
    let text = match section.heading {
        Some(heading) => format!("{heading}\n{body}").trim().to_owned(),
        None => body.trim().to_owned(),
    };
    if !text.is_empty() {
        pages.push(Page::of(budget.accept(text)?));
    }
    Ok(())
}

/// One to six hashes and a space.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let hashes = line.len() - text.len();
    ((1..=6).contains(&hashes) && text.starts_with([' ', '\t'])).then(|| text.trim().trim_end_matches('#').trim_end())
}
