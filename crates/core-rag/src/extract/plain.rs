//! Text files: finding out how they are encoded.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

use super::Page;
use super::budget::Budget;
use super::error::ExtractError;
use super::stream::{Extracted, Out};

/// How much of a file is looked at to tell UTF-16 without a byte order mark.
const SAMPLE: usize = 4 * 1024;

/// The file as it is, in UTF-8 and without its byte order mark.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    budget.accept(decode(bytes).into_owned())
}

/// Bytes of the file that are decoded at once.
const BLOCK: usize = 128 * 1024;

/// The same in parts, so that the text is never in memory as a whole.
pub(super) fn stream(bytes: &[u8], budget: &Budget, out: &mut Out<'_>) -> Result<(), ExtractError> {
    if utf_32_width_mark(bytes).is_some() {
        return out(Extracted::Page(Page::of(text(bytes, budget)?)));
    }
    let encoding = Encoding::for_bom(bytes).map_or_else(|| detect(bytes), |(encoding, _)| encoding);
    budget.check_time()?;
    let mut decoder = encoding.new_decoder();
    let mut blocks = bytes.chunks(BLOCK).peekable();
    while let Some(block) = blocks.next() {
        budget.check_time()?;
        let is_last = blocks.peek().is_none();
        let room = decoder.max_utf8_buffer_length(block.len()).unwrap_or(3 * BLOCK + 16);
        let mut part = String::with_capacity(room);
        // All of it fits into the room.
        let (_result, _read, _replaced) = decoder.decode_to_string(block, &mut part, is_last);
        part.retain(|character| character != '\0');
        out(Extracted::Part(part))?;
    }
    out(Extracted::Page(Page::default()))
}

/// Decodes bytes of an unknown encoding: by byte order mark, else UTF-8 if they are that, else by what their pairs of
/// bytes look like. Never fails; what cannot be decoded becomes U+FFFD.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(text) = utf_32(bytes) {
        return Cow::Owned(text);
    }
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None => detect(bytes),
    };
    encoding.decode(bytes).0
}

/// Whether bytes are no text in any encoding that [`decode`] knows.
pub(super) fn looks_binary(start: &[u8]) -> bool {
    start.contains(&0)
        && Encoding::for_bom(start).is_none()
        && utf_32_width_mark(start).is_none()
        && utf_16_without_mark(start).is_none()
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    if let Some(encoding) = utf_16_without_mark(bytes) {
        return encoding;
    }
    // All bytes of ISO-2022-JP are ASCII, so it has to be asked for first.
    let escapes = bytes.windows(2).any(|pair| matches!(pair, b"\x1b$" | b"\x1b("));
    if !escapes && std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let iso_2022_jp = if escapes { Iso2022JpDetection::Allow } else { Iso2022JpDetection::Deny };
    let mut detector = EncodingDetector::new(iso_2022_jp);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    if guess != ISO_2022_JP && std::str::from_utf8(bytes).is_ok() { UTF_8 } else { guess }
}

/// Text mostly of Latin letters has a NUL in every second byte. Other scripts without a mark are not recognised.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let (pairs, _) = sample.as_chunks::<2>();
    let high = pairs.iter().filter(|[first, second]| *first == 0 && *second != 0).count();
    let low = pairs.iter().filter(|[first, second]| *first != 0 && *second == 0).count();
    // Nearly all in one place: text has spaces and digits, but also other characters.
    let most = |count: usize| count > 1 && count * 4 >= pairs.len() * 3;
    match (most(high), most(low)) {
        (true, _) => Some(UTF_16BE),
        (_, true) => Some(UTF_16LE),
        _ => None,
    }
}

fn utf_32_width_mark(bytes: &[u8]) -> Option<fn([u8; 4]) -> u32> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] => Some(u32::from_le_bytes),
        [0, 0, 0xFE, 0xFF, ..] => Some(u32::from_be_bytes),
        _ => None,
    }
}

fn utf_32(bytes: &[u8]) -> Option<String> {
    let read = utf_32_width_mark(bytes)?;
    let (units, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let characters =
        units.iter().skip(1).map(|unit| char::from_u32(read(*unit)).unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(characters.collect())
}
