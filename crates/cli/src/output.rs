//! Writing to the terminal: results to standard output, everything else to standard error.

use std::error::Error;
use std::io::{self, IsTerminal, Write};

/// A result. A reader that went away (`| head`) is no failure.
pub(crate) fn line(text: impl AsRef<str>) {
    let _ = writeln!(io::stdout().lock(), "{}", text.as_ref());
}

/// What is going on.
pub(crate) fn note(text: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "{}", text.as_ref());
}

/// A piece of what is going on, as it is: without the end of a line.
pub(crate) fn piece(text: &str) {
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// What went wrong.
pub(crate) fn complain(error: &dyn Error) {
    note(format!("{} {}", paint("error:", Paint::Red), chain(error)));
}

/// An error with its causes, as far as they say more.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = next.source();
    }
    text
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Paint {
    Red,
    Yellow,
    Green,
    Bold,
}

/// Coloured when a person looks at it.
pub(crate) fn paint(text: &str, paint: Paint) -> String {
    if !io::stdout().is_terminal() || !io::stderr().is_terminal() {
        return text.to_owned();
    }
    let code = match paint {
        Paint::Red => 31,
        Paint::Yellow => 33,
        Paint::Green => 32,
        Paint::Bold => 1,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// Columns as wide as their widest cell; the last one is left as it is.
pub(crate) fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let widths = rows.iter().fold(Vec::new(), |mut widths: Vec<usize>, row| {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
        widths
    });
    let padded = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(padded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["a", "bbb", "c"], ["aaaa", "b", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&rows), ["a     bbb  c", "aaaa  b"]);
    }
}
