//! How a letter looks: the same lines as plain text and as HTML.

use std::fmt::Write as _;

/// A paragraph.
pub(super) enum Line {
    Text(String),
    /// To be typed somewhere.
    Code(String),
    /// To be followed.
    Link(String),
}

pub(super) fn text(lines: &[Line]) -> String {
    let paragraphs: Vec<&str> = lines
        .iter()
        .map(|line| match line {
            Line::Text(text) | Line::Code(text) | Line::Link(text) => text.as_str(),
        })
        .collect();
    paragraphs.join("\n\n") + "\n"
}

pub(super) fn html(title: &str, lines: &[Line]) -> String {
    let mut body = String::new();
    for line in lines {
        // Writing to a text does not fail.
        let _ = match line {
            Line::Text(text) => write!(body, "<p>{}</p>", escaped(text)),
            Line::Code(code) => {
                write!(body, "<p style=\"font-size:28px;font-weight:600;letter-spacing:4px\">{}</p>", escaped(code))
            }
            Line::Link(url) => {
                let url = escaped(url);
                write!(body, "<p><a href=\"{url}\">{url}</a></p>")
            }
        };
    }
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{}</title></head>\
         <body style=\"font-family:sans-serif;line-height:1.5;max-width:560px;margin:24px auto\">{body}</body></html>",
        escaped(title)
    )
}

/// Names of people and workspaces are whatever somebody typed.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_add_markup() {
        let lines =
            [Line::Text("<script>alert('x')</script> & \"co\"".to_owned()), Line::Link("https://a/?b&c".to_owned())];
        let html = html("a<b", &lines);
        assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;co&quot;"), "{html}");
        assert!(html.contains("<a href=\"https://a/?b&amp;c\">"), "{html}");
        assert!(html.contains("<title>a&lt;b</title>"), "{html}");
        assert!(text(&lines).contains("<script>"));
    }
}
