//! Pictures inside documents.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// What targets of pictures begin with in the text of a page, until the caller has stored them. A number follows.
const TARGET: &str = "ferrify-picture:";

/// A picture that a page shows. It comes before that page, and only once however often it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// By what [`with_links`] asks for it.
    pub number: usize,
    pub bytes: Vec<u8>,
    /// Without a dot.
    pub extension: String,
    pub mime_type: String,
}

/// How much of pictures is kept. Beyond that they are left out of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureLimits {
    pub max_count: usize,
    /// Bytes of one.
    pub max_bytes: usize,
    /// Bytes of all of a document, which are in memory together.
    pub max_total: usize,
}

impl PictureLimits {
    pub const NONE: Self = Self { max_count: 0, max_bytes: 0, max_total: 0 };
}

impl Default for PictureLimits {
    fn default() -> Self {
        Self { max_count: 500, max_bytes: 10 * 1024 * 1024, max_total: 64 * 1024 * 1024 }
    }
}

/// The pictures of one document so far.
#[derive(Debug)]
pub(super) struct Pictures {
    limits: PictureLimits,
    /// By where in the file they are: their number, or nothing for what is no picture or too much.
    known: HashMap<String, Option<usize>>,
    total: usize,
    kept: usize,
    waiting: Vec<Picture>,
}

impl Pictures {
    pub(super) fn new(limits: PictureLimits) -> Self {
        Self { limits, known: HashMap::new(), total: 0, kept: 0, waiting: Vec::new() }
    }

    pub(super) fn are_wanted(&self) -> bool {
        self.limits.max_count > 0
    }

    pub(super) fn have_room(&self) -> bool {
        self.known.len() < self.limits.max_count && self.total < self.limits.max_total
    }

    /// Keeps a picture and gives what stands for its address in the text. `load` is asked once for each name, and gives
    /// nothing that is longer than it is told.
    pub(super) fn keep(&mut self, name: &str, load: impl FnOnce(usize) -> Option<Vec<u8>>) -> Option<String> {
        let number = match self.known.get(name) {
            Some(known) => *known,
            None if self.known.len() >= self.limits.max_count => None,
            None => {
                let number = self.load(load);
                self.known.insert(name.to_owned(), number);
                number
            }
        };
        number.map(|number| format!("{TARGET}{number}"))
    }

    fn load(&mut self, load: impl FnOnce(usize) -> Option<Vec<u8>>) -> Option<usize> {
        let room = self.limits.max_bytes.min(self.limits.max_total.saturating_sub(self.total));
        let bytes = load(room).filter(|bytes| bytes.len() <= room)?;
        let (extension, mime_type) = kind(&bytes)?;
        self.total += bytes.len();
        self.kept += 1;
        let (extension, mime_type) = (extension.to_owned(), mime_type.to_owned());
        self.waiting.push(Picture { number: self.kept, bytes, extension, mime_type });
        Some(self.kept)
    }

    /// Those that the caller has not been given yet.
    pub(super) fn take(&mut self) -> Vec<Picture> {
        std::mem::take(&mut self.waiting)
    }
}

/// By the first bytes, whatever a name says. Drawings that are programs or need one to be shown are none.
pub(super) fn kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some(("png", "image/png")),
        [0xFF, 0xD8, 0xFF, ..] => Some(("jpg", "image/jpeg")),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(("gif", "image/gif")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(("webp", "image/webp")),
        _ => None,
    }
}

/// How a picture stands in a text.
pub(super) fn shown(target: &str) -> String {
    format!("![image]({target})")
}

/// Puts the addresses of stored pictures into the text of a page: `![image](ferrify-picture:3)` becomes
/// `![image](/files/…)` with what `link` gives for 3. A picture without a link disappears.
pub fn with_links(text: &str, mut link: impl FnMut(usize) -> Option<String>) -> String {
    let mut linked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(TARGET) {
        let digits = after.find(|character: char| !character.is_ascii_digit()).unwrap_or(after.len());
        let (number, after_number) = after.split_at_checked(digits).unwrap_or((after, ""));
        let closes = after_number.starts_with([')', ' ']) && before.ends_with("](");
        match number.parse().ok().filter(|_| closes) {
            None => {
                linked.push_str(before);
                linked.push_str(TARGET);
                rest = after;
            }
            Some(number) => match link(number) {
                Some(address) => {
                    linked.push_str(before);
                    linked.push_str(&address);
                    rest = after_number;
                }
                None => {
                    linked.push_str(before.rfind("![").and_then(|start| before.get(..start)).unwrap_or(before));
                    rest = after_number.split_once(')').map_or("", |(_, after)| after);
                }
            },
        }
    }
    linked.push_str(rest);
    linked
}
