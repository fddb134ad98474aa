//! YAML: handed on as it is once it is known to be YAML.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::budget::Budget;
use super::error::ExtractError;
use super::plain;

const FORMAT: &str = "YAML";

/// A larger file is not checked: the parser keeps every event of a document, some sixty times the text, and takes time
/// with the square of what is nested.
const MAX_CHECKED: usize = 128 * 1024;

/// Not written anew: that would lose comments, and aliases would multiply.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let source = plain::decode(bytes);
    if source.len() <= MAX_CHECKED {
        for document in serde_yaml_ng::Deserializer::from_str(&source) {
            IgnoredAny::deserialize(document).map_err(|error| ExtractError::broken(FORMAT, error))?;
            budget.check_time()?;
        }
    }
    budget.accept(source.into_owned())
}
