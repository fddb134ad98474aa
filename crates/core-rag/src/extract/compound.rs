//! Compound files: the file system in a file of Office before 2007 and of Outlook.
//!
//! MS-CFB.

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use super::budget::Budget;
use super::error::ExtractError;

const MAGIC: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

pub(super) fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// What to say of a compound file where a zip file was expected.
pub(super) fn why_not_a_package(format: &'static str, bytes: &[u8]) -> ExtractError {
    match CompoundFile::open(Cursor::new(bytes)) {
        Ok(file) if file.exists("/EncryptedPackage") => ExtractError::Encrypted { format },
        _ => ExtractError::broken(format, "it is a file of Office before 2007 under a newer name"),
    }
}

/// Streams by name.
pub(super) struct Compound<'a> {
    format: &'static str,
    file: CompoundFile<Cursor<&'a [u8]>>,
    budget: &'a Budget,
}

impl<'a> Compound<'a> {
    pub(super) fn open(format: &'static str, bytes: &'a [u8], budget: &'a Budget) -> Result<Self, ExtractError> {
        let file = CompoundFile::open(Cursor::new(bytes)).map_err(|error| ExtractError::broken(format, error))?;
        Ok(Self { format, file, budget })
    }

    /// A stream of the root; `None` if there is none of that name.
    pub(super) fn stream(&mut self, name: &str) -> Result<Option<Vec<u8>>, ExtractError> {
        if !self.file.is_stream(name) {
            return Ok(None);
        }
        let format = self.format;
        let broken = |error| ExtractError::broken(format, error);
        let stream = self.file.open_stream(name).map_err(broken)?;
        // A size is a claim until it has been read.
        let most = self.budget.inflatable().saturating_add(1);
        let mut content = Vec::new();
        stream.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut content).map_err(broken)?;
        self.budget.inflate(content.len())?;
        Ok(Some(content))
    }

    pub(super) fn needed(&mut self, name: &str) -> Result<Vec<u8>, ExtractError> {
        let format = self.format;
        self.stream(name)?.ok_or_else(|| ExtractError::broken(format, format_args!("there is no {name} in it")))
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

/// A 32-bit offset or length as an index.
pub(super) fn index_at(bytes: &[u8], at: usize) -> Option<usize> {
    u32_at(bytes, at).and_then(|value| usize::try_from(value).ok())
}
