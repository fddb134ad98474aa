//! Reading one document within its limits, on a thread of its own.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout_at;

use super::budget::Budget;
use super::error::{ExtractError, Limit};
use super::format::Format;
use super::isolated::{Process, Program, Wanted};
use super::stream::{Extracted, Extraction, IN_FLIGHT, Source};
use super::{Document, Page, PictureLimits};

/// Readers of nested formats go down by recursion, and a stack that overflows ends the process. Address space only:
/// pages that are not touched cost nothing.
pub(super) const STACK: usize = 256 * 1024 * 1024;

/// How long a caller waits beyond the time limit for a reader that looks at the clock to say itself that time is up.
const GRACE: Duration = Duration::from_millis(100);

/// Likewise for a reader that has to start first.
const PROCESS_GRACE: Duration = Duration::from_secs(2);

/// What one document may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtractLimits {
    /// Bytes of the file.
    pub max_input: usize,
    /// Bytes of the text, in UTF-8.
    pub max_output: usize,
    /// Bytes of all parts of a packed file together, after unpacking.
    pub max_inflated: usize,
    /// From the call to the text, waiting for a place included.
    pub timeout: Duration,
}

impl Default for ExtractLimits {
    fn default() -> Self {
        Self {
            max_input: 64 * 1024 * 1024,
            max_output: 32 * 1024 * 1024,
            max_inflated: 256 * 1024 * 1024,
            timeout: Duration::from_secs(60),
        }
    }
}

/// Reads documents, a few at once. Cheap to clone; clones share their places.
#[derive(Debug, Clone)]
pub struct Extractor {
    limits: ExtractLimits,
    places: Arc<Semaphore>,
    /// Documents whose parsers may not be trusted are read in processes of this program.
    program: Option<Arc<Program>>,
}

impl Extractor {
    /// `at_once`: how many documents are read at the same time, which bounds memory and threads. A reader that overstays
    /// its time keeps its place until it ends.
    pub fn new(limits: ExtractLimits, at_once: NonZeroUsize) -> Self {
        let places = Arc::new(Semaphore::new(at_once.get().min(Semaphore::MAX_PERMITS)));
        Self { limits, places, program: None }
    }

    /// Has documents read in processes of their own, except for texts, which can do no harm. See [`super::isolated`].
    pub fn in_processes_of(self, program: Program) -> Self {
        Self { program: Some(Arc::new(program)), ..self }
    }

    /// The whole text as the workflow node `document-extractor` gives it: tables as Markdown, HTML and source files as
    /// they are.
    pub async fn extract_text(&self, document: Document) -> Result<String, ExtractError> {
        let format = Format::for_text(&document)?;
        if let Some(program) = self.program_for(format) {
            let pages = self.read_elsewhere(&program, format, document, Wanted::Text).await?;
            return Ok(pages.into_iter().map(|page| page.text).collect());
        }
        self.read(format, document, move |bytes, budget| format.text(bytes, budget)).await
    }

    /// The pieces that a knowledge base indexes. A text file of an unknown kind is read as text.
    pub async fn extract_pages(&self, document: Document) -> Result<Vec<Page>, ExtractError> {
        let format = Format::for_pages(&document)?;
        if let Some(program) = self.program_for(format) {
            return self.read_elsewhere(&program, format, document, Wanted::Pages).await;
        }
        self.read(format, document, move |bytes, budget| format.pages(bytes, budget)).await
    }

    /// Those pieces one after the other, with the pictures that they show. The time limit is for the reader: what its
    /// caller takes between pieces does not count. `max_output` does not bound text files, which are never whole in
    /// memory.
    pub async fn extract_stream(
        &self,
        document: Document,
        pictures: PictureLimits,
    ) -> Result<Extraction, ExtractError> {
        let format = Format::for_pages(&document)?;
        let limits = self.limits;
        let (place, deadline) = self.enter(&document).await?;
        if let Some(program) = self.program_for(format) {
            let (reader, allowed) = ((format, place), (limits, pictures));
            let process = Process::start(&program, &document, Wanted::Stream, reader, allowed).await?;
            let patience = limits.timeout + PROCESS_GRACE;
            return Ok(Extraction { source: Source::Process(Box::new(process)), patience, limit: limits.timeout });
        }
        let reader = Abandoned(Arc::new(AtomicBool::new(false)));
        let budget = Budget::new(limits, deadline, Arc::clone(&reader.0)).with_pictures(pictures);
        let (sender, items) = mpsc::channel(IN_FLIGHT);
        on_own_thread(format, place, move || {
            let mut out = |item| {
                let asked = Instant::now();
                let taken = sender.blocking_send(Ok(item));
                budget.give_back(asked.elapsed());
                // The caller is gone.
                taken.or(Err(ExtractError::TimedOut(limits.timeout)))
            };
            if let Err(error) = guarded(format, || format.stream(&document.bytes, &budget, &mut out)) {
                // Nobody may be waiting any more.
                let _ = sender.blocking_send(Err(error));
            }
        })?;
        let patience = limits.timeout + GRACE;
        Ok(Extraction { source: Source::Thread { items, _reader: reader }, patience, limit: limits.timeout })
    }

