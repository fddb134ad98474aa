//! Importing a case's file, and where that differs from what was expected.

use core_workflow::dsl::{AppFile, CURRENT_VERSION, ImportStatus};
use serde::Deserialize;
use serde_json::Value;

use crate::case::Case;

/// What an import has to come to.
#[derive(Debug, Deserialize)]
struct ImportExpectation {
    status: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_contains: Option<String>,
    #[serde(default)]
    app_mode: Option<String>,
    #[serde(default)]
    imported_dsl_version: Option<String>,
}

/// What an import has come to.
#[derive(Debug, Default)]
struct Imported {
    status: String,
    error: String,
    app_mode: String,
    version: String,
}

/// Differences, each in one line. An expectation is that of one importing version, or of several by version.
pub fn compare(case: &Case, text: &str) -> Vec<String> {
    let Some(expect) = case.expect.as_object() else { return vec!["the expectation is no object".to_owned()] };
    if expect.contains_key("status") {
        let current = case.current_dsl.as_deref().unwrap_or(CURRENT_VERSION);
        return differences(&case.expect, &import(text, current), current);
    }
    if expect.is_empty() {
        return vec!["nothing is expected of the import".to_owned()];
    }
    expect.iter().flat_map(|(current, expected)| differences(expected, &import(text, current), current)).collect()
}

fn differences(expected: &Value, found: &Imported, current: &str) -> Vec<String> {
    let expected = match ImportExpectation::deserialize(expected) {
        Ok(expected) => expected,
        Err(error) => return vec![format!("into {current}: the expectation cannot be read: {error}")],
    };
    let mut differences = Vec::new();
    let mut check = |what: &str, same: bool, expected: &str, found: &str| {
        if !same {
            differences.push(format!("into {current}: {what}: expected {expected:?}, found {found:?}"));
        }
    };
    check("status", expected.status == found.status, &expected.status, &format!("{} {}", found.status, found.error));
    for (what, wanted, found) in [
        ("error", &expected.error, &found.error),
        ("app_mode", &expected.app_mode, &found.app_mode),
        ("imported_dsl_version", &expected.imported_dsl_version, &found.version),
    ] {
        if let Some(wanted) = wanted {
            check(what, wanted == found, wanted, found);
        }
    }
    if let Some(part) = &expected.error_contains {
        check("error", found.error.contains(part), part, &found.error);
    }
    differences
}

/// What importing a whole file as a new app answers.
fn import(text: &str, current: &str) -> Imported {
    let refused = |error: String| Imported { status: name(ImportStatus::Failed), error, ..Imported::default() };
    let file = match AppFile::read(text, current) {
        Ok(file) => file,
        Err(refusal) => return refused(refusal.to_string()),
    };
    // What waits to be confirmed has not been looked into yet.
    if file.status != ImportStatus::Pending
        && let Err(refusal) = file.contents()
    {
        return refused(refusal.to_string());
    }
    Imported {
        status: name(file.status),
        error: String::new(),
        app_mode: file.mode().unwrap_or_default(),
        version: file.version,
    }
}

/// The status as clients are told of it.
fn name(status: ImportStatus) -> String {
    serde_json::to_value(status).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
