//! Workbooks of Excel since 2007, cell by cell.

use std::collections::HashMap;
use std::io::Cursor;

use calamine::{Reader, Xlsx, XlsxError};

use super::Take;
use super::rows::{Cells, MAX_SHEETS, Sheet, shown};
use crate::extract::budget::Budget;
use crate::extract::error::{ExtractError, Limit};
use crate::extract::package::Package;

const FORMAT: &str = "XLSX";

pub(super) fn read(bytes: &[u8], budget: &Budget, take: &mut Take<'_>) -> Result<(), ExtractError> {
    Package::open(FORMAT, bytes, budget)?.weigh()?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let names = workbook.sheet_names();
    if names.len() > MAX_SHEETS {
        return Err(ExtractError::TooLarge(Limit::Sheets(MAX_SHEETS)));
    }
    let mut counted = Cells::default();
    for name in names {
        budget.check_time()?;
        let links = match workbook.hyperlinks_by_sheet_name(&name) {
            Ok(links) => links,
            // Charts and dialogues are sheets without cells.
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(broken(error)),
        };
        let links: HashMap<(u32, u32), String> =
            links.into_iter().filter_map(|link| Some((link.range.start, link.target?))).collect();
        let mut cells = match workbook.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(broken(error)),
        };
        let mut sheet = Sheet::named(&name);
        let mut length = 0;
        while let Some(cell) = cells.next_cell().map_err(broken)? {
            budget.tick()?;
            let (row, column) = cell.get_position();
            let Some(value) = shown(cell.get_value().clone()) else { continue };
            counted.add(1)?;
            let value = match links.get(&(row, column)) {
                Some(target) => format!("[{value}]({target})"),
                None => value,
            };
            // One shared string may stand in any number of cells.
            length += value.len();
            budget.expect_output(length)?;
            sheet.push(row, column, value);
        }
        take(&sheet)?;
    }
    Ok(())
}

fn broken(error: XlsxError) -> ExtractError {
    if matches!(error, XlsxError::Password) {
        return ExtractError::Encrypted { format: FORMAT };
    }
    ExtractError::broken(FORMAT, error)
}
