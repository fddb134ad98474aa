//! Names of credentials: unique per provider or model, at most 30 characters, `API KEY n` when none is given.

use super::error::ProviderError;

const LONGEST: usize = 30;
const AUTOMATIC: &str = "API KEY ";

/// The name for a new or renamed credential; `taken` are the names of its siblings.
pub(super) fn choose<'a>(
    asked: Option<&str>,
    taken: impl IntoIterator<Item = &'a str>,
) -> Result<String, ProviderError> {
    let mut taken = taken.into_iter();
    let Some(name) = asked.map(str::trim).filter(|n| !n.is_empty()) else { return Ok(next_free(taken)) };
    if name.chars().count() > LONGEST {
        return Err(ProviderError::NameTooLong);
    }
    if taken.any(|other| other == name) {
        return Err(ProviderError::NameTaken(name.to_owned()));
    }
    Ok(name.to_owned())
}

fn next_free<'a>(taken: impl Iterator<Item = &'a str>) -> String {
    let numbers = taken.filter_map(|name| name.strip_prefix(AUTOMATIC)?.trim().parse::<u32>().ok());
    let next = numbers.max().map_or(1, |highest| highest.saturating_add(1));
    format!("{AUTOMATIC}{next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_chosen() {
        assert_eq!(choose(None, []).unwrap(), "API KEY 1");
        assert_eq!(choose(Some(" "), ["API KEY 1", "mine", "API KEY 7"]).unwrap(), "API KEY 8");
        assert_eq!(choose(Some("mine"), ["other"]).unwrap(), "mine");
        assert!(matches!(choose(Some("mine"), ["mine"]), Err(ProviderError::NameTaken(_))));
        assert!(matches!(choose(Some(&"x".repeat(31)), []), Err(ProviderError::NameTooLong)));
    }
}
