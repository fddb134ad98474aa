//! Checking model parameters against the model's rules before a call.

use serde_json::{Map, Number, Value};

use crate::error::InvokeError;
use crate::schema::{AiModel, ParameterRule, ParameterType};

/// Keeps what has a rule, in the order of the rules; fills required defaults; refuses what does not fit.
pub(crate) fn filter(schema: &AiModel, given: &Map<String, Value>) -> Result<Map<String, Value>, InvokeError> {
    let mut accepted = Map::new();
    for rule in &schema.parameter_rules {
        if let Some(value) = pick(rule, given)? {
            check(rule, &value)?;
            accepted.insert(rule.name.clone(), value);
        }
    }
    Ok(accepted)
}

fn pick(rule: &ParameterRule, given: &Map<String, Value>) -> Result<Option<Value>, InvokeError> {
    let named = |name: &str| given.get(name).filter(|value| !value.is_null()).cloned();
    let value = named(&rule.name).or_else(|| rule.use_template.and_then(|template| named(template.parameter())));
    if value.is_some() || !rule.required {
        return Ok(value);
    }
    match &rule.default {
        Some(default) => Ok(Some(default.clone())),
        None => Err(refuse(rule, "is required.")),
    }
}

fn refuse(rule: &ParameterRule, message: impl Into<String>) -> InvokeError {
    InvokeError::InvalidParameter { name: rule.name.clone(), message: message.into() }
}

fn check(rule: &ParameterRule, value: &Value) -> Result<(), InvokeError> {
    match rule.kind.unwrap_or(ParameterType::String) {
        ParameterType::Int => match value.as_number().filter(|number| !number.is_f64()) {
            Some(number) => check_range(rule, number),
            None => Err(refuse(rule, "should be int.")),
        },
        ParameterType::Float => match value.as_number() {
            Some(number) => {
                check_precision(rule, number)?;
                check_range(rule, number)
            }
            None => Err(refuse(rule, "should be float.")),
        },
        ParameterType::Boolean if value.is_boolean() => Ok(()),
        ParameterType::Boolean => Err(refuse(rule, "should be bool.")),
        ParameterType::Text if value.is_string() => Ok(()),
        ParameterType::Text => Err(refuse(rule, "should be string.")),
        ParameterType::String => match value.as_str() {
            None => Err(refuse(rule, "should be string.")),
            Some(text) if rule.options.is_empty() || rule.options.iter().any(|option| option == text) => Ok(()),
            Some(_) => Err(refuse(rule, format!("should be one of {}.", rule.options.join(", ")))),
        },
    }
}

fn check_range(rule: &ParameterRule, number: &Number) -> Result<(), InvokeError> {
    let Some(value) = number.as_f64() else { return Err(refuse(rule, "is not a finite number.")) };
    if let Some(min) = &rule.min
        && min.as_f64().is_some_and(|min| value < min)
    {
        return Err(refuse(rule, format!("should be greater than or equal to {min}.")));
    }
    if let Some(max) = &rule.max
        && max.as_f64().is_some_and(|max| value > max)
    {
        return Err(refuse(rule, format!("should be less than or equal to {max}.")));
    }
    Ok(())
}

/// The number as written may not have more decimals than the rule allows.
fn check_precision(rule: &ParameterRule, number: &Number) -> Result<(), InvokeError> {
    let Some(precision) = rule.precision else { return Ok(()) };
    let Some(value) = number.as_f64() else { return Ok(()) };
    let scale = 10f64.powi(i32::try_from(precision).unwrap_or(i32::MAX));
    let rounded = (value * scale).round() / scale;
    if (value - rounded).abs() > f64::EPSILON * value.abs().max(1.0) {
        return Err(refuse(rule, format!("should be round to {precision} decimal places.")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> AiModel {
        let model: AiModel = serde_json::from_value(json!({
            "model": "m", "label": "M", "model_type": "llm",
            "parameter_rules": [
                {"name": "temperature", "use_template": "temperature"},
                {"name": "max_output", "use_template": "max_tokens", "required": true, "default": 512, "max": 4096},
                {"name": "style", "type": "string", "options": ["a", "b"]},
                {"name": "think", "type": "boolean"},
                {"name": "note", "type": "text"},
            ],
        }))
        .unwrap();
        model.completed()
    }

    fn check(given: Value, expected: Result<Value, &str>) {
        let Value::Object(given) = given else { panic!() };
        match (filter(&schema(), &given), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(Value::Object(found), expected),
            (Err(InvokeError::InvalidParameter { name, .. }), Err(expected)) => assert_eq!(name, expected),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn only_known_parameters_pass() {
        check(json!({}), Ok(json!({"max_output": 512})));
        check(json!({"temperature": 0.25, "unknown": 1}), Ok(json!({"temperature": 0.25, "max_output": 512})));
        check(json!({"temperature": null, "max_tokens": 100}), Ok(json!({"max_output": 100})));
        check(
            json!({"style": "a", "think": true, "note": "x", "temperature": 1}),
            Ok(json!({"temperature": 1, "max_output": 512, "style": "a", "think": true, "note": "x"})),
        );
    }

    #[test]
    fn values_must_fit() {
        check(json!({"temperature": 1.5}), Err("temperature"));
        check(json!({"temperature": 0.123}), Err("temperature"));
        check(json!({"temperature": "0.1"}), Err("temperature"));
        check(json!({"max_output": 1.5}), Err("max_output"));
        check(json!({"max_output": 0}), Err("max_output"));
        check(json!({"max_output": 5000}), Err("max_output"));
        check(json!({"style": "c"}), Err("style"));
        check(json!({"think": "true"}), Err("think"));
        check(json!({"note": 1}), Err("note"));
    }

    #[test]
    fn a_required_parameter_without_default_must_be_given() {
        let mut schema = schema();
        schema.parameter_rules[2].required = true;
        assert!(filter(&schema, &Map::new()).is_err());
    }
}
