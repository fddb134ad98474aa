//! The separator as people write it.

/// Decodes `\n`, `\t`, `\uXXXX` and their like. What is no escape stays as it is, characters beyond ASCII too.
pub(super) fn decode(written: &str) -> String {
    let mut decoded = String::with_capacity(written.len());
    let mut rest = written;
    while let Some((before, escape)) = rest.split_once('\\') {
        decoded.push_str(before);
        let mut characters = escape.chars();
        let simple = match characters.next() {
            Some('n') => Some('\n'),
            Some('t') => Some('\t'),
            Some('r') => Some('\r'),
            Some('f') => Some('\u{0C}'),
            Some('v') => Some('\u{0B}'),
            Some('\\') => Some('\\'),
            Some('"') => Some('"'),
            Some('\'') => Some('\''),
            _ => None,
        };
        rest = match (simple, numbered(escape)) {
            (Some(character), _) => {
                decoded.push(character);
                characters.as_str()
            }
            (None, Some((character, after))) => {
                decoded.push(character);
                after
            }
            (None, None) => {
                decoded.push('\\');
                escape
            }
        };
    }
    decoded.push_str(rest);
    decoded
}

/// `xHH`, `uXXXX` (two of them for characters beyond the first 65,536) and `UXXXXXXXX`.
fn numbered(escape: &str) -> Option<(char, &str)> {
    let number = |text: &'_ str, digits: usize| {
        let digits = text.get(..digits).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let after = escape.get(1..)?;
    let digits = match escape.bytes().next()? {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return None,
    };
    let value = number(after, digits)?;
    let rest = after.get(digits..)?;
    if let Some(character) = char::from_u32(value) {
        return Some((character, rest));
    }
    let low = rest.strip_prefix("\\u").and_then(|low| number(low, 4))?;
    let pair = [u16::try_from(value).ok()?, u16::try_from(low).ok()?];
    let character = char::decode_utf16(pair).next()?.ok()?;
    Some((character, rest.get(6..)?))
}
