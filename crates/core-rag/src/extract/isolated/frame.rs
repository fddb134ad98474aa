//! What goes over the socket: a kind, the lengths of a head and of a body, the head as JSON, the body as it is.

use std::io;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use serde::{Deserialize, Serialize};

use super::Request;
use crate::extract::error::{ExtractError, Limit};
use crate::extract::format::Format;
use crate::extract::stream::Extracted;
use crate::extract::{Page, Picture};

/// Bytes in front of a head: one for the kind, four for each length.
pub(super) const PREFIX: usize = 9;

/// Bytes of a head. The name of a sheet is the longest thing in one.
pub(super) const MAX_HEAD: usize = 1024 * 1024;

const REQUEST: u8 = b'R';
const PAGE: u8 = b'P';
const PART: u8 = b'T';
const PICTURE: u8 = b'I';
const FAILED: u8 = b'E';
const END: u8 = b'Z';

pub(super) enum Answer {
    Item(Extracted),
    Failed(Failure),
    End,
}

/// An error on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Failure {
    Broken { format: String, reason: String },
    Encrypted { format: String },
    TooLarge(Limit),
    TimedOut,
    Other { format: String },
}

impl Failure {
    pub(super) fn of(error: ExtractError, format: Format) -> Self {
        match error {
            ExtractError::Broken { format, reason } => Self::Broken { format: format.to_owned(), reason },
            ExtractError::Encrypted { format } => Self::Encrypted { format: format.to_owned() },
            ExtractError::TooLarge(limit) => Self::TooLarge(limit),
            ExtractError::TimedOut(_) => Self::TimedOut,
            ExtractError::Panicked { format } => Self::Other { format: format.to_owned() },
            ExtractError::UnsupportedExtension(_)
            | ExtractError::UnsupportedMimeType(_)
            | ExtractError::UnknownType
            | ExtractError::Busy => Self::Other { format: format.name().to_owned() },
        }
    }

    pub(super) fn into_error(self, limit: Duration) -> ExtractError {
        match self {
            Self::Broken { format, reason } => ExtractError::Broken { format: known(&format), reason },
            Self::Encrypted { format } => ExtractError::Encrypted { format: known(&format) },
            Self::TooLarge(limit) => ExtractError::TooLarge(limit),
            Self::TimedOut => ExtractError::TimedOut(limit),
            Self::Other { format } => ExtractError::Panicked { format: known(&format) },
        }
    }
}

fn known(name: &str) -> &'static str {
    Format::ALL.into_iter().map(Format::name).find(|known| *known == name).unwrap_or("a document")
}

#[derive(Serialize, Deserialize)]
struct PageHead {
    number: Option<u32>,
    sheet: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct PictureHead {
    number: usize,
    extension: String,
    mime_type: String,
}

/// Its body is sent after it, its length is in it.
pub(super) fn of_request(request: &Request) -> io::Result<Vec<u8>> {
    encoded(REQUEST, request, &[])
}

pub(super) fn of_item(item: &Extracted) -> io::Result<Vec<u8>> {
    match item {
        Extracted::Page(Page { text, number, sheet }) => {
            encoded(PAGE, &PageHead { number: *number, sheet: sheet.clone() }, text.as_bytes())
        }
        Extracted::Part(text) => encoded(PART, &(), text.as_bytes()),
        Extracted::Picture(Picture { number, bytes, extension, mime_type }) => {
            let (extension, mime_type) = (extension.clone(), mime_type.clone());
            encoded(PICTURE, &PictureHead { number: *number, extension, mime_type }, bytes)
        }
    }
}

pub(super) fn of_end(failure: Option<&Failure>) -> io::Result<Vec<u8>> {
    match failure {
        Some(failure) => encoded(FAILED, failure, &[]),
        None => encoded(END, &(), &[]),
    }
}

fn encoded(kind: u8, head: &impl Serialize, body: &[u8]) -> io::Result<Vec<u8>> {
    let head = serde_json::to_vec(head)?;
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(io::Error::other);
    let mut frame = Vec::with_capacity(PREFIX + head.len() + body.len());
    frame.push(kind);
    frame.extend(length(&head)?.to_le_bytes());
    frame.extend(length(body)?.to_le_bytes());
    frame.extend(&head);
    frame.extend(body);
    Ok(frame)
}

/// Takes a frame off the buffer if a whole one is there.
pub(super) fn take(buffer: &mut BytesMut) -> io::Result<Option<Answer>> {
    let Some((kind, head, body)) = lengths(buffer)? else { return Ok(None) };
    let whole = PREFIX + head + body;
    if buffer.len() < whole {
        buffer.reserve(whole - buffer.len());
        return Ok(None);
    }
    let mut frame = buffer.split_to(whole);
    frame.advance(PREFIX);
    let head = frame.split_to(head);
    let text = |frame: BytesMut| String::from_utf8(frame.into()).map_err(io::Error::other);
    Ok(Some(match kind {
        PAGE => {
            let PageHead { number, sheet } = serde_json::from_slice(&head)?;
            Answer::Item(Extracted::Page(Page { text: text(frame)?, number, sheet }))
        }
        PART => Answer::Item(Extracted::Part(text(frame)?)),
        PICTURE => {
            let PictureHead { number, extension, mime_type } = serde_json::from_slice(&head)?;
            Answer::Item(Extracted::Picture(Picture { number, bytes: frame.into(), extension, mime_type }))
        }
        FAILED => Answer::Failed(serde_json::from_slice(&head)?),
        END => Answer::End,
        _ => return Err(io::Error::other("an unknown kind of frame")),
    }))
}

/// Reads a request off a blocking socket.
pub(super) fn read_request(from: &mut impl io::Read) -> io::Result<Request> {
    let mut prefix = [0; PREFIX];
    from.read_exact(&mut prefix)?;
    match lengths(&prefix)? {
        Some((REQUEST, head, 0)) => {
            let mut bytes = vec![0; head];
            from.read_exact(&mut bytes)?;
            Ok(serde_json::from_slice(&bytes)?)
        }
        _ => Err(io::Error::other("that is no request")),
    }
}

/// Kind, bytes of the head, bytes of the body.
fn lengths(bytes: &[u8]) -> io::Result<Option<(u8, usize, usize)>> {
    let Some([kind, h0, h1, h2, h3, b0, b1, b2, b3]) = bytes.first_chunk::<PREFIX>().copied() else {
        return Ok(None);
    };
    let number = |bytes| usize::try_from(u32::from_le_bytes(bytes)).map_err(io::Error::other);
    let (head, body) = (number([h0, h1, h2, h3])?, number([b0, b1, b2, b3])?);
    if head > MAX_HEAD {
        return Err(io::Error::other("a frame with too long a head"));
    }
    Ok(Some((kind, head, body)))
}
