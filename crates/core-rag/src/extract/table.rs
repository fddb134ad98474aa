//! Tables as Markdown and as rows for indexing.

use super::budget::Text;
use super::error::ExtractError;

/// `| a | b |`: line breaks of a cell become spaces, its bars are escaped.
pub(super) fn push_row<'c>(text: &mut Text<'_>, cells: impl Iterator<Item = &'c str>) -> Result<(), ExtractError> {
    text.push("|")?;
    for cell in cells {
        text.push(" ")?;
        text.push(&one_line(cell))?;
        text.push(" |")?;
    }
    text.push("\n")
}

/// The line below the header.
pub(super) fn push_rule(text: &mut Text<'_>, columns: usize) -> Result<(), ExtractError> {
    text.push("|")?;
    (0..columns).try_for_each(|_| text.push(" --- |"))?;
    text.push("\n")
}

fn one_line(cell: &str) -> std::borrow::Cow<'_, str> {
    let cell = cell.trim();
    if !cell.contains(['\n', '\r', '|']) {
        return cell.into();
    }
    cell.split(['\n', '\r']).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ").replace('|', "\\|").into()
}
