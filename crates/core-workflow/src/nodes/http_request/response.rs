//! Reading an answer: how much of it, and whether it is a text or a file.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use egress::Response;
use egress::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderName};
use encoding_rs::Encoding;

use super::request::{GENERAL, fault};
use crate::limits::Limits;
use crate::node::NodeError;

/// Bytes that tell whether a body is a text.
const SAMPLE: usize = 1024;

/// A whole answer.
pub(super) struct Answer {
    pub status: u16,
    pub is_success: bool,
    /// In small letters; values of one name are joined.
    pub headers: Vec<(String, String)>,
    pub content_type: String,
    pub file_name: Option<String>,
    pub is_file: bool,
    pub body: Bytes,
}

/// Reads an answer; a body over its limit is not read to its end. `silence`: how long no byte may come.
pub(super) async fn read(mut response: Response, limits: &Limits, silence: Duration) -> Result<Answer, NodeError> {
    let headers = response.headers();
    let content_type = text_of(headers, CONTENT_TYPE);
    let disposition = Disposition::parse(&text_of(headers, CONTENT_DISPOSITION));
    let (status, joined) = (response.status(), joined(headers));
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = BytesMut::new();
    while body.len() < SAMPLE
        && let Some(chunk) = next_chunk(&mut response, silence).await?
    {
        body.extend_from_slice(&chunk);
    }
    let sample = body.get(..SAMPLE).unwrap_or(&body);
    let is_file = is_file(&content_type, &disposition, sample);
    let limit = if is_file { limits.max_http_file } else { limits.max_http_text };
    // A body that is still to come: an answer to HEAD announces one that never does.
    if let Some(announced) = announced.filter(|announced| *announced > limit && !body.is_empty()) {
        return Err(too_large(is_file, limit, announced));
    }
    loop {
        if body.len() > limit {
            return Err(too_large(is_file, limit, body.len()));
        }
        match next_chunk(&mut response, silence).await? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    Ok(Answer {
        status: status.as_u16(),
        is_success: status.is_success(),
        headers: joined,
        content_type,
        file_name: disposition.file_name,
        is_file,
        body: body.freeze(),
    })
}

async fn next_chunk(response: &mut Response, silence: Duration) -> Result<Option<Bytes>, NodeError> {
    match tokio::time::timeout(silence, egress::next_chunk(response)).await {
        Ok(Ok(chunk)) => Ok(chunk),
        Ok(Err(error)) => Err(fault(GENERAL, error.to_string())),
        Err(_elapsed) => Err(fault(GENERAL, egress::EgressError::Timeout.to_string())),
    }
}

fn too_large(is_file: bool, limit: usize, size: usize) -> NodeError {
    let name = if is_file { "File" } else { "Text" };
    let message = format!(
        "{name} size is too large, max size is {:.2} MB, but current size is {}.",
        megabytes(limit),
        readable(size)
    );
    fault("ResponseSizeError", message)
}

#[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

fn readable(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.2} KB", megabytes(bytes) * 1024.0),
        _ => format!("{:.2} MB", megabytes(bytes)),
    }
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn joined(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |name: &HeaderName| {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        values.join(", ")
    };
    headers.keys().map(|name| (name.as_str().to_owned(), text(name))).collect()
}

/// What `Content-Disposition` says (RFC 6266).
#[derive(Debug, Default, PartialEq, Eq)]
struct Disposition {
    is_attachment: bool,
    file_name: Option<String>,
}

impl Disposition {
    fn parse(header: &str) -> Self {
        let mut parts = parameters(header).into_iter();
        let is_attachment = parts.next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("attachment"));
        let (mut plain, mut extended) = (None, None);
        for part in parts {
            let Some((name, value)) = part.split_once('=') else { continue };
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "filename" => plain = Some(unquoted(value)),
                // charset'language'percent-encoded
                "filename*" => {
                    let text = value.splitn(3, '\'').nth(2).unwrap_or(value);
                    let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
                    extended = Some(String::from_utf8_lossy(&bytes).into_owned());
                }
                _ => {}
            }
        }
        Self { is_attachment, file_name: extended.or(plain) }
    }
}

