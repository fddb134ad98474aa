//! Just enough of the Redis protocol to ask a server how it is: one command, one reply as text.
//!
//! The full client is asynchronous and heavy; this crate runs before there is a runtime.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

const CONNECT: Duration = Duration::from_millis(500);
const ANSWER: Duration = Duration::from_secs(5);
/// Replies this crate asks for are a few kilobytes.
const LONGEST: usize = 1 << 20;

/// Sends one command. Arrays come back as lines; an error reply is an error.
pub(crate) fn call(port: u16, words: &[&str]) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), CONNECT)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_write_timeout(Some(ANSWER))?;
    let mut request = format!("*{}\r\n", words.len());
    for word in words {
        request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    stream.write_all(request.as_bytes())?;
    reply(&mut BufReader::new(stream))
}

fn reply(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if from.by_ref().take(LONGEST as u64).read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let line = line.trim_end();
    let mut characters = line.chars();
    let kind = characters.next();
    let rest = characters.as_str();
    match kind {
        Some('+' | ':') => Ok(rest.to_owned()),
        Some('-') => Err(io::Error::other(rest.to_owned())),
        Some('$') => bulk(from, length(rest)?),
        Some('*') => {
            let items: Vec<String> = (0..length(rest)?).map(|_| reply(from)).collect::<io::Result<_>>()?;
            Ok(items.join("\n"))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "not a Redis server")),
    }
}

/// Missing values are announced as -1 and read as empty.
fn length(text: &str) -> io::Result<usize> {
    let length: i64 = text.parse().map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    let length = usize::try_from(length.max(0)).map_err(io::Error::other)?;
    if length > LONGEST { Err(io::Error::other("reply too long")) } else { Ok(length) }
}

fn bulk(from: &mut impl BufRead, length: usize) -> io::Result<String> {
    if length == 0 {
        return Ok(String::new());
    }
    let mut bytes = vec![0; length + 2];
    from.read_exact(&mut bytes)?;
    bytes.truncate(length);
    String::from_utf8(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(reply(&mut input.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn replies_become_text() {
        check("+PONG\r\n", "PONG");
        check(":42\r\n", "42");
        check("$5\r\nhello\r\n", "hello");
        check("*2\r\n$3\r\ndir\r\n$4\r\n/tmp\r\n", "dir\n/tmp");
        check("$-1\r\n", "");
    }

    #[test]
    fn errors_and_strangers_are_errors() {
        assert!(reply(&mut "-ERR no\r\n".as_bytes()).is_err());
        assert!(reply(&mut "HTTP/1.1 400\r\n".as_bytes()).is_err());
        assert!(reply(&mut "".as_bytes()).is_err());
        assert!(reply(&mut "$99999999\r\n".as_bytes()).is_err());
    }
}
