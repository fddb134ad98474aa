//! Zip files that are documents: parts are found by name and never written anywhere.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::budget::Budget;
use super::compound;
use super::error::{ExtractError, Limit};

/// Parts of one package. A large presentation has some thousands.
const MAX_ENTRIES: usize = 20_000;

const CHUNK: usize = 64 * 1024;

/// A package whose parts are inflated on demand, all on one account.
pub(super) struct Package<'a> {
    format: &'static str,
    archive: ZipArchive<Cursor<&'a [u8]>>,
    budget: &'a Budget,
}

impl<'a> Package<'a> {
    pub(super) fn open(format: &'static str, bytes: &'a [u8], budget: &'a Budget) -> Result<Self, ExtractError> {
        // Office wraps what it encrypts into a compound file.
        if compound::is_compound(bytes) {
            return Err(compound::why_not_a_package(format, bytes));
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| ExtractError::broken(format, error))?;
        if archive.len() > MAX_ENTRIES {
            return Err(ExtractError::TooLarge(Limit::Entries(MAX_ENTRIES)));
        }
        Ok(Self { format, archive, budget })
    }

    /// Inflates a part; `None` if there is none of that name.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, ExtractError> {
        match self.archive.index_for_name(name) {
            Some(index) => self.inflate(index, |_| ()).map(Some),
            None => Ok(None),
        }
    }

    /// A part that the document can do without, if it has at most so many bytes. It is on an account of its own.
    pub(super) fn small_part(&mut self, name: &str, max: usize) -> Option<Vec<u8>> {
        let entry = self.archive.by_index(self.archive.index_for_name(name)?).ok()?;
        let mut inflated = Vec::new();
        let limit = u64::try_from(max).ok()?.checked_add(1)?;
        entry.take(limit).read_to_end(&mut inflated).ok()?;
        (inflated.len() <= max).then_some(inflated)
    }

    /// A part without which there is no document.
    pub(super) fn needed(&mut self, name: &str) -> Result<Vec<u8>, ExtractError> {
        let format = self.format;
        self.part(name)?.ok_or_else(|| ExtractError::broken(format, format_args!("there is no {name} in it")))
    }

    /// Inflates every part once and keeps nothing: proves to a reader with no account of its own that the whole package
    /// is within limits, whatever sizes it claims.
    pub(super) fn weigh(&mut self) -> Result<(), ExtractError> {
        for index in 0..self.archive.len() {
            self.inflate(index, Vec::clear)?;
        }
        Ok(())
    }

    /// `keep` sees what there is so far after each chunk, and may drop it.
    fn inflate(&mut self, index: usize, keep: impl Fn(&mut Vec<u8>)) -> Result<Vec<u8>, ExtractError> {
        let (format, budget) = (self.format, self.budget);
        let mut entry = self.archive.by_index(index).map_err(|error| {
            let locked =
                matches!(error, ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword);
            if locked { ExtractError::Encrypted { format } } else { ExtractError::broken(format, error) }
        })?;
        let mut inflated = Vec::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = entry.read(&mut chunk).map_err(|error| ExtractError::broken(format, error))?;
            if read == 0 {
                return Ok(inflated);
            }
            budget.inflate(read)?;
            inflated.extend_from_slice(chunk.get(..read).unwrap_or_default());
            keep(&mut inflated);
        }
    }
}
