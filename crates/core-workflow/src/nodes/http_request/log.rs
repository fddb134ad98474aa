//! The request as text, for the person who looks at a run: what was sent, without secrets.

use std::fmt::Write;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

use super::request::{Content, Request};

/// Characters of a body that the text shows.
const MAX_BODY: usize = 64 * 1024;

/// The raw text of a request. `secrets` are values of secret variables with what stands in their place.
pub(super) fn raw(request: &Request, secrets: &[(String, String)]) -> String {
    let url = &request.url;
    let mut out = format!("{} {}", request.method, url.path());
    if let Some(query) = url.query() {
        out.push('?');
        out.push_str(query);
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write!(out, " HTTP/1.1\r\nHost: {host}{port}\r\n");
    const BOUNDARY: &str = "----WebKitFormBoundary";
    for header in &request.headers {
        let shown = if header.secret { "*".repeat(header.value.chars().count()) } else { header.value.clone() };
        let _ = write!(out, "{}: {shown}\r\n", header.name);
    }
    if matches!(request.content, Content::Multipart { .. }) {
        let _ = write!(out, "Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n");
    }
    let body = body(&request.content, BOUNDARY);
    if !body.is_empty() {
        let _ = write!(out, "Content-Length: {}\r\n", body.len());
    }
    out.push_str("\r\n");
    match body.char_indices().nth(MAX_BODY) {
        Some((end, _)) => {
            out.push_str(body.get(..end).unwrap_or_default());
            out.push_str("...");
        }
        None => out.push_str(&body),
    }
    hide(out, secrets)
}

fn body(content: &Content, boundary: &str) -> String {
    match content {
        Content::None => String::new(),
        Content::Text(text) => text.clone(),
        Content::Form(pairs) => form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish(),
        Content::File(file) => format!("<file {}>", file.filename.as_deref().unwrap_or_default()),
        Content::Multipart { texts, files } => {
            let mut out = String::new();
            for (key, value) in texts {
                let _ =
                    write!(out, "--{boundary}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n");
            }
            for (key, file) in files {
                let name = file.filename.as_deref().unwrap_or_default();
                let _ = write!(
                    out,
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{key}\"; filename=\"{name}\"\r\n\r\n\
                     <file {name}>\r\n"
                );
            }
            let _ = write!(out, "--{boundary}--\r\n");
            out
        }
    }
}

/// Puts stars for secrets, in whichever of the request's writings they stand.
fn hide(mut text: String, secrets: &[(String, String)]) -> String {
    for (secret, stars) in secrets {
        let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let json = serde_json::Value::from(secret.as_str()).to_string();
        let json = json.trim_matches('"');
        for written in [secret.as_str(), form.as_str(), percent.as_str(), json] {
            if text.contains(written) {
                text = text.replace(written, stars);
            }
        }
    }
    text
}
