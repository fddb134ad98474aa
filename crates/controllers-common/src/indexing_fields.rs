//! How documents are to be indexed, as requests say it.

use core_rag::retrieve::RetrievalModel;
use core_rag::rule::ProcessRule;
use models::{DocForm, IndexingTechnique};
use serde::Deserialize;
use serde_json::Value;
use services::knowledge::IndexSettings;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Fields that every request has which makes or replaces documents.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct IndexingFields {
    /// `{mode, rules}`; none: the dataset's latest.
    #[schema(value_type = Option<Object>)]
    pub process_rule: Option<Value>,
    /// `high_quality` or `economy`; for the first document of a dataset.
    pub indexing_technique: Option<String>,
    /// `text_model`, `qa_model` or `hierarchical_model`.
    pub doc_form: Option<String>,
    pub doc_language: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub retrieval_model: Option<Value>,
    pub embedding_model: Option<String>,
    pub embedding_model_provider: Option<String>,
}

impl IndexingFields {
    /// # Errors
    /// `invalid_param`, naming the field that is wrong.
    pub fn settings(&self) -> Result<IndexSettings, ApiError> {
        Ok(IndexSettings {
            technique: technique(self.indexing_technique.as_deref())?,
            embedding: embedding(self.embedding_model_provider.as_deref(), self.embedding_model.as_deref()),
            retrieval_model: retrieval_model(self.retrieval_model.as_ref())?,
            rule: rule(self.process_rule.as_ref())?,
            form: form(self.doc_form.as_deref())?,
            language: text(self.doc_language.as_deref()).unwrap_or("English").to_owned(),
        })
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
