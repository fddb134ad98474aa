//! One warm interpreter: starting it, having it run something, ending it.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::process::Child;

use super::jail::Jail;
use crate::error::SandboxError;

/// How long an interpreter may take to start and to load its modules, on a busy machine.
const START: Duration = Duration::from_secs(30);

/// How much is read of what an interpreter says when it does not start.
const COMPLAINT: u64 = 4096;

/// Numbers of servers, given out and given back. As root, each number is a user of its own.
#[derive(Debug, Default)]
pub(super) struct Slots(Mutex<Vec<bool>>);

impl Slots {
    fn take(self: &Arc<Self>) -> Slot {
        let mut taken = self.0.lock();
        let free = taken.iter().position(|taken| !taken).unwrap_or(taken.len());
        match taken.get_mut(free) {
            Some(place) => *place = true,
            None => taken.push(true),
        }
        Slot { number: free, of: Arc::clone(self) }
    }
}

#[derive(Debug)]
struct Slot {
    number: usize,
    of: Arc<Slots>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(place) = self.of.0.lock().get_mut(self.number) {
            *place = false;
        }
    }
}

/// A server that waits for a run. Dropping it ends it, and whatever it runs.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    control: BufReader<UnixStream>,
    runs: u32,
    _slot: Slot,
}

/// How much of each stream is taken, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) answer: usize,
    pub(super) printed: usize,
    /// Whether more printed text than that ends the run; otherwise it is dropped.
    pub(super) strict: bool,
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) answer: Vec<u8>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// As from `wait`.
    pub(super) status: i32,
    /// Processor time.
    pub(super) used: Duration,
}

/// Why a server cannot be used any more.
#[derive(Debug)]
pub(super) enum Broken {
    /// It was gone before the run began: another server may try.
    BeforeRun,
    During(SandboxError),
}

impl Server {
    /// Starts a server and waits until it has loaded its modules. The error is for an operator to read.
    pub(super) async fn start(jail: Arc<Jail>, slots: &Arc<Slots>) -> Result<Self, String> {
        let slot = slots.take();
        let (ours, theirs) = StdUnixStream::pair().map_err(|e| e.to_string())?;
        ours.set_nonblocking(true).map_err(|e| e.to_string())?;
        let number = u32::try_from(slot.number).map_err(|e| e.to_string())?;
        let mut command = jail.command(number, OwnedFd::from(theirs))?;
        let mut child = command.spawn().map_err(|e| format!("it does not start in the jail: {e}{}", jail.hint()))?;
        // The command holds their end of the pair.
        drop(command);
        let complaints = child.stderr.take();
        let control = BufReader::new(UnixStream::from_std(ours).map_err(|e| e.to_string())?);
        let mut server = Self { child, control, runs: 0, _slot: slot };
        let mut line = String::new();
        let ready = tokio::time::timeout(START, server.control.read_line(&mut line)).await;
        match ready {
            Ok(Ok(_)) if line == "ready\n" => Ok(server),
            Err(_elapsed) => Err("it does not get ready".to_owned()),
            Ok(_) => {
                let mut text = Vec::new();
                if let Some(complaints) = complaints {
                    // It has ended, or does now.
                    server.end();
                    let _partial = complaints.take(COMPLAINT).read_to_end(&mut text).await;
                }
                let text = String::from_utf8_lossy(&text);
                let status = server.child.wait().await.map_or_else(|e| e.to_string(), |status| status.to_string());
                Err(format!("it ends in the jail ({status}): {}", text.lines().last().unwrap_or("no message")))
            }
        }
    }

