//! What somebody has entered into a form, checked against its fields.

use std::collections::HashSet;

use core_app::GenerateError;
use core_app::workflow::{FormDefinition, FormField};
use models::form_upload::FormUpload;
use models::upload_file::UploadFile;
use models::{Caller, UploadFileId};
use serde_json::{Map, Value};

use super::{Door, Entered, FormError, HumanForms, WaitingForm};

/// Characters of one value.
const LONGEST_VALUE: usize = 100_000;

impl HumanForms {
    /// The values of the form's fields, as a JSON object; and the uploads among them.
    pub(super) async fn values(
        &self,
        door: Door,
        form: &WaitingForm,
        entered: &Entered,
    ) -> Result<(Value, Vec<UploadFileId>), FormError> {
        let (mut values, files) = checked(&form.definition, entered)?;
        if files.is_empty() {
            return Ok((Value::Object(values), Vec::new()));
        }
        let own = FormUpload::of_form(&mut *self.pool.get().await?, form.row.tenant_id, form.row.id).await?;
        let own: HashSet<UploadFileId> = own.into_iter().collect();
        let mut used = Vec::new();
        for (field, given) in files {
            let may_use = |upload: &UploadFile| own.contains(&upload.id) || is_theirs(door, entered.by, upload);
            let found = self.generate.engine().form_files(form.row.tenant_id, field, &given, may_use).await;
            let found = found.map_err(|e| refused(&field.output_variable_name, e))?;
            let id_of = |file: &Value| file.get("related_id")?.as_str()?.parse().ok();
            used.extend(found.iter().filter_map(id_of).map(UploadFileId));
            let value = if field.takes_several_files() { Value::Array(found) } else { found.into_iter().next().into() };
            values.insert(field.output_variable_name.clone(), value);
        }
        Ok((Value::Object(values), used))
    }
}

/// Uploads beside those for the form: a program's person has those of theirs, a builder those of the workspace.
fn is_theirs(door: Door, by: Option<Caller>, upload: &UploadFile) -> bool {
    match door {
        Door::Service { .. } => {
            by.is_some_and(|caller| caller.role() == upload.created_by_role && caller.id() == upload.created_by)
        }
        Door::Page => false,
        Door::Console { .. } => true,
    }
}

fn refused(name: &str, error: GenerateError) -> FormError {
    if let GenerateError::InvalidParam(why) = &error {
        return FormError::Invalid(format!("Input `{name}`: {why}"));
    }
    FormError::Files(Box::new(error))
}

/// Files for a field.
type Given<'a> = (&'a FormField, Vec<Map<String, Value>>);

/// The texts by name, and what is given for fields of files.
fn checked<'a>(
    definition: &'a FormDefinition,
    entered: &Entered,
) -> Result<(Map<String, Value>, Vec<Given<'a>>), FormError> {
    if !definition.user_actions.iter().any(|button| button.id == entered.action) {
        return Err(FormError::Invalid(format!("Invalid action: {}", entered.action)));
    }
    let names = definition.inputs.iter().map(|field| field.output_variable_name.as_str());
    let missing: Vec<&str> = names.filter(|name| !entered.inputs.contains_key(*name)).collect();
    if !missing.is_empty() {
        return Err(FormError::Invalid(format!("Missing required inputs: {}", missing.join(", "))));
    }
    let (mut values, mut files) = (Map::new(), Vec::new());
    for field in &definition.inputs {
        let name = field.output_variable_name.as_str();
        let Some(value) = entered.inputs.get(name) else { continue };
        if field.takes_files() {
            files.push((field, given(field, value)?));
            continue;
        }
        let Value::String(text) = value else {
            return Err(FormError::Invalid(format!("Input `{name}` has to be a text.")));
        };
        if text.chars().count() > LONGEST_VALUE {
            return Err(FormError::Invalid(format!("Input `{name}` is longer than {LONGEST_VALUE} characters.")));
        }
        values.insert(name.to_owned(), value.clone());
    }
    Ok((values, files))
}

/// File objects; an empty text is no file, as forms of pages send it.
fn given(field: &FormField, value: &Value) -> Result<Vec<Map<String, Value>>, FormError> {
    let name = &field.output_variable_name;
    match value {
        Value::Null => Ok(Vec::new()),
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        Value::Object(file) if !field.takes_several_files() => Ok(vec![file.clone()]),
        Value::Array(items) if field.takes_several_files() => items
            .iter()
            .map(|item| item.as_object().cloned())
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| FormError::Invalid(format!("Input `{name}` has to be a list of files."))),
        Value::Array(_) | Value::Object(_) | Value::String(_) | Value::Bool(_) | Value::Number(_) => {
            let what = if field.takes_several_files() { "a list of files" } else { "a file" };
            Err(FormError::Invalid(format!("Input `{name}` has to be {what}.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition() -> FormDefinition {
        serde_json::from_value(json!({
            "form_content": "", "resolved_default_values": {},
            "inputs": [
                {"type": "text_input", "output_variable_name": "note", "default": null},
                {"type": "file", "output_variable_name": "one", "default": null},
                {"type": "file-list", "output_variable_name": "many", "default": null, "number_limits": 2},
            ],
            "user_actions": [{"id": "yes", "title": "Yes", "button_style": "default"}],
        }))
        .unwrap()
    }

    fn check(action: &str, inputs: Value) -> Result<(Value, usize), String> {
        let inputs = inputs.as_object().unwrap().clone();
        let entered = Entered { action: action.to_owned(), inputs, by: None };
        let definition = definition();
        let (values, files) = checked(&definition, &entered).map_err(|e| e.to_string())?;
        Ok((Value::Object(values), files.iter().map(|(_, given)| given.len()).sum()))
    }

    #[test]
    fn fields_are_all_there() {
        let whole = json!({"note": "fine", "more": 1, "one": {}, "many": [{}, {}]});
        assert_eq!(check("yes", whole.clone()), Ok((json!({"note": "fine"}), 3)));
        assert_eq!(check("yes", json!({"note": "", "one": null, "many": ""})), Ok((json!({"note": ""}), 0)));
        assert_eq!(check("no", whole), Err("Invalid action: no".to_owned()));
        assert_eq!(check("yes", json!({"one": null})), Err("Missing required inputs: note, many".to_owned()));
    }

    #[test]
    fn fields_are_of_their_kind() {
        for (name, wrong) in [
            ("note", json!(1)),
            ("note", json!("x".repeat(LONGEST_VALUE + 1))),
            ("one", json!("text")),
            ("one", json!([{}])),
            ("many", json!({})),
            ("many", json!([1])),
        ] {
            let mut inputs = json!({"note": "", "one": null, "many": []});
            inputs[name] = wrong;
            assert!(check("yes", inputs).is_err(), "{name}");
        }
    }
}
