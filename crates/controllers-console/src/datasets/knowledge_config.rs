//! How the Console says what is to become documents, and how.

use actix_web::http::StatusCode;
use controllers_common::error::ApiError;
use controllers_common::indexing_fields::IndexingFields;
use models::{DocumentId, UploadFileId};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// Where documents come from, and how they are to be indexed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct KnowledgeConfig {
    pub data_source: Option<DataSource>,
    /// Replaces this document.
    #[schema(value_type = Option<String>)]
    pub original_document_id: Option<DocumentId>,
    /// An upload takes the place of the document that has its name; true where it is left out.
    pub duplicate: Option<bool>,
    pub name: Option<String>,
    #[serde(flatten)]
    pub indexing: IndexingFields,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DataSource {
    pub info_list: InfoList,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InfoList {
    /// `upload_file`; `notion_import` and `website_crawl` are refused by this release.
    pub data_source_type: String,
    pub file_info_list: Option<FileList>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct FileList {
    #[schema(value_type = Vec<String>)]
    pub file_ids: Vec<UploadFileId>,
}

impl InfoList {
    /// The uploads that are named.
    ///
    /// # Errors
    /// `invalid_param` for sources that this release does not read.
    pub(super) fn files(&self) -> Result<&[UploadFileId], ApiError> {
        match self.data_source_type.as_str() {
            "upload_file" => {}
            "notion_import" => return Err(not_read("Notion pages")),
            "website_crawl" => return Err(not_read("Web sites")),
            other => {
                let known = "upload_file, notion_import, website_crawl";
                let text = format!("data_source_type: `{other}` is none of {known}");
                return Err(ApiError::invalid_field("data_source_type", text));
            }
        }
        let files = self.file_info_list.as_ref();
        let files = files.ok_or_else(|| ApiError::invalid_field("file_info_list", "file_info_list is required"))?;
        Ok(&files.file_ids)
    }
}

/// What is not built answers that it is not.
pub(super) fn not_read(what: &str) -> ApiError {
    let text = format!("{what} cannot be imported by this release. Please upload files instead.");
    ApiError::new(StatusCode::BAD_REQUEST, "invalid_param", text)
}
