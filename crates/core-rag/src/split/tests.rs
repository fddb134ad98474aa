use std::time::{Duration, Instant};

use super::*;

fn fixed(text: &str, size: usize, overlap: usize, separator: &str) -> Vec<String> {
    FixedSplitter::new(separator, Sizes::new(size, overlap)).split(text).map(String::from).collect()
}

fn automatic(text: &str, size: usize, overlap: usize) -> Vec<String> {
    RecursiveSplitter::new(Sizes::new(size, overlap)).split(text)
}

#[test]
fn at_a_separator() {
    let words = "one two three four five six seven eight";
    let alphabet = "abcdefghijklmnopqrstuvwxyz";
    let sentences = "First one. Second two. Third three. Fourth";
    let cases: [(&str, usize, usize, &str, &[&str]); 11] = [
        ("aaa\n\nbbb ccc\n\nddd", 50, 0, "\n\n", &["aaa", "bbb ccc", "ddd"]),
        (words, 20, 0, "\n", &["one two three four", "five six seven eight"]),
        (words, 20, 8, "\n", &["one two three four", "four five six seven", "seven eight"]),
        (sentences, 24, 0, "\n", &["First one. Second two.", "Third three. Fourth"]),
        ("第一句很长。第二句也长。第三句。", 8, 0, "\n", &["第一句很长。", "第二句也长。", "第三句。"]),
        (alphabet, 10, 3, "\n", &["abcdefghij", "hijklmnopq", "opqrstuvwx", "vwxyz"]),
        ("a###b###", 50, 0, "###", &["a", "b", ""]),
        ("x\ny\nz", 50, 0, "\\n", &["x", "y", "z"]),
        // What the reference does not manage: a separator beyond ASCII.
        ("甲。乙。丙", 50, 0, "。", &["甲", "乙", "丙"]),
        ("甲。乙", 50, 0, "\\u3002", &["甲", "乙"]),
        ("a  b   c", 4, 0, "", &["a b", "c"]),
    ];
    for (text, size, overlap, separator, pieces) in cases {
        assert_eq!(fixed(text, size, overlap, separator), pieces, "{text} {size}/{overlap}/{separator}");
    }
}

#[test]
fn at_what_the_text_has() {
    assert_eq!(automatic("alpha beta. gamma delta. epsilon", 14, 0), ["alpha beta.", "gamma delta.", "epsilon"]);
    assert_eq!(automatic("p1 line\n\np2 line\n\np3", 12, 0), ["p1 line", "p2 line\n\np3"]);
    let characters = "abcdefghij".repeat(3);
    let pieces = ["abcdefghij", "ghijabcdef", "cdefghijab", "ijabcdefgh", "efghij"];
    assert_eq!(automatic(&characters, 10, 4), pieces);
    assert_eq!(automatic(" \n\n ", 10, 0), [""; 0]);
    assert_eq!(automatic("", 10, 0), [""; 0]);
}

#[test]
fn separators_as_they_are_written() {
    let decoded = [
        ("\\n\\n", "\n\n"),
        ("\\t", "\t"),
        ("\\u4f60。", "你。"),
        ("\\ud83d\\ude00", "😀"),
        ("\\U0001F600", "😀"),
        ("\\x41", "A"),
        ("a\\", "a\\"),
        ("\\q\\u12", "\\q\\u12"),
        ("\\\\n", "\\n"),
        ("\\ud83d", "\\ud83d"),
        ("\\é", "\\é"),
    ];
    for (written, meant) in decoded {
        assert_eq!(separator::decode(written), meant);
    }
}

/// Whatever the text and the sizes are: no piece is longer than it may be, and no word is lost.
#[test]
fn sizes_hold_and_nothing_is_lost() {
    let text = "Übung macht. den Meister 。 und\n\nso weiter…  ende ".repeat(40);
    let letters = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
    for size in [1, 2, 3, 7, 10, 50, 333] {
        for overlap in [0, 1, size / 2, size, 10 * size] {
            for pieces in [automatic(&text, size, overlap), fixed(&text, size, overlap, " ")] {
                assert!(pieces.iter().all(|piece| piece.chars().count() <= size), "{size}/{overlap}");
                let total: usize = pieces.iter().map(|piece| piece.chars().count()).sum();
                assert!(total <= NEW_ONE_IN * text.chars().count(), "{size}/{overlap}");
                if overlap == 0 {
                    assert_eq!(letters(&pieces.concat()), letters(&text), "{size}");
                }
            }
        }
    }
}

#[test]
fn hostile_texts_take_time_in_proportion() {
    let long = 10 * 1024 * 1024;
    for (piece, overlap) in [("a", 400), ("\n", 0)] {
        let text = piece.repeat(long / piece.len());
        let started = Instant::now();
        let automatic = automatic(&text, 4000, overlap).len();
        let fixed = fixed(&text, 4000, overlap, "\n").len();
        assert!(automatic < long && fixed <= long + 1);
        assert!(started.elapsed() < Duration::from_secs(30), "{piece:?}: {:?}", started.elapsed());
    }
}
