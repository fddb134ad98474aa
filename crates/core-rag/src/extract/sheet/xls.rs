//! Workbooks of Excel 5 to 2003.
//!
//! calamine reads all sheets at once and lays out each as a full rectangle, of sizes that the file claims. So the
//! workbook's stream is looked through first (MS-XLS 2.1, a list of records) and handed on in a fresh compound file, for
//! calamine to see nothing that was not looked at.

use std::io::{Cursor, Write};

use calamine::{Reader, Xls, XlsError};
use cfb::CompoundFile;

use super::Take;
use super::rows::{Cells, MAX_SHEETS, Sheet, shown_owned};
use crate::extract::budget::Budget;
use crate::extract::compound::{Compound, is_compound, u16_at, u32_at};
use crate::extract::error::{ExtractError, Limit};

const FORMAT: &str = "XLS";

/// Cells of the rectangles around the cells of all sheets, empty ones included.
const MAX_AREA: u64 = 8_000_000;

/// Types of records.
mod record {
    pub(super) const BOF: u16 = 0x0809;
    pub(super) const EOF: u16 = 0x000A;
    pub(super) const FILE_PASS: u16 = 0x002F;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const DIMENSIONS: u16 = 0x0200;
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const MUL_RK: u16 = 0x00BD;
    /// Number, Label, RString, BoolErr, Rk and LabelSst: one cell each.
    pub(super) const CELLS: [u16; 6] = [0x0203, 0x0204, 0x00D6, 0x0205, 0x027E, 0x00FD];
}

/// Whether bytes are a workbook of this kind, and not one of the newer kind that was encrypted.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    is_compound(bytes)
        && CompoundFile::open(Cursor::new(bytes)).is_ok_and(|file| file.exists("/Workbook") || file.exists("/Book"))
}

pub(super) fn read(bytes: &[u8], budget: &Budget, take: &mut Take<'_>) -> Result<(), ExtractError> {
    let mut file = Compound::open(FORMAT, bytes, budget)?;
    let (name, mut stream) = match file.stream("/Workbook")? {
        Some(stream) => ("/Workbook", stream),
        None => ("/Book", file.needed("/Book")?),
    };
    check(&mut stream, budget)?;
    let checked = repacked(name, &stream).map_err(|error| ExtractError::broken(FORMAT, error))?;
    drop(stream);
    let mut workbook: Xls<_> = Xls::new(Cursor::new(checked)).map_err(broken)?;
    let mut counted = Cells::default();
    for name in workbook.sheet_names() {
        budget.check_time()?;
        let range = workbook.worksheet_range(&name).map_err(broken)?;
        let (first_row, first_column) = range.start().unwrap_or_default();
        let mut sheet = Sheet::named(&name);
        let mut length = 0;
        for (row, column, value) in range.used_cells() {
            budget.tick()?;
            let Some(value) = shown_owned(value) else { continue };
            counted.add(1)?;
            length += value.len();
            budget.expect_output(length)?;
            let at = |first: u32, distance: usize| first.saturating_add(u32::try_from(distance).unwrap_or(u32::MAX));
            sheet.push(at(first_row, row), at(first_column, column), value);
        }
        take(&sheet)?;
    }
    Ok(())
}

fn repacked(name: &str, stream: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut file = CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))?;
    file.create_stream(name)?.write_all(stream)?;
    file.flush()?;
    Ok(file.into_inner().into_inner())
}

/// Refuses workbooks whose sheets are large, and empties what is not asked for and can be made to grow: formulas, and
/// the size that a sheet claims.
fn check(stream: &mut [u8], budget: &Budget) -> Result<(), ExtractError> {
    let mut sheets = Vec::new();
    let mut at = 0;
    while let Some((kind, data, next)) = record_at(stream, at) {
        budget.tick()?;
        match kind {
            record::EOF => break,
            record::FILE_PASS if u16_at(stream, data) != Some(0) => {
                return Err(ExtractError::Encrypted { format: FORMAT });
            }
            record::BOUND_SHEET => sheets.extend(u32_at(stream, data).and_then(|place| usize::try_from(place).ok())),
            _ => {}
        }
        at = next;
    }
    if sheets.len() > MAX_SHEETS {
        return Err(ExtractError::TooLarge(Limit::Sheets(MAX_SHEETS)));
    }
    let mut area = 0_u64;
    for start in sheets {
        area = area.saturating_add(sheet_area(stream, start, budget)?);
        if area > MAX_AREA {
            return Err(ExtractError::TooLarge(Limit::Cells(MAX_AREA as usize)));
        }
    }
    Ok(())
}

/// Cells that calamine will make room for: what those of the sheet span.
fn sheet_area(stream: &mut [u8], start: usize, budget: &Budget) -> Result<u64, ExtractError> {
    let mut cells = 0_u64;
    let mut span = Span::default();
    let mut at = start;
    let mut depth = 0_usize;
    while let Some((kind, data, next)) = record_at(stream, at) {
        budget.tick()?;
        let cell = u16_at(stream, data).zip(u16_at(stream, data + 2));
        match kind {
            record::BOF => depth += 1,
            record::EOF if depth <= 1 => break,
            record::EOF => depth -= 1,
            // A claim that room is reserved for. Nothing else uses it.
            record::DIMENSIONS => stream.get_mut(data..next).unwrap_or_default().fill(0),
            record::FORMULA => {
                if let Some(length) = stream.get_mut(data + 20..data + 22).filter(|_| next - data >= 22) {
                    length.fill(0);
                }
                cells += 1;
                span.include(cell);
            }
            record::MUL_RK => {
                // Row, first column, six bytes a cell, last column.
                let last = u16_at(stream, next.saturating_sub(2));
                span.include(cell);
                span.include(cell.map(|(row, _)| row).zip(last));
                cells = cells.saturating_add(u64::try_from((next - data) / 6).unwrap_or(u64::MAX));
            }
            kind if record::CELLS.contains(&kind) => {
                cells += 1;
                span.include(cell);
            }
            _ => {}
        }
        at = next;
    }
    Ok(span.area().max(cells))
}

#[derive(Debug, Default)]
struct Span(Option<[u16; 4]>);

impl Span {
    fn include(&mut self, cell: Option<(u16, u16)>) {
        let Some((row, column)) = cell else { return };
        let [top, left, bottom, right] = self.0.unwrap_or([row, column, row, column]);
        self.0 = Some([top.min(row), left.min(column), bottom.max(row), right.max(column)]);
    }

    fn area(&self) -> u64 {
        let side = |from: u16, to: u16| u64::from(to - from) + 1;
        self.0.map_or(0, |[top, left, bottom, right]| side(top, bottom) * side(left, right))
    }
}

/// The type of the record at a place, where its data starts, and where the next record does.
fn record_at(stream: &[u8], at: usize) -> Option<(u16, usize, usize)> {
    let data = at.checked_add(4)?;
    let next = data + usize::from(u16_at(stream, at + 2)?);
    (next <= stream.len()).then_some((u16_at(stream, at)?, data, next))
}

fn broken(error: XlsError) -> ExtractError {
    if matches!(error, XlsError::Password) {
        return ExtractError::Encrypted { format: FORMAT };
    }
    ExtractError::broken(FORMAT, error)
}
