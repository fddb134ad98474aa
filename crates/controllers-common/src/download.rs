//! A stored file as an HTTP answer.
//!
//! Nothing that a stranger uploaded may run in the platform's origin: HTML always goes out as an attachment, and
//! pictures and documents in XML are sandboxed.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use bytes::Bytes;
use models::tool_file::ToolFile;
use models::upload_file::UploadFile;

const OCTETS: &str = "application/octet-stream";
const SANDBOX: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// Answers with the file, to be shown or to be saved.
pub fn download(file: &UploadFile, bytes: Bytes, as_attachment: bool) -> HttpResponse {
    let file = Described {
        name: &file.name,
        extension: &file.extension,
        mime_type: file.mime_type.as_deref().unwrap_or(OCTETS),
    };
    file.download(bytes, as_attachment)
}

/// A file that a tool or a node made, shown as an upload would be.
pub fn download_tool_file(file: &ToolFile, bytes: Bytes, as_attachment: bool) -> HttpResponse {
    let extension = file.extension();
    let extension = extension.trim_start_matches('.');
    Described { name: &file.name, extension, mime_type: &file.mimetype }.download(bytes, as_attachment)
}

/// What an answer depends on beside the bytes.
struct Described<'a> {
    name: &'a str,
    /// Without its dot.
    extension: &'a str,
    mime_type: &'a str,
}

impl Described<'_> {
    fn download(&self, bytes: Bytes, as_attachment: bool) -> HttpResponse {
        let file = self;
        let mime_type = file.mime_type.trim().to_ascii_lowercase();
        let essence = mime_type.split(';').next().unwrap_or_default().trim();
        let mut response = HttpResponse::Ok();
        if essence.starts_with("audio/") || essence.starts_with("video/") {
            response.insert_header((header::ACCEPT_RANGES, "bytes"));
        }
        if essence.contains("xml") {
            response.insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX));
        }
        let html = is_html(essence, file.extension);
        if html {
            response.insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        }
        if html || as_attachment {
            let disposition = format!("attachment; filename*=UTF-8''{}", encoded(file.name));
            response
                .insert_header((header::CONTENT_DISPOSITION, disposition))
                .insert_header((header::CONTENT_TYPE, OCTETS));
        } else {
            response.insert_header((header::CONTENT_TYPE, shown_type(&mime_type)));
        }
        response.body(bytes)
    }
}

fn is_html(essence: &str, extension: &str) -> bool {
    matches!(essence, "text/html" | "application/xhtml+xml") || matches!(extension, "html" | "htm")
}

/// Text is UTF-8 unless it says otherwise; what is no header value is just bytes.
fn shown_type(mime_type: &str) -> HeaderValue {
    let text = mime_type.starts_with("text/") && !mime_type.contains("charset");
    let shown = if text { format!("{mime_type}; charset=utf-8") } else { mime_type.to_owned() };
    HeaderValue::from_str(&shown).unwrap_or(HeaderValue::from_static(OCTETS))
}

/// A name in the form of `filename*`: everything but letters, digits and a few signs is percent-encoded.
fn encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use models::{CreatorRole, TenantId, UploadFileId};
    use uuid::Uuid;

    use super::*;

    fn file(name: &str, mime_type: &str) -> UploadFile {
        UploadFile {
            id: UploadFileId(Uuid::nil()),
            tenant_id: TenantId(Uuid::nil()),
            storage_type: "local".to_owned(),
            key: "k".to_owned(),
            name: name.to_owned(),
            size: 1,
            extension: storage::sniff::extension(name),
            mime_type: Some(mime_type.to_owned()),
            created_by_role: CreatorRole::Account,
            created_by: Uuid::nil(),
            created_at: DateTime::UNIX_EPOCH.naive_utc(),
            used: false,
            hash: None,
            source_url: String::new(),
        }
    }

    fn check(name: &str, mime_type: &str, as_attachment: bool, expected: &[(&str, &str)]) {
        let response = download(&file(name, mime_type), Bytes::from_static(b"x"), as_attachment);
        let mut headers: Vec<_> = response.headers().iter().map(|(n, v)| (n.as_str(), v.to_str().unwrap())).collect();
        headers.sort_unstable();
        assert_eq!(headers, expected, "{name}");
    }

    #[test]
    fn files_are_shown_as_what_they_are() {
        check("a.png", "image/png", false, &[("content-type", "image/png")]);
        check("a.txt", "text/plain", false, &[("content-type", "text/plain; charset=utf-8")]);
        check("a.mp3", "audio/mpeg", false, &[("accept-ranges", "bytes"), ("content-type", "audio/mpeg")]);
        check("a", "no\nheader", false, &[("content-type", OCTETS)]);
        check(
            "a.svg",
            "image/svg+xml",
            false,
            &[("content-security-policy", SANDBOX), ("content-type", "image/svg+xml")],
        );
    }

    #[test]
    fn attachments_carry_their_name() {
        let disposition = ("content-disposition", "attachment; filename*=UTF-8''%C3%A4%20%22b%22.pdf");
        check("ä \"b\".pdf", "application/pdf", true, &[disposition, ("content-type", OCTETS)]);
    }

    #[test]
    fn html_is_never_shown() {
        for (name, mime_type) in [("a.html", "text/plain"), ("a.txt", "Text/HTML; charset=x"), ("a.HTM", "image/png")] {
            let response = download(&file(name, mime_type), Bytes::new(), false);
            assert_eq!(response.headers().get("content-type").unwrap(), OCTETS, "{name}");
            assert_eq!(response.headers().get("x-content-type-options").unwrap(), "nosniff", "{name}");
            assert!(response.headers().contains_key("content-disposition"), "{name}");
        }
    }
}
