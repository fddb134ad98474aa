//! Asking ClamAV's daemon about the bytes of a file, by its `INSTREAM` command (`man clamd`): the bytes go over the
//! connection in pieces with their lengths, the verdict comes back as a line.

use std::io;
use std::time::Duration;

use config::{ScanSettings, Unscanned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

const PIECE: usize = 128 * 1024;
/// Longest reply; real ones are shorter than a name of a virus and some words.
const REPLY_LIMIT: u64 = 4096;

/// What the daemon says of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Clean,
    /// With the daemon's name for what it found.
    Infected(String),
    /// There was none, and the settings let the file pass.
    Unknown,
}

#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("the virus scanner at {address} cannot be reached")]
    Unreachable { address: String, source: io::Error },
    #[error("the virus scanner at {address} did not answer within {} s", .limit.as_secs_f64())]
    TimedOut { address: String, limit: Duration },
    /// For example that the file is larger than its `StreamMaxLength`.
    #[error("the virus scanner gave no verdict: {0}")]
    NoVerdict(String),
}

/// A daemon; cheap to clone.
#[derive(Debug, Clone)]
pub struct Scanner {
    settings: ScanSettings,
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Scanner {
    pub fn new(settings: ScanSettings) -> Self {
        Self { settings }
    }

    pub fn address(&self) -> &str {
        &self.settings.address
    }

    /// Whether the bytes may be kept, in the daemon's opinion.
    ///
    /// # Errors
    /// There was no verdict, and the settings refuse files without one.
    pub async fn scan(&self, bytes: &[u8]) -> Result<Verdict, ScanError> {
        let verdict = self.limited(self.stream(bytes)).await.and_then(|reply| read_verdict(&reply));
        let outcome = match &verdict {
            Ok(Verdict::Infected(_)) => "infected",
            Ok(Verdict::Clean | Verdict::Unknown) => "clean",
            Err(_) => "failed",
        };
        metrics::counter!("ferrify_upload_scans_total", "outcome" => outcome).increment(1);
        match verdict {
            Err(error) if self.settings.unscanned == Unscanned::Accept => {
                tracing::warn!(%error, "a file is accepted without having been scanned");
                Ok(Verdict::Unknown)
            }
            other => other,
        }
    }

    /// The daemon's version, which shows that it works.
    ///
    /// # Errors
    /// It cannot be reached or says something else.
    pub async fn version(&self) -> Result<String, ScanError> {
        let asked = async {
            let mut connection = self.connect().await?;
            connection.write_all(b"zVERSION\0").await?;
            reply(&mut connection).await
        };
        let version = self.limited(asked).await?;
        if version.is_empty() { Err(ScanError::NoVerdict("its answer is empty".to_owned())) } else { Ok(version) }
    }

    async fn limited(&self, asked: impl Future<Output = io::Result<String>>) -> Result<String, ScanError> {
        let address = || self.settings.address.clone();
        match tokio::time::timeout(self.settings.timeout, asked).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(source)) => Err(ScanError::Unreachable { address: address(), source }),
            Err(_elapsed) => Err(ScanError::TimedOut { address: address(), limit: self.settings.timeout }),
        }
    }

    async fn connect(&self) -> io::Result<Box<dyn Duplex>> {
        let address = &self.settings.address;
        Ok(if address.starts_with('/') {
            Box::new(UnixStream::connect(address).await?)
        } else {
            Box::new(TcpStream::connect(address).await?)
        })
    }

    async fn stream(&self, bytes: &[u8]) -> io::Result<String> {
        let mut connection = self.connect().await?;
        let sent = send(&mut connection, bytes).await;
        // A daemon that has seen enough says why and closes; what it said counts more than that writing failed.
        let reply = reply(&mut connection).await;
        match (sent, reply) {
            (_, Ok(reply)) if !reply.is_empty() => Ok(reply),
            (Err(error), _) | (Ok(()), Err(error)) => Err(error),
            (Ok(()), Ok(_)) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

async fn send(connection: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    connection.write_all(b"zINSTREAM\0").await?;
    for piece in bytes.chunks(PIECE) {
        let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
        connection.write_all(&length.to_be_bytes()).await?;
        connection.write_all(piece).await?;
    }
    connection.write_all(&0_u32.to_be_bytes()).await?;
    connection.flush().await
}

/// Up to the NUL character that ends a reply, or to the end of the connection.
async fn reply(connection: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut said = Vec::new();
    let mut limited = connection.take(REPLY_LIMIT);
    let mut piece = [0_u8; 512];
    loop {
        let count = limited.read(&mut piece).await?;
        let read = piece.get(..count).unwrap_or_default();
        let end = read.iter().position(|&byte| byte == 0);
        said.extend_from_slice(read.get(..end.unwrap_or(count)).unwrap_or_default());
        if count == 0 || end.is_some() {
            return Ok(String::from_utf8_lossy(&said).trim().to_owned());
        }
    }
}

/// `stream: OK`, `stream: Some.Name FOUND`, or `... ERROR`.
fn read_verdict(reply: &str) -> Result<Verdict, ScanError> {
    let said = reply.strip_prefix("stream:").unwrap_or(reply).trim();
    if said == "OK" {
        return Ok(Verdict::Clean);
    }
    match said.strip_suffix("FOUND") {
        Some(name) => Ok(Verdict::Infected(name.trim().to_owned())),
        None => Err(ScanError::NoVerdict(said.trim_end_matches("ERROR").trim_end_matches([' ', '.']).to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use stub_upstream::{ScannerMood, StubScanner};

    use super::*;

    fn scanner(stub: &StubScanner, unscanned: Unscanned) -> Scanner {
        let timeout = Duration::from_millis(300);
        Scanner::new(ScanSettings { address: stub.address().to_string(), unscanned, timeout })
    }

    #[tokio::test]
    async fn verdicts() {
        let stub = StubScanner::start(ScannerMood::Attentive).await;
        let scanner = scanner(&stub, Unscanned::Refuse);
        assert_eq!(scanner.scan(b"").await.unwrap(), Verdict::Clean);
        let large = vec![b'x'; PIECE * 3 + 1];
        assert_eq!(scanner.scan(&large).await.unwrap(), Verdict::Clean);
        assert_eq!(stub.scanned(), [0, large.len()]);
        let infected = scanner.scan(format!("..{}..", StubScanner::VIRUS).as_bytes()).await.unwrap();
        assert_eq!(infected, Verdict::Infected("Stub-Test-Signature".to_owned()));
        assert!(scanner.version().await.unwrap().starts_with("ClamAV"));
    }

    #[tokio::test]
    async fn a_scanner_that_fails() {
        let hanging = StubScanner::start(ScannerMood::Hanging).await;
        let refusing = StubScanner::start(ScannerMood::TooLarge).await;
        let silent = StubScanner::start(ScannerMood::Closing).await;
        let large = vec![b'x'; PIECE * 100];
        let fault = async |stub: &StubScanner| scanner(stub, Unscanned::Refuse).scan(&large).await.unwrap_err();
        assert!(matches!(fault(&hanging).await, ScanError::TimedOut { .. }));
        assert!(matches!(fault(&silent).await, ScanError::Unreachable { .. }));
        match fault(&refusing).await {
            ScanError::NoVerdict(why) => assert_eq!(why, "INSTREAM size limit exceeded"),
            // The reply may be lost when the connection is reset under what was still on its way.
            ScanError::Unreachable { .. } => {}
            other @ ScanError::TimedOut { .. } => panic!("{other:?}"),
        }
        for stub in [&hanging, &refusing, &silent] {
            assert_eq!(scanner(stub, Unscanned::Accept).scan(b"x").await.unwrap(), Verdict::Unknown);
        }
        let address = silent.address().to_string();
        drop(silent);
        let dead =
            Scanner::new(ScanSettings { address, unscanned: Unscanned::Refuse, timeout: Duration::from_secs(5) });
        assert!(matches!(dead.scan(b"x").await, Err(ScanError::Unreachable { .. })));
        assert!(dead.version().await.is_err());
    }

    #[tokio::test]
    async fn over_a_unix_socket() {
        let path = std::env::temp_dir().join(format!("scan-test-{}.sock", hex::encode(rand::random::<[u8; 8]>())));
        let stub = StubScanner::start_at(&path, ScannerMood::Attentive);
        let address = path.to_string_lossy().into_owned();
        let settings = ScanSettings { address, unscanned: Unscanned::Refuse, timeout: Duration::from_secs(5) };
        assert_eq!(Scanner::new(settings).scan(b"fine").await.unwrap(), Verdict::Clean);
        assert_eq!(stub.scanned(), [4]);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn replies_are_read() {
        assert_eq!(read_verdict("stream: OK").unwrap(), Verdict::Clean);
        assert_eq!(
            read_verdict("stream: Win.Test.EICAR_HDB-1 FOUND").unwrap(),
            Verdict::Infected("Win.Test.EICAR_HDB-1".to_owned())
        );
        assert!(read_verdict("INSTREAM size limit exceeded. ERROR").is_err());
        assert!(read_verdict("NOTOK").is_err());
    }
}
