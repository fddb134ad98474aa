//! As much of HTTP/1.1 as clients of model APIs need.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;

const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 256 * 1024 * 1024;

pub(crate) struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The key in either vendor's header.
    pub(crate) fn key(&self) -> Option<&str> {
        self.header("x-api-key")
            .or_else(|| self.header("authorization").and_then(|value| value.strip_prefix("Bearer ")))
    }
}

/// `None` when the client closed the connection between requests.
pub(crate) async fn read(reader: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Err(invalid("request line")) };
    let (method, path) = (method.to_owned(), path.to_owned());
    let (mut headers, mut head) = (Vec::new(), line.len());
    loop {
        line.clear();
        head += reader.read_line(&mut line).await?;
        if head > MAX_HEAD {
            return Err(invalid("head size"));
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(':').ok_or_else(|| invalid("header"))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, path, headers, body: Vec::new() };
    if request.header("transfer-encoding").is_some() {
        read_chunked(reader, &mut request.body).await?;
    } else {
        let length = request.header("content-length").map_or(Ok(0), str::parse).map_err(io::Error::other)?;
        read_exactly(reader, length, &mut request.body).await?;
    }
    Ok(Some(request))
}

async fn read_chunked(reader: &mut BufReader<OwnedReadHalf>, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        read_exactly(reader, length, body).await?;
        reader.read_line(&mut line).await?;
        if length == 0 {
            return Ok(());
        }
    }
}

async fn read_exactly(reader: &mut BufReader<OwnedReadHalf>, length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    if body.len() + length > MAX_BODY {
        return Err(invalid("body size"));
    }
    let wanted = u64::try_from(length).map_err(io::Error::other)?;
    let read = reader.take(wanted).read_to_end(body).await?;
    if read == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("invalid {what}"))
}

/// The head of a response; the body follows whole or in chunks.
pub(crate) fn head(status: u16, content_type: &str, extra: &[(String, String)], length: Option<usize>) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Stub\r\ncontent-type: {content_type}\r\n");
    for (name, value) in extra {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match length {
        Some(length) => head.push_str(&format!("content-length: {length}\r\n\r\n")),
        None => head.push_str("transfer-encoding: chunked\r\n\r\n"),
    }
    head.into_bytes()
}

/// One chunk of a chunked body.
pub(crate) fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}