/// The parts between semicolons that stand in no quotes.
fn parameters(header: &str) -> Vec<String> {
    let (mut parts, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for c in header.chars() {
        if c == ';' && !quoted {
            parts.push(String::new());
            continue;
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

fn unquoted(value: &str) -> String {
    match value.strip_prefix('"') {
        Some(inner) => inner.strip_suffix('"').unwrap_or(inner).replace("\\\"", "\"").replace("\\\\", "\\"),
        None => value.to_owned(),
    }
}

/// Whether an answer is kept as a file: what the server calls one, and what is no text.
fn is_file(content_type: &str, disposition: &Disposition, sample: &[u8]) -> bool {
    if disposition.is_attachment || disposition.file_name.is_some() {
        return true;
    }
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind.starts_with("text/") {
        return false;
    }
    if kind.starts_with("application/") {
        const TEXTS: [&str; 7] = ["json", "xml", "javascript", "x-www-form-urlencoded", "yaml", "graphql", "x-ndjson"];
        if TEXTS.iter().any(|text| kind.contains(text)) {
            return false;
        }
        match utf8_sample(sample) {
            None => return true,
            Some(text) => {
                const MARKERS: [&str; 7] = ["{", "[", "<", "function", "var ", "const ", "let "];
                if MARKERS.iter().any(|marker| text.contains(marker)) {
                    return false;
                }
            }
        }
        return mime_guess::get_mime_extensions_str(&kind).is_some();
    }
    if kind.is_empty() {
        // Nothing is known of it; a text holds no NUL.
        return utf8_sample(sample).is_none() && sample.contains(&0);
    }
    ["image/", "audio/", "video/", "font/"].iter().any(|media| kind.starts_with(media))
}

/// The text of a sample; a character cut at its end is no fault.
fn utf8_sample(sample: &[u8]) -> Option<&str> {
    match std::str::from_utf8(sample) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            sample.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok())
        }
        Err(_) => None,
    }
}

impl Answer {
    /// The body as text: in the charset that the server names, else UTF-8, else what it looks like.
    pub(super) fn text(&self) -> String {
        let named = self.content_type.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
        });
        if let Some(encoding) = named.and_then(|label| Encoding::for_label(label.as_bytes())) {
            return encoding.decode(&self.body).0.into_owned();
        }
        if let Ok(text) = std::str::from_utf8(&self.body) {
            return text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        }
        let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
        detector.feed(&self.body, true);
        detector.guess(None, chardetng::Utf8Detection::Allow).decode(&self.body).0.into_owned()
    }

    /// The kind of the file: by the name it was given, else by what the server says, else by its address.
    pub(super) fn mime_type(&self, url_name: &str) -> String {
        let guess = |name: &str| mime_guess::from_path(name).first_raw().map(str::to_owned);
        let said = self.content_type.split(';').next().unwrap_or_default().trim();
        self.file_name
            .as_deref()
            .and_then(guess)
            .or_else(|| (!said.is_empty()).then(|| said.to_owned()))
            .or_else(|| guess(url_name))
            .unwrap_or_else(|| "application/octet-stream".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(file_name: &str) -> Disposition {
        Disposition { is_attachment: false, file_name: Some(file_name.to_owned()) }
    }

    #[test]
    fn dispositions_name_files() {
        let cases = [
            ("", Disposition::default()),
            ("inline", Disposition::default()),
            ("attachment", Disposition { is_attachment: true, file_name: None }),
            ("inline; filename=\"a;b.txt\"", named("a;b.txt")),
            ("inline; filename=plain.txt", named("plain.txt")),
            ("inline; filename=\"x.txt\"; filename*=UTF-8''%e2%82%ac.txt", named("€.txt")),
            ("inline; FileName=\"say \\\"hi\\\"\"", named("say \"hi\"")),
        ];
        for (header, expected) in cases {
            assert_eq!(Disposition::parse(header), expected, "{header}");
        }
    }

    #[test]
    fn texts_and_files_are_told_apart() {
        let half_a_character = "{\"a\": \"\u{20ac}".as_bytes();
        let cases: [(&str, &[u8], bool); 16] = [
            ("text/html", b"\0\xff", false),
            ("text/csv; charset=utf-8", b"a,b", false),
            ("application/json", b"\0\xff", false),
            ("application/vnd.api+json", b"x", false),
            ("application/octet-stream", b"plain words", true),
            ("application/octet-stream", b"{\"a\": 1}", false),
            ("application/octet-stream", &half_a_character[..half_a_character.len() - 1], false),
            ("application/octet-stream", b"{\xff\xfe", true),
            ("application/pdf", b"%PDF-1.7 words", true),
            ("application/x-of-my-own", b"words", false),
            ("image/png", b"\x89PNG", true),
            ("Image/SVG+xml", b"<svg/>", true),
            ("audio/x-of-my-own", b"", true),
            ("", b"words", false),
            ("", b"\xff\x00", true),
            ("", b"caf\xe9", false),
        ];
        for (kind, sample, expected) in cases {
            assert_eq!(is_file(kind, &Disposition::default(), sample), expected, "{kind} {sample:?}");
        }
        assert!(is_file("text/plain", &named("x.txt"), b"words"));
    }

    #[test]
    fn sizes_are_readable() {
        assert_eq!([readable(1023), readable(2048), readable(1_572_864)], ["1023 bytes", "2.00 KB", "1.50 MB"]);
    }
}
