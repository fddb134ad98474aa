//! What some bytes are: the content decides where it can, the name where it cannot.

/// Used when neither the bytes nor the name tell.
pub const UNKNOWN: &str = "application/octet-stream";

/// A file's type and the extension that goes with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sniffed {
    pub mime_type: String,
    /// Lower case, without the dot; empty if unknown.
    pub extension: String,
}

/// The extension of a file name: lower case, without the dot, empty if there is none.
pub fn extension(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
        _ => String::new(),
    }
}

/// Names the type of a file from its first bytes and its name. Office documents are zip files to the bytes, so a name
/// that says more than the bytes is believed when both agree on the family.
pub fn sniff(start: &[u8], name: &str) -> Sniffed {
    let by_name = mime_guess::from_path(name).first_raw();
    let by_bytes = infer::get(start);
    let named = extension(name);
    let mime_type = match (&by_bytes, by_name) {
        (Some(kind), Some(guess)) if is_container(kind.mime_type()) => guess,
        (Some(kind), _) => kind.mime_type(),
        (None, Some(guess)) => guess,
        (None, None) => UNKNOWN,
    };
    let extension = match by_bytes {
        Some(kind) if named.is_empty() => kind.extension().to_owned(),
        _ => named,
    };
    Sniffed { mime_type: mime_type.to_owned(), extension }
}

fn is_container(mime_type: &str) -> bool {
    matches!(mime_type, "application/zip" | "application/x-ole-storage" | "text/xml" | "text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(start: &[u8], name: &str, mime_type: &str, extension: &str) {
        let expected = Sniffed { mime_type: mime_type.to_owned(), extension: extension.to_owned() };
        assert_eq!(sniff(start, name), expected, "{name}");
    }

    #[test]
    fn bytes_decide_then_names() {
        check(b"\x89PNG\r\n\x1a\n", "picture.jpg", "image/png", "jpg");
        check(b"\x89PNG\r\n\x1a\n", "picture", "image/png", "png");
        check(b"plain", "notes.TXT", "text/plain", "txt");
        check(
            b"PK\x03\x04....",
            "report.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "docx",
        );
        check(b"what", "x", UNKNOWN, "");
        check(b"%PDF-1.7", "a.pdf", "application/pdf", "pdf");
    }

    #[test]
    fn hidden_files_have_no_extension() {
        assert_eq!(extension(".env"), "");
        assert_eq!(extension("a.tar.GZ"), "gz");
    }
}
