//! What fields are given that they are not meant for.

use serde_json::{Value, json};

/// The JSON types that a field's schema admits; empty for one that takes anything or that is described elsewhere.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn of_wrong_type(schema: &Value) -> Vec<Value> {
    let admitted = types(schema);
    if admitted.is_empty() {
        return Vec::new();
    }
    let all = [
        ("integer", json!(5)),
        ("number", json!(1.5)),
        ("boolean", json!(true)),
        ("string", json!("text")),
        ("array", json!([1])),
        ("object", json!({"a": 1})),
    ];
    let wrong = all.into_iter().filter(|(name, _)| !admitted.contains(name));
    wrong.filter(|(name, _)| *name != "integer" || !admitted.contains(&"number")).map(|(_, value)| value).collect()
}

/// What might be let through and must not do any harm.
pub(super) fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(""),
        json!("   "),
        json!("x".repeat(300)),
        json!("ü".repeat(20_000)),
        json!("a\u{0}b"),
        json!("\u{0}"),
        json!("not-a-uuid"),
        json!("00000000-0000-0000-0000-000000000000"),
        json!(i64::MAX),
        json!(-1),
        json!(1e300),
        json!(false),
        json!([]),
        json!([null, 1, "a", {"b": []}]),
        json!({}),
        json!({"\u{0}": {"a\u{0}": [null]}}),
    ]
}

/// JSON as it is written that is more than a program can hold: numbers beyond 64 bits, half a character, times beyond those
/// that Postgres knows.
pub(super) const BEYOND: [&str; 8] = [
    "18446744073709551616",
    "-9223372036854775809",
    "1e400",
    "-1E-400",
    "123456789012345678901234567890.5",
    "\"\\ud800\"",
    "\"-262143-01-01T00:00:00\"",
    "[[\"\\udfff\", -1e999]]",
];

/// The same in a query.
pub(super) const BEYOND_IN_QUERIES: [&str; 7] = [
    "18446744073709551616",
    "1e400",
    "NaN",
    "-262143-01-01T00%3A00%3A00",
    "%2B262142-12-31T23%3A59%3A59Z",
    "0000-01-01T00%3A00%3A00%2B23%3A59",
    "9999-12-31T23%3A59%3A60.999999999-23%3A59",
];

/// Fields that take any JSON value.
pub(super) fn takes_anything(field: &str) -> bool {
    matches!(field, "user" | "value")
}
