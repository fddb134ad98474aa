//! A document.

use actix_web::http::StatusCode;
use core_rag::rule::ProcessRule;
use models::DataSourceType;
use models::dataset_process_rule::StoredRule;
use models::document::Document;
use models::document_list::DisplayStatus;
use models::upload_file::UploadFile;
use serde::Serialize;
use serde_json::{Map, Value, json};
use services::knowledge::{DocumentRules, DocumentView, built_in_values};
use utoipa::ToSchema;
use uuid::Uuid;

use super::seconds;
use crate::error::ApiError;

#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentDto {
    pub id: Uuid,
    pub position: i32,
    pub data_source_type: String,
    #[schema(value_type = Object)]
    pub data_source_info: Value,
    #[schema(value_type = Object)]
    pub data_source_detail_dict: Value,
    pub dataset_process_rule_id: Option<Uuid>,
    pub name: String,
    pub created_from: String,
    pub created_by: Uuid,
    pub created_at: i64,
    pub tokens: i32,
    pub indexing_status: String,
    pub error: Option<String>,
    pub enabled: bool,
    pub disabled_at: Option<i64>,
    pub disabled_by: Option<Uuid>,
    pub archived: bool,
    pub display_status: Option<String>,
    pub word_count: i32,
    pub hit_count: i64,
    pub doc_form: String,
    pub doc_metadata: Option<Vec<MetadataValueDto>>,
    /// `SUMMARIZING` while summaries of its segments are made.
    pub summary_index_status: Option<String>,
    pub need_summary: bool,
    /// Only where it is asked for, as the two that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub process_rule_dict: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_segments: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_segments: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MetadataValueDto {
    /// `built-in` for fields that every document has.
    pub id: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[schema(value_type = Object)]
    pub value: Value,
}

impl From<DocumentView> for DocumentDto {
    fn from(view: DocumentView) -> Self {
        let doc_metadata = metadata(&view);
        let display_status = view.document.display_status().map(|status| status.to_string());
        let DocumentView { document, sums, file, summarising, .. } = view;
        Self {
            id: document.id.0,
            position: document.position,
            data_source_type: document.data_source_type.to_string(),
            data_source_info: source(&document),
            data_source_detail_dict: detail(&document, file.as_ref()),
            dataset_process_rule_id: document.dataset_process_rule_id.map(|id| id.0),
            name: document.name,
            created_from: document.created_from.to_string(),
            created_by: document.created_by,
            created_at: seconds(document.created_at),
            tokens: document.tokens.unwrap_or(0),
            indexing_status: document.indexing_status.to_string(),
            error: document.error,
            enabled: document.enabled,
            disabled_at: document.disabled_at.map(seconds),
            disabled_by: document.disabled_by,
            archived: document.archived,
            display_status,
            word_count: document.word_count.unwrap_or(0),
            hit_count: sums.hits,
            doc_form: document.doc_form.to_string(),
            doc_metadata,
            summary_index_status: summarising.then(|| "SUMMARIZING".to_owned()),
            need_summary: document.need_summary,
            process_rule_dict: None,
            completed_segments: None,
            total_segments: None,
        }
    }
}

impl DocumentDto {
    /// With its rule and how far it has come.
    pub fn with_progress(view: DocumentView) -> Self {
        let rule = view.rule.as_ref().map(rule_of);
        let (completed, total) = (view.sums.completed, view.sums.total);
        Self {
            process_rule_dict: rule,
            completed_segments: Some(completed),
            total_segments: Some(total),
            ..Self::from(view)
        }
    }
}

/// One document with everything about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentDetailDto {
    pub id: Uuid,
    pub position: i32,
    pub data_source_type: String,
    #[schema(value_type = Object)]
    pub data_source_info: Value,
    /// On the Console only.
    #[schema(value_type = Object)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_source_detail_dict: Option<Value>,
    pub dataset_process_rule_id: Option<Uuid>,
    #[schema(value_type = Option<Object>)]
    pub dataset_process_rule: Option<Value>,
    #[schema(value_type = Option<Object>)]
    pub document_process_rule: Option<Value>,
    pub name: String,
    pub created_from: String,
    pub created_by: Uuid,
    pub created_at: i64,
    pub tokens: i32,
    pub indexing_status: String,
    pub completed_at: Option<i64>,
    pub updated_at: Option<i64>,
    /// Seconds.
    pub indexing_latency: Option<f64>,
    pub error: Option<String>,
    pub enabled: bool,
    pub disabled_at: Option<i64>,
    pub disabled_by: Option<Uuid>,
    pub archived: bool,
    pub segment_count: i64,
    /// Characters.
    pub average_segment_length: i64,
    pub hit_count: i64,
    pub display_status: Option<String>,
    pub doc_form: String,
    pub doc_language: Option<String>,
    pub need_summary: bool,
    pub doc_type: Option<String>,
    pub doc_metadata: Option<Vec<MetadataValueDto>>,
}

/// What lists are filtered by; other words do not filter.
pub fn display_status(name: Option<&str>) -> Option<DisplayStatus> {
    match name? {
        "active" | "enabled" => Some(DisplayStatus::Available),
        other => DisplayStatus::parse(other),
    }
}

/// Which part of a document is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetailPart {
    All,
    /// Its metadata and nothing else.
    Only,
    /// Everything but its metadata.
    Without,
}

