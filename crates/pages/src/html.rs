//! Documents: templates that are filled in, and the headers that guard them.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use crate::assets::with_tag;

const KIND: &str = "text/html; charset=utf-8";
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
const SILENT: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
const LISTENING: &str = "camera=(), geolocation=(), microphone=(self), payment=(), usb=()";

/// Fills in `{{name}}`; every value is escaped, for texts as for attributes in quotes. A value is never looked at again.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, opened)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((name, after)) = opened.split_once("}}") else {
            rest = opened;
            continue;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            escape(value, &mut filled);
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn escape(text: &str, into: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            '\0' => into.push('\u{fffd}'),
            other => into.push(other),
        }
    }
}

/// Whose pages may show a document in a frame.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Frames<'a> {
    /// Those of the same server.
    #[default]
    Own,
    /// Those of these origins; none: nobody's.
    Of(&'a [String]),
}

/// What a document may do beyond what all may.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Allowed<'a> {
    /// Pictures and sounds also come from this origin, where files are kept.
    pub(crate) files: Option<&'a str>,
    pub(crate) frames: Frames<'a>,
    /// It listens to its visitor.
    pub(crate) microphone: bool,
}

/// What a document may do: load from its own server (pictures and sounds also from where files are kept), run scripts
/// that are files, and turn no text into markup.
fn policy(allowed: Allowed<'_>) -> String {
    let files = allowed.files.map(|origin| format!(" {origin}")).unwrap_or_default();
    let frames = match allowed.frames {
        Frames::Own => "'self'".to_owned(),
        Frames::Of([]) => "'none'".to_owned(),
        Frames::Of(origins) => origins.join(" "),
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; \
         img-src 'self' data: blob:{files}; media-src 'self' blob:{files}; base-uri 'none'; form-action 'none'; \
         frame-ancestors {frames}; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// A document as an answer.
pub(crate) fn document(request: &HttpRequest, status: StatusCode, text: String, allowed: Allowed<'_>) -> HttpResponse {
    let mut response = if status == StatusCode::OK {
        with_tag(request, KIND, Bytes::from(text))
    } else {
        HttpResponse::build(status).content_type(KIND).body(text)
    };
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(allowed)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (PERMISSIONS, if allowed.microphone { LISTENING } else { SILENT }),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // It has no word for other origins.
    let frames = match allowed.frames {
        Frames::Own => Some("SAMEORIGIN"),
        Frames::Of([]) => Some("DENY"),
        Frames::Of(_) => None,
    };
    if let Some(frames) = frames {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static(frames));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_not_looked_at_again() {
        let filled = fill("<a b=\"{{x}}\">{{y}}{{none}}</a> {{x", &[("x", "\"><script>&'"), ("y", "{{x}}")]);
        assert_eq!(filled, "<a b=\"&quot;&gt;&lt;script&gt;&amp;&#39;\">{{x}}</a> x");
    }

    #[test]
    fn a_policy_names_the_files_origin_once_per_kind() {
        let usual = policy(Allowed::default());
        assert!(usual.contains("img-src 'self' data: blob:; media-src 'self' blob:;"));
        let files = Allowed { files: Some("https://f.example"), ..Allowed::default() };
        assert!(policy(files).contains("media-src 'self' blob: https://f.example;"));
        assert!(!usual.contains("unsafe"));
    }

    #[test]
    fn frames_are_named() {
        let of = |origins: &[String]| policy(Allowed { frames: Frames::Of(origins), ..Allowed::default() });
        assert!(policy(Allowed::default()).contains("; frame-ancestors 'self'; "));
        assert!(of(&[]).contains("; frame-ancestors 'none'; "));
        let two = ["https://a.example".to_owned(), "https://b.example".to_owned()];
        assert!(of(&two).contains("; frame-ancestors https://a.example https://b.example; "));
    }
}
