//! What indexing would make of documents.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::indexing_fields::IndexingFields;
use controllers_common::valid::Valid;
use core_rag::rule::ProcessRule;
use models::{DatasetId, DocumentId};
use serde::{Deserialize, Serialize};
use services::knowledge::{EstimateOf, Estimated, Knowledge};
use utoipa::ToSchema;
use validator::Validate;

use super::actor;
use super::knowledge_config::InfoList;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct EstimateFields {
    info_list: InfoList,
    /// Into which they are to go, where it is there already.
    #[schema(value_type = Option<String>)]
    dataset_id: Option<DatasetId>,
    #[serde(flatten)]
    indexing: IndexingFields,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewDto {
    content: String,
    child_chunks: Option<Vec<String>>,
    /// Where summaries are wanted and the model gave one.
    summary: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PairDto {
    question: String,
    answer: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EstimateDto {
    total_segments: usize,
    preview: Vec<PreviewDto>,
    qa_preview: Option<Vec<PairDto>>,
}

impl From<Estimated> for EstimateDto {
    fn from(estimated: Estimated) -> Self {
        let summaries = estimated.summaries.into_iter().chain(std::iter::repeat(None));
        let preview = estimated.preview.into_iter().zip(summaries);
        let pair = |(question, answer): (String, String)| PairDto { question, answer };
        Self {
            total_segments: estimated.total_segments,
            preview: preview
                .map(|(one, summary)| PreviewDto { content: one.content, child_chunks: one.child_chunks, summary })
                .collect(),
            qa_preview: estimated.pairs.map(|pairs| pairs.into_iter().map(pair).collect()),
        }
    }
}

/// The same for documents that were made; what it costs is not known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentEstimateDto {
    tokens: i64,
    total_price: i64,
    currency: &'static str,
    #[serde(flatten)]
    estimate: EstimateDto,
}

impl From<Estimated> for DocumentEstimateDto {
    fn from(estimated: Estimated) -> Self {
        Self { tokens: 0, total_price: 0, currency: "USD", estimate: estimated.into() }
    }
}

/// What indexing would make of uploads.
#[utoipa::path(post, path = "/console/api/datasets/indexing-estimate", request_body = EstimateFields,
    responses((status = 200, body = EstimateDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn of_files(
    user: ConsoleUser,
    Valid(body): Valid<EstimateFields>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<EstimateDto>, ApiError> {
    let caller = actor(&user);
    let rule = body.indexing.process_rule.as_ref();
    let rule = rule.ok_or_else(|| ApiError::invalid_field("process_rule", "process_rule is required"))?;
    let rule = ProcessRule::for_estimate(rule).map_err(|e| ApiError::invalid_field("process_rule", e.to_string()))?;
    let settings = body.indexing.settings()?;
    if let Some(dataset) = body.dataset_id {
        knowledge.require(&caller, dataset).await?;
    }
    let of = EstimateOf {
        files: knowledge.uploads(&caller, body.info_list.files()?).await?,
        rule,
        form: settings.form,
        language: settings.language,
        technique: settings.technique,
        dataset: body.dataset_id,
        summary_index_setting: settings.summary_index_setting,
    };
    Ok(web::Json(knowledge.estimate(&caller, of).await?.into()))
}

/// What indexing will make of the documents of a batch.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/batch/{batch}/indexing-estimate",
    params(("dataset_id" = String, Path), ("batch" = String, Path)),
    responses((status = 200, body = DocumentEstimateDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn of_batch(
    user: ConsoleUser,
    path: web::Path<(DatasetId, String)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<DocumentEstimateDto>, ApiError> {
    let (dataset, batch) = path.into_inner();
    Ok(web::Json(knowledge.estimate_batch(&actor(&user), dataset, &batch).await?.into()))
}

/// What indexing will make of a document.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/documents/{document_id}/indexing-estimate",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)),
    responses((status = 200, body = DocumentEstimateDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn of_document(
    user: ConsoleUser,
    path: web::Path<(DatasetId, DocumentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<DocumentEstimateDto>, ApiError> {
    let (dataset, document) = path.into_inner();
    Ok(web::Json(knowledge.estimate_document(&actor(&user), dataset, document).await?.into()))
}
