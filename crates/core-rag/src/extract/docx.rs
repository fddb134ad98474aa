//! Word documents: paragraphs and tables in document order.
//!
//! ECMA-376 part 1, chapter 17 (WordprocessingML).

use std::collections::HashMap;

use quick_xml::events::BytesStart;

use super::budget::{Budget, Text};
use super::error::{ExtractError, Limit};
use super::package::Package;
use super::picture;
use super::table;
use super::xml::{self, Node};

const FORMAT: &str = "DOCX";
const BODY: &str = "word/document.xml";

/// How links are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// Their text only.
    Plain,
    /// `[text](address)`.
    Markdown,
}

/// One line a paragraph; tables as Markdown. Headers, footers, notes, comments and deleted text are left out.
pub(super) fn text<'b>(bytes: &'b [u8], budget: &'b Budget, links: Links) -> Result<String, ExtractError> {
    let mut package = Package::open(FORMAT, bytes, budget)?;
    let body = package.needed(BODY)?;
    let targets = match (links, package.part("word/_rels/document.xml.rels")?) {
        (Links::Markdown, Some(part)) => xml::relationships(FORMAT, &part, budget)?,
        _ => HashMap::new(),
    };
    let package = (links == Links::Markdown && budget.wants_pictures()).then_some(&mut package);
    let mut reader = Reader { targets, package, ..Reader::new(budget) };
    xml::walk(FORMAT, &body, budget, |node| reader.visit(node))?;
    Ok(reader.text.as_str().trim_end().to_owned())
}

/// A table that is being read. One inside a cell of another becomes lines of that cell.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
    cell: String,
    /// Columns that the cell spans.
    span: usize,
}

struct Reader<'b, 'p> {
    budget: &'b Budget,
    /// Where pictures are, if they are wanted.
    package: Option<&'p mut Package<'b>>,
    targets: HashMap<String, String>,
    text: Text<'b>,
    tables: Vec<Table>,
    /// The innermost paragraph; a text box in a paragraph holds paragraphs of its own.
    paragraphs: Vec<String>,
    /// Where the text of a link starts in its paragraph, and its address.
    link: Option<(usize, String)>,
    /// Of all tables so far.
    cells: usize,
    in_run: bool,
    in_text: bool,
    /// Elements open inside one whose text is not shown.
    hidden: usize,
}

/// Word writes a text box twice, once for old readers.
fn is_hidden(name: &str) -> bool {
    matches!(name, "Fallback" | "del" | "moveFrom")
}

/// Cells of a row may claim to span any number of columns; no table of Word has more.
const MAX_SPAN: usize = 63;

const MAX_CELLS: usize = 2_000_000;

/// Tables in cells of tables, or text boxes in paragraphs of text boxes. Each level copies the text of the one below.
const MAX_NESTED: usize = 32;

fn at_most(nested: usize) -> Result<(), ExtractError> {
    if nested > MAX_NESTED { Err(ExtractError::TooLarge(Limit::Depth(MAX_NESTED))) } else { Ok(()) }
}