    fn program_for(&self, format: Format) -> Option<Arc<Program>> {
        self.program.clone().filter(|_| !format.is_harmless())
    }

    /// All pages at once, without pictures, from a process.
    async fn read_elsewhere(
        &self,
        program: &Program,
        format: Format,
        document: Document,
        wanted: Wanted,
    ) -> Result<Vec<Page>, ExtractError> {
        let limits = self.limits;
        let (place, deadline) = self.enter(&document).await?;
        let read = async {
            let (reader, allowed) = ((format, place), (limits, PictureLimits::NONE));
            let mut process = Process::start(program, &document, wanted, reader, allowed).await?;
            let mut pages = Vec::new();
            while let Some(item) = process.next().await {
                match item? {
                    Extracted::Page(page) => pages.push(page),
                    Extracted::Part(_) | Extracted::Picture(_) => {}
                }
            }
            Ok(pages)
        };
        let read = timeout_at((deadline + PROCESS_GRACE).into(), read).await;
        read.unwrap_or(Err(ExtractError::TimedOut(limits.timeout)))
    }

    /// Waits for a place; gives the time at which all has to be over.
    async fn enter(&self, document: &Document) -> Result<(OwnedSemaphorePermit, Instant), ExtractError> {
        if document.bytes.len() > self.limits.max_input {
            return Err(ExtractError::TooLarge(Limit::Input(self.limits.max_input)));
        }
        let deadline = Instant::now() + self.limits.timeout;
        match timeout_at(deadline.into(), Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok((place, deadline)),
            Ok(Err(_)) | Err(_) => Err(ExtractError::Busy),
        }
    }

    /// Cancel safety: a dropped call leaves a thread behind that ends at its next look at the clock.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        format: Format,
        document: Document,
        work: impl FnOnce(&[u8], &Budget) -> Result<T, ExtractError> + Send + 'static,
    ) -> Result<T, ExtractError> {
        let limits = self.limits;
        let (place, deadline) = self.enter(&document).await?;
        let abandoned = Abandoned(Arc::new(AtomicBool::new(false)));
        let budget = Budget::new(limits, deadline, Arc::clone(&abandoned.0));
        let (answer, text) = oneshot::channel();
        on_own_thread(format, place, move || {
            // Nobody may be waiting any more.
            let _ = answer.send(guarded(format, || work(&document.bytes, &budget)));
        })?;
        match timeout_at((deadline + GRACE).into(), text).await {
            Ok(Ok(read)) => read,
            Ok(Err(_closed)) => Err(ExtractError::Panicked { format: format.name() }),
            Err(_elapsed) => {
                tracing::warn!(format = format.name(), "a document is still being read after its time");
                Err(ExtractError::TimedOut(limits.timeout))
            }
        }
    }
}

/// Tells the reader to end when its caller is gone or has given up.
#[derive(Debug)]
pub(super) struct Abandoned(Arc<AtomicBool>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs on a thread that gives its place back when it ends, however long that takes.
fn on_own_thread(
    format: Format,
    place: OwnedSemaphorePermit,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), ExtractError> {
    let spawned = std::thread::Builder::new().name("extract".to_owned()).stack_size(STACK).spawn(move || {
        work();
        drop(place);
    });
    match spawned {
        // Detached: it ends by itself.
        Ok(_thread) => Ok(()),
        Err(error) => {
            tracing::error!(%error, "no thread to read a document on");
            Err(ExtractError::Panicked { format: format.name() })
        }
    }
}

/// A panic of a parser becomes an error. Nothing that it left half done is seen afterwards: all state is the reader's own.
pub(super) fn guarded<T>(format: Format, work: impl FnOnce() -> Result<T, ExtractError>) -> Result<T, ExtractError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        tracing::warn!(format = format.name(), message, "a reader of documents panicked");
        Err(ExtractError::Panicked { format: format.name() })
    })
}
