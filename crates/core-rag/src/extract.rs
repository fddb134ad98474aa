//! From the bytes of a file to its text.

mod budget;
mod compound;
mod csv;
mod doc;
mod docx;
mod epub;
mod error;
mod extractor;
mod format;
mod html;
pub mod isolated;
mod json;
mod mail;
mod markdown;
mod msg;
mod package;
mod pdf;
mod picture;
mod plain;
mod ppt;
mod pptx;
mod properties;
mod sheet;
mod stream;
mod subtitles;
mod table;
mod xml;
mod xml_text;
mod yaml;

pub use error::{ExtractError, Limit};
pub use extractor::{ExtractLimits, Extractor};
pub use picture::{Picture, PictureLimits, with_links};
pub(crate) use plain::decode;
pub use stream::{Extracted, Extraction};

use bytes::Bytes;

/// A file as it was uploaded.
#[derive(Debug, Clone, Default)]
pub struct Document {
    pub bytes: Bytes,
    /// Read for its extension when `extension` is missing.
    pub file_name: Option<String>,
    /// With or without the dot, in any case. Decides the format before the MIME type does.
    pub extension: Option<String>,
    /// Decides the format of a file without an extension.
    pub mime_type: Option<String>,
}

/// One piece of a document as a knowledge base indexes it: a page of a PDF, a row of a table, a section of Markdown, or
/// the whole text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub text: String,
    /// The page of a PDF or the slide of a presentation, from 1; the row of a table, from 0, the header not counted.
    pub number: Option<u32>,
    /// The sheet of a workbook that the row is from.
    pub sheet: Option<String>,
}

impl Page {
    fn of(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
