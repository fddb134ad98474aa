//! New documents, in a dataset that is there or in one that begins with them.

use actix_web::web;
use controllers_common::auth::DatasetEditor;
use controllers_common::dto::knowledge::DocumentDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use models::document::CreatedFrom;
use models::{DatasetId, DatasetPermission};
use serde::Serialize;
use services::knowledge::{Actor, AddedDocuments, Knowledge, NewDocuments, Replaced};
use utoipa::ToSchema;
use uuid::Uuid;

use super::actor;
use super::knowledge_config::KnowledgeConfig;
use crate::answers::seconds;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetOfBatch {
    id: Uuid,
    name: String,
    description: Option<String>,
    #[schema(value_type = String)]
    permission: DatasetPermission,
    data_source_type: Option<String>,
    indexing_technique: Option<String>,
    created_by: Uuid,
    created_at: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Batch {
    dataset: DatasetOfBatch,
    documents: Vec<DocumentDto>,
    /// Of the documents that were made together.
    batch: String,
}

async fn answer(caller: &Actor, knowledge: &Knowledge, added: AddedDocuments) -> Result<web::Json<Batch>, ApiError> {
    let AddedDocuments { dataset, documents, batch } = added;
    let shown = knowledge.shown(caller, &dataset, documents).await?;
    Ok(web::Json(Batch {
        dataset: DatasetOfBatch {
            id: dataset.id.0,
            name: dataset.name,
            description: dataset.description,
            permission: dataset.permission,
            data_source_type: dataset.data_source_type.map(|kind| kind.to_string()),
            indexing_technique: dataset.indexing_technique.map(|technique| technique.to_string()),
            created_by: dataset.created_by.0,
            created_at: seconds(dataset.created_at),
        },
        documents: shown.into_iter().map(DocumentDto::from).collect(),
        batch,
    }))
}

async fn documents(caller: &Actor, knowledge: &Knowledge, config: &KnowledgeConfig) -> Result<NewDocuments, ApiError> {
    let source = config.data_source.as_ref();
    let source = source.ok_or_else(|| ApiError::invalid_field("data_source", "data_source is required"))?;
    let settings = config.indexing.settings()?;
    Ok(NewDocuments {
        files: knowledge.uploads(caller, source.info_list.files()?).await?,
        settings,
        replace_same_name: config.duplicate.unwrap_or(true),
        created_from: CreatedFrom::Web,
    })
}

/// Make a dataset out of documents.
#[utoipa::path(post, path = "/console/api/datasets/init", request_body = KnowledgeConfig,
    responses((status = 200, body = Batch), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn init(
    user: DatasetEditor,
    Valid(config): Valid<KnowledgeConfig>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Batch>, ApiError> {
    let caller = actor(&user);
    let new = documents(&caller, &knowledge, &config).await?;
    let added = knowledge.init(&caller, new).await?;
    answer(&caller, &knowledge, added).await
}

/// Add documents to a dataset, or put other contents in the place of one.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/documents", params(("dataset_id" = String, Path)),
    request_body = KnowledgeConfig, responses((status = 200, body = Batch), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    user: DatasetEditor,
    dataset: web::Path<DatasetId>,
    Valid(config): Valid<KnowledgeConfig>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Batch>, ApiError> {
    let caller = actor(&user);
    let Some(original) = config.original_document_id else {
        let new = documents(&caller, &knowledge, &config).await?;
        return answer(&caller, &knowledge, knowledge.add(&caller, *dataset, new).await?).await;
    };
    let mut settings = config.indexing.settings()?;
    if config.indexing.doc_form.is_none() {
        settings.form = knowledge.document(&caller, *dataset, original).await?.0.document.doc_form;
    }
    let file = match &config.data_source {
        Some(source) => knowledge.uploads(&caller, source.info_list.files()?).await?.into_iter().next(),
        None => None,
    };
    let replaced = Replaced { file, name: config.name, settings, created_from: CreatedFrom::Web };
    let added = knowledge.replace(&caller, *dataset, original, replaced).await?;
    answer(&caller, &knowledge, added).await
}
