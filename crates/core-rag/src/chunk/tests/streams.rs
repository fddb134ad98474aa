//! Long texts in parts.

use super::*;
use crate::clean;
use crate::split::{FixedSplitter, Sizes};

/// More than a megabyte of lines, sentences and blank lines, with things to clean where blocks end.
fn long_text() -> String {
    let mut text = String::new();
    for number in 0..20_000 {
        text.push_str("Satz  mit Wörtern und 数字。");
        text.push_str(&number.to_string());
        text.push_str(match number % 7 {
            0 => "\n\n\n\n\n",
            1 => "\n\u{7}\n\n",
            2 => " https://weg.de/x  [da](https://da.de)\n",
            _ => "  \t. ",
        });
    }
    text
}

fn in_parts(rule: &ProcessRule, text: &str, size: usize) -> Vec<Chunk> {
    let mut chunker = Chunker::new(rule, DocForm::General, LIMIT).unwrap();
    let mut chunks = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rest.floor_char_boundary(size));
        chunks.extend(chunker.push_part(part).unwrap());
        rest = after;
    }
    chunks.extend(chunker.end_page().unwrap());
    chunks.extend(chunker.finish().unwrap());
    chunks
}

#[test]
fn parts_make_no_difference() {
    let text = long_text();
    for rule in [custom("\n\n", 300, 20), custom("数字", 300, 0), ProcessRule::automatic()] {
        let whole = chunks(&rule, DocForm::General, &[&text]);
        assert!(whole.len() > 1000);
        for size in [1000, 100_001] {
            assert!(in_parts(&rule, &text, size) == whole, "{size}");
        }
    }
}

/// Blocks are invisible where a separator decides.
#[test]
fn blocks_make_no_difference_to_separators() {
    let text = long_text();
    for separator in ["\\n\\n", "数字"] {
        let rule = custom(separator, 300, 20);
        let cleaned = clean(&text, &rule.effective());
        let splitter = FixedSplitter::new(separator, Sizes::new(300, 20));
        let expected: Vec<String> = splitter
            .split(&cleaned)
            .map(|piece| crate::clean::without_leading_symbols(&piece).trim().to_owned())
            .filter(|piece| !piece.is_empty())
            .collect();
        assert!(contents(&chunks(&rule, DocForm::General, &[&text])) == expected, "{separator}");
    }
}

#[test]
fn memory_is_bounded_by_blocks() {
    for piece in ["a", "\n", "x\n"] {
        for rule in [custom("###", 4000, 0), ProcessRule::automatic()] {
            let mut chunker = Chunker::new(&rule, DocForm::General, LIMIT).unwrap();
            let part = piece.repeat(64 * 1024 / piece.len());
            let (mut longest, mut most) = (0, 0);
            for _ in 0..22 {
                let chunks = chunker.push_part(&part).unwrap();
                longest = longest.max(chunker.raw_bytes());
                most = most.max(chunks.iter().map(|chunk| chunk.content.len()).sum());
            }
            assert!(longest <= 5 * 256 * 1024 + 64 * 1024, "{piece:?} {longest}");
            assert!(most <= 2 * 1024 * 1024, "{piece:?} {most}");
        }
    }
}

#[test]
fn parts_of_a_text() {
    let text = "ä".repeat(300_000);
    assert_eq!(parts(&text).collect::<String>(), text);
    assert!(parts(&text).all(|part| part.len() <= 256 * 1024));
    assert_eq!(parts("").count(), 0);
}
