//! Reading documents in a process of its own.
//!
//! A parser that overflows its stack, runs out of memory or aborts ends that process, not this one. The process is this
//! program once more, with arguments that make it call [`serve`]. It gets the document and gives back pieces over one
//! socket, which is its standard input, so that nothing that it prints can be mistaken for an answer.

mod child;
mod frame;

pub use child::serve;

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::error::{ExtractError, Limit};
use super::format::Format;
use super::picture::PictureLimits;
use super::stream::Extracted;
use super::{Document, ExtractLimits};

/// Bytes of address space of a process: its stack, the document, what it unpacks to, and what the parsers make of it.
const MEMORY: u64 = 2 * 1024 * 1024 * 1024;

/// Bytes around texts and pictures, of all frames together.
const OVERHEAD: usize = 64 * 1024 * 1024;

/// The signal of a process that has used up its processor time.
const SIGXCPU: i32 = 24;

/// A program that reads documents when it is started like this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Usually the current one.
    pub path: PathBuf,
    /// What makes it call [`serve`] before anything else.
    pub arguments: Vec<String>,
}

/// What [`Program::current`] says to the program.
pub const ARGUMENT: &str = "read-one-document";

impl Program {
    /// This program once more. Only for programs that call [`serve`] when [`ARGUMENT`] is their first argument.
    pub fn current() -> Self {
        // On Linux this is the same program even when its file has been replaced by a newer release.
        let itself = PathBuf::from("/proc/self/exe");
        let path = if itself.exists() { itself } else { std::env::current_exe().unwrap_or(itself) };
        Self { path, arguments: vec![ARGUMENT.to_owned()] }
    }
}

/// What is wanted of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Wanted {
    Text,
    Pages,
    Stream,
}

/// What a process is told before it gets the bytes of the document.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    wanted: Wanted,
    file_name: Option<String>,
    extension: Option<String>,
    mime_type: Option<String>,
    /// Bytes of the document.
    length: usize,
    max_output: usize,
    max_inflated: usize,
    timeout: Duration,
    pictures: PictureLimits,
    /// Bytes of address space.
    memory: u64,
}

/// A process that reads a document. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    socket: UnixStream,
    /// Received and not yet understood.
    buffer: BytesMut,
    /// Bytes that may still come.
    room: usize,
    format: Format,
    limit: Duration,
    _place: OwnedSemaphorePermit,
}

impl Process {
    /// Starts the program and hands it the document.
    pub(super) async fn start(
        program: &Program,
        document: &Document,
        wanted: Wanted,
        (format, place): (Format, OwnedSemaphorePermit),
        (limits, pictures): (ExtractLimits, PictureLimits),
    ) -> Result<Self, ExtractError> {
        let failed = |error: std::io::Error| {
            tracing::error!(%error, "no process to read a document in");
            ExtractError::Panicked { format: format.name() }
        };
        let (ours, theirs) = StdUnixStream::pair().map_err(failed)?;
        ours.set_nonblocking(true).map_err(failed)?;
        let socket = UnixStream::from_std(ours).map_err(failed)?;
        let mut command = Command::new(&program.path);
        command
            .args(&program.arguments)
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let child = command.spawn().map_err(failed)?;
        // It holds their end of the pair.
        drop(command);
        let room = limits.max_output.saturating_add(pictures.max_total).saturating_add(OVERHEAD);
        let buffer = BytesMut::new();
        let mut process = Self { child, socket, buffer, room, format, limit: limits.timeout, _place: place };
        let request = Request {
            wanted,
            file_name: document.file_name.clone(),
            extension: document.extension.clone(),
            mime_type: document.mime_type.clone(),
            length: document.bytes.len(),
            max_output: limits.max_output,
            max_inflated: limits.max_inflated,
            timeout: limits.timeout,
            pictures,
            memory: MEMORY,
        };
        let request = frame::of_request(&request).map_err(failed)?;
        let hand_over = async {
            process.socket.write_all(&request).await?;
            process.socket.write_all(&document.bytes).await
        };
        match timeout(limits.timeout, hand_over).await {
            Ok(Ok(())) => Ok(process),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a process did not take its document");
                Err(process.why_it_died().await)
            }
            Err(_elapsed) => Err(ExtractError::TimedOut(limits.timeout)),
        }
    }

    /// The next piece; `None` after the last one.
    ///
    /// Cancel safety: what was received stays in the buffer.
    pub(super) async fn next(&mut self) -> Option<Result<Extracted, ExtractError>> {
        loop {
            match frame::take(&mut self.buffer) {
                Ok(Some(frame::Answer::Item(item))) => return Some(Ok(item)),
                Ok(Some(frame::Answer::Failed(error))) => return Some(Err(error.into_error(self.limit))),
                Ok(Some(frame::Answer::End)) => return None,
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "a process that reads documents says what is not understood");
                    return Some(Err(ExtractError::Panicked { format: self.format.name() }));
                }
            }
            match self.socket.read_buf(&mut self.buffer).await {
                Ok(read @ 1..) => match self.room.checked_sub(read) {
                    Some(room) => self.room = room,
                    None => return Some(Err(ExtractError::TooLarge(Limit::Output(self.room)))),
                },
                Ok(0) | Err(_) => return Some(Err(self.why_it_died().await)),
            }
        }
    }

    async fn why_it_died(&mut self) -> ExtractError {
        // It may be alive if only its socket is closed.
        let ended = timeout(Duration::from_secs(1), self.child.wait()).await;
        let status = ended.ok().and_then(Result::ok);
        let format = self.format.name();
        tracing::warn!(format, status = status.map(|status| status.to_string()), "a document ended its reader");
        match status.and_then(|status| status.signal()) {
            Some(SIGXCPU) => ExtractError::TimedOut(self.limit),
            _ => ExtractError::Panicked { format },
        }
    }
}
