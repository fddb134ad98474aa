//! A mail as it arrived: as much of MIME as is needed to read one with two bodies.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

#[derive(Debug, Clone)]
pub struct ReceivedMail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub raw: String,
}

impl ReceivedMail {
    pub(crate) fn read(to: &str, raw: String) -> Self {
        let subject = decode_words(&header(&raw, "Subject").unwrap_or_default());
        let part = |kind: &str| {
            let at = raw.find(&format!("Content-Type: {kind}"))?;
            let part = raw.get(at..)?;
            let (head, rest) = part.split_once("\n\n")?;
            let body = rest.split("\n--").next().unwrap_or(rest);
            Some(decode(&header(head, "Content-Transfer-Encoding").unwrap_or_default(), body))
        };
        let (text, html) = (part("text/plain").unwrap_or_default(), part("text/html").unwrap_or_default());
        Self { to: to.to_owned(), subject, text, html, raw }
    }

    /// The code of six digits that stands on a line of its own.
    pub fn code(&self) -> Option<String> {
        let is_code = |line: &&str| line.len() == 6 && line.chars().all(|c| c.is_ascii_digit());
        self.text.lines().map(str::trim).find(is_code).map(str::to_owned)
    }

    /// The link that stands on a line of its own.
    pub fn link(&self) -> Option<String> {
        self.text.lines().map(str::trim).find(|line| line.starts_with("http")).map(str::to_owned)
    }
}

/// The value of a header, unfolded.
fn header(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&format!("{name}: ")));
    let mut value = lines.next()?.split_once(": ")?.1.to_owned();
    for more in lines.take_while(|line| line.starts_with(' ')) {
        value.push_str(more);
    }
    Some(value)
}

fn decode(encoding: &str, body: &str) -> String {
    let bytes = match encoding {
        "base64" => STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap_or_default(),
        "quoted-printable" => unquoted(&body.replace("=\n", "")),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `=C3=A4` and the like.
fn unquoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('=') {
        bytes.extend(before.as_bytes());
        let code = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (code, after.get(2..)) {
            (Some(byte), Some(next)) => {
                bytes.push(byte);
                rest = next;
            }
            _ => {
                bytes.push(b'=');
                rest = after;
            }
        }
    }
    bytes.extend(rest.as_bytes());
    bytes
}

/// `=?utf-8?b?…?=` in headers.
fn decode_words(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("=?utf-8?b?") {
        let Some((word, next)) = after.split_once("?=") else { break };
        // White space between two such words is no part of the text.
        if !before.trim().is_empty() {
            plain.push_str(before);
        }
        plain.push_str(&String::from_utf8_lossy(&STANDARD.decode(word).unwrap_or_default()));
        rest = next;
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bodies_are_read() {
        let raw = "Subject: =?utf-8?b?5L2g5aW9?= =?utf-8?b?IQ==?=\nContent-Type: multipart/alternative;\n boundary=\"x\"\n\n\
                   --x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
                   Gr=C3=BC=C3=9Fe, long =\nline\n\n012345\n\nhttps://a.b/c?d=3De\n--x\n\
                   Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n\
                   PHA+\nSGk8L3A+\n--x--\n";
        let mail = ReceivedMail::read("ada@example.com", raw.to_owned());
        assert_eq!(mail.subject, "你好!");
        assert!(mail.text.starts_with("Grüße, long line"), "{}", mail.text);
        assert_eq!(mail.code().as_deref(), Some("012345"));
        assert_eq!(mail.link().as_deref(), Some("https://a.b/c?d=e"));
        assert_eq!(mail.html, "<p>Hi</p>");
    }
}
