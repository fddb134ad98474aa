//! What may go wrong between a file and its text.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why there is no text. The first three messages are part of the contract of the workflow node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// The extension, lower case, with its dot.
    #[error("Unsupported Extension Type: {0}")]
    UnsupportedExtension(String),
    #[error("Unsupported MIME type: {0}")]
    UnsupportedMimeType(String),
    #[error("Unable to determine file type: MIME type or file extension is missing")]
    UnknownType,
    /// The file is not what its name says, is damaged, or is of a variant that is not read.
    #[error("Failed to extract text from {format}: {reason}")]
    Broken { format: &'static str, reason: String },
    #[error("Failed to extract text from {format}: the file is protected with a password")]
    Encrypted { format: &'static str },
    #[error("Failed to extract text: {0}")]
    TooLarge(Limit),
    #[error("Failed to extract text: it took longer than {} s", .0.as_secs())]
    TimedOut(Duration),
    /// Other files held all places until the time was up.
    #[error("Failed to extract text: too many documents are being read, try again later")]
    Busy,
    /// A reader panicked, or its thread could not be started.
    #[error("Failed to extract text from {format}: the file could not be read")]
    Panicked { format: &'static str },
}

/// What there was too much of, and how much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Limit {
    #[error("the file is larger than {0} bytes")]
    Input(usize),
    #[error("the file unpacks to more than {0} bytes")]
    Inflated(usize),
    #[error("the text is longer than {0} bytes")]
    Output(usize),
    #[error("the file has more than {0} entries")]
    Entries(usize),
    #[error("the workbook has more than {0} cells")]
    Cells(usize),
    #[error("the workbook has more than {0} sheets")]
    Sheets(usize),
    #[error("the document has more than {0} pages")]
    Pages(usize),
    #[error("elements are nested more than {0} deep")]
    Depth(usize),
}

impl ExtractError {
    pub(super) fn broken(format: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Broken { format, reason: reason.to_string() }
    }
}
