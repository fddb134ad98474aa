//! The comparisons, by the signs and words that files use.

use crate::value::Value;

type Answer = Result<bool, String>;

/// Whether a comparison holds. The error says which type it would have needed.
pub(super) fn compare(operator: &str, actual: &Value, expected: &Value) -> Answer {
    match operator {
        "contains" => contains(actual, expected),
        "not contains" => Ok(!contains(actual, expected)?),
        "start with" => text_holds(actual, expected, |actual, expected| actual.starts_with(expected)),
        "end with" => text_holds(actual, expected, |actual, expected| actual.ends_with(expected)),
        "is" => is(actual, expected, true),
        "is not" => is(actual, expected, false),
        "empty" => Ok(!actual.is_truthy()),
        "not empty" => Ok(actual.is_truthy()),
        "=" => equals(actual, expected, true),
        "≠" => equals(actual, expected, false),
        ">" => order(actual, expected, |a, b| a > b),
        "<" => order(actual, expected, |a, b| a < b),
        "≥" => order(actual, expected, |a, b| a >= b),
        "≤" => order(actual, expected, |a, b| a <= b),
        "null" | "not exists" => Ok(actual.is_none()),
        "not null" | "exists" => Ok(!actual.is_none()),
        "in" => is_in(actual, expected, false),
        "not in" => Ok(!is_in(actual, expected, false)?),
        "all of" => all_of(actual, expected),
        other => Err(format!("Unsupported operator: {other}")),
    }
}

fn contains(actual: &Value, expected: &Value) -> Answer {
    if !actual.is_truthy() {
        return Ok(false);
    }
    match (actual, expected) {
        (Value::String(text), Value::String(part)) => Ok(text.contains(part.as_ref())),
        (Value::String(_), _) => Err("Expected value must be a string when actual value is a string".to_owned()),
        (Value::Array(array), expected) => Ok(array.items.iter().any(|item| same(item, expected))),
        _ => Err("Invalid actual value type: string or array".to_owned()),
    }
}

fn text_holds(actual: &Value, expected: &Value, test: impl Fn(&str, &str) -> bool) -> Answer {
    if !actual.is_truthy() {
        return Ok(false);
    }
    match (actual, expected) {
        (Value::String(text), Value::String(part)) => Ok(test(text, part)),
        (Value::String(_), _) => Err("Expected value must be a string".to_owned()),
        _ => Err("Invalid actual value type: string".to_owned()),
    }
}

fn is(actual: &Value, expected: &Value, wanted: bool) -> Answer {
    match actual {
        Value::None => Ok(false),
        Value::String(_) | Value::Boolean(_) | Value::Secret(_) => Ok(same(actual, expected) == wanted),
        Value::Integer(_) | Value::Float(_) | Value::Object(_) | Value::File(_) | Value::Array(_) => {
            Err("Invalid actual value type: string or boolean".to_owned())
        }
    }
}

fn equals(actual: &Value, expected: &Value, wanted: bool) -> Answer {
    let equal = match actual {
        Value::None => return Ok(false),
        Value::Boolean(yes) => *yes == expected.is_truthy(),
        Value::Integer(number) => *number == integer(expected)?,
        Value::Float(number) => number.total_cmp(&float(expected)?).is_eq() || *number == float(expected)?,
        Value::String(_) | Value::Object(_) | Value::File(_) | Value::Array(_) | Value::Secret(_) => {
            return Err("Invalid actual value type: number or boolean".to_owned());
        }
    };
    Ok(equal == wanted)
}

/// Python's `int()`.
fn integer(value: &Value) -> Result<i64, String> {
    match value {
        Value::Integer(number) => Ok(*number),
        #[expect(clippy::cast_possible_truncation, reason = "int() cuts the decimals off")]
        Value::Float(number) => Ok(number.trunc() as i64),
        Value::Boolean(yes) => Ok(i64::from(*yes)),
        Value::String(text) => {
            let digits = text.trim().replace('_', "");
            let parsed = digits.parse().ok();
            parsed.ok_or_else(|| {
                let shown = crate::value::python::repr(value);
                format!("invalid literal for int() with base 10: {shown}")
            })
        }
        Value::None | Value::Object(_) | Value::File(_) | Value::Array(_) | Value::Secret(_) => {
            Err(format!("a number cannot be compared with {}", value.value_type().as_str()))
        }
    }
}

