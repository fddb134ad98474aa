//! Java properties: one `key: value` a line.

use super::budget::Budget;
use super::error::ExtractError;
use super::plain;

/// Comments and blank lines stay. `=` separates before `:` does.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let source = plain::decode(bytes);
    let mut text = budget.text();
    for (number, line) in source.lines().map(str::trim).enumerate() {
        if number > 0 {
            text.push("\n")?;
        }
        if line.is_empty() || line.starts_with(['#', '!']) {
            text.push(line)?;
            continue;
        }
        let (key, value) = line.split_once('=').or_else(|| line.split_once(':')).unwrap_or((line, ""));
        text.push(key.trim_end())?;
        text.push(": ")?;
        text.push(value.trim_start())?;
    }
    Ok(text.into_string())
}
