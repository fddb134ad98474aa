//! The words of an HTML mail, for readers that show no HTML.

/// What stands between these is not for people.
const SKIPPED: [&str; 3] = ["style", "script", "head"];
const ENTITIES: [(&str, &str); 6] =
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];

/// Text without tags; ends of blocks end lines.
pub(super) fn plain_text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag_on)) = rest.split_once('<') {
        text.push_str(before);
        let Some((tag, after)) = tag_on.split_once('>') else {
            rest = "";
            break;
        };
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        if matches!(name.as_str(), "br" | "p" | "div" | "tr" | "li" | "h1" | "h2" | "h3") {
            text.push('\n');
        }
        rest = if SKIPPED.contains(&name.as_str()) && !tag.starts_with('/') { after_end(after, &name) } else { after };
    }
    text.push_str(rest);
    for (entity, sign) in ENTITIES {
        text = text.replace(entity, sign);
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// What follows the end of an element.
fn after_end<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some((_, tail)) = rest.split_once("</") {
        if tail.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return tail.split_once('>').map_or("", |(_, after)| after);
        }
        rest = tail;
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn tags_go_and_words_stay() {
        let html = "<html><head><title>t</title></head><body><STYLE>p { }</STYLE><p>Hi &lt;Ann&gt;,</p><p>a<br/>b <b>c</b></p>";
        assert_eq!(plain_text(html), "Hi <Ann>,\na\nb c");
        assert_eq!(plain_text("a < b"), "a");
        assert_eq!(plain_text("<style>never closed"), "");
        assert_eq!(plain_text("ü<p>ä"), "ü\nä");
    }
}
