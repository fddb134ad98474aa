//! CSV: a Markdown table, or one page a row.

use csv::{ReaderBuilder, StringRecord};

use super::budget::Budget;
use super::error::ExtractError;
use super::{Page, plain, table};

const FORMAT: &str = "CSV";

/// The first row is the header. Rows keep their own length.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let source = plain::decode(bytes);
    let mut text = budget.text();
    for (number, row) in rows(&source).enumerate() {
        let row = row.map_err(|error| ExtractError::broken(FORMAT, error))?;
        table::push_row(&mut text, row.iter())?;
        if number == 0 {
            table::push_rule(&mut text, row.len())?;
        }
    }
    Ok(text.into_string())
}

/// `column: value` for each cell, joined by `;`. Lines that are no CSV are skipped.
pub(super) fn pages(bytes: &[u8], budget: &Budget) -> Result<Vec<Page>, ExtractError> {
    let source = plain::decode(bytes);
    let mut rows = rows(&source).filter_map(Result::ok);
    let header = rows.next().unwrap_or_default();
    let mut pages = Vec::new();
    for (number, row) in rows.enumerate() {
        if row.len() > header.len() {
            continue;
        }
        let mut text = budget.text();
        for (column, (name, value)) in header.iter().zip(row.iter().chain(std::iter::repeat(""))).enumerate() {
            if column > 0 {
                text.push(";")?;
            }
            text.push(name.trim())?;
            text.push(": ")?;
            text.push(value.trim())?;
        }
        let number = u32::try_from(number).ok();
        pages.push(Page { text: text.into_string(), number, sheet: None });
    }
    Ok(pages)
}

fn rows(source: &str) -> impl Iterator<Item = Result<StringRecord, csv::Error>> {
    ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source.as_bytes()).into_records()
}
