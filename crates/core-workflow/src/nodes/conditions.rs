//! Conditions on variables: of branches, and of loops that end.

mod compare;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use self::compare::compare;
use crate::pool::Variables;
use crate::selector::Selector;
use crate::template::Template;
use crate::value::{ArrayKind, File, Value};

/// How conditions of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Logic {
    #[default]
    And,
    Or,
}

/// One comparison.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Condition {
    variable_selector: Vec<String>,
    comparison_operator: String,
    /// A text is a template.
    #[serde(default)]
    value: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sub_variable_condition: Option<SubConditions>,
}

/// Conditions on the files of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SubConditions {
    #[serde(default)]
    logical_operator: Logic,
    conditions: Vec<SubCondition>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SubCondition {
    key: String,
    comparison_operator: String,
    #[serde(default)]
    value: Option<Json>,
}

/// What a group of conditions came to.
pub(crate) struct Verdict {
    pub holds: bool,
    /// Of each condition that was looked at.
    pub results: Vec<bool>,
    /// What was compared with what.
    pub compared: Vec<Json>,
}

/// A condition that cannot be judged.
#[derive(Debug)]
pub(crate) struct ConditionError {
    pub message: String,
    pub kind: &'static str,
}

impl From<String> for ConditionError {
    fn from(message: String) -> Self {
        Self { message, kind: crate::node::GENERIC_ERROR }
    }
}

/// Looks at conditions one after the other, until one decides.
pub(crate) fn judge(
    logic: Logic,
    conditions: &[Condition],
    variables: &Variables<'_>,
) -> Result<Verdict, ConditionError> {
    let mut verdict = Verdict { holds: false, results: Vec::new(), compared: Vec::new() };
    for condition in conditions {
        let holds = condition.holds(variables, &mut verdict.compared)?;
        verdict.results.push(holds);
        if holds == (logic == Logic::Or) {
            verdict.holds = holds;
            return Ok(verdict);
        }
    }
    verdict.holds = logic == Logic::And;
    Ok(verdict)
}

impl Condition {
    fn holds(&self, variables: &Variables<'_>, compared: &mut Vec<Json>) -> Result<bool, ConditionError> {
        let not_found = || {
            let shown = crate::value::python::repr_texts(self.variable_selector.iter().map(String::as_str));
            ConditionError::from(format!("Variable {shown} not found"))
        };
        let selector = Selector::new(self.variable_selector.iter().map(String::as_str)).ok_or_else(not_found)?;
        let actual = variables.get(&selector).ok_or_else(not_found)?.into_owned();
        let mut expected = match &self.value {
            None => Value::None,
            Some(Json::String(text)) => Value::from(Template::parse(text).render(variables)),
            Some(other) => Value::plain(other.clone()),
        };
        if let Some(sub) = &self.sub_variable_condition
            && let Value::Array(array) = &actual
            && array.kind == ArrayKind::File
        {
            compared.push(self.compared(&actual, &expected));
            return sub.holds(&actual.files());
        }
        if matches!(&actual, Value::Boolean(_))
            || matches!(&actual, Value::Array(array) if array.kind == ArrayKind::Boolean)
        {
            expected = truth(expected)?;
        }
        compared.push(self.compared(&actual, &expected));
        Ok(compare(&self.comparison_operator, &actual, &expected)?)
    }

    fn compared(&self, actual: &Value, expected: &Value) -> Json {
        json!({
            "actual_value": actual.to_json(),
            "expected_value": expected.to_json(),
            "comparison_operator": self.comparison_operator,
        })
    }
}

/// `"true"`, `"0"`, ... as truth: what a boolean is compared with is written as text.
fn truth(expected: Value) -> Result<Value, String> {
    match expected {
        Value::String(text) => match serde_json::from_str::<Json>(&text) {
            Ok(Json::Bool(yes)) => Ok(Value::Boolean(yes)),
            Ok(Json::Number(number)) => Ok(Value::Boolean(number.as_f64() != Some(0.0))),
            _ if text.is_empty() => Ok(Value::None),
            _ => Err(format!("unexpected value: type=<class 'str'>, value={text}")),
        },
        Value::Integer(number) => Ok(Value::Boolean(number != 0)),
        Value::Array(array) => {
            let items = array.items.iter().cloned().map(truth).collect::<Result<_, _>>()?;
            Ok(Value::array(items))
        }
        other @ (Value::None
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Object(_)
        | Value::File(_)
        | Value::Secret(_)) => Ok(other),
    }
}

impl SubConditions {
    fn holds(&self, files: &[std::sync::Arc<File>]) -> Result<bool, ConditionError> {
        for condition in &self.conditions {
            let holds = condition.holds(files)?;
            if holds == (self.logical_operator == Logic::Or) {
                return Ok(holds);
            }
        }
        Ok(self.logical_operator == Logic::And)
    }
}

impl SubCondition {
    /// One of the files has to satisfy it; all of them if it denies something.
    fn holds(&self, files: &[std::sync::Arc<File>]) -> Result<bool, ConditionError> {
        let mut expected = self.value.clone().map_or(Value::None, Value::plain);
        if self.key == "extension"
            && let Value::String(text) = &expected
            && !text.starts_with('.')
        {
            expected = Value::from(format!(".{text}"));
        }
        let all = self.comparison_operator.contains("not");
        for file in files {
            let actual = file.attribute(&self.key).ok_or_else(|| format!("Invalid file attribute: {}", self.key))?;
            let holds = compare(&self.comparison_operator, &actual, &expected)?;
            if holds != all {
                return Ok(holds);
            }
        }
        Ok(all)
    }
}
