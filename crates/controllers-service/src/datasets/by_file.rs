//! Documents that are files.

use actix_web::web;
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::indexing_fields::IndexingFields;
use controllers_common::upload::{Received, Upload};
use models::document::CreatedFrom;
use models::upload_file::UploadFile;
use models::{Caller, DatasetId, DocumentId};
use serde::Deserialize;
use services::files::{FileError, Files};
use services::knowledge::{Actor, Knowledge, NewDocuments, Replaced};

use super::by_text::{Indexed, answer};

/// The part `data`: JSON text beside the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FileData {
    original_document_id: Option<DocumentId>,
    name: Option<String>,
    #[serde(flatten)]
    indexing: IndexingFields,
}

impl FileData {
    fn read(text: Option<&str>) -> Result<Self, ApiError> {
        let Some(text) = text else { return Ok(Self::default()) };
        serde_json::from_str(text).map_err(|e| ApiError::invalid_field("data", format!("data: {e}")))
    }
}

/// Make a document out of a file.
#[utoipa::path(post, path = "/v1/datasets/{dataset_id}/document/create-by-file", params(("dataset_id" = String, Path)), tag = "Documents",
    responses((status = 200, body = Indexed), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    caller: DatasetCaller,
    dataset: web::Path<DatasetId>,
    upload: Upload,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<Indexed>, ApiError> {
    let received = upload.of_any_type().read(&files).await?;
    let data = FileData::read(received.form.data.as_deref())?;
    let settings = data.indexing.settings()?;
    let file = store(&caller, &files, received).await?;
    if let Some(original) = data.original_document_id {
        let replaced = Replaced { file: Some(file), name: data.name, settings, created_from: CreatedFrom::Api };
        let added = knowledge.replace(&caller, *dataset, original, replaced).await?;
        return answer(&caller, &knowledge, added).await;
    }
    let new = NewDocuments { files: vec![file], settings, replace_same_name: true, created_from: CreatedFrom::Api };
    let added = knowledge.add(&caller, *dataset, new).await?;
    answer(&caller, &knowledge, added).await
}

/// Put another file in the place of a document, or have it split in another way.
#[utoipa::path(post, path = "/v1/datasets/{dataset_id}/documents/{document_id}/update-by-file", params(("dataset_id" = String, Path), ("document_id" = String, Path)), tag = "Documents",
    responses((status = 200, body = Indexed), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn update(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId)>,
    upload: Upload,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<Indexed>, ApiError> {
    let (dataset, document) = path.into_inner();
    let (received, form) = upload.of_any_type().read_optional(&files).await?;
    let data = FileData::read(form.data.as_deref())?;
    let mut settings = data.indexing.settings()?;
    if data.indexing.doc_form.is_none() {
        settings.form = knowledge.document(&caller, dataset, document).await?.0.document.doc_form;
    }
    let file = match received {
        Some(received) => Some(store(&caller, &files, received).await?),
        None => None,
    };
    let replaced = Replaced { file, name: data.name, settings, created_from: CreatedFrom::Api };
    let added = knowledge.replace(&caller, dataset, document, replaced).await?;
    answer(&caller, &knowledge, added).await
}

/// Only kinds that can be indexed.
async fn store(caller: &Actor, files: &Files, mut received: Received) -> Result<UploadFile, ApiError> {
    received.form.source = Some("datasets".to_owned());
    match received.store(files, caller.tenant, Caller::Account(caller.account)).await {
        Err(error) if error.code() == "unsupported_file_type" => {
            Err(ApiError::invalid_param(FileError::UnsupportedType.to_string()))
        }
        other => other,
    }
}
