//! Stored bytes as an HTTP answer.
//!
//! Nothing that a stranger uploaded may run in the platform's origin. The type is what was stored, and browsers must not
//! guess another; what can run scripts (pages, XML, scripts, archives of pages) goes out as an attachment of no type,
//! but for SVG, which is shown as a picture. Whatever is shown is in a sandbox of its own.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use bytes::Bytes;
use models::tool_file::ToolFile;
use models::upload_file::UploadFile;

const OCTETS: &str = "application/octet-stream";
const SVG: &str = "image/svg+xml";
const PDF: &str = "application/pdf";
/// No scripts, no forms, no other addresses, and an origin of its own.
const SANDBOX: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'";
/// Browsers do not show documents of this type in a sandbox; their viewers keep the scripts of such documents apart.
const PDF_POLICY: &str = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'";

/// Files with these names are pages to whoever opens them, whatever type they were stored with.
const PAGES: [&str; 8] = ["html", "htm", "xhtml", "xht", "shtml", "mhtml", "mht", "hta"];
/// Types that browsers run, or use for pages, beside those that are pages, XML or scripts by name.
const ACTIVE: [&str; 6] = [
    "message/rfc822",
    "text/css",
    "text/x-component",
    "application/wasm",
    "application/x-shockwave-flash",
    "application/java-archive",
];

/// Marks an answer with bytes of unknown people, or of other systems: it is what its type says, and can do nothing.
pub fn guard(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
}

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
        let shown = ShownType::read(self.mime_type);
        let mut response = HttpResponse::Ok();
        if shown.essence.starts_with("audio/") || shown.essence.starts_with("video/") {
            response.insert_header((header::ACCEPT_RANGES, "bytes"));
        }
        let saved = as_attachment || shown.is_active() || PAGES.contains(&self.extension.to_ascii_lowercase().as_str());
        if saved {
            let disposition = format!("attachment; filename*=UTF-8''{}", encoded(self.name));
            response
                .insert_header((header::CONTENT_DISPOSITION, disposition))
                .insert_header((header::CONTENT_TYPE, OCTETS));
        } else {
            response.insert_header((header::CONTENT_TYPE, shown.header()));
        }
        let mut response = response.body(bytes);
        guard(response.headers_mut());
        if !saved && shown.essence == PDF {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PDF_POLICY));
        }
        response
    }
}

/// A stored type, made anew: what browsers could read in two ways is no type.
struct ShownType {
    /// In lower case.
    essence: String,
    charset: Option<String>,
}

impl ShownType {
    fn read(stored: &str) -> Self {
        let mime_type = stored.trim().to_ascii_lowercase();
        let (essence, parameters) = mime_type.split_once(';').unwrap_or((&mime_type, ""));
        let essence = essence.trim();
        if !essence.split_once('/').is_some_and(|(kind, name)| is_token(kind) && is_token(name)) {
            return Self { essence: OCTETS.to_owned(), charset: None };
        }
        let charset = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("charset="));
        let charset = charset.map(|charset| charset.trim_matches('"')).filter(|charset| is_token(charset));
        Self { essence: essence.to_owned(), charset: charset.map(str::to_owned) }
    }

    /// Whether a browser might run what is in it.
    fn is_active(&self) -> bool {
        let kind = self.essence.as_str();
        let xml = matches!(kind, "text/xml" | "application/xml" | "text/xsl") || kind.ends_with("+xml");
        let named = ["html", "javascript", "ecmascript", "jscript", "vbscript"].iter().any(|part| kind.contains(part));
        (xml && kind != SVG) || named || kind.starts_with("multipart/") || ACTIVE.contains(&kind)
    }

    /// Text is UTF-8 unless it says otherwise.
    fn header(&self) -> HeaderValue {
        let charset = self.charset.as_deref().or_else(|| self.essence.starts_with("text/").then_some("utf-8"));
        let shown = match charset {
            Some(charset) => format!("{}; charset={charset}", self.essence),
            None => self.essence.clone(),
        };
        HeaderValue::from_str(&shown).unwrap_or(HeaderValue::from_static(OCTETS))
    }
}

/// A token of HTTP's grammar.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
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
        let mut expected = [expected, &[("x-content-type-options", "nosniff")]].concat();
        if !expected.iter().any(|(name, _)| *name == "content-security-policy") {
            expected.push(("content-security-policy", SANDBOX));
        }
        expected.sort_unstable();
        assert_eq!(headers, expected, "{name}");
    }

    #[test]
    fn files_are_shown_as_what_they_are() {
        check("a.png", "image/png", false, &[("content-type", "image/png")]);
        check("a.txt", "text/plain", false, &[("content-type", "text/plain; charset=utf-8")]);
        check("a.txt", "text/plain; charset=\"UTF-16\"", false, &[("content-type", "text/plain; charset=utf-16")]);
        check("a.mp3", "audio/mpeg", false, &[("accept-ranges", "bytes"), ("content-type", "audio/mpeg")]);
        check("a.svg", SVG, false, &[("content-type", SVG)]);
        let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        check("a.docx", word, false, &[("content-type", word)]);
        let policy = ("content-security-policy", PDF_POLICY);
        check("a.pdf", PDF, false, &[policy, ("content-type", PDF)]);
    }

    #[test]
    fn what_is_no_type_is_bytes() {
        for wrong in ["no\nheader", "", "image", "image/", "/png", "image/png, text/html", "text /html", "image/png\0"]
        {
            check("a", wrong, false, &[("content-type", OCTETS)]);
        }
    }

    #[test]
    fn attachments_carry_their_name() {
        let disposition = ("content-disposition", "attachment; filename*=UTF-8''%C3%A4%20%22b%22.txt");
        check("ä \"b\".txt", PDF, true, &[disposition, ("content-type", OCTETS)]);
    }

    #[test]
    fn what_could_run_is_never_shown() {
        for (name, mime_type) in [
            ("a.html", "text/plain"),
            ("a.txt", "Text/HTML; charset=x"),
            ("a.HTM", "image/png"),
            ("a.png", "text/html"),
            ("a.png", "application/xhtml+xml"),
            ("a.xml", "text/xml"),
            ("a.rss", "application/rss+xml"),
            ("a.xsl", "text/xsl"),
            ("a.js", "text/javascript"),
            ("a.txt", "application/x-ecmascript; a=b"),
            ("a.mht", "application/octet-stream"),
            ("a.eml", "message/rfc822"),
            ("a.bin", "multipart/related"),
        ] {
            let response = download(&file(name, mime_type), Bytes::new(), false);
            assert_eq!(response.headers().get("content-type").unwrap(), OCTETS, "{name}");
            assert_eq!(response.headers().get("x-content-type-options").unwrap(), "nosniff", "{name}");
            assert!(response.headers().contains_key("content-disposition"), "{name}");
        }
    }
}
