//! Where a run differs from what was expected.

use serde_json::Value;

use crate::case::{EventOrder, RunExpectation};
use crate::transcript::Transcript;

/// Differences, each in one line; none if all is as expected. Events are compared if their order is fixed for this
/// number of workers.
pub fn compare(expected: &RunExpectation, found: &Transcript, workers: usize) -> Vec<String> {
    let mut differences = results(expected, found);
    if let Some(events) = &expected.events {
        let fixed = match events.order {
            EventOrder::Exact => true,
            EventOrder::SingleWorker => workers == 1,
            EventOrder::Any => false,
        };
        differences.extend(if fixed {
            in_order(&events.list, &found.events)
        } else {
            in_any_order(&events.list, &found.events)
        });
    }
    differences
}

/// Differences of everything but events.
pub fn results(expected: &RunExpectation, found: &Transcript) -> Vec<String> {
    let mut differences = Vec::new();
    let mut check = |what: &str, same: bool, expected: &dyn std::fmt::Debug, found: &dyn std::fmt::Debug| {
        if !same {
            differences.push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    };
    let mut statuses = expected.status_any_of.clone().unwrap_or_default();
    statuses.extend(expected.status.clone());
    check("status", statuses.contains(&found.status), &statuses, &(&found.status, &found.error));
    let mut any_of = expected.outputs_any_of.clone().unwrap_or_default();
    any_of.extend(expected.outputs.clone());
    if !any_of.is_empty() {
        check("outputs", any_of.iter().any(|outputs| same(outputs, &found.outputs)), &any_of, &found.outputs);
    }
    if let Some(error) = &expected.error {
        check("error", found.error.as_ref() == Some(error), error, &found.error);
    }
    if let Some(part) = &expected.error_contains {
        check("error", found.error.as_ref().is_some_and(|error| error.contains(part)), part, &found.error);
    }
    if let Some(streamed) = &expected.streamed {
        check("streamed", found.streamed == *streamed, streamed, &found.streamed);
    }
    if let Some(tokens) = expected.total_tokens {
        check("total_tokens", found.total_tokens == tokens, &tokens, &found.total_tokens);
    }
    if let Some(steps) = expected.steps {
        check("steps", found.steps == steps, &steps, &found.steps);
    }
    if let Some(exceptions) = expected.exceptions_count {
        check("exceptions_count", found.exceptions == exceptions, &exceptions, &found.exceptions);
    }
    differences
}

/// Equal as JSON, whatever the order of keys.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|found| same(value, found)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        _ => one == other,
    }
}

fn in_order(expected: &[Value], found: &[Value]) -> Vec<String> {
    let at = expected.iter().zip(found).position(|(expected, found)| expected != found);
    let at = at.or_else(|| (expected.len() != found.len()).then(|| expected.len().min(found.len())));
    at.map(|at| {
        let shown = |list: &[Value]| list.get(at).map_or_else(|| "no more events".to_owned(), Value::to_string);
        format!("event {at}: expected {}, found {}", shown(expected), shown(found))
    })
    .into_iter()
    .collect()
}

fn in_any_order(expected: &[Value], found: &[Value]) -> Vec<String> {
    let mut left: Vec<&Value> = found.iter().collect();
    let mut differences = Vec::new();
    for row in expected {
        match left.iter().position(|found| *found == row) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => differences.push(format!("event {row} is missing")),
        }
    }
    differences.extend(left.iter().map(|row| format!("event {row} was not expected")));
    differences
}
