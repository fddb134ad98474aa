//! Files at a URL that somebody names, as every API tells of them.

use actix_web::HttpRequest;
use models::upload_file::UploadFile;
use serde::{Deserialize, Serialize};
use services::files::Files;
use services::remote_files::{RemoteFile, RemoteFileError};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::error::ApiError;

#[derive(Debug, Serialize, ToSchema)]
pub struct RemoteFileInfo {
    file_type: String,
    /// -1 if unknown.
    file_length: i64,
}

impl From<RemoteFile> for RemoteFileInfo {
    fn from(found: RemoteFile) -> Self {
        let file_length = found.length.and_then(|length| i64::try_from(length).ok()).unwrap_or(-1);
        Self { file_type: found.mime_type, file_length }
    }
}

/// The URL in the path of a request. A query that was not encoded is the URL's, not ours.
pub fn url_in_path(request: &HttpRequest, path: String) -> String {
    match request.query_string() {
        "" => path,
        query => format!("{path}?{query}"),
    }
}

/// Why nothing is known of a file that was only to be looked at.
pub fn not_seen(error: RemoteFileError) -> ApiError {
    match error {
        RemoteFileError::Unreachable(e) => ApiError::invalid_param(format!("The file cannot be reached: {e}")),
        RemoteFileError::File(e) => e.into(),
    }
}

/// Which file to take.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct TakeRequest {
    #[validate(url)]
    pub url: String,
}

/// A file that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenFile {
    id: Uuid,
    name: String,
    size: i32,
    extension: String,
    /// Signed.
    url: String,
    mime_type: Option<String>,
    created_by: Uuid,
    /// Unix seconds.
    created_at: i64,
}

impl TakenFile {
    pub fn new(files: &Files, file: UploadFile) -> Self {
        Self {
            url: files.preview_url(file.id),
            id: file.id.0,
            name: file.name,
            size: file.size,
            extension: file.extension,
            mime_type: file.mime_type,
            created_by: file.created_by,
            created_at: file.created_at.and_utc().timestamp(),
        }
    }
}
