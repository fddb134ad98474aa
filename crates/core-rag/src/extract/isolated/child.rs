//! The process that reads.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use bytes::Bytes;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::frame::{self, Failure};
use super::{Request, Wanted};
use crate::extract::budget::Budget;
use crate::extract::error::ExtractError;
use crate::extract::extractor::{STACK, guarded};
use crate::extract::format::Format;
use crate::extract::stream::Extracted;
use crate::extract::{Document, ExtractLimits, Page};

/// Reads the one document that comes over standard input, which has to be a socket, and ends. To be called before the
/// program does anything else: it limits what the whole process may use.
pub fn serve() -> ExitCode {
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever asked sees it too.
        Err(_gone) => ExitCode::FAILURE,
    }
}

fn answer() -> io::Result<()> {
    let mut socket = UnixStream::from(rustix::stdio::stdin().as_fd().try_clone_to_owned()?);
    let request = frame::read_request(&mut socket)?;
    restrain(&request)?;
    let mut bytes = vec![0; request.length];
    socket.read_exact(&mut bytes)?;
    let document = Document {
        bytes: Bytes::from(bytes),
        file_name: request.file_name.clone(),
        extension: request.extension.clone(),
        mime_type: request.mime_type.clone(),
    };
    let reader = std::thread::Builder::new().stack_size(STACK).spawn(move || read(&request, &document, &mut socket))?;
    reader.join().unwrap_or_else(|_| Err(io::Error::other("the reader panicked")))
}

/// From here on the process can use up no more than its share and writes no files. It ends soon after its parent: what it
/// says next is heard by nobody.
fn restrain(request: &Request) -> io::Result<()> {
    let at_most = |most| Rlimit { current: Some(most), maximum: Some(most) };
    #[cfg(target_os = "linux")]
    setrlimit(Resource::As, at_most(request.memory))?;
    setrlimit(Resource::Cpu, at_most(request.timeout.as_secs().saturating_add(2)))?;
    setrlimit(Resource::Core, at_most(0))?;
    setrlimit(Resource::Fsize, at_most(0))?;
    Ok(())
}

fn read(request: &Request, document: &Document, socket: &mut UnixStream) -> io::Result<()> {
    let format = match request.wanted {
        Wanted::Text => Format::for_text(document),
        Wanted::Pages | Wanted::Stream => Format::for_pages(document),
    };
    let format = format.map_err(io::Error::other)?;
    let limits = ExtractLimits {
        max_input: request.length,
        max_output: request.max_output,
        max_inflated: request.max_inflated,
        timeout: request.timeout,
    };
    let nobody_leaves = Arc::new(AtomicBool::new(false));
    let budget = Budget::new(limits, Instant::now() + limits.timeout, nobody_leaves).with_pictures(request.pictures);
    let mut out = |item: Extracted| {
        let asked = Instant::now();
        let sent = frame::of_item(&item).and_then(|frame| socket.write_all(&frame));
        budget.give_back(asked.elapsed());
        // Nobody wants more.
        sent.map_err(|_gone| ExtractError::TimedOut(limits.timeout))
    };
    let bytes = &document.bytes;
    let done = guarded(format, || match request.wanted {
        Wanted::Text => out(Extracted::Page(Page::of(format.text(bytes, &budget)?))),
        Wanted::Pages => format.pages(bytes, &budget)?.into_iter().try_for_each(|page| out(Extracted::Page(page))),
        Wanted::Stream => format.stream(bytes, &budget, &mut out),
    });
    let failure = done.err().map(|error| Failure::of(error, format));
    socket.write_all(&frame::of_end(failure.as_ref())?)
}
