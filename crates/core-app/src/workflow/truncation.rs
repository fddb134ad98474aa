//! Large values, cut for people to look at. The limits are the contract's; what is cut ends with `...`.

use serde_json::{Map, Value};

/// Bytes of a whole value.
const MAX_BYTES: usize = 1_024_000;
/// Characters of one text.
const MAX_TEXT: usize = 100_000;
/// Items of one list.
const MAX_ITEMS: usize = 1_000;
/// Bytes that a value takes at least.
const LEAST: usize = 16;

/// Shorter JSON text is within the limits: each item of a list takes two bytes of it.
pub(crate) const ALWAYS_FITS: usize = 2 * MAX_ITEMS;

/// The value within the limits, and whether something had to be cut.
pub(crate) fn truncate(map: Map<String, Value>) -> (Map<String, Value>, bool) {
    let mut cut = false;
    if !needs_cut(&map) {
        return (map, false);
    }
    let map = object(map, MAX_BYTES, &mut cut);
    (map, cut)
}

/// The same for a value of any type.
pub(crate) fn truncate_value(value: Value) -> (Value, bool) {
    let (mut bytes, mut cut) = (0, false);
    if !exceeds(&value, &mut bytes) && bytes <= MAX_BYTES {
        return (value, false);
    }
    let value = part(value, MAX_BYTES, &mut cut);
    (value, cut)
}

fn needs_cut(map: &Map<String, Value>) -> bool {
    let mut bytes = 0;
    map.values().any(|value| exceeds(value, &mut bytes)) || bytes > MAX_BYTES
}

fn exceeds(value: &Value, bytes: &mut usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            *bytes += LEAST;
            false
        }
        Value::String(text) => {
            *bytes += text.len();
            text.len() > MAX_TEXT
        }
        Value::Array(items) => {
            *bytes += 2;
            items.len() > MAX_ITEMS || items.iter().any(|item| exceeds(item, bytes))
        }
        Value::Object(map) => {
            *bytes += 2;
            map.iter().any(|(key, item)| {
                *bytes += key.len();
                exceeds(item, bytes)
            })
        }
    }
}

/// A mapping shares its budget evenly among the keys that are left, which are visited in their order.
fn object(map: Map<String, Value>, mut budget: usize, cut: &mut bool) -> Map<String, Value> {
    let mut keys: Vec<(String, Value)> = map.into_iter().collect();
    keys.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut kept = Map::new();
    let mut left = keys.len();
    for (key, value) in keys {
        let share = (budget / left.max(1)).max(LEAST);
        let value = part(value, share, cut);
        budget = budget.saturating_sub(size(&value) + key.len());
        left -= 1;
        kept.insert(key, value);
    }
    kept
}

fn part(value: Value, budget: usize, cut: &mut bool) -> Value {
    match value {
        Value::String(text) => Value::String(text_within(text, budget, cut)),
        Value::Array(items) => {
            let count = items.len();
            let mut left = budget;
            let mut kept = Vec::new();
            for item in items.into_iter().take(MAX_ITEMS) {
                if left < LEAST {
                    break;
                }
                let item = part(item, left, cut);
                left = left.saturating_sub(size(&item));
                kept.push(item);
            }
            *cut |= kept.len() < count;
            Value::Array(kept)
        }
        Value::Object(map) => Value::Object(object(map, budget, cut)),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}

fn text_within(text: String, budget: usize, cut: &mut bool) -> String {
    let max = MAX_TEXT.min(budget.saturating_sub(3));
    if text.len() <= max || text.chars().count() <= max.min(MAX_TEXT) && text.len() <= budget {
        return text;
    }
    *cut = true;
    let mut kept: String = text.chars().take(max).collect();
    while kept.len() > budget {
        kept.pop();
    }
    kept.push_str("...");
    kept
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => LEAST,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(size).sum::<usize>() + 2,
        Value::Object(map) => map.iter().map(|(key, item)| key.len() + size(item)).sum::<usize>() + 2,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cut(value: Value) -> (Value, bool) {
        let Value::Object(map) = value else { panic!("an object") };
        let (map, cut) = truncate(map);
        (Value::Object(map), cut)
    }

    #[test]
    fn what_is_within_the_limits_stays() {
        let small = json!({"b": "x".repeat(1000), "a": [1, 2], "c": {"d": null}});
        assert_eq!(cut(small.clone()), (small, false));
    }

    #[test]
    fn long_texts_and_lists_are_cut() {
        let (value, was_cut) = cut(json!({"text": "ä".repeat(100_001), "list": vec![0; 1001]}));
        assert!(was_cut);
        let text = value["text"].as_str().unwrap();
        assert!(text.ends_with("ä...") && text.chars().count() == 100_003, "{}", text.chars().count());
        assert_eq!(value["list"].as_array().unwrap().len(), 1000);
    }

    #[test]
    fn a_value_of_many_megabytes_becomes_one() {
        let many: Map<String, Value> = (0..100).map(|n| (format!("k{n}"), json!("x".repeat(90_000)))).collect();
        let (value, was_cut) = cut(Value::Object(many));
        assert!(was_cut && value.to_string().len() < 1_100_000);
    }

    #[test]
    fn values_of_any_type_are_cut() {
        assert_eq!(truncate_value(json!([1, "x"])), (json!([1, "x"]), false));
        let (text, was_cut) = truncate_value(json!("x".repeat(100_001)));
        assert!(was_cut && text.as_str().unwrap().ends_with("x..."));
        let (list, was_cut) = truncate_value(json!(vec!["x".repeat(90_000); 20]));
        assert!(was_cut && list.as_array().unwrap().len() < 20);
    }

    #[test]
    fn short_texts_need_no_look() {
        let longest = json!({"a": vec![0; MAX_ITEMS + 1]}).to_string();
        assert!(longest.len() > ALWAYS_FITS, "the shortest text that must be cut is longer");
    }
}
