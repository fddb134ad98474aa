//! The form of a workflow: what a run may be given, and whether what it was given fits.

use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json};

use crate::graph::NodeSpec;
use crate::nodes::fields;
use crate::value::{Map, Value, python};

/// The fields of a start node.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Form {
    #[serde(default, rename = "variables", deserialize_with = "fields::null_as_default")]
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    TextInput,
    Paragraph,
    Select,
    Number,
    Checkbox,
    File,
    FileList,
    #[serde(rename = "json_object")]
    JsonObject,
    #[serde(rename = "external_data_tool")]
    ExternalDataTool,
}

impl FieldKind {
    /// The text in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TextInput => "text-input",
            Self::Paragraph => "paragraph",
            Self::Select => "select",
            Self::Number => "number",
            Self::Checkbox => "checkbox",
            Self::File => "file",
            Self::FileList => "file-list",
            Self::JsonObject => "json_object",
            Self::ExternalDataTool => "external_data_tool",
        }
    }
}

/// One field.
#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    pub variable: String,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    pub label: String,
    #[serde(rename = "type")]
    pub kind: FieldKind,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    pub required: bool,
    #[serde(default)]
    pub default: Json,
    /// Characters of a text, or files of a list.
    #[serde(default)]
    pub max_length: Option<f64>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    pub options: Vec<String>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    pub allowed_file_types: Vec<String>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    pub allowed_file_extensions: Vec<String>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    pub allowed_file_upload_methods: Vec<String>,
    #[serde(default)]
    pub json_schema: Json,
}

/// A value does not fit its field; the text is for the person who entered it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InputError(pub String);

impl Form {
    /// The form of a start node.
    ///
    /// # Errors
    /// If its fields cannot be read.
    pub fn of(spec: &NodeSpec) -> Result<Self, String> {
        fields::read(spec)
    }

    /// Values that fit the form: every field has one, and nothing else has. Files stay as they were given.
    ///
    /// # Errors
    /// The first value that does not fit.
    pub fn check(&self, given: &JsonMap<String, Json>) -> Result<JsonMap<String, Json>, InputError> {
        let mut values = JsonMap::new();
        for field in &self.fields {
            let value = field.check(given.get(&field.variable).unwrap_or(&Json::Null))?;
            values.insert(field.variable.clone(), without_nul(value));
        }
        Ok(values)
    }

    /// The same as values of a run, where no file has to be looked up.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn values(&self, given: &JsonMap<String, Json>) -> Result<Map, InputError> {
        Ok(self.check(given)?.into_iter().map(|(name, value)| (name, Value::from_json(value))).collect())
    }
}

impl Field {
    /// The schema that its JSON object must match.
    pub(super) fn schema(&self) -> Result<Option<jsonschema::Validator>, String> {
        let schema = match &self.json_schema {
            Json::Null => return Ok(None),
            Json::String(text) if text.trim().is_empty() => return Ok(None),
            Json::String(text) => serde_json::from_str(text).map_err(|e| e.to_string())?,
            other @ Json::Bool(_) | other @ Json::Number(_) | other @ Json::Array(_) | other @ Json::Object(_) => {
                other.clone()
            }
        };
        jsonschema::draft7::new(&schema).map(Some).map_err(|e| e.to_string())
    }

    fn check(&self, value: &Json) -> Result<Json, InputError> {
        let name = &self.variable;
        if value.is_null() {
            if self.required {
                return Err(InputError(format!("{name} is required in input form")));
            }
            return Ok(self.default.clone());
        }
        match self.kind {
            FieldKind::TextInput | FieldKind::Paragraph | FieldKind::Select | FieldKind::ExternalDataTool => {
                self.text(value)
            }
            FieldKind::Number => self.number(value),
            FieldKind::Checkbox => self.truth(value),
            FieldKind::File => self.file(value),
            FieldKind::FileList => self.files(value),
            FieldKind::JsonObject => self.object(value),
        }
    }

