//! Signed links inside answers. They are old by the time an answer is read again, so they are signed anew.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use storage::signed_links::{LinkKind, LinkSigner, Signature};

static LINK: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a literal pattern, covered by tests")]
    Regex::new(concat!(
        r#"(?:https?://[^\s()<>"]+?)?/files/(?:tools/(?P<tool>[0-9a-fA-F-]{36})(?P<extension>\.[A-Za-z0-9]{1,9})?"#,
        r#"|(?P<upload>[0-9a-fA-F-]{36})/(?P<kind>file|image)-preview)\?(?P<query>[^\s()<>"]+)"#,
    ))
    .unwrap()
});

/// The answer with its links signed anew. Only what was once signed here is: nobody gets a link by having a model write
/// one.
pub(super) fn signed_anew<'a>(links: &LinkSigner, base: &str, answer: &'a str) -> Cow<'a, str> {
    if !answer.contains("/files/") {
        return Cow::Borrowed(answer);
    }
    LINK.replace_all(answer, |link: &Captures<'_>| {
        let whole = link.get(0).map_or("", |m| m.as_str());
        fresh(links, base, link).unwrap_or_else(|| whole.to_owned())
    })
}

fn fresh(links: &LinkSigner, base: &str, link: &Captures<'_>) -> Option<String> {
    let (mut timestamp, mut nonce, mut sign, mut as_attachment) = (None, None, None, false);
    for (name, value) in url::form_urlencoded::parse(link.name("query")?.as_str().as_bytes()) {
        match name.as_ref() {
            "timestamp" => timestamp = Some(value.into_owned()),
            "nonce" => nonce = Some(value.into_owned()),
            "sign" => sign = Some(value.into_owned()),
            "as_attachment" => as_attachment = value.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }
    let signature = Signature { timestamp: timestamp?, nonce: nonce?, sign: sign? };
    let genuine = |kind, id: &str| links.is_genuine(kind, id, &signature);
    let signed = match (link.name("tool"), link.name("upload")) {
        (Some(tool), _) if genuine(LinkKind::FilePreview, tool.as_str()) => {
            let extension = link.name("extension").map_or(".bin", |m| m.as_str());
            links.tool_file_url(base, tool.as_str(), extension)
        }
        (None, Some(upload)) => {
            let image = link.name("kind").is_some_and(|kind| kind.as_str() == "image");
            let kind = if image { LinkKind::ImagePreview } else { LinkKind::FilePreview };
            if !genuine(kind, upload.as_str()) {
                return None;
            }
            links.file_preview_url(base, upload.as_str())
        }
        _ => return None,
    };
    Some(if as_attachment { format!("{signed}&as_attachment=true") } else { signed })
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    const ID: &str = "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a";

    fn signer(key: &str) -> LinkSigner {
        LinkSigner::new(SecretString::from(key), 300)
    }

    #[test]
    fn what_was_signed_here_is_signed_anew() {
        let links = signer("sk-0123456789abcdef");
        let upload = links.file_preview_url("https://old.host", ID);
        let tool = links.tool_file_url("", ID, ".png");
        let answer = format!("See ![a]({upload}&as_attachment=true), [b]({tool}) and (https://example.com/files/x).");
        let shown = signed_anew(&links, "https://new.host", &answer);
        assert!(shown.contains(&format!("![a](https://new.host/files/{ID}/file-preview?timestamp=")), "{shown}");
        assert!(shown.contains("&as_attachment=true), [b]("), "{shown}");
        assert!(shown.contains(&format!("[b](https://new.host/files/tools/{ID}.png?timestamp=")), "{shown}");
        assert!(shown.ends_with("and (https://example.com/files/x)."), "{shown}");
        assert!(!shown.contains("old.host"), "{shown}");
    }

    #[test]
    fn nothing_else_is() {
        let links = signer("sk-0123456789abcdef");
        let forged = signer("another-secret-key").file_preview_url("", ID);
        let other_kind = links.file_preview_url("", ID).replace("file-preview", "image-preview");
        for answer in [
            "no link",
            &format!("/files/{ID}/file-preview?timestamp=1&nonce=2&sign=3"),
            &format!("[x]({forged})"),
            &format!("[x]({other_kind})"),
            &format!("/files/tools/{ID}.png?nonce=2"),
        ] {
            assert_eq!(signed_anew(&links, "https://new.host", answer), answer);
        }
    }
}
