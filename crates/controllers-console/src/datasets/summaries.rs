//! Summaries by which segments are found.

use actix_web::web;
use controllers_common::auth::{ConsoleUser, DatasetEditor};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use models::segment_summary::{SummaryOf, SummaryStatus};
use models::{DatasetId, DocumentId};
use serde::{Deserialize, Serialize};
use services::knowledge::{Knowledge, SummaryState};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::actor;
use crate::answers::{SUCCESS, Success, seconds};

/// Characters of a summary that a list shows.
const SHOWN: usize = 100;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Wanted {
    #[schema(value_type = Vec<String>)]
    #[validate(length(max = 1000))]
    document_list: Vec<DocumentId>,
}

/// Have summaries made of all segments of documents.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/documents/generate-summary",
    params(("dataset_id" = String, Path)), request_body = Wanted,
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn generate(
    user: DatasetEditor,
    dataset: web::Path<DatasetId>,
    Valid(body): Valid<Wanted>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Success>, ApiError> {
    knowledge.summarise(&actor(&user), *dataset, &body.document_list).await?;
    Ok(web::Json(SUCCESS))
}

/// Segments by how far their summaries are.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct SummaryCounts {
    completed: i64,
    generating: i64,
    error: i64,
    not_started: i64,
    /// Of another program that gave up.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SummaryDto {
    segment_id: Uuid,
    segment_position: i32,
    /// `completed`, `generating`, `error`, `not_started` or `timeout`.
    status: String,
    summary_preview: Option<String>,
    error: Option<String>,
    created_at: Option<i64>,
    updated_at: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SummaryStateDto {
    total_segments: i64,
    summary_status: SummaryCounts,
    /// Of the first ten thousand segments.
    summaries: Vec<SummaryDto>,
}

impl From<SummaryOf> for SummaryDto {
    fn from(of: SummaryOf) -> Self {
        Self {
            segment_id: of.segment_id.0,
            segment_position: of.segment_position,
            status: of.status.to_string(),
            summary_preview: of.beginning.map(preview),
            error: of.error,
            created_at: of.created_at.map(seconds),
            updated_at: of.updated_at.map(seconds),
        }
    }
}

fn preview(beginning: String) -> String {
    if beginning.chars().nth(SHOWN).is_none() {
        return beginning;
    }
    let mut shown: String = beginning.chars().take(SHOWN).collect();
    shown.push_str("...");
    shown
}

impl From<SummaryState> for SummaryStateDto {
    fn from(state: SummaryState) -> Self {
        let mut counts = SummaryCounts::default();
        for count in &state.counts {
            match count.status {
                SummaryStatus::Completed => counts.completed += count.segments,
                SummaryStatus::Generating => counts.generating += count.segments,
                SummaryStatus::NotStarted => counts.not_started += count.segments,
                SummaryStatus::Error | SummaryStatus::Unknown => counts.error += count.segments,
                SummaryStatus::Timeout => *counts.timeout.get_or_insert_default() += count.segments,
            }
        }
        Self {
            total_segments: state.counts.iter().map(|count| count.segments).sum(),
            summary_status: counts,
            summaries: state.segments.into_iter().map(SummaryDto::from).collect(),
        }
    }
}

/// How the summaries of a document are coming on.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/summary-status",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)),
    responses((status = 200, body = SummaryStateDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn state(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<SummaryStateDto>, ApiError> {
    let (dataset, document) = path.into_inner();
    Ok(web::Json(knowledge.summary_state(&actor(&user), dataset, document).await?.into()))
}