    fn is_blank(&self, value: &Json) -> bool {
        !self.required && value.as_str().is_some_and(|text| text.trim().is_empty())
    }

    fn text(&self, value: &Json) -> Result<Json, InputError> {
        let name = &self.variable;
        let Some(text) = value.as_str() else {
            let kind = self.kind.as_str();
            return Err(InputError(format!("(type '{kind}') {name} in input form must be a string")));
        };
        if self.kind == FieldKind::Select {
            // Nothing chosen is no wrong choice.
            if text.is_empty() && !self.required {
                return Ok(Json::from(""));
            }
            if !self.options.iter().any(|option| option == text) {
                let options = python::repr_texts(self.options.iter().map(String::as_str));
                return Err(InputError(format!("{name} in input form must be one of the following: {options}")));
            }
        }
        if let Some(max) = self.max_length_of()
            && text.chars().count() > max
        {
            return Err(InputError(format!("{name} in input form must be less than {max} characters")));
        }
        Ok(Json::from(text))
    }

    fn max_length_of(&self) -> Option<usize> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length, and not negative")]
        self.max_length.filter(|max| *max > 0.0).map(|max| max as usize)
    }

    fn number(&self, value: &Json) -> Result<Json, InputError> {
        let fault = || InputError(format!("{} in input form must be a valid number", self.variable));
        match value {
            Json::Number(_) => Ok(value.clone()),
            Json::String(text) if text.trim().is_empty() && !self.required => Ok(Json::Null),
            Json::String(text) => {
                let text = text.trim();
                let parsed = match text.parse::<i64>() {
                    Ok(integer) if !text.contains('.') => Some(Json::from(integer)),
                    _ => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Json::from),
                };
                parsed.ok_or_else(fault)
            }
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => Err(fault()),
        }
    }

    fn truth(&self, value: &Json) -> Result<Json, InputError> {
        let known = match value {
            Json::Bool(yes) => Some(*yes),
            Json::Number(number) => match number.as_f64() {
                Some(1.0) => Some(true),
                Some(0.0) => Some(false),
                _ => None,
            },
            Json::String(text) => match text.trim().to_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Some(true),
                "false" | "0" | "no" | "off" => Some(false),
                _ => None,
            },
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        };
        known
            .map(Json::Bool)
            .ok_or_else(|| InputError(format!("{} in input form must be a valid boolean value", self.variable)))
    }

    fn file(&self, value: &Json) -> Result<Json, InputError> {
        match value {
            Json::Object(_) => Ok(value.clone()),
            _ if self.is_blank(value) => Ok(Json::Null),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                Err(InputError(format!("{} in input form must be a file", self.variable)))
            }
        }
    }

    fn files(&self, value: &Json) -> Result<Json, InputError> {
        let name = &self.variable;
        let items = match value {
            Json::Array(items) if items.iter().all(Json::is_object) => items,
            _ if self.is_blank(value) => return Ok(Json::Null),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => {
                return Err(InputError(format!("{name} in input form must be a list of files")));
            }
        };
        if let Some(max) = self.max_length_of()
            && items.len() > max
        {
            return Err(InputError(format!("{name} in input form must be less than {max} files")));
        }
        Ok(value.clone())
    }

    fn object(&self, value: &Json) -> Result<Json, InputError> {
        match value {
            Json::Object(_) => Ok(value.clone()),
            _ if self.is_blank(value) => Ok(Json::Null),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                Err(InputError(format!("{} in input form must be a dict", self.variable)))
            }
        }
    }
}

/// Postgres refuses texts with NUL characters; people do not enter them.
fn without_nul(value: Json) -> Json {
    match value {
        Json::String(text) if text.contains('\0') => Json::String(text.replace('\0', "")),
        other @ Json::Null
        | other @ Json::Bool(_)
        | other @ Json::Number(_)
        | other @ Json::String(_)
        | other @ Json::Array(_)
        | other @ Json::Object(_) => other,
    }
}