    pub(super) fn runs(&self) -> u32 {
        self.runs
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Has the server run something. After an error, and when the future is dropped, it must not be used again.
    pub(super) async fn run(&mut self, request: &[u8], room: Room) -> Result<Outcome, Broken> {
        self.runs += 1;
        let pipes = Pipes::new().map_err(|e| Broken::During(SandboxError::internal(format!("no pipe: {e}"))))?;
        let Pipes { mut request_in, answer, stdout, stderr, theirs } = pipes;
        self.hand_over(theirs).await.map_err(|_gone| Broken::BeforeRun)?;
        let ask = async {
            // A run that ended without reading has its reasons.
            let _unread = request_in.write_all(request).await;
            drop(request_in);
            Ok(())
        };
        let status = async {
            let mut line = String::new();
            let read = self.control.read_line(&mut line).await;
            read.ok().and_then(|_| parse_status(&line)).ok_or_else(|| SandboxError::internal("the interpreter died"))
        };
        let printed = |pipe| read_up_to(pipe, room.printed, room.strict);
        let finished =
            tokio::try_join!(ask, read_up_to(answer, room.answer, true), printed(stdout), printed(stderr), status);
        let ((), answer, stdout, stderr, (status, used)) = finished.map_err(Broken::During)?;
        Ok(Outcome { answer, stdout, stderr, status, used })
    }

    /// Passes the run's ends of the pipes; ours are the only other ones.
    async fn hand_over(&self, theirs: [OwnedFd; 4]) -> io::Result<()> {
        let control = self.control.get_ref();
        let borrowed = theirs.each_ref().map(AsFd::as_fd);
        control
            .async_io(Interest::WRITABLE, || {
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
                let mut ancillary = SendAncillaryBuffer::new(&mut space);
                if !ancillary.push(SendAncillaryMessage::ScmRights(&borrowed)) {
                    return Err(io::Error::from(io::ErrorKind::InvalidInput));
                }
                sendmsg(control, &[IoSlice::new(b"r")], &mut ancillary, SendFlags::NOSIGNAL)?;
                Ok(())
            })
            .await
    }

    /// Ends the server and what it runs. Runs cannot leave its process group.
    fn end(&mut self) {
        // Without an id it has ended and was waited for; its number may be another process's by now.
        let group = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = group
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            tracing::debug!(%error, "cannot end an interpreter");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

struct Pipes {
    request_in: pipe::Sender,
    answer: pipe::Receiver,
    stdout: pipe::Receiver,
    stderr: pipe::Receiver,
    /// In the order in which `server.py` takes them.
    theirs: [OwnedFd; 4],
}

impl Pipes {
    fn new() -> io::Result<Self> {
        let open = || pipe_with(PipeFlags::CLOEXEC).map_err(io::Error::from);
        let (request, request_in) = open()?;
        let ((answer, answer_in), (stdout, stdout_in), (stderr, stderr_in)) = (open()?, open()?, open()?);
        Ok(Self {
            request_in: pipe::Sender::from_owned_fd(request_in)?,
            answer: pipe::Receiver::from_owned_fd(answer)?,
            stdout: pipe::Receiver::from_owned_fd(stdout)?,
            stderr: pipe::Receiver::from_owned_fd(stderr)?,
            theirs: [request, answer_in, stdout_in, stderr_in],
        })
    }
}

async fn read_up_to(mut pipe: pipe::Receiver, limit: usize, strict: bool) -> Result<Vec<u8>, SandboxError> {
    let mut kept = Vec::new();
    let mut chunk = vec![0; 16 << 10];
    loop {
        let count = pipe.read(&mut chunk).await.map_err(|e| SandboxError::internal(format!("a pipe broke: {e}")))?;
        let (room, got) = (limit.saturating_sub(kept.len()), chunk.get(..count).unwrap_or_default());
        if got.is_empty() {
            return Ok(kept);
        }
        if got.len() > room && strict {
            return Err(SandboxError::OutputTooLarge { limit });
        }
        kept.extend_from_slice(got.get(..room).unwrap_or(got));
    }
}

/// Status as from `wait`, and milliseconds of processor time.
fn parse_status(line: &str) -> Option<(i32, Duration)> {
    let (status, used) = line.strip_suffix('\n')?.split_once(' ')?;
    Some((status.parse().ok()?, Duration::from_millis(used.parse().ok()?)))
}
