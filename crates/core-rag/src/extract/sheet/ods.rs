//! Spreadsheets of OpenDocument.
//!
//! OpenDocument 1.3 part 3, chapter 9. Read here and not by calamine, which keeps a copy of every cell for each time that
//! a row or column says to repeat it.

use super::Take;
use super::rows::{Cells, MAX_SHEETS, Sheet};
use crate::extract::budget::Budget;
use crate::extract::error::{ExtractError, Limit};
use crate::extract::package::Package;
use crate::extract::xml::{self, Node};

const FORMAT: &str = "ODS";

/// What LibreOffice has at most.
const MAX_ROWS: u32 = 1_048_576;
const MAX_COLUMNS: u32 = 16_384;

pub(super) fn read(bytes: &[u8], budget: &Budget, take: &mut Take<'_>) -> Result<(), ExtractError> {
    let mut package = Package::open(FORMAT, bytes, budget)?;
    if let Some(manifest) = package.part("META-INF/manifest.xml")? {
        let mut encrypted = false;
        xml::walk(FORMAT, &manifest, budget, |node| {
            if let Node::Open(element) = node {
                encrypted |= element.local_name().as_ref() == "encryption-data";
            }
            Ok(())
        })?;
        if encrypted {
            return Err(ExtractError::Encrypted { format: FORMAT });
        }
    }
    let content = package.needed("content.xml")?;
    let mut reader = Reader::new(budget, take);
    xml::walk(FORMAT, &content, budget, |node| reader.visit(node))
}

struct Reader<'r, 't> {
    budget: &'r Budget,
    take: &'r mut Take<'t>,
    sheets: usize,
    counted: Cells,
    /// Bytes of the sheet's values so far.
    length: usize,
    sheet: Sheet,
    row: u32,
    row_repeats: u32,
    /// Cells of the row that is being read.
    cells: Vec<(u32, String)>,
    column: u32,
    column_repeats: u32,
    cell: Option<String>,
    in_paragraph: bool,
    /// Elements open inside a comment.
    hidden: usize,
}

impl<'r, 't> Reader<'r, 't> {
    fn new(budget: &'r Budget, take: &'r mut Take<'t>) -> Self {
        Self {
            budget,
            take,
            sheets: 0,
            counted: Cells::default(),
            length: 0,
            sheet: Sheet::default(),
            row: 0,
            row_repeats: 1,
            cells: Vec::new(),
            column: 0,
            column_repeats: 1,
            cell: None,
            in_paragraph: false,
            hidden: 0,
        }
    }

    fn visit(&mut self, node: Node<'_>) -> Result<(), ExtractError> {
        match node {
            Node::Open(element) if self.hidden > 0 || element.local_name().as_ref() == "annotation" => {
                self.hidden += 1;
            }
            Node::Close(_) if self.hidden > 0 => self.hidden -= 1,
            Node::Open(element) => {
                let repeats = |name: &str, most: u32| {
                    let repeats = xml::attribute(element, name).and_then(|value| value.parse::<u32>().ok());
                    repeats.unwrap_or(1).clamp(1, most)
                };
                match element.local_name().as_ref() {
                    "table" => {
                        self.sheets += 1;
                        if self.sheets > MAX_SHEETS {
                            return Err(ExtractError::TooLarge(Limit::Sheets(MAX_SHEETS)));
                        }
                        let name = xml::attribute(element, "name").unwrap_or_default();
                        self.sheet = Sheet::named(&name);
                        (self.row, self.length) = (0, 0);
                    }
                    "table-row" => {
                        self.row_repeats = repeats("number-rows-repeated", MAX_ROWS);
                        self.cells.clear();
                        self.column = 0;
                    }
                    "table-cell" | "covered-table-cell" => {
                        self.column_repeats = repeats("number-columns-repeated", MAX_COLUMNS);
                        self.cell = Some(String::new());
                    }
                    "p" => self.in_paragraph = true,
                    "s" => (0..repeats("c", 1_000)).for_each(|_| self.write(" ")),
                    "tab" => self.write("\t"),
                    "line-break" => self.write("\n"),
                    _ => {}
                }
            }
            Node::Text(text) if self.in_paragraph && self.hidden == 0 => self.write(text),
            Node::Text(_) => {}
            Node::Close("p") => {
                self.in_paragraph = false;
                self.write("\n");
            }
            Node::Close("table-cell" | "covered-table-cell") => return self.end_cell(),
            Node::Close("table-row") => return self.end_row(),
            Node::Close("table") => {
                let sheet = std::mem::take(&mut self.sheet);
                return (self.take)(&sheet);
            }
            Node::Close(_) => {}
        }
        Ok(())
    }

    fn write(&mut self, text: &str) {
        if let Some(cell) = &mut self.cell {
            cell.push_str(text);
        }
    }

    fn end_cell(&mut self) -> Result<(), ExtractError> {
        let value = self.cell.take().unwrap_or_default();
        let value = value.trim();
        let end = self.column.saturating_add(self.column_repeats).min(MAX_COLUMNS);
        if !value.is_empty() {
            for column in self.column..end {
                self.count(value.len())?;
                self.cells.push((column, value.to_owned()));
            }
        }
        self.column = end;
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), ExtractError> {
        let end = self.row.saturating_add(self.row_repeats).min(MAX_ROWS);
        if !self.cells.is_empty() {
            for row in self.row..end {
                for index in 0..self.cells.len() {
                    let Some((column, value)) = self.cells.get(index).cloned() else { break };
                    self.count(value.len())?;
                    self.sheet.push(row, column, value);
                }
            }
        }
        self.row = end;
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), ExtractError> {
        self.budget.tick()?;
        self.counted.add(1)?;
        self.length = self.length.saturating_add(bytes);
        self.budget.expect_output(self.length / 2)
    }
}
