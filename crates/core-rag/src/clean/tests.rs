use std::time::{Duration, Instant};

use super::*;
use crate::rule::PreProcessing;

fn with(steps: &[&str]) -> Rules {
    let steps = steps.iter().map(|id| PreProcessing { id: (*id).to_owned(), enabled: true });
    Rules { pre_processing_rules: steps.collect(), ..Rules::default() }
}

#[test]
fn control_characters_and_marks_of_tokens() {
    assert_eq!(clean("<|im|> x\0\u{7}y\u{EF}z\u{FFFE}", &Rules::default()), "<im> xyz");
    assert_eq!(clean("<||> | > a\tb\r\nc", &Rules::default()), "<> | > a\tb\r\nc");
    // A step without effect.
    assert_eq!(clean("the  and", &with(&["remove_stopwords"])), "the  and");
}

#[test]
fn extra_spaces() {
    let rules = with(&[REMOVE_EXTRA_SPACES]);
    assert_eq!(clean("a\n\n\n\n\nb  c\t\td e", &rules), "a\n\nb c d e");
    let blanks = "a\tb\u{3000}c\u{A0}\u{2003}d \n \n \ne\n\n\n f  ";
    assert_eq!(clean(blanks, &rules), "a\tb\u{3000}c d \n \n \ne\n\n f ");
    // A control character between newlines goes first.
    assert_eq!(clean("a\n\0\n\n\nb", &rules), "a\n\nb");
    let mut off = rules;
    off.pre_processing_rules[0].enabled = false;
    assert_eq!(clean("a  b", &off), "a  b");
}

#[test]
fn addresses() {
    let rules = with(&[REMOVE_URLS_EMAILS]);
    let cases = [
        (
            "mail me@x.io see https://a.b/c [t](https://l.k/x) ![i](https://p.q/z.png) end",
            "mail  see  [t](https://l.k/x) ![i](https://p.q/z.png) end",
        ),
        ("[https://a.b](https://a.b) HTTP://c.d", "[https://a.b](https://a.b) "),
        ("[![i](https://p.q/a.png)](https://l.k) x@y.zz", "[![i](https://p.q/a.png)](https://l.k) "),
        ("[t](/files/1) [u](ftp://a.b) [v]: https://c.d", "[t](/files/1) [u](ftp://a.b) [v]: "),
        ("[open https://a.b\n\n[t](https://c.d \"x\")", "[open \n\n[t](https://c.d \"x\")"),
        ("见https://a.b/c，然后 a@b @c d@ e@f. 12:30 http: https://", "见，然后 a@b @c d@ e@f. 12:30 http: https://"),
        ("https://u:p@h.i/x a.b+c@d-e.co.uk, done", " , done"),
        ("[a](https://b", "[a]("),
    ];
    for (text, cleaned) in cases {
        assert_eq!(clean(text, &rules), cleaned, "{text}");
    }
}

#[test]
fn symbols_in_front() {
    let cases = [
        ("。你好", "你好"),
        ("...abc", "abc"),
        ("# head", " head"),
        ("(x) y", "x) y"),
        ("- item", "- item"),
        ("!bang", "!bang"),
        ("[t](https://a.b) x", "[t](https://a.b) x"),
        ("![](/files/1/file-preview)", "![](/files/1/file-preview)"),
        ("[t] x", "t] x"),
        ("〇一、二", "〇一、二"),
        ("\"…\"", "…\""),
        ("***", ""),
    ];
    for (text, rest) in cases {
        assert_eq!(without_leading_symbols(text), rest, "{text}");
    }
}

#[test]
fn hostile_texts_take_time_in_proportion() {
    let rules = with(&[REMOVE_EXTRA_SPACES, REMOVE_URLS_EMAILS]);
    for piece in ["[", "](https://", "[a](https://", "a@", "a@b", "http:", "https://", "![", " \n", "<|", "[a@b.c "] {
        let text = piece.repeat(512 * 1024 / piece.len());
        let started = Instant::now();
        let cleaned = clean(&text, &rules);
        assert!(cleaned.len() <= text.len());
        assert!(started.elapsed() < Duration::from_secs(5), "{piece}: {:?}", started.elapsed());
    }
}
