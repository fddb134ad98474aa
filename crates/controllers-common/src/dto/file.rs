//! Files: as an upload answers them, and as a message shows them.

use models::FileType;
use models::upload_file::UploadFile;
use serde::Serialize;
use services::files::Files;
use services::messages::{FileSource, FileView};
use utoipa::ToSchema;
use uuid::Uuid;

/// The answer to an upload. Keys that only other kinds of files have are null.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileDto {
    pub id: Uuid,
    pub name: String,
    pub size: i32,
    pub extension: String,
    pub mime_type: Option<String>,
    pub created_by: Uuid,
    /// Unix seconds.
    pub created_at: i64,
    pub preview_url: Option<String>,
    /// A signed link.
    pub source_url: String,
    pub original_url: Option<String>,
    pub user_id: Option<Uuid>,
    pub tenant_id: Uuid,
    pub conversation_id: Option<Uuid>,
    pub file_key: Option<String>,
}

impl FileDto {
    pub fn new(files: &Files, file: UploadFile) -> Self {
        Self {
            source_url: files.preview_url(file.id),
            id: file.id.0,
            name: file.name,
            size: file.size,
            extension: file.extension,
            mime_type: file.mime_type,
            created_by: file.created_by,
            created_at: file.created_at.and_utc().timestamp(),
            preview_url: None,
            original_url: None,
            user_id: None,
            tenant_id: file.tenant_id.0,
            conversation_id: None,
            file_key: None,
        }
    }
}

/// A file of a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageFileDto {
    pub id: Uuid,
    pub filename: String,
    /// `image`, `document`, `audio`, `video` or `custom`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: FileType,
    /// Signed, or where the file came from.
    pub url: Option<String>,
    pub mime_type: Option<String>,
    pub size: Option<i32>,
    /// `remote_url`, `local_file` or `tool_file`.
    pub transfer_method: String,
    /// `user` or `assistant`.
    pub belongs_to: Option<String>,
    pub upload_file_id: Option<Uuid>,
}

impl MessageFileDto {
    pub fn new(files: &Files, view: FileView) -> Self {
        let FileView { file, source } = view;
        let (url, filename, mime_type, size) = match source {
            FileSource::Upload(upload) => {
                (Some(files.preview_url(upload.id)), upload.name, upload.mime_type, Some(upload.size))
            }
            FileSource::Tool(made) => {
                let size = Some(made.size).filter(|size| *size >= 0);
                (Some(files.tool_file_url(&made)), made.name, Some(made.mimetype), size)
            }
            FileSource::Elsewhere => {
                let filename = file.url.as_deref().map(name_in).unwrap_or_default();
                let mime_type = storage::sniff::sniff(&[], &filename).mime_type;
                (file.url, filename, Some(mime_type), None)
            }
        };
        Self {
            id: file.id.0,
            filename,
            kind: file.kind,
            url,
            mime_type,
            size,
            transfer_method: file.transfer_method.to_string(),
            belongs_to: file.belongs_to,
            upload_file_id: file.upload_file_id,
        }
    }
}

/// The last part of a URL's path.
fn name_in(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_remote_file_is_named_after_its_path() {
        assert_eq!(super::name_in("https://host/a/b.png?x=/c"), "b.png");
        assert_eq!(super::name_in("https://host/"), "");
    }
}
