//! Documents whose text is in the request.

use actix_web::web;
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::dto::knowledge::DocumentDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::indexing_fields::IndexingFields;
use controllers_common::valid::Valid;
use models::document::CreatedFrom;
use models::upload_file::UploadFile;
use models::{Caller, DatasetId, DocumentId};
use serde::{Deserialize, Serialize};
use services::files::Files;
use services::knowledge::{Actor, AddedDocuments, Knowledge, NewDocuments, Replaced};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CreateByText {
    name: String,
    text: String,
    /// Replaces this document.
    original_document_id: Option<Uuid>,
    #[serde(flatten)]
    indexing: IndexingFields,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Indexed {
    document: DocumentDto,
    /// Of the documents that were made together.
    batch: String,
}

/// Make a document out of a text.
#[utoipa::path(post, path = "/v1/datasets/{dataset_id}/document/create-by-text", params(("dataset_id" = String, Path)), tag = "Documents",
    request_body = CreateByText, responses((status = 200, body = Indexed), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    caller: DatasetCaller,
    dataset: web::Path<DatasetId>,
    Valid(body): Valid<CreateByText>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<Indexed>, ApiError> {
    let settings = body.indexing.settings()?;
    let file = store(&caller, &files, &body.name, body.text).await?;
    if let Some(original) = body.original_document_id {
        let replaced = Replaced { file: Some(file), name: Some(body.name), settings, created_from: CreatedFrom::Api };
        let added = knowledge.replace(&caller, *dataset, DocumentId(original), replaced).await?;
        return answer(&caller, &knowledge, added).await;
    }
    let new = NewDocuments { files: vec![file], settings, replace_same_name: true, created_from: CreatedFrom::Api };
    let added = knowledge.add(&caller, *dataset, new).await?;
    answer(&caller, &knowledge, added).await
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct UpdateByText {
    name: Option<String>,
    text: Option<String>,
    #[serde(flatten)]
    indexing: IndexingFields,
}

/// Put another text in the place of a document, or have it split in another way.
#[utoipa::path(post, path = "/v1/datasets/{dataset_id}/documents/{document_id}/update-by-text", params(("dataset_id" = String, Path), ("document_id" = String, Path)), tag = "Documents",
    request_body = UpdateByText, responses((status = 200, body = Indexed), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn update(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId)>,
    Valid(body): Valid<UpdateByText>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<Indexed>, ApiError> {
    let (dataset, document) = path.into_inner();
    let text = body.text.filter(|text| !text.is_empty());
    if text.is_none() && body.indexing.process_rule.is_none() {
        return Err(ApiError::invalid_param("Either text or process_rule is required."));
    }
    let mut settings = body.indexing.settings()?;
    if body.indexing.doc_form.is_none() {
        settings.form = knowledge.document(&caller, dataset, document).await?.0.document.doc_form;
    }
    let file = match (text, &body.name) {
        (None, _) => None,
        (Some(_), None) => {
            return Err(ApiError::invalid_field("name", "Document name is required when text is provided."));
        }
        (Some(text), Some(name)) => Some(store(&caller, &files, name, text).await?),
    };
    let replaced = Replaced { file, name: body.name, settings, created_from: CreatedFrom::Api };
    let added = knowledge.replace(&caller, dataset, document, replaced).await?;
    answer(&caller, &knowledge, added).await
}

/// Keeps a text as a file, from which it is indexed like any other.
async fn store(caller: &Actor, files: &Files, name: &str, text: String) -> Result<UploadFile, ApiError> {
    Ok(files.store_text(caller.tenant, Caller::Account(caller.account), name, text).await?)
}

/// What was made, as it is shown.
pub(super) async fn answer(
    caller: &Actor,
    knowledge: &Knowledge,
    added: AddedDocuments,
) -> Result<web::Json<Indexed>, ApiError> {
    let AddedDocuments { dataset, documents, batch } = added;
    let shown = knowledge.shown(caller, &dataset, documents).await?.pop();
    let document = shown.ok_or_else(|| ApiError::not_found("Document not found."))?;
    Ok(web::Json(Indexed { document: DocumentDto::from(document), batch }))
}
