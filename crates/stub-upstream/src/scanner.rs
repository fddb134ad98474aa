//! A virus scanner that finds what it is told to find, in the protocol of ClamAV's daemon.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longest command.
const LONGEST_COMMAND: u64 = 64;

/// How a scanner behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScannerMood {
    /// Finds [`StubScanner::VIRUS`].
    Attentive,
    /// Reads and never answers.
    Hanging,
    /// Says that every file is too large, and closes.
    TooLarge,
    /// Closes every connection.
    Closing,
}

/// A running scanner; it stops when dropped.
pub struct StubScanner {
    address: SocketAddr,
    scanned: Arc<Mutex<Vec<usize>>>,
    _stop: DropGuard,
}

impl StubScanner {
    /// What an infected file contains.
    pub const VIRUS: &str = "stub-virus-for-tests";

    /// Listens on a free port of the loopback interface.
    #[expect(clippy::expect_used, reason = "a test without its scanner cannot go on")]
    pub async fn start(mood: ScannerMood) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (scanned, stop) = (Arc::<Mutex<Vec<usize>>>::default(), CancellationToken::new());
        let kept = Arc::clone(&scanned);
        let accepting = async move {
            while let Ok((socket, _peer)) = listener.accept().await {
                tokio::spawn(serve(socket, mood, Arc::clone(&kept)));
            }
        };
        tokio::spawn(stop.clone().run_until_cancelled_owned(accepting));
        Self { address, scanned, _stop: stop.drop_guard() }
    }

    /// Listens on a Unix socket; must be called inside a runtime.
    #[expect(clippy::expect_used, reason = "a test without its scanner cannot go on")]
    pub fn start_at(path: &Path, mood: ScannerMood) -> Self {
        let listener = UnixListener::bind(path).expect("a new socket");
        let (scanned, stop) = (Arc::<Mutex<Vec<usize>>>::default(), CancellationToken::new());
        let kept = Arc::clone(&scanned);
        let accepting = async move {
            while let Ok((socket, _peer)) = listener.accept().await {
                tokio::spawn(serve(socket, mood, Arc::clone(&kept)));
            }
        };
        tokio::spawn(stop.clone().run_until_cancelled_owned(accepting));
        Self { address: (Ipv4Addr::LOCALHOST, 0).into(), scanned, _stop: stop.drop_guard() }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The sizes of the files that were scanned, in bytes.
    pub fn scanned(&self) -> Vec<usize> {
        self.scanned.lock().clone()
    }
}

/// Errors end the connection; the client sees that and nobody else needs to.
async fn serve(socket: impl AsyncRead + AsyncWrite + Unpin, mood: ScannerMood, scanned: Arc<Mutex<Vec<usize>>>) {
    let mut socket = BufReader::new(socket);
    if mood != ScannerMood::Closing {
        let _closed = answer(&mut socket, mood, &scanned).await;
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut BufReader<S>,
    mood: ScannerMood,
    scanned: &Mutex<Vec<usize>>,
) -> io::Result<()> {
    let mut command = Vec::new();
    (&mut *socket).take(LONGEST_COMMAND).read_until(0, &mut command).await?;
    let reply = match command.as_slice() {
        b"zVERSION\0" => "ClamAV 1.4.3/27800/Stub\0".to_owned(),
        b"zPING\0" => "PONG\0".to_owned(),
        b"zINSTREAM\0" if mood == ScannerMood::TooLarge => "INSTREAM size limit exceeded. ERROR\0".to_owned(),
        b"zINSTREAM\0" => {
            let bytes = read_stream(socket).await?;
            scanned.lock().push(bytes.len());
            let virus = StubScanner::VIRUS.as_bytes();
            let infected = bytes.windows(virus.len()).any(|window| window == virus);
            if infected { "stream: Stub-Test-Signature FOUND\0" } else { "stream: OK\0" }.to_owned()
        }
        _ => "UNKNOWN COMMAND\0".to_owned(),
    };
    if mood == ScannerMood::Hanging {
        std::future::pending::<()>().await;
    }
    socket.get_mut().write_all(reply.as_bytes()).await?;
    socket.get_mut().shutdown().await
}

async fn read_stream(socket: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let length = socket.read_u32().await?;
        if length == 0 {
            return Ok(bytes);
        }
        socket.take(length.into()).read_to_end(&mut bytes).await?;
    }
}
