//! Workbooks: one Markdown table a sheet, or one page a row.

mod ods;
mod rows;
mod xls;
mod xlsx;

use super::Page;
use super::budget::Budget;
use super::error::ExtractError;
use rows::Sheet;

/// Kinds of workbooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Xls,
    Xlsx,
    Ods,
}

/// The tables of all sheets that have cells, a blank line between them.
pub(super) fn text(kind: Kind, bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let mut text = budget.text();
    read(kind, bytes, budget, &mut |sheet| {
        if !sheet.is_empty() && !text.as_str().is_empty() {
            text.push("\n")?;
        }
        sheet.push_table(&mut text)
    })?;
    Ok(text.as_str().trim_end().to_owned())
}

/// The rows of all sheets as `"column":"value"`, joined by `;`.
pub(super) fn pages(kind: Kind, bytes: &[u8], budget: &Budget) -> Result<Vec<Page>, ExtractError> {
    let mut pages = Vec::new();
    let keep_empty = kind == Kind::Xlsx;
    read(kind, bytes, budget, &mut |sheet| sheet.push_pages(keep_empty, &mut pages, budget))?;
    Ok(pages)
}

/// Takes one sheet; only one is in memory at a time.
type Take<'t> = dyn FnMut(&Sheet) -> Result<(), ExtractError> + 't;

fn read(kind: Kind, bytes: &[u8], budget: &Budget, take: &mut Take<'_>) -> Result<(), ExtractError> {
    // Many a file has the extension of the other version.
    match (kind, bytes) {
        (Kind::Ods, _) => ods::read(bytes, budget, take),
        (Kind::Xls, [b'P', b'K', ..]) => xlsx::read(bytes, budget, take),
        (Kind::Xls, _) => xls::read(bytes, budget, take),
        (Kind::Xlsx, _) if xls::is_workbook(bytes) => xls::read(bytes, budget, take),
        (Kind::Xlsx, _) => xlsx::read(bytes, budget, take),
    }
}
