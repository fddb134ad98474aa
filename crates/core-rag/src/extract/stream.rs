//! A document piece by piece, while it is being read.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::error::ExtractError;
use super::extractor::Abandoned;
use super::isolated::Process;
use super::{Page, Picture};

/// Pieces that wait for the caller.
pub(super) const IN_FLIGHT: usize = 4;

/// What a document gives, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extracted {
    /// A whole page, or what remains of one that began with parts.
    Page(Page),
    /// The next part of a page that is too long to be kept whole. It ends with the next page.
    Part(String),
    /// Comes before the page that shows it.
    Picture(Picture),
}

/// Where readers hand over what they have. The error ends the reader: nobody wants more.
pub(super) type Out<'o> = dyn FnMut(Extracted) -> Result<(), ExtractError> + 'o;

/// A document that is being read. Dropping it ends the reader.
#[derive(Debug)]
pub struct Extraction {
    pub(super) source: Source,
    /// How long the next piece may take. The time that the caller takes does not count.
    pub(super) patience: Duration,
    /// As it is said to people.
    pub(super) limit: Duration,
}

/// Where the document is being read.
#[derive(Debug)]
pub(super) enum Source {
    Thread { items: mpsc::Receiver<Result<Extracted, ExtractError>>, _reader: Abandoned },
    Process(Box<Process>),
    Ended,
}

impl Extraction {
    /// The next piece; `None` after the last one and after an error.
    ///
    /// Cancel safety: nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Extracted, ExtractError>> {
        let next = async {
            match &mut self.source {
                Source::Thread { items, .. } => items.recv().await,
                Source::Process(process) => process.next().await,
                Source::Ended => None,
            }
        };
        let item = timeout(self.patience, next).await;
        let item = item.unwrap_or(Some(Err(ExtractError::TimedOut(self.limit))));
        if !matches!(item, Some(Ok(_))) {
            self.source = Source::Ended;
        }
        item
    }
}
