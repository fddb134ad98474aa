//! Checking what was entered into a provider's form, before anything is sent upstream.

use serde_json::{Map, Value};

use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::schema::{FormSchema, FormType, ShowOn};

/// Why credentials were not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("Provider {0} does not exist.")]
    UnknownProvider(String),
    /// The provider cannot be configured on this level (provider-wide or per model).
    #[error("{0}")]
    Unsupported(String),
    #[error("Variable {variable} {problem}")]
    Field { variable: String, problem: FieldProblem },
    /// The live check failed; the text is the upstream's.
    #[error("{0}")]
    Rejected(#[source] InvokeError),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    #[error("is required")]
    Required,
    #[error("should be string")]
    NotText,
    #[error("length should not be greater than {0}")]
    TooLong(usize),
    #[error("is not in options")]
    NotAnOption,
    #[error("should be true or false")]
    NotASwitch,
}

/// Which model the form is filled in for; empty for provider-wide credentials.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FormContext<'a> {
    pub model_type: Option<ModelType>,
    pub model: Option<&'a str>,
}

impl FormContext<'_> {
    fn shows(&self, conditions: &[ShowOn], entered: &Map<String, Value>) -> bool {
        conditions.iter().all(|condition| match condition.variable.as_str() {
            "__model_type" => self.model_type.is_some_and(|ty| ty.as_str() == condition.value),
            "__model_name" => self.model == Some(condition.value.as_str()),
            variable => entered.get(variable).is_some_and(|value| matches_text(value, &condition.value)),
        })
    }
}

fn matches_text(value: &Value, expected: &str) -> bool {
    match value {
        Value::String(text) => text == expected,
        Value::Bool(flag) => expected == if *flag { "true" } else { "false" },
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Keeps the fields of the form that apply, each checked against its description; everything else is dropped.
pub(crate) fn check_form(
    form: &[FormSchema],
    context: FormContext<'_>,
    entered: &Map<String, Value>,
) -> Result<Credentials, CredentialsError> {
    let mut accepted = Map::new();
    for field in form {
        if !context.shows(&field.show_on, entered) {
            continue;
        }
        match check_field(field, entered.get(&field.variable)) {
            Ok(Some(value)) => {
                accepted.insert(field.variable.clone(), value);
            }
            Ok(None) => {}
            Err(problem) => return Err(CredentialsError::Field { variable: field.variable.clone(), problem }),
        }
    }
    Ok(Credentials::from_json_map(accepted))
}

fn check_field(field: &FormSchema, value: Option<&Value>) -> Result<Option<Value>, FieldProblem> {
    let text = match value {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text.as_str(),
        Some(Value::Bool(flag)) if field.kind == FormType::Switch => return Ok(Some(Value::Bool(*flag))),
        Some(_) => return Err(FieldProblem::NotText),
    };
    if text.is_empty() {
        if field.required {
            return Err(FieldProblem::Required);
        }
        return Ok(field.default.clone().map(Value::String));
    }
    if field.max_length > 0 && text.chars().count() > field.max_length {
        return Err(FieldProblem::TooLong(field.max_length));
    }
    match field.kind {
        FormType::TextInput | FormType::SecretInput => {}
        FormType::Select | FormType::Radio => {
            if !field.options.iter().any(|option| option.value == text) {
                return Err(FieldProblem::NotAnOption);
            }
        }
        FormType::Switch => {
            return match text {
                "true" => Ok(Some(Value::Bool(true))),
                "false" => Ok(Some(Value::Bool(false))),
                _ => Err(FieldProblem::NotASwitch),
            };
        }
    }
    Ok(Some(Value::from(text)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form() -> Vec<FormSchema> {
        serde_json::from_value(json!([
            {"variable": "key", "label": "Key", "type": "secret-input", "required": true, "max_length": 5},
            {"variable": "mode", "label": "Mode", "type": "select", "required": false, "default": "chat",
             "options": [{"label": "Chat", "value": "chat"}, {"label": "Completion", "value": "completion"}],
             "show_on": [{"variable": "__model_type", "value": "llm"}]},
            {"variable": "size", "label": "Size", "type": "text-input", "required": true,
             "show_on": [{"variable": "mode", "value": "completion"}]},
            {"variable": "debug", "label": "Debug", "type": "switch", "required": false},
        ]))
        .unwrap()
    }

    fn check(entered: Value, expected: Result<Value, (&str, FieldProblem)>) {
        let Value::Object(entered) = entered else { panic!() };
        let context = FormContext { model_type: Some(ModelType::Llm), model: None };
        match (check_form(&form(), context, &entered), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(Value::Object(found.expose()), expected),
            (Err(CredentialsError::Field { variable, problem }), Err(expected)) => {
                assert_eq!((variable.as_str(), problem), expected);
            }
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn fields_are_checked() {
        check(json!({}), Err(("key", FieldProblem::Required)));
        check(json!({"key": ""}), Err(("key", FieldProblem::Required)));
        check(json!({"key": 5}), Err(("key", FieldProblem::NotText)));
        check(json!({"key": "123456"}), Err(("key", FieldProblem::TooLong(5))));
        check(json!({"key": "k", "mode": "other"}), Err(("mode", FieldProblem::NotAnOption)));
        check(json!({"key": "k", "debug": "yes"}), Err(("debug", FieldProblem::NotASwitch)));
        check(json!({"key": "k", "mode": "completion"}), Err(("size", FieldProblem::Required)));
    }

    #[test]
    fn accepted_fields_are_kept_and_defaults_added() {
        check(json!({"key": "k", "size": "hidden", "x": 1}), Ok(json!({"key": "k", "mode": "chat"})));
        check(
            json!({"key": "k", "mode": "completion", "size": "9", "debug": "true"}),
            Ok(json!({"key": "k", "mode": "completion", "size": "9", "debug": "true"})),
        );
    }
}
