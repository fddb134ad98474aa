//! Changing a variable.

use chrono::Utc;
use core_app::workflow::ValueOwner;
use core_workflow::value::{ArrayKind, Value, ValueType};
use models::app::App;
use models::draft_variable::DraftVariable;
use models::{Caller, DraftVariableId};
use serde_json::{Map, Value as Json};

use super::view::DraftVariableView;
use super::write::{NewContents, NewValue};
use super::{DraftVariableError, DraftVariables};

const LONGEST_NAME: usize = 255;

/// What is changed; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct VariableChange {
    pub name: Option<String>,
    /// Files are named as requests name them.
    pub value: Option<Json>,
}

impl DraftVariables {
    /// Gives a variable another name or value. The value must be of the variable's type.
    ///
    /// # Errors
    /// `NotFound`, or what is wrong with the change.
    pub async fn change(
        &self,
        app: &App,
        by: Caller,
        id: DraftVariableId,
        change: VariableChange,
    ) -> Result<DraftVariableView, DraftVariableError> {
        let row = DraftVariable::find(&mut *self.pool.get().await?, app.id, id).await?;
        let row = row.ok_or(DraftVariableError::NotFound)?;
        if change.name.is_none() && change.value.is_none() {
            return self.get(app, id).await;
        }
        if !row.editable {
            return Err(DraftVariableError::NotEditable);
        }
        let name = change.name.map(|name| name.replace('\0', ""));
        if name.as_ref().is_some_and(|name| name.is_empty() || name.chars().count() > LONGEST_NAME) {
            return Err(DraftVariableError::BadName);
        }
        let value = match change.value {
            None => None,
            Some(value) => {
                let value = self.typed(app, by, &row.value_type, value).await?;
                let value_type = type_of(&row.value_type, &value);
                let owner = ValueOwner { tenant: app.tenant_id, app: app.id, by };
                let text = value.to_json().to_string();
                let stored = self.engine.files().draft_value(owner, &row.name, &value_type, text).await;
                Some(NewValue { stored, value_type, edited_at: Some(Utc::now().naive_utc()) })
            }
        };
        let mut conn = self.pool.get().await?;
        let changed = self.write(&mut conn, app, id, &NewContents { name, value, is_default: false }).await?;
        self.view(&mut conn, app, changed).await
    }

    /// The value, if it is of the declared type; a variable without one takes any.
    async fn typed(&self, app: &App, by: Caller, declared: &str, value: Json) -> Result<Value, DraftVariableError> {
        let declared = ValueType::parse(declared).unwrap_or(ValueType::Any);
        let files = match (declared, value) {
            (ValueType::File, Json::Object(file)) => vec![file],
            (ValueType::Array(ArrayKind::File), Json::Array(items)) => objects(items)?,
            (ValueType::File | ValueType::Array(ArrayKind::File), _) => {
                return Err(DraftVariableError::BadValue("files are objects".to_owned()));
            }
            (ValueType::None, value) => return Ok(Value::plain(without_nul(value))),
            (declared, value) => {
                let fitted = Value::plain(without_nul(value)).of_type(declared);
                return fitted.map_err(|e| DraftVariableError::BadValue(e.to_string()));
            }
        };
        let mut found = self.engine.file_values(app.tenant_id, by, &files).await?;
        if declared == ValueType::File {
            let one = found.pop().map(Value::File);
            return one.ok_or_else(|| DraftVariableError::BadValue("no file is named".to_owned()));
        }
        Ok(Value::array_of(ArrayKind::File, found.into_iter().map(Value::File).collect()))
    }
}

fn objects(items: Vec<Json>) -> Result<Vec<Map<String, Json>>, DraftVariableError> {
    let object = |item| match item {
        Json::Object(object) => Ok(object),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            Err(DraftVariableError::BadValue("files are objects".to_owned()))
        }
    };
    items.into_iter().map(object).collect()
}

/// A variable that had no type gets that of its first value.
pub(super) fn type_of(declared: &str, value: &Value) -> String {
    if matches!(declared, "" | "none") { value.value_type().as_str().to_owned() } else { declared.to_owned() }
}

fn without_nul(value: Json) -> Json {
    let clean = |text: String| if text.contains('\0') { text.replace('\0', "") } else { text };
    match value {
        Json::String(text) => Json::String(clean(text)),
        Json::Array(items) => Json::Array(items.into_iter().map(without_nul).collect()),
        Json::Object(map) => {
            Json::Object(map.into_iter().map(|(key, value)| (clean(key), without_nul(value))).collect())
        }
        other @ (Json::Null | Json::Bool(_) | Json::Number(_)) => other,
    }
}
