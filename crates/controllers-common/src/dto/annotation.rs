//! Annotations as both the Console and the Service API show them.

use models::annotation::{Annotation, AnnotationHit};
use models::app_annotation_setting::AnnotationReply;
use models::job_outcome::{JobOutcome, OutcomeStatus};
use serde::{Deserialize, Serialize};
use services::annotations::{Switch, SwitchOn};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::error::ApiError;
use crate::full_page::Paging;

#[derive(Debug, Serialize, ToSchema)]
pub struct AnnotationDto {
    id: Uuid,
    question: String,
    answer: String,
    hit_count: i32,
    /// Unix seconds.
    created_at: i64,
}

impl From<Annotation> for AnnotationDto {
    fn from(row: Annotation) -> Self {
        Self {
            id: row.id,
            question: row.question,
            answer: row.content,
            hit_count: row.hit_count,
            created_at: row.created_at.and_utc().timestamp(),
        }
    }
}

/// Once that an annotation was the answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnnotationHitDto {
    id: Uuid,
    source: String,
    score: f64,
    question: String,
    /// Unix seconds.
    created_at: i64,
    /// The question of the annotation.
    #[serde(rename = "match")]
    matched: String,
    response: String,
}

impl From<AnnotationHit> for AnnotationHitDto {
    fn from(row: AnnotationHit) -> Self {
        Self {
            id: row.id,
            source: row.source,
            score: row.score,
            question: row.question,
            created_at: row.created_at.and_utc().timestamp(),
            matched: row.annotation_question,
            response: row.annotation_content,
        }
    }
}

/// `page` and `limit`; at most 100 rows are given, whatever is asked for.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AnnotationsQuery {
    page: Option<String>,
    limit: Option<String>,
    keyword: Option<String>,
}

impl AnnotationsQuery {
    /// Limit and offset.
    pub fn rows(&self) -> (i64, i64) {
        let paging = self.paging();
        (paging.rows(), paging.offset())
    }

    fn paging(&self) -> Paging {
        Paging::lenient(self.page.as_deref(), self.limit.as_deref())
    }

    pub fn keyword(&self) -> Option<&str> {
        self.keyword.as_deref()
    }

    pub fn page<T>(&self, found: (Vec<impl Into<T>>, i64)) -> AnnotationPage<T> {
        let data: Vec<T> = found.0.into_iter().map(Into::into).collect();
        AnnotationPage {
            has_more: i64::try_from(data.len()).is_ok_and(|shown| shown == self.rows().0),
            data,
            limit: self.paging().limit,
            total: found.1,
            page: self.paging().page,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AnnotationPage<T> {
    data: Vec<T>,
    /// Whether the page is full.
    has_more: bool,
    limit: i64,
    total: i64,
    page: i64,
}

/// Work that was begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnnotationJobDto {
    job_id: Uuid,
    /// `waiting`, or `processing` where somebody else began it.
    #[schema(value_type = String)]
    job_status: OutcomeStatus,
}

impl AnnotationJobDto {
    pub fn new((outcome, begun): (JobOutcome, bool)) -> Self {
        let job_status = if begun { OutcomeStatus::Waiting } else { OutcomeStatus::Processing };
        Self { job_id: outcome.id, job_status }
    }
}

/// How work is coming on.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnnotationJobStateDto {
    job_id: Uuid,
    /// `waiting`, `processing`, `completed` or `error`.
    #[schema(value_type = String)]
    job_status: OutcomeStatus,
    error_msg: String,
}

impl From<JobOutcome> for AnnotationJobStateDto {
    fn from(outcome: JobOutcome) -> Self {
        Self { job_id: outcome.id, job_status: outcome.status, error_msg: outcome.error.unwrap_or_default() }
    }
}

/// How questions are to be compared; nothing of it is needed for switching off.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct AnnotationReplyBody {
    score_threshold: Option<f64>,
    embedding_provider_name: Option<String>,
    embedding_model_name: Option<String>,
}

impl AnnotationReplyBody {
    /// # Errors
    /// `invalid_param` for a field that is missing.
    pub fn switch_on(self) -> Result<SwitchOn, ApiError> {
        let missing = |field: &'static str| ApiError::invalid_field(field, format!("{field} is required"));
        Ok(SwitchOn {
            score_threshold: self.score_threshold.ok_or_else(|| missing("score_threshold"))?,
            provider: self.embedding_provider_name.ok_or_else(|| missing("embedding_provider_name"))?,
            model: self.embedding_model_name.ok_or_else(|| missing("embedding_model_name"))?,
        })
    }
}

/// Which way the word in a path switches.
///
/// # Errors
/// `invalid_param`.
pub fn switch(action: &str) -> Result<Switch, ApiError> {
    match action {
        "enable" => Ok(Switch::On),
        "disable" => Ok(Switch::Off),
        other => Err(ApiError::invalid_param(format!("Invalid action: {other}"))),
    }
}

/// How an app answers from annotations.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnnotationSettingDto {
    id: Uuid,
    enabled: bool,
    score_threshold: f64,
    embedding_model: EmbeddingModelDto,
}

#[derive(Debug, Serialize, ToSchema)]
struct EmbeddingModelDto {
    embedding_provider_name: String,
    embedding_model_name: String,
}

impl From<AnnotationReply> for AnnotationSettingDto {
    fn from(reply: AnnotationReply) -> Self {
        let (embedding_provider_name, embedding_model_name) = reply.embedding.unwrap_or_default();
        Self {
            id: reply.id,
            enabled: true,
            score_threshold: reply.score_threshold,
            embedding_model: EmbeddingModelDto { embedding_provider_name, embedding_model_name },
        }
    }
}
