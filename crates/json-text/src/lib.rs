//! JSON as other programs write it: texts may hold halves of surrogate pairs (`\ud83d` alone), which JavaScript and
//! Python let through and which no text in UTF-8 can hold.

use std::borrow::Cow;

/// The same JSON with U+FFFD in the place of every escape of half a pair. What is no JSON stays no JSON.
pub fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    let mut whole: Option<String> = None;
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = json.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        let pair = match (unit(json, escape), unit(json, escape + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                let whole = whole.get_or_insert_default();
                whole.push_str(json.get(copied..escape).unwrap_or_default());
                whole.push_str("\\ufffd");
                copied = escape + 6;
                6
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        at = escape + pair;
    }
    match whole {
        None => Cow::Borrowed(json),
        Some(whole) => Cow::Owned(whole + json.get(copied..).unwrap_or_default()),
    }
}

/// The code unit of an escape `\uXXXX` that begins at `at`.
fn unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at.checked_add(6)?)?.strip_prefix("\\u")?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn check(json: &str, expected: &str) {
        let read: String = serde_json::from_str(&without_lone_surrogates(json)).unwrap();
        assert_eq!(read, expected, "{json}");
    }

    #[test]
    fn halves_alone_are_replaced() {
        check(r#""\ud83d""#, "\u{fffd}");
        check(r#""\ud83d\ude00""#, "😀");
        check(r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}");
        check(r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀");
        check(r#""\\ud83d""#, "\\ud83d");
        check(r#""\\\ud83dé""#, "\\\u{fffd}é");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn json_stays_as_it_is(text: String) {
            let json = Value::from(text).to_string();
            prop_assert!(matches!(without_lone_surrogates(&json), Cow::Borrowed(_)));
        }

        #[test]
        fn every_text_of_escapes_can_be_read(text in "(\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\\\u[0-9a-f]{4}|\\\\\\\\|\\\\n|[a-z\u{e9} ])*") {
            let json = format!("\"{text}\"");
            let mended = without_lone_surrogates(&json);
            let read = serde_json::from_str::<String>(&mended);
            prop_assert!(read.is_ok(), "{} became {}", json, mended);
            // Done twice is done once.
            prop_assert_eq!(&without_lone_surrogates(&mended), &mended);
        }

        #[test]
        fn what_is_no_json_stays_none(text in "(\\PC{0,30}|[\\\\ud8c0-9\"+é]{0,30})") {
            let mended = without_lone_surrogates(&text);
            if serde_json::from_str::<Value>(&mended).is_ok() && mended != text {
                prop_assert!(text.contains("\\ud") || text.contains("\\uD"));
            }
        }
    }
}
