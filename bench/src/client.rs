//! A client that costs little: one connection, one request at a time, the answer read to its end without parsing it.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::WORD;

/// The longest wait for a whole answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// What one request took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// Until the first word of an answer in a stream, or the head of any other answer.
    pub(crate) first: Duration,
    pub(crate) total: Duration,
    pub(crate) status: u16,
}

impl Timing {
    pub(crate) fn succeeded(self) -> bool {
        (200..300).contains(&self.status)
    }
}

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a prepared request and reads the answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Timing> {
        tokio::time::timeout(PATIENCE, self.exchange_unbounded(request)).await.context("no answer in time")?
    }

    async fn exchange_unbounded(&mut self, request: &[u8]) -> anyhow::Result<Timing> {
        let begun = Instant::now();
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let mut head = None;
        let mut first = None;
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if head.is_none() {
                head = Head::find(&self.buffer);
            }
            let Some(head) = &head else { continue };
            if first.is_none() && (!head.chunked || has_word(self.buffer.get(head.end..).unwrap_or_default())) {
                first = Some(begun.elapsed());
            }
            let done = match head.length {
                Some(length) => self.buffer.len() >= head.end + length,
                None => self.buffer.ends_with(b"0\r\n\r\n"),
            };
            if done {
                return Ok(Timing { first: first.unwrap_or_default(), total: begun.elapsed(), status: head.status });
            }
        }
    }

    /// The last answer, for error messages.
    pub(crate) fn last(&self) -> String {
        String::from_utf8_lossy(&self.buffer).chars().take(600).collect()
    }
}

fn has_word(bytes: &[u8]) -> bool {
    bytes.windows(WORD.len()).any(|window| window == WORD.as_bytes())
}

struct Head {
    status: u16,
    end: usize,
    length: Option<usize>,
    chunked: bool,
}

impl Head {
    fn find(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
        let text = String::from_utf8_lossy(bytes.get(..end)?).to_ascii_lowercase();
        let status = text.split(' ').nth(1)?.parse().ok()?;
        let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let length = header("content-length:").and_then(|l| l.parse().ok());
        Some(Self { status, end, length, chunked: header("transfer-encoding:") == Some("chunked") })
    }
}

/// The bytes of a request.
pub(crate) fn request(method: &str, path: &str, key: &str, body: Option<&str>) -> Vec<u8> {
    let body = body.unwrap_or_default();
    let length = if body.is_empty() {
        String::new()
    } else {
        format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())
    };
    format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n{length}\r\n{body}")
        .into_bytes()
}

/// The bytes of a form with a file of this size and the name of a person.
pub(crate) fn upload(path: &str, key: &str, user: &str, size: usize) -> Vec<u8> {
    const BOUNDARY: &str = "0f0e0d0c0b0a";
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\n{user}\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bench.txt\"\r\nContent-Type: text/plain\r\n\r\n"
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let length = head.len() + size + tail.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n"
    );
    let file: Vec<u8> = b"A line of a file.\n".iter().copied().cycle().take(size).collect();
    [request.as_bytes(), head.as_bytes(), &file, tail.as_bytes()].concat()
}
