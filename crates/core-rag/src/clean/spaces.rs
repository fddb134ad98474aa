//! Collapsing runs of blanks.

/// Three or more newlines become two; two or more blanks of a line become one space.
pub(super) fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    let mut newlines = 0_usize;
    let mut blanks = 0_usize;
    let mut blank = ' ';
    for character in text.chars() {
        if is_blank(character) {
            blanks += 1;
            blank = character;
            newlines = 0;
            continue;
        }
        flush(&mut collapsed, &mut blanks, blank);
        newlines = if character == '\n' { newlines + 1 } else { 0 };
        if newlines <= 2 {
            collapsed.push(character);
        }
    }
    flush(&mut collapsed, &mut blanks, blank);
    collapsed
}

/// A single blank stays what it is.
fn flush(collapsed: &mut String, blanks: &mut usize, blank: char) {
    match std::mem::take(blanks) {
        0 => {}
        1 => collapsed.push(blank),
        _ => collapsed.push(' '),
    }
}

fn is_blank(character: char) -> bool {
    matches!(
        character,
        '\t' | '\u{0C}' | '\r' | ' ' | '\u{A0}' | '\u{1680}' | '\u{180E}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
    ) || matches!(character, '\u{2000}'..='\u{200A}')
}
