//! Values for the form of a workflow, as they are typed.

use std::path::{Path, PathBuf};

use core_workflow::nodes::start::{Field, FieldKind, Form};
use core_workflow::value::Map;
use serde_json::{Map as JsonMap, Value as Json};

use crate::error::CliError;

/// What a run is given on the command line.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// `NAME=VALUE`
    pub(crate) inputs: Vec<String>,
    pub(crate) query: String,
    /// A file with a JSON object.
    pub(crate) json: Option<PathBuf>,
}

impl Given {
    /// Values that fit the form.
    pub(super) fn values(&self, form: &Form) -> Result<Map, CliError> {
        let mut values = self.json.as_deref().map(read_json).transpose()?.unwrap_or_default();
        for input in &self.inputs {
            let wrong = |what: &str| {
                CliError::Usage(format!("`--input {input}` has no {what}: write --input NAME=VALUE; {}", fields(form)))
            };
            let (name, value) = input.split_once('=').ok_or_else(|| wrong("`=`"))?;
            if name.is_empty() {
                return Err(wrong("name"));
            }
            let field = form.fields.iter().find(|field| field.variable == name);
            values.insert(name.to_owned(), typed(field, name, value)?);
        }
        if let Some(stranger) = values.keys().find(|name| !form.fields.iter().any(|f| f.variable == **name)) {
            return Err(CliError::Usage(format!("the form has no field `{stranger}`; {}", fields(form))));
        }
        form.values(&values).map_err(|e| CliError::Usage(format!("{e}; {}", fields(form))))
    }
}

fn read_json(path: &Path) -> Result<JsonMap<String, Json>, CliError> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|e| CliError::Usage(format!("{shown}: the file cannot be read: {e}")))?;
    let wrong =
        |what: String| CliError::Usage(format!("{shown}: the file must hold a JSON object of values, but {what}"));
    match serde_json::from_slice(&bytes).map_err(|e| wrong(format!("it is no JSON: {e}")))? {
        Json::Object(values) => Ok(values),
        Json::Array(_) => Err(wrong("it holds a list".to_owned())),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            Err(wrong("it holds a single value".to_owned()))
        }
    }
}

/// Texts stay as they are; objects and files are written as JSON. Numbers and ticks are read by the form.
fn typed(field: Option<&Field>, name: &str, value: &str) -> Result<Json, CliError> {
    let is_json = |field: &Field| matches!(field.kind, FieldKind::JsonObject | FieldKind::File | FieldKind::FileList);
    if value.is_empty() || !field.is_some_and(is_json) {
        return Ok(Json::from(value));
    }
    serde_json::from_str(value)
        .map_err(|e| CliError::Usage(format!("the value of `{name}` must be JSON: {e} (quote it for the shell)")))
}

/// The form in one line.
pub(super) fn fields(form: &Form) -> String {
    if form.fields.is_empty() {
        return "the form has no fields".to_owned();
    }
    format!("fields of the form: {}", form.fields.iter().map(described).collect::<Vec<_>>().join(", "))
}

/// A field by name, with its type and what it may be.
pub(super) fn described(field: &Field) -> String {
    let mut notes = vec![field.kind.as_str().to_owned()];
    if field.required {
        notes.push("required".to_owned());
    }
    if !field.options.is_empty() {
        notes.push(format!("one of {}", field.options.join(" | ")));
    }
    if !field.default.is_null() {
        notes.push(format!("default {}", field.default));
    }
    format!("{} ({})", field.variable, notes.join(", "))
}

#[cfg(test)]
mod tests {
    use core_workflow::value::map_to_json;
    use serde_json::json;

    use super::*;

    fn form() -> Form {
        serde_json::from_value(json!({"variables": [
            {"variable": "name", "type": "text-input", "required": true},
            {"variable": "age", "type": "number", "default": 7},
            {"variable": "o", "type": "json_object"},
            {"variable": "c", "type": "select", "options": ["red", "blue"]},
        ]}))
        .unwrap()
    }

    #[track_caller]
    fn check(inputs: &[&str], expected: Result<Json, &str>) {
        let given = Given { inputs: inputs.iter().map(|text| (*text).to_owned()).collect(), ..Given::default() };
        let found = given.values(&form());
        match expected {
            Ok(values) => assert_eq!(map_to_json(&found.unwrap()), values),
            Err(part) => {
                let error = found.unwrap_err();
                assert_eq!(error.exit_code(), 2);
                assert!(error.to_string().contains(part), "{error}");
            }
        }
    }

    #[test]
    fn typed_values_take_the_types_of_their_fields() {
        let all = json!({"name": "a=b", "age": 3, "o": {"k": [1]}, "c": "red"});
        check(&["name=a=b", "age=3", r#"o={"k": [1]}"#, "c=red"], Ok(all));
        check(&["name=12"], Ok(json!({"name": "12", "age": 7, "o": null, "c": null})));
    }

    #[test]
    fn what_does_not_fit_is_wrong_use() {
        check(&[], Err("name is required in input form; fields of the form: name (text-input, required), age (number"));
        check(&["name"], Err("`--input name` has no `=`: write --input NAME=VALUE"));
        check(&["=x"], Err("`--input =x` has no name: write --input NAME=VALUE"));
        check(&["name=x", "nmae=y"], Err("the form has no field `nmae`"));
        check(&["name=x", "age=old"], Err("age in input form must be a valid number"));
        check(&["name=x", "o={"], Err("the value of `o` must be JSON"));
        check(&["name=x", "c=green"], Err("c in input form must be one of the following"));
    }
}
