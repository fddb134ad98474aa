//! Filters of Jinja2 whose arguments may stand without their names, as templates write them.

use minijinja::value::{Kwargs, Rest, ValueOrKwargs, from_args};
use minijinja::{Error, ErrorKind, Value};

const LENGTH: usize = 255;
const LEEWAY: usize = 5;
const END: &str = "...";

/// `text|truncate(length, killwords, end, leeway)`.
pub(super) fn truncate(text: String, arguments: Rest<ValueOrKwargs>) -> Result<String, Error> {
    type Arguments = (Option<usize>, Option<bool>, Option<String>, Option<usize>, Kwargs);
    let arguments = arguments.into_values();
    let (length, killwords, end, leeway, named): Arguments = from_args(&arguments)?;
    let length = length.or(named.get("length")?).unwrap_or(LENGTH);
    let killwords = killwords.or(named.get("killwords")?).unwrap_or(false);
    let end = end.or(named.get("end")?).unwrap_or_else(|| END.to_owned());
    let leeway = leeway.or(named.get("leeway")?).unwrap_or(LEEWAY);
    named.assert_all_used()?;
    let Some(kept) = length.checked_sub(end.chars().count()) else {
        let message = format!("truncate: a length of {length} leaves no room for `{end}`");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    };
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text);
    }
    let mut beginning: String = text.chars().take(kept).collect();
    if !killwords && let Some(space) = beginning.rfind(' ') {
        beginning.truncate(space);
    }
    beginning.push_str(&end);
    Ok(beginning)
}

/// How many words there are: runs of letters, digits and underscores.
pub(super) fn wordcount(text: &Value) -> usize {
    let text = text.to_string();
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).count()
}
