//! Word documents of Word 97 to 2003: the main text, by the piece table.
//!
//! MS-DOC 2.4.1, "Retrieving Text".

use encoding_rs::{UTF_16LE, WINDOWS_1252};

use super::budget::{Budget, Text};
use super::compound::{self, Compound, index_at, u16_at, u32_at};
use super::docx;
use super::error::ExtractError;

const FORMAT: &str = "DOC";

/// Offsets in the file information block.
const MAGIC: (usize, u16) = (0, 0xA5EC);
const VERSION: (usize, u16) = (2, 0x00C1);
const FLAGS: usize = 0x0A;
const ENCRYPTED: u16 = 0x0100;
const SECOND_TABLE: u16 = 0x0200;
/// Characters of the main text; notes, headers and comments come after it.
const MAIN_LENGTH: usize = 0x4C;
const PIECES: usize = 0x01A2;

/// One line a paragraph; cells of tables are separated by tabs.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    if bytes.starts_with(b"PK") {
        return docx::text(bytes, budget, docx::Links::Plain);
    }
    if !compound::is_compound(bytes) {
        return Err(broken("it is no Word document"));
    }
    let mut file = Compound::open(FORMAT, bytes, budget)?;
    let document = file.needed("/WordDocument")?;
    if u16_at(&document, MAGIC.0) != Some(MAGIC.1) {
        return Err(broken("its header is damaged"));
    }
    if u16_at(&document, VERSION.0).is_none_or(|version| version < VERSION.1) {
        return Err(broken("it was written by Word 95 or earlier"));
    }
    let flags = u16_at(&document, FLAGS).unwrap_or_default();
    if flags & ENCRYPTED != 0 {
        return Err(ExtractError::Encrypted { format: FORMAT });
    }
    let table = file.needed(if flags & SECOND_TABLE != 0 { "/1Table" } else { "/0Table" })?;
    let damaged = || broken("its piece table is damaged");
    let start = index_at(&document, PIECES).ok_or_else(damaged)?;
    let length = index_at(&document, PIECES + 4).ok_or_else(damaged)?;
    let clx = table.get(start..).and_then(|rest| rest.get(..length)).ok_or_else(damaged)?;
    let pieces = piece_table(clx).ok_or_else(damaged)?;
    let main = index_at(&document, MAIN_LENGTH).ok_or_else(damaged)?;

    let mut reader = Reader { text: budget.text(), fields: Vec::new(), line_is_blank: true };
    let count = pieces.len().saturating_sub(4) / 12;
    for number in 0..count {
        budget.tick()?;
        let from = index_at(pieces, number * 4).ok_or_else(damaged)?;
        let to = index_at(pieces, (number + 1) * 4).ok_or_else(damaged)?.min(main);
        let place = u32_at(pieces, (count + 1) * 4 + number * 8 + 2).ok_or_else(damaged)?;
        let Some(characters) = to.checked_sub(from) else { continue };
        reader.read(&piece(&document, place, characters).ok_or_else(damaged)?)?;
    }
    Ok(reader.text.as_str().trim_end().to_owned())
}

/// The piece table comes after any number of property modifiers.
fn piece_table(mut clx: &[u8]) -> Option<&[u8]> {
    loop {
        match clx.first()? {
            1 => clx = clx.get(3 + usize::from(u16_at(clx, 1)?)..)?,
            2 => return clx.get(5..)?.get(..index_at(clx, 1)?),
            _ => return None,
        }
    }
}

/// A piece has two bytes a character, or one if the second highest bit of its place says so.
fn piece(document: &[u8], place: u32, characters: usize) -> Option<String> {
    let offset = usize::try_from(place & 0x3FFF_FFFF).ok()?;
    let (encoding, offset, length) = match place & 0x4000_0000 {
        0 => (UTF_16LE, offset, characters.checked_mul(2)?),
        _ => (WINDOWS_1252, offset / 2, characters),
    };
    let bytes = document.get(offset..)?.get(..length)?;
    Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
}

struct Reader<'b> {
    text: Text<'b>,
    /// For each open field, whether its result has begun; before that comes its instruction.
    fields: Vec<bool>,
    line_is_blank: bool,
}

/// Fields inside fields; Word itself stops at twenty.
const MAX_FIELDS: usize = 64;

impl Reader<'_> {
    fn read(&mut self, piece: &str) -> Result<(), ExtractError> {
        let mut buffer = [0; 4];
        for character in piece.chars() {
            match character {
                '\u{13}' if self.fields.len() < MAX_FIELDS => self.fields.push(false),
                '\u{14}' => {
                    if let Some(in_result) = self.fields.last_mut() {
                        *in_result = true;
                    }
                }
                '\u{15}' => drop(self.fields.pop()),
                _ if self.fields.contains(&false) => {}
                // Ends of paragraphs, lines, pages and columns.
                '\r' | '\u{0B}' | '\u{0C}' | '\u{0E}' => {
                    self.text.push("\n")?;
                    self.line_is_blank = true;
                }
                // A cell's end; the last one of a row is the row's own.
                '\u{07}' if self.line_is_blank => {
                    self.text.push("\n")?;
                }
                '\u{07}' => {
                    self.text.push("\t")?;
                    self.line_is_blank = true;
                }
                '\u{1E}' => self.text.push("-")?,
                // Optional hyphens, anchors of pictures and notes.
                '\0'..='\u{08}' | '\u{0F}'..='\u{1F}' => {}
                shown => {
                    self.text.push(shown.encode_utf8(&mut buffer))?;
                    self.line_is_blank = false;
                }
            }
        }
        Ok(())
    }
}

fn broken(reason: &'static str) -> ExtractError {
    ExtractError::broken(FORMAT, reason)
}
