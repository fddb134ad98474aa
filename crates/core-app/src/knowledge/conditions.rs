//! Conditions on what is noted about documents, as people and models write them.

use std::sync::LazyLock;

use models::document_filter::{Condition, DocumentFilter, Test};
use regex::{Captures, Regex};
use serde_json::{Value, json};

use crate::inputs::Inputs;

/// More than a person writes.
const MOST: usize = 100;

static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a literal pattern, covered by tests")]
    Regex::new(r"\{\{(\w+)\}\}").unwrap()
});

/// `{logical_operator, conditions: [{name, comparison_operator, value}]}`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conditions {
    /// Whether one of them is enough.
    pub any: bool,
    pub list: Vec<Written>,
}

/// One condition as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub name: String,
    pub operator: String,
    pub value: Value,
}

impl Conditions {
    /// What cannot be understood is left out.
    pub fn read(value: &Value) -> Self {
        let any = value.get("logical_operator").and_then(Value::as_str).is_some_and(|word| word == "or");
        let list = value.get("conditions").and_then(Value::as_array).into_iter().flatten();
        Self { any, list: list.filter_map(Written::read).take(MOST).collect() }
    }

    /// The same with `{{name}}` in texts replaced by what a person filled in.
    #[must_use]
    pub fn filled(&self, inputs: &Inputs) -> Self {
        let list = self.list.iter().map(|written| Written { value: fill(&written.value, inputs), ..written.clone() });
        Self { any: self.any, list: list.collect() }
    }

    /// As the database is asked; `None` where nothing is left to ask.
    pub fn filter(&self) -> Option<DocumentFilter> {
        let conditions: Vec<Condition> = self.list.iter().filter_map(Written::condition).collect();
        (!conditions.is_empty()).then_some(DocumentFilter { any: self.any, conditions })
    }

    /// As an external API is told; `None` where there is nothing to tell.
    pub fn told(&self) -> Option<Value> {
        if self.list.is_empty() {
            return None;
        }
        let tell = |written: &Written| json!({"name": written.name, "comparison_operator": written.operator, "value": written.value});
        let conditions: Vec<Value> = self.list.iter().map(tell).collect();
        Some(json!({"logical_operator": if self.any { "or" } else { "and" }, "conditions": conditions}))
    }
}

impl Written {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            name: value.get("name")?.as_str()?.to_owned(),
            operator: value.get("comparison_operator")?.as_str()?.trim().to_owned(),
            value: value.get("value").cloned().unwrap_or(Value::Null),
        })
    }

    /// `None`: there is nothing to compare with, or the operator is unknown.
    fn condition(&self) -> Option<Condition> {
        let test = match self.operator.as_str() {
            "empty" => Test::Empty,
            "not empty" => Test::NotEmpty,
            _ if self.value.is_null() => return None,
            "contains" => Test::Contains(text(&self.value)),
            "not contains" => Test::ContainsNot(text(&self.value)),
            "start with" => Test::StartsWith(text(&self.value)),
            "end with" => Test::EndsWith(text(&self.value)),
            "is" | "=" if self.value.is_number() => self.compared(Test::Equals),
            "is" | "=" => Test::Is(text(&self.value)),
            "is not" | "≠" if self.value.is_number() => self.compared(Test::Differs),
            "is not" | "≠" => Test::IsNot(text(&self.value)),
            "before" | "<" => self.compared(Test::Less),
            "after" | ">" => self.compared(Test::Greater),
            "≤" | "<=" => self.compared(Test::AtMost),
            "≥" | ">=" => self.compared(Test::AtLeast),
            "in" => Test::In(self.several()),
            "not in" => Test::NotIn(self.several()),
            _ => return None,
        };
        Some(Condition { field: self.name.clone(), test })
    }

    fn compared(&self, test: impl FnOnce(f64) -> Test) -> Test {
        let number = match self.value.as_str() {
            Some(text) => text.trim().parse::<f64>().ok(),
            None => self.value.as_f64(),
        };
        number.filter(|number| number.is_finite()).map_or(Test::Never, test)
    }

    fn several(&self) -> Vec<String> {
        match self.value.as_array() {
            Some(items) => items.iter().map(text).collect(),
            None => {
                text(&self.value).split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn fill(value: &Value, inputs: &Inputs) -> Value {
    match value {
        Value::String(text) if text.contains("{{") => {
            let filled = PLACE.replace_all(text, |place: &Captures<'_>| {
                let name = place.get(1).map_or("", |name| name.as_str());
                inputs.text(name).unwrap_or_else(|| format!("{{{{{name}}}}}"))
            });
            Value::String(filled.replace(['\r', '\n', '\t'], " ").trim().to_owned())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, inputs)).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            other.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_of(operator: &str, value: Value) -> Option<Test> {
        let conditions = json!({"conditions": [{"name": "f", "comparison_operator": operator, "value": value}]});
        Some(Conditions::read(&conditions).filter()?.conditions.remove(0).test)
    }

    #[test]
    fn operators_are_the_contracts() {
        for (operator, value, expected) in [
            ("contains", json!("a%"), Some(Test::Contains("a%".into()))),
            ("is", json!("x"), Some(Test::Is("x".into()))),
            ("=", json!(3), Some(Test::Equals(3.0))),
            ("≠", json!(3), Some(Test::Differs(3.0))),
            ("is not", json!("x"), Some(Test::IsNot("x".into()))),
            ("before", json!("17"), Some(Test::Less(17.0))),
            (">", json!(1.5), Some(Test::Greater(1.5))),
            ("≤", json!("soon"), Some(Test::Never)),
            (">=", json!(2), Some(Test::AtLeast(2.0))),
            ("in", json!("a, b,"), Some(Test::In(vec!["a".into(), "b".into()]))),
            ("in", json!([]), Some(Test::In(Vec::new()))),
            ("not in", json!(["a", 1]), Some(Test::NotIn(vec!["a".into(), "1".into()]))),
            ("empty", json!(null), Some(Test::Empty)),
            ("not empty", json!("ignored"), Some(Test::NotEmpty)),
            ("is", json!(null), None),
            ("resembles", json!("x"), None),
        ] {
            assert_eq!(test_of(operator, value.clone()), expected, "{operator} {value}");
        }
    }

    #[test]
    fn places_are_filled_from_inputs() {
        let inputs = Inputs([("topic".to_owned(), json!("tax\nlaw"))].into_iter().collect());
        let written = json!({"logical_operator": "or", "conditions": [
            {"name": "f", "comparison_operator": "is", "value": " {{topic}} {{miss}}"},
            {"name": "g", "comparison_operator": "in", "value": ["{{topic}}"]}]});
        let filled = Conditions::read(&written).filled(&inputs);
        assert!(filled.any);
        assert_eq!(filled.list[0].value, json!("tax law {{miss}}"));
        assert_eq!(filled.told().unwrap()["conditions"][1]["value"], json!(["tax law"]));
        assert_eq!(Conditions::default().told(), None);
    }
}