/// Python's `float()`.
fn float(value: &Value) -> Result<f64, String> {
    if let Some(number) = value.as_f64() {
        return Ok(number);
    }
    match value {
        Value::Boolean(yes) => Ok(f64::from(u8::from(*yes))),
        Value::String(text) => text.trim().parse().ok().ok_or_else(|| {
            let shown = crate::value::python::repr(value);
            format!("could not convert string to float: {shown}")
        }),
        Value::None
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Object(_)
        | Value::File(_)
        | Value::Array(_)
        | Value::Secret(_) => Err(format!("a number cannot be compared with {}", value.value_type().as_str())),
    }
}

fn order(actual: &Value, expected: &Value, test: impl Fn(f64, f64) -> bool) -> Answer {
    match actual {
        Value::None => Ok(false),
        Value::Integer(_) | Value::Float(_) => {
            let actual = actual.as_f64().unwrap_or_default();
            Ok(test(actual, float(expected)?))
        }
        Value::String(_)
        | Value::Boolean(_)
        | Value::Object(_)
        | Value::File(_)
        | Value::Array(_)
        | Value::Secret(_) => Err("Invalid actual value type: number".to_owned()),
    }
}

fn is_in(actual: &Value, expected: &Value, absent: bool) -> Answer {
    if actual.is_none() {
        return Ok(absent);
    }
    let items = expected.as_array().ok_or("Invalid expected value type: array")?;
    Ok(items.iter().any(|item| same(actual, item)))
}

fn all_of(actual: &Value, expected: &Value) -> Answer {
    if actual.is_none() {
        return Ok(false);
    }
    let wanted = expected.as_array().ok_or("Invalid expected value type: array")?;
    match actual {
        Value::String(text) => Ok(wanted.iter().all(|part| part.as_str().is_some_and(|part| text.contains(part)))),
        Value::Array(array) => Ok(wanted.iter().all(|item| array.items.iter().any(|own| same(own, item)))),
        Value::None
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Object(_)
        | Value::File(_)
        | Value::Secret(_) => Err("Invalid actual value type: string or array".to_owned()),
    }
}

/// Python's `==`: numbers of both kinds are compared by value.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => match (one.as_str(), other.as_str()) {
            (Some(one), Some(other)) => one == other,
            _ => one == other,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn check(actual: Json, operator: &str, expected: Json, wanted: Result<bool, &str>) {
        let result = compare(operator, &Value::plain(actual.clone()), &Value::plain(expected.clone()));
        let result = result.as_ref().map(|holds| *holds).map_err(String::as_str);
        assert_eq!(result, wanted, "{actual} {operator} {expected}");
    }

    #[test]
    fn nothing_satisfies_no_comparison_but_the_tests_for_it() {
        for operator in ["is", "is not", "=", "≠", ">", "<", "≥", "≤", "in", "all of", "contains", "start with"] {
            check(json!(null), operator, json!("1"), Ok(false));
        }
        check(json!(null), "not contains", json!("a"), Ok(true));
        check(json!(null), "not in", json!(["a"]), Ok(true));
        check(json!(null), "null", json!(null), Ok(true));
        check(json!(null), "not exists", json!(null), Ok(true));
        check(json!(0), "exists", json!(null), Ok(true));
    }

    #[test]
    fn emptiness_is_falsehood() {
        for empty in [json!(0), json!(""), json!([]), json!({}), json!(null), json!(false)] {
            check(empty.clone(), "empty", json!(null), Ok(true));
            check(empty, "not empty", json!(null), Ok(false));
        }
        check(json!("x"), "empty", json!(null), Ok(false));
    }

    #[test]
    fn an_integer_is_compared_with_an_integer() {
        check(json!(5), "=", json!("5"), Ok(true));
        check(json!(5), "≠", json!("5"), Ok(false));
        check(json!(1), "=", json!("1.5"), Err("invalid literal for int() with base 10: '1.5'"));
        check(json!(1.5), "=", json!("1.5"), Ok(true));
        check(json!(2), ">", json!("1.5"), Ok(true));
        check(json!("2"), ">", json!("1.5"), Err("Invalid actual value type: number"));
    }

    #[test]
    fn texts_and_lists() {
        check(json!("hello"), "contains", json!("ell"), Ok(true));
        check(json!(["a", "b"]), "contains", json!("b"), Ok(true));
        check(json!(7), "contains", json!("7"), Err("Invalid actual value type: string or array"));
        check(json!("a"), "in", json!(["a"]), Ok(true));
        check(json!("a"), "in", json!("abc"), Err("Invalid expected value type: array"));
        check(json!(["a", "b", "c"]), "all of", json!(["a", "c"]), Ok(true));
        check(json!("Hello"), "is", json!("hello"), Ok(false));
        check(json!(1), "is", json!("1"), Err("Invalid actual value type: string or boolean"));
    }
}
