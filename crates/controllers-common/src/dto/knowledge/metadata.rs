//! Fields of metadata, and requests about them.

use models::dataset_metadata::{CountedField, MetadataField};
use models::{DocumentId, MetadataType};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::knowledge::{BUILT_IN, MetadataChange, MetadataFields, MetadataValue};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::error::ApiError;

/// What the built-in fields have in the place of an id.
const BUILT_IN_ID: &str = "built-in";

#[derive(Debug, Serialize, ToSchema)]
pub struct MetadataFieldDto {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
}

impl From<MetadataField> for MetadataFieldDto {
    fn from(field: MetadataField) -> Self {
        Self { id: field.id.to_string(), kind: field.kind.to_string(), name: field.name }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CountedFieldDto {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    /// How many documents have it.
    count: i64,
}

impl From<CountedField> for CountedFieldDto {
    fn from(field: CountedField) -> Self {
        Self { id: field.id.to_string(), name: field.name, kind: field.kind, count: field.count }
    }
}

/// The fields of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetadataFieldsDto {
    doc_metadata: Vec<CountedFieldDto>,
    built_in_field_enabled: bool,
}

impl From<MetadataFields> for MetadataFieldsDto {
    fn from(known: MetadataFields) -> Self {
        Self {
            doc_metadata: known.fields.into_iter().map(CountedFieldDto::from).collect(),
            built_in_field_enabled: known.built_in_enabled,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BuiltInFieldDto {
    name: &'static str,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: MetadataType,
}

/// The fields that every document can have.
#[derive(Debug, Serialize, ToSchema)]
pub struct BuiltInFieldsDto {
    fields: Vec<BuiltInFieldDto>,
}

impl BuiltInFieldsDto {
    pub fn all() -> Self {
        Self { fields: BUILT_IN.iter().map(|(name, kind)| BuiltInFieldDto { name, kind: *kind }).collect() }
    }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct NewMetadataField {
    /// `string`, `number` or `time`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: MetadataType,
    #[validate(length(max = 255))]
    pub name: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct RenamedMetadataField {
    #[validate(length(max = 255))]
    pub name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
struct ValueOf {
    /// Of the field; `built-in` ones are not written.
    id: String,
    /// The field is found by its id.
    #[expect(dead_code, reason = "required by the contract")]
    name: String,
    /// Text, a number or nothing.
    #[schema(value_type = Option<String>)]
    value: Option<Value>,
}

#[derive(Debug, Deserialize, ToSchema)]
struct ValuesOf {
    #[schema(value_type = String)]
    document_id: DocumentId,
    metadata_list: Vec<ValueOf>,
    /// Whether values of other fields stay.
    #[serde(default)]
    partial_update: Option<bool>,
}

/// Values of documents.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct DocumentsMetadata {
    operation_data: Vec<ValuesOf>,
}

impl DocumentsMetadata {
    /// # Errors
    /// `invalid_param` for a value of another kind, 404 for what cannot be a field's id.
    pub fn changes(self) -> Result<Vec<MetadataChange>, ApiError> {
        self.operation_data
            .into_iter()
            .map(|of| {
                let listed = of.metadata_list.into_iter().filter(|value| value.id != BUILT_IN_ID);
                Ok(MetadataChange {
                    document: of.document_id,
                    values: listed.map(ValueOf::read).collect::<Result<_, ApiError>>()?,
                    replace: !of.partial_update.unwrap_or_default(),
                })
            })
            .collect()
    }
}

impl ValueOf {
    fn read(self) -> Result<MetadataValue, ApiError> {
        let field = Uuid::parse_str(&self.id).ok().ok_or_else(|| ApiError::not_found("Metadata not found."))?;
        let value = self.value.unwrap_or_default();
        match value {
            Value::Null | Value::Number(_) | Value::String(_) => Ok(MetadataValue { field, value }),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                Err(ApiError::invalid_field("value", "A value is text, a number or null."))
            }
        }
    }
}

/// Which way `enable` or `disable` in a path switches.
///
/// # Errors
/// `invalid_param`.
pub fn switched_on(action: &str) -> Result<bool, ApiError> {
    match action {
        "enable" => Ok(true),
        "disable" => Ok(false),
        other => Err(ApiError::invalid_param(format!("Invalid action: {other}"))),
    }
}
