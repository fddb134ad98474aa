//! The cells of one sheet that have a value, and how they are shown.

use std::collections::BTreeSet;

use calamine::{Data, DataRef, ExcelDateTime};

use crate::extract::budget::{Budget, Text};
use crate::extract::error::{ExtractError, Limit};
use crate::extract::{Page, table};

/// Cells with a value of a whole workbook.
pub(super) const MAX_CELLS: usize = 2_000_000;

/// Sheets of one workbook; the same part may be named any number of times.
pub(super) const MAX_SHEETS: usize = 1_000;

/// Rows that are looked at to find the header.
const HEADER_AMONG: usize = 10;

/// Rows in order, each with its cells in order. Empty rows and cells are not kept, so a cell at the far end of a sheet
/// costs no more than one at its start.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) name: String,
    rows: Vec<(u32, Vec<(u32, String)>)>,
}

impl Sheet {
    pub(super) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), rows: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Cells come by row and column, as files have them; one out of order starts a row of its own.
    pub(super) fn push(&mut self, row: u32, column: u32, value: String) {
        match self.rows.last_mut() {
            Some((last, cells)) if *last == row => cells.push((column, value)),
            _ => self.rows.push((row, vec![(column, value)])),
        }
    }

    /// The first row is the header. Columns without a value are left out.
    pub(super) fn push_table(&self, text: &mut Text<'_>) -> Result<(), ExtractError> {
        let columns: BTreeSet<u32> = self.rows.iter().flat_map(|(_, cells)| cells).map(|(column, _)| *column).collect();
        for (number, (_, cells)) in self.rows.iter().enumerate() {
            table::push_row(text, columns.iter().map(|column| value_at(cells, *column)))?;
            if number == 0 {
                table::push_rule(text, columns.len())?;
            }
        }
        Ok(())
    }

    /// The header is the first row of the first ten with at least two values, or else the first row; one page for each
    /// row below it. Cells in columns without a name are left out.
    pub(super) fn push_pages(
        &self,
        keep_empty: bool,
        pages: &mut Vec<Page>,
        budget: &Budget,
    ) -> Result<(), ExtractError> {
        let header = self.rows.iter().take(HEADER_AMONG).position(|(_, cells)| cells.len() >= 2).unwrap_or_default();
        let Some(((first, names), below)) = self.rows.get(header..).and_then(<[_]>::split_first) else { return Ok(()) };
        for (row, cells) in below {
            let mut text = budget.text();
            for (column, name) in names {
                let value = value_at(cells, *column);
                if value.is_empty() && !keep_empty {
                    continue;
                }
                if !text.as_str().is_empty() {
                    text.push(";")?;
                }
                text.push(&format!("\"{}\":\"{}\"", quoted(name), quoted(value)))?;
            }
            let text = text.into_string();
            if !text.is_empty() {
                let number = row.checked_sub(*first).and_then(|distance| distance.checked_sub(1));
                pages.push(Page { text, number, sheet: Some(self.name.clone()) });
            }
        }
        Ok(())
    }
}

fn value_at(cells: &[(u32, String)], column: u32) -> &str {
    // Sorted unless the file is odd; then the search may miss, and looking at each cell does not.
    let found = cells.binary_search_by_key(&column, |(column, _)| *column).ok().and_then(|at| cells.get(at));
    found.map_or("", |(_, value)| value)
}

fn quoted(value: &str) -> std::borrow::Cow<'_, str> {
    if value.contains('"') { value.replace('"', "\\\"").into() } else { value.into() }
}

/// Counts the cells of a workbook.
#[derive(Debug, Default)]
pub(super) struct Cells(usize);

impl Cells {
    pub(super) fn add(&mut self, more: usize) -> Result<(), ExtractError> {
        self.0 = self.0.saturating_add(more);
        if self.0 > MAX_CELLS { Err(ExtractError::TooLarge(Limit::Cells(MAX_CELLS))) } else { Ok(()) }
    }
}

/// `None` for an empty cell.
pub(super) fn shown(value: DataRef<'_>) -> Option<String> {
    let shown = match value {
        DataRef::Empty => return None,
        DataRef::SharedString(text) => text.to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(true) => "True".to_owned(),
        DataRef::Bool(false) => "False".to_owned(),
        DataRef::DateTime(time) => date(&time),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text,
        DataRef::Error(error) => error.to_string(),
    };
    (!shown.trim().is_empty()).then_some(shown)
}

pub(super) fn shown_owned(value: &Data) -> Option<String> {
    shown(match value {
        Data::Empty => DataRef::Empty,
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(time) => DataRef::DateTime(*time),
        Data::DateTimeIso(text) | Data::DurationIso(text) => DataRef::SharedString(text),
        Data::Error(error) => DataRef::Error(error.clone()),
    })
}

/// `2024-03-01 00:00:00`; a duration in hours, which may be more than a day.
fn date(time: &ExcelDateTime) -> String {
    if time.is_duration() {
        let seconds = (time.as_f64() * 86_400.0).round();
        // A float as an integer saturates.
        let seconds = seconds as i64;
        let sign = if seconds < 0 { "-" } else { "" };
        let seconds = seconds.unsigned_abs();
        return format!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}