impl DetailPart {
    /// # Errors
    /// `invalid_metadata` for another word than `all`, `only` or `without`.
    pub fn parse(text: Option<&str>) -> Result<Self, ApiError> {
        match text.unwrap_or("all") {
            "all" => Ok(Self::All),
            "only" => Ok(Self::Only),
            "without" => Ok(Self::Without),
            other => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid_metadata",
                format!("metadata: `{other}` is none of all, only, without"),
            )),
        }
    }
}

impl DocumentDetailDto {
    /// As the Service API shows it: the file is in `data_source_info` only.
    #[must_use]
    pub fn for_programs(self) -> Self {
        Self { data_source_detail_dict: None, ..self }
    }

    /// The wanted part.
    pub fn part(self, part: DetailPart) -> Value {
        const METADATA: [&str; 2] = ["doc_type", "doc_metadata"];
        let Ok(Value::Object(mut fields)) = serde_json::to_value(self) else { return Value::Null };
        match part {
            DetailPart::All => {}
            DetailPart::Only => fields.retain(|name, _| name == "id" || METADATA.contains(&name.as_str())),
            DetailPart::Without => fields.retain(|name, _| !METADATA.contains(&name.as_str())),
        }
        Value::Object(fields)
    }

    pub fn new(view: DocumentView, rules: &DocumentRules) -> Self {
        let doc_metadata = metadata(&view);
        let display_status = view.document.display_status().map(|status| status.to_string());
        let DocumentView { document, sums, file, .. } = view;
        let words = i64::from(document.word_count.unwrap_or(0));
        Self {
            id: document.id.0,
            position: document.position,
            data_source_type: document.data_source_type.to_string(),
            data_source_info: file
                .as_ref()
                .map_or_else(|| source(&document), |file| json!({"upload_file": upload(file)})),
            data_source_detail_dict: Some(detail(&document, file.as_ref())),
            dataset_process_rule_id: document.dataset_process_rule_id.map(|id| id.0),
            dataset_process_rule: rules.latest.as_ref().map(rule_of),
            document_process_rule: rules.document.as_ref().map(whole_rule),
            name: document.name,
            created_from: document.created_from.to_string(),
            created_by: document.created_by,
            created_at: seconds(document.created_at),
            tokens: document.tokens.unwrap_or(0),
            indexing_status: document.indexing_status.to_string(),
            completed_at: document.completed_at.map(seconds),
            updated_at: Some(seconds(document.updated_at)),
            indexing_latency: document.indexing_latency,
            error: document.error,
            enabled: document.enabled,
            disabled_at: document.disabled_at.map(seconds),
            disabled_by: document.disabled_by,
            archived: document.archived,
            segment_count: sums.segments,
            average_segment_length: words.checked_div(sums.segments).unwrap_or(0),
            hit_count: sums.hits,
            display_status,
            doc_form: document.doc_form.to_string(),
            doc_language: document.doc_language,
            need_summary: document.need_summary,
            doc_type: document.doc_type,
            doc_metadata,
        }
    }
}

/// The values that a document has in its dataset's fields, then those of the built-in ones.
pub(super) fn metadata(view: &DocumentView) -> Option<Vec<MetadataValueDto>> {
    let Some(Value::Object(values)) = &view.document.doc_metadata else { return None };
    let mut shown: Vec<MetadataValueDto> = view
        .fields
        .iter()
        .filter_map(|field| {
            let value = as_text(values.get(&field.name)?.clone());
            Some(MetadataValueDto {
                id: field.id.to_string(),
                name: field.name.clone(),
                kind: field.kind.clone(),
                value,
            })
        })
        .collect();
    if view.built_in_fields {
        shown.extend(built_in_values(values).into_iter().map(|(name, kind, value)| MetadataValueDto {
            id: "built-in".to_owned(),
            name: name.to_owned(),
            kind: kind.to_string(),
            value: as_text(value),
        }));
    }
    Some(shown)
}

/// Values are texts on the wire, whatever they are stored as.
fn as_text(value: Value) -> Value {
    match value {
        Value::Null | Value::String(_) => value,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Value::String(value.to_string()),
    }
}

fn source(document: &Document) -> Value {
    let stored = document.data_source_info.as_deref().and_then(|text| serde_json::from_str(text).ok());
    stored.unwrap_or_else(|| Value::Object(Map::new()))
}

fn detail(document: &Document, file: Option<&UploadFile>) -> Value {
    match (document.data_source_type, file) {
        (DataSourceType::UploadFile, Some(file)) => json!({"upload_file": upload(file)}),
        (DataSourceType::UploadFile, None) => json!({}),
        _ => source(document),
    }
}

fn upload(file: &UploadFile) -> Value {
    json!({
        "id": file.id,
        "name": file.name,
        "size": file.size,
        "extension": file.extension,
        "mime_type": file.mime_type,
        "created_by": file.created_by,
        "created_at": seconds(file.created_at),
    })
}

/// `{mode, rules}`.
pub fn rule_of(rule: &StoredRule) -> Value {
    json!({"mode": rule.mode, "rules": rules(rule)})
}

fn whole_rule(rule: &StoredRule) -> Value {
    json!({"id": rule.id, "dataset_id": rule.dataset_id, "mode": rule.mode, "rules": rules(rule)})
}

/// As they are stored; what is no JSON is shown as the rules that are followed.
fn rules(rule: &StoredRule) -> Value {
    let stored = rule.rules.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    stored.filter(Value::is_object).unwrap_or_else(|| {
        let effective = ProcessRule::stored(&rule.mode, rule.rules.as_deref()).map(|rule| rule.effective());
        effective.ok().and_then(|rules| serde_json::to_value(rules).ok()).unwrap_or(Value::Null)
    })
}
