//! Methods of Python's `str` that the template engine's own compatibility layer does not have.

use minijinja::value::{Tuple, from_args};
use minijinja::{Error, ErrorKind, State, Value};

/// Characters that a text may be widened to.
const WIDEST: usize = 1_000_000;
/// `str.center` and the filter of that name without a width.
const WIDTH: usize = 80;

/// Where the text stands in the widened one.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Middle,
    Right,
}

/// `None`: there is no such method here.
pub(super) fn call(state: &State<'_, '_>, text: &str, name: &str, arguments: &[Value]) -> Option<Result<Value, Error>> {
    let result = match name {
        "swapcase" => from_args(arguments).map(|()| Value::from(swapcase(text))),
        "casefold" => from_args(arguments).map(|()| Value::from(text.to_lowercase().replace('ß', "ss"))),
        "removeprefix" => {
            from_args(arguments).map(|(part,): (&str,)| Value::from(text.strip_prefix(part).unwrap_or(text)))
        }
        "removesuffix" => {
            from_args(arguments).map(|(part,): (&str,)| Value::from(text.strip_suffix(part).unwrap_or(text)))
        }
        "partition" => parts(text, arguments, |text, by| text.split_once(by), |text| [text, "", ""]),
        "rpartition" => parts(text, arguments, |text, by| text.rsplit_once(by), |text| ["", "", text]),
        "index" => index(text, arguments),
        "zfill" => from_args(arguments).and_then(|(width,): (usize,)| zfill(state, text, width)),
        "ljust" => widened(state, text, arguments, Side::Left),
        "rjust" => widened(state, text, arguments, Side::Right),
        "center" => widened(state, text, arguments, Side::Middle),
        _ => return None,
    };
    Some(result)
}

/// The filter: `text|center(width)`.
pub(super) fn center(state: &State<'_, '_>, text: &str, width: Option<usize>) -> Result<String, Error> {
    widen(state, text, width.unwrap_or(WIDTH), ' ', Side::Middle)
}

fn swapcase(text: &str) -> String {
    let mut swapped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_uppercase() {
            swapped.extend(c.to_lowercase());
        } else {
            swapped.extend(c.to_uppercase());
        }
    }
    swapped
}

fn parts(
    text: &str,
    arguments: &[Value],
    split: for<'t> fn(&'t str, &str) -> Option<(&'t str, &'t str)>,
    whole: fn(&str) -> [&str; 3],
) -> Result<Value, Error> {
    let (separator,): (&str,) = from_args(arguments)?;
    if separator.is_empty() {
        return Err(Error::new(ErrorKind::InvalidOperation, "empty separator"));
    }
    let parts = split(text, separator).map_or_else(|| whole(text), |(before, after)| [before, separator, after]);
    Ok(Value::from(Tuple::from(parts.map(Value::from).to_vec())))
}

fn index(text: &str, arguments: &[Value]) -> Result<Value, Error> {
    let (part,): (&str,) = from_args(arguments)?;
    let before = text.find(part).and_then(|at| text.get(..at));
    let before = before.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "substring not found"))?;
    Ok(Value::from(before.chars().count()))
}

/// Zeros go after a sign.
fn zfill(state: &State<'_, '_>, text: &str, width: usize) -> Result<Value, Error> {
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.get(..1).unwrap_or_default(), digits),
        None => ("", text),
    };
    let filled = widen(state, digits, width.saturating_sub(sign.len()), '0', Side::Right)?;
    Ok(Value::from(format!("{sign}{filled}")))
}

fn widened(state: &State<'_, '_>, text: &str, arguments: &[Value], side: Side) -> Result<Value, Error> {
    let (width, fill): (usize, Option<&str>) = from_args(arguments)?;
    let mut fill = fill.unwrap_or(" ").chars();
    let (Some(fill), None) = (fill.next(), fill.next()) else {
        return Err(Error::new(ErrorKind::InvalidOperation, "the fill character must be exactly one character long"));
    };
    widen(state, text, width, fill, side).map(Value::from)
}

fn widen(state: &State<'_, '_>, text: &str, width: usize, fill: char, side: Side) -> Result<String, Error> {
    if width > WIDEST {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("a width of {width} is more than {WIDEST}")));
    }
    let missing = width.saturating_sub(text.chars().count());
    // What is made is paid for, as the engine does with results of its own.
    state.consume_fuel(u64::try_from(missing / 64).unwrap_or(u64::MAX))?;
    let before = match side {
        Side::Left => 0,
        Side::Right => missing,
        // As Python does: of an odd number the larger half goes left where the width is odd.
        Side::Middle => missing / 2 + (missing & width & 1),
    };
    let fills = |count: usize| std::iter::repeat_n(fill, count);
    Ok(fills(before).chain(text.chars()).chain(fills(missing - before)).collect())
}
