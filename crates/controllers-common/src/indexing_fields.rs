//! How documents are to be indexed, as requests say it.

use core_rag::retrieve::RetrievalModel;
use core_rag::rule::ProcessRule;
use models::{DocForm, IndexingTechnique};
use serde::Deserialize;
use serde_json::Value;
use services::knowledge::IndexSettings;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Characters of the name of a language.
const LONGEST_LANGUAGE: usize = 255;

/// Fields that every request has which makes or replaces documents. They are flattened into bodies, where a value of the
/// wrong type could not be told by its name: [`IndexingFields::settings`] looks at the types.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct IndexingFields {
    /// `{mode, rules}`; none: the dataset's latest.
    #[schema(value_type = Option<Object>)]
    pub process_rule: Option<Value>,
    /// `high_quality` or `economy`; for the first document of a dataset.
    #[schema(value_type = Option<String>)]
    pub indexing_technique: Option<Value>,
    /// `text_model`, `qa_model` or `hierarchical_model`.
    #[schema(value_type = Option<String>)]
    pub doc_form: Option<Value>,
    #[schema(value_type = Option<String>)]
    pub doc_language: Option<Value>,
    #[schema(value_type = Option<Object>)]
    pub retrieval_model: Option<Value>,
    #[schema(value_type = Option<String>)]
    pub embedding_model: Option<Value>,
    #[schema(value_type = Option<String>)]
    pub embedding_model_provider: Option<Value>,
    /// `{enable, model_name, model_provider_name, summary_prompt}`; for the first document of a dataset.
    #[schema(value_type = Option<Object>)]
    pub summary_index_setting: Option<Value>,
}

impl IndexingFields {
    /// # Errors
    /// `invalid_param`, naming the field that is wrong.
    pub fn settings(&self) -> Result<IndexSettings, ApiError> {
        let provider = string("embedding_model_provider", self.embedding_model_provider.as_ref())?;
        let model = string("embedding_model", self.embedding_model.as_ref())?;
        let language = text(string("doc_language", self.doc_language.as_ref())?).unwrap_or("English");
        if language.chars().count() > LONGEST_LANGUAGE {
            let text = format!("doc_language: must have at most {LONGEST_LANGUAGE} characters");
            return Err(ApiError::invalid_field("doc_language", text));
        }
        Ok(IndexSettings {
            technique: technique(string("indexing_technique", self.indexing_technique.as_ref())?)?,
            embedding: embedding(provider, model),
            retrieval_model: retrieval_model(self.retrieval_model.as_ref())?,
            rule: rule(self.process_rule.as_ref())?,
            form: form(string("doc_form", self.doc_form.as_ref())?)?,
            language: language.to_owned(),
            summary_index_setting: object("summary_index_setting", self.summary_index_setting.as_ref())?,
        })
    }
}

fn string<'a>(field: &str, given: Option<&'a Value>) -> Result<Option<&'a str>, ApiError> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(ApiError::invalid_field(field, format!("{field}: must be a string")))
        }
    }
}

fn object(field: &str, given: Option<&Value>) -> Result<Option<Value>, ApiError> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(_)) => Ok(given.cloned()),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::String(_)) => {
            Err(ApiError::invalid_field(field, format!("{field}: must be an object")))
        }
    }
}

/// Empty texts count as missing.
fn text(given: Option<&str>) -> Option<&str> {
    given.map(str::trim).filter(|given| !given.is_empty())
}

/// # Errors
/// `invalid_param` for a technique that is none.
pub fn technique(given: Option<&str>) -> Result<Option<IndexingTechnique>, ApiError> {
    let unknown = |name: &str| {
        ApiError::invalid_field(
            "indexing_technique",
            format!("indexing_technique: `{name}` is neither high_quality nor economy"),
        )
    };
    text(given).map(|name| IndexingTechnique::parse(name).ok_or_else(|| unknown(name))).transpose()
}

/// Provider and model, where both are named.
pub fn embedding(provider: Option<&str>, model: Option<&str>) -> Option<(String, String)> {
    Some((text(provider)?.to_owned(), text(model)?.to_owned()))
}

/// # Errors
/// `invalid_param` for a model that is incomplete.
pub fn retrieval_model(given: Option<&Value>) -> Result<Option<RetrievalModel>, ApiError> {
    let given = given.filter(|given| !given.is_null());
    let checked = given.map(RetrievalModel::from_request).transpose();
    checked.map_err(|e| ApiError::invalid_field("retrieval_model", e.to_string()))
}

fn rule(given: Option<&Value>) -> Result<Option<ProcessRule>, ApiError> {
    let given = given.filter(|given| !given.is_null());
    let checked = given.map(ProcessRule::from_request).transpose();
    checked.map_err(|e| ApiError::invalid_field("process_rule", e.to_string()))
}

fn form(given: Option<&str>) -> Result<DocForm, ApiError> {
    let Some(name) = text(given) else { return Ok(DocForm::Text) };
    DocForm::parse(name).ok_or_else(|| {
        let known = "text_model, qa_model, hierarchical_model";
        ApiError::invalid_field("doc_form", format!("doc_form: `{name}` is none of {known}"))
    })
}