impl<'b> Reader<'b, '_> {
    fn new(budget: &'b Budget) -> Self {
        Self {
            budget,
            package: None,
            targets: HashMap::new(),
            text: budget.text(),
            tables: Vec::new(),
            paragraphs: Vec::new(),
            link: None,
            cells: 0,
            in_run: false,
            in_text: false,
            hidden: 0,
        }
    }

    fn visit(&mut self, node: Node<'_>) -> Result<(), ExtractError> {
        match node {
            Node::Open(element) if self.hidden > 0 || is_hidden(element.local_name().as_ref()) => self.hidden += 1,
            Node::Close(_) if self.hidden > 0 => self.hidden -= 1,
            Node::Open(element) => return self.open(element),
            Node::Close(name) => return self.close(name),
            Node::Text(text) if self.in_text && self.hidden == 0 => self.write(text),
            Node::Text(_) => {}
        }
        Ok(())
    }

    fn write(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.push_str(text);
        }
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), ExtractError> {
        match element.local_name().as_ref() {
            "p" => {
                self.paragraphs.push(String::new());
                return at_most(self.paragraphs.len());
            }
            "r" => self.in_run = true,
            "t" => self.in_text = true,
            // Outside a run it defines a tab stop.
            "tab" if self.in_run => self.write("\t"),
            "br" | "cr" => self.write("\n"),
            "noBreakHyphen" => self.write("-"),
            "blip" => self.picture(element, "embed"),
            "imagedata" => self.picture(element, "id"),
            "tbl" => {
                self.tables.push(Table::default());
                return at_most(self.tables.len());
            }
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.rows.push(Vec::new());
                }
            }
            "tc" => {
                if let Some(table) = self.tables.last_mut() {
                    table.cell.clear();
                    table.span = 1;
                }
            }
            "gridSpan" => {
                let span = xml::attribute(element, "val").and_then(|value| value.parse().ok()).unwrap_or(1);
                if let Some(table) = self.tables.last_mut() {
                    table.span = usize::clamp(span, 1, MAX_SPAN);
                }
            }
            "hyperlink" => {
                let target = xml::attribute(element, "id").and_then(|id| self.targets.get(id.as_ref()).cloned());
                self.link = target.zip(self.paragraphs.last()).map(|(target, paragraph)| (paragraph.len(), target));
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), ExtractError> {
        match name {
            "r" => self.in_run = false,
            "t" => self.in_text = false,
            "hyperlink" => self.close_link(),
            "p" => {
                let paragraph = self.paragraphs.pop().unwrap_or_default();
                return self.paragraph(&paragraph);
            }
            "tc" => {
                if let Some(table) = self.tables.last_mut() {
                    self.cells += table.span;
                    if self.cells > MAX_CELLS {
                        return Err(ExtractError::TooLarge(Limit::Cells(MAX_CELLS)));
                    }
                    let cell = std::mem::take(&mut table.cell);
                    if let Some(row) = table.rows.last_mut() {
                        row.push(cell);
                        row.extend(std::iter::repeat_n(String::new(), table.span.saturating_sub(1)));
                    }
                }
            }
            "tbl" => {
                let table = self.tables.pop().unwrap_or_default();
                return self.table(&table);
            }
            _ => {}
        }
        Ok(())
    }

    fn picture(&mut self, element: &BytesStart<'_>, attribute: &str) {
        let Some(package) = &mut self.package else { return };
        let linked = xml::attribute(element, attribute).or_else(|| xml::attribute(element, "link"));
        let Some(target) = linked.and_then(|id| self.targets.get(id.as_ref())) else { return };
        let target = match target.starts_with("http://") || target.starts_with("https://") {
            // Nothing is fetched here.
            true => Some(target.clone()),
            false => {
                let name = xml::resolve(BODY, target);
                self.budget.picture(&name, |max| package.small_part(&name, max))
            }
        };
        if let Some(target) = target {
            self.write(&picture::shown(&target));
        }
    }

    fn close_link(&mut self) {
        let Some((start, target)) = self.link.take() else { return };
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        if let Some(shown) = paragraph.get(start..).filter(|shown| !shown.trim().is_empty()) {
            let link = format!("[{shown}]({target})");
            paragraph.truncate(start);
            paragraph.push_str(&link);
        }
    }

    fn paragraph(&mut self, paragraph: &str) -> Result<(), ExtractError> {
        match (self.paragraphs.last_mut(), self.tables.last_mut()) {
            // A text box stands in its paragraph.
            (Some(outer), _) => append_line(outer, paragraph),
            (None, Some(table)) => append_line(&mut table.cell, paragraph),
            (None, None) if paragraph.trim().is_empty() => {
                // One blank line, however many there are.
                if !self.text.as_str().is_empty() && !self.text.as_str().ends_with("\n\n") {
                    self.text.push("\n")?;
                }
            }
            (None, None) => {
                self.text.push(paragraph)?;
                self.text.push("\n")?;
            }
        }
        Ok(())
    }

    fn table(&mut self, table: &Table) -> Result<(), ExtractError> {
        let columns = table.rows.iter().map(Vec::len).max().unwrap_or_default();
        if columns == 0 {
            return Ok(());
        }
        let outer = self.paragraphs.last_mut().or(self.tables.last_mut().map(|outer| &mut outer.cell));
        if let Some(outer) = outer {
            for row in &table.rows {
                self.budget.tick()?;
                append_line(outer, &row.join(" "));
            }
            return Ok(());
        }
        for (number, row) in table.rows.iter().enumerate() {
            let blanks = std::iter::repeat_n("", columns - row.len());
            table::push_row(&mut self.text, row.iter().map(String::as_str).chain(blanks))?;
            if number == 0 {
                table::push_rule(&mut self.text, columns)?;
            }
        }
        Ok(())
    }
}

fn append_line(text: &mut String, line: &str) {
    if line.trim().is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}
