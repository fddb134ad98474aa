//! What a PDF would cost its parser, looked at before it is parsed.
//!
//! The parser goes down into arrays and dictionaries by recursion without a limit, and a stack that overflows ends the
//! process. Brackets are counted here in the file and in what its deflated streams hold, outside strings and everywhere,
//! and the larger count is believed. That stops files that are broken or simply nested; it is no proof against a file
//! made to deceive this count (by other filters, encryption, or strings that begin in one reading only). Only a process
//! of its own would be.

use std::io::Read;

use flate2::read::ZlibDecoder;

use crate::extract::budget::Budget;
use crate::extract::error::{ExtractError, Limit};

/// Real files have some ten levels. At this depth the parser uses a tenth of its stack.
const MAX_DEPTH: usize = 10_000;

const CHUNK: usize = 64 * 1024;

/// How far in front of a stream its dictionary is looked for.
const DICTIONARY: usize = 2 * 1024;

/// Refuses files that are nested too deep or unpack to too much.
pub(super) fn check(bytes: &[u8], budget: &Budget) -> Result<(), ExtractError> {
    let mut nesting = Nesting::default();
    for chunk in bytes.chunks(CHUNK) {
        budget.check_time()?;
        nesting.read(chunk)?;
    }
    let mut at = 0;
    while let Some(found) = find(bytes.get(at..).unwrap_or_default(), b"stream") {
        budget.tick()?;
        let keyword = at + found;
        at = keyword + b"stream".len();
        let before = bytes.get(..keyword).unwrap_or_default();
        let data = bytes.get(at..).unwrap_or_default();
        let data = data.strip_prefix(b"\r\n").or(data.strip_prefix(b"\n")).or(data.strip_prefix(b"\r")).unwrap_or(data);
        if !before.ends_with(b"end") && is_zlib(data) {
            inflate(data, is_image(before), budget)?;
        }
    }
    Ok(())
}

/// A stream that is damaged ends where it is: the parser will find out.
fn inflate(data: &[u8], is_image: bool, budget: &Budget) -> Result<(), ExtractError> {
    let mut nesting = Nesting::default();
    let mut decoder = ZlibDecoder::new(data);
    let mut chunk = vec![0; CHUNK];
    while let Ok(read @ 1..) = decoder.read(&mut chunk) {
        budget.inflate(read)?;
        // A brown picture is a million opening brackets.
        if !is_image {
            nesting.read(chunk.get(..read).unwrap_or_default())?;
        }
    }
    Ok(())
}

fn is_zlib(data: &[u8]) -> bool {
    matches!(data, [method, flags, ..] if method & 0x0F == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

/// Whether the dictionary in front of a stream says that it is a picture.
fn is_image(before: &[u8]) -> bool {
    let near = before.get(before.len().saturating_sub(DICTIONARY)..).unwrap_or_default();
    let start = near.windows(3).rposition(|window| window == b"obj").unwrap_or_default();
    let dictionary = near.get(start..).unwrap_or_default();
    find(dictionary, b"/Image").is_some() && find(dictionary, b"/ObjStm").is_none()
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|window| window == word)
}

/// Brackets that are open: in all bytes, and in those outside strings.
#[derive(Debug, Default)]
struct Nesting {
    everywhere: usize,
    outside: usize,
    /// Parentheses that are open, and whether a backslash came before.
    string: usize,
    escaped: bool,
    previous: u8,
}

impl Nesting {
    fn read(&mut self, bytes: &[u8]) -> Result<(), ExtractError> {
        for byte in bytes {
            let pair = self.previous == *byte;
            self.previous = *byte;
            let (opens, closes) = match byte {
                b'[' => (true, false),
                b']' => (false, true),
                b'<' if pair => (true, false),
                b'>' if pair => (false, true),
                _ => (false, false),
            };
            if (opens || closes) && matches!(byte, b'<' | b'>') {
                // `<<<` is one pair and a half.
                self.previous = 0;
            }
            step(&mut self.everywhere, opens, closes);
            if self.string == 0 {
                step(&mut self.outside, opens, closes);
            }
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = self.string > 0,
                b'(' => self.string += 1,
                b')' => self.string = self.string.saturating_sub(1),
                _ => {}
            }
            if self.everywhere.max(self.outside) > MAX_DEPTH {
                return Err(ExtractError::TooLarge(Limit::Depth(MAX_DEPTH)));
            }
        }
        Ok(())
    }
}

fn step(depth: &mut usize, opens: bool, closes: bool) {
    if opens {
        *depth += 1;
    } else if closes {
        *depth = depth.saturating_sub(1);
    }
}
