//! Documents: templates that are filled in, and the headers that guard them.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use crate::assets::with_tag;

const KIND: &str = "text/html; charset=utf-8";
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

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

/// What a document may do: load from its own server (pictures and sounds also from where files are kept), run scripts
/// that are files, and turn no text into markup.
fn policy(files: Option<&str>) -> String {
    let files = files.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; \
         img-src 'self' data: blob:{files}; media-src 'self' blob:{files}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// A document as an answer. `files`: the origin of stored files, where it is another one.
pub(crate) fn document(request: &HttpRequest, status: StatusCode, text: String, files: Option<&str>) -> HttpResponse {
    let mut response = if status == StatusCode::OK {
        with_tag(request, KIND, Bytes::from(text))
    } else {
        HttpResponse::build(status).content_type(KIND).body(text)
    };
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(files)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (PERMISSIONS, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
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
        assert!(policy(None).contains("img-src 'self' data: blob:; media-src 'self' blob:;"));
        assert!(policy(Some("https://f.example")).contains("media-src 'self' blob: https://f.example;"));
        assert!(!policy(None).contains("unsafe"));
    }
}
