//! Presentations of PowerPoint 97 to 2003: the text of outline and slides, in the order of the file.
//!
//! MS-PPT 2.3: a tree of records. Slides that were changed and saved quickly may be in the file twice; the text of both
//! is given, repetitions of the same text once.

use std::collections::HashSet;

use encoding_rs::UTF_16LE;

use super::budget::Budget;
use super::compound::{self, Compound, index_at, u16_at, u32_at};
use super::error::ExtractError;
use super::pptx;

const FORMAT: &str = "PPT";

/// Types of records.
const DOCUMENT: u16 = 0x03E8;
const SLIDE: u16 = 0x03EE;
const CHARACTERS: u16 = 0x0FA0;
const BYTES: u16 = 0x0FA8;

/// What `CurrentUserAtom.headerToken` is for an encrypted presentation.
const ENCRYPTED: u32 = 0xF3D1_C4DF;

const HEADER: usize = 8;
const MAX_DEPTH: usize = 32;

pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    if bytes.starts_with(b"PK") {
        return pptx::text(bytes, budget);
    }
    if !compound::is_compound(bytes) {
        return Err(ExtractError::broken(FORMAT, "it is no presentation of PowerPoint"));
    }
    let mut file = Compound::open(FORMAT, bytes, budget)?;
    let user = file.stream("/Current User")?.unwrap_or_default();
    if u32_at(&user, HEADER + 4) == Some(ENCRYPTED) {
        return Err(ExtractError::Encrypted { format: FORMAT });
    }
    let stream = file.needed("/PowerPoint Document")?;
    let mut text = budget.text();
    let mut seen = HashSet::new();
    // Ends of the containers that are open, within the stream.
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while let (Some(version), Some(kind), Some(length)) =
        (u16_at(&stream, at), u16_at(&stream, at + 2), index_at(&stream, at + 4))
    {
        budget.tick()?;
        open.retain(|end| at < *end);
        let content = at + HEADER;
        let end = content.saturating_add(length);
        let is_container = version & 0x000F == 0x000F;
        // Masters, notes and what is unknown are skipped as a whole.
        let wanted = !open.is_empty() || matches!(kind, DOCUMENT | SLIDE);
        if is_container && wanted && open.len() < MAX_DEPTH {
            open.push(end);
            at = content;
            continue;
        }
        let bytes = stream.get(content..end).or(stream.get(content..)).unwrap_or_default();
        let piece = match kind {
            CHARACTERS if wanted => UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(),
            // The low bytes of characters whose high byte is zero.
            BYTES if wanted => bytes.iter().copied().map(char::from).collect(),
            _ => String::new(),
        };
        let piece = piece.replace(['\r', '\u{0B}'], "\n");
        if !piece.trim().is_empty() && seen.insert(piece.clone()) {
            text.push_line(piece.trim_end())?;
        }
        at = end;
    }
    Ok(text.into_string())
}
