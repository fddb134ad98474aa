//! What a PDF would cost its parser, looked at before it is parsed.
//!
//! The parser goes down into arrays and dictionaries by recursion without a limit, and a stack that overflows ends the
//! process. Brackets are counted here in the file and in what its deflated streams hold. The parser may begin anywhere
//! (the file itself says where its objects are), and where it began decides what is a string or a comment to it, whose
//! brackets do not count: so all beginnings are followed at once, and the deepest of them is believed. What stays open is
//! a file whose streams are packed by other filters or encrypted: they are not looked into. Only reading in a process of
//! its own (`extract::isolated`) is safe from those.

use std::collections::VecDeque;
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

/// Brackets that are open, at the most, whichever byte the parser began with. Readings that see the same from here on are
/// one.
#[derive(Debug, Default)]
struct Nesting {
    /// To those that see what is read now. There always is one that begins here.
    outside: usize,
    /// To those that are in a comment.
    comment: Option<usize>,
    /// To those that are in a string, by how many parentheses it has open.
    strings: VecDeque<usize>,
    /// To those with more parentheses than are counted.
    deep: usize,
    /// A backslash came before, to those in strings.
    escaped: bool,
    previous: u8,
}

/// Open parentheses that are told apart.
const PARENTHESES: usize = 4096;

impl Nesting {
    fn read(&mut self, bytes: &[u8]) -> Result<(), ExtractError> {
        for byte in bytes {
            let pair = self.previous == *byte;
            self.previous = *byte;
            match byte {
                b'[' => self.outside += 1,
                b']' => self.outside = self.outside.saturating_sub(1),
                b'<' if pair => {
                    self.outside += 1;
                    // `<<<` is one pair and a half.
                    self.previous = 0;
                }
                b'>' if pair => {
                    self.outside = self.outside.saturating_sub(1);
                    self.previous = 0;
                }
                b'(' => self.open_string(),
                b')' if !self.escaped => self.close_string(),
                b'%' => {
                    self.comment = Some(self.comment.unwrap_or_default().max(self.outside));
                    self.outside = 0;
                }
                b'\r' | b'\n' => self.outside = self.outside.max(self.comment.take().unwrap_or_default()),
                _ => {}
            }
            self.escaped = *byte == b'\\' && !self.escaped && !self.strings.is_empty();
            if self.outside > MAX_DEPTH {
                return Err(ExtractError::TooLarge(Limit::Depth(MAX_DEPTH)));
            }
        }
        Ok(())
    }

    fn open_string(&mut self) {
        let outside = std::mem::take(&mut self.outside);
        match self.strings.front_mut() {
            // No parenthesis to those that are in strings already.
            Some(first) if self.escaped => *first = outside.max(*first),
            _ => self.strings.push_front(outside),
        }
        if self.strings.len() > PARENTHESES {
            self.deep = self.deep.max(self.strings.pop_back().unwrap_or_default());
        }
    }

    fn close_string(&mut self) {
        if self.deep > 0 {
            self.strings.push_back(self.deep);
        }
        self.outside = self.outside.max(self.strings.pop_front().unwrap_or_default());
    }
}
