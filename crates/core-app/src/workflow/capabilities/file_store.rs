//! Bytes of files that a run was given, and files that its nodes make.

use std::sync::Arc;
use std::time::Duration;

use ::models::tool_file::{NewToolFile, ToolFile};
use ::models::upload_file::UploadFile;
use ::models::{FileTransferMethod, FileType, TenantId, UploadFileId};
use async_trait::async_trait;
use bytes::Bytes;
use core_workflow::capabilities::{FileError, FileStore, NewFile};
use core_workflow::value::{File, FileKind, TransferMethod};
use uuid::Uuid;

use super::Beneficiary;
use crate::engine::EngineParts;
use crate::error::GenerateError;
use crate::files::FileReference;

/// Longest wait for a file of the outside world.
const FETCH_LIMIT: Duration = Duration::from_secs(60);

pub(super) struct StoredFiles {
    pub(super) parts: Arc<EngineParts>,
    pub(super) whom: Beneficiary,
}

/// A file value as the message modes name files.
pub(super) async fn reference(
    parts: &EngineParts,
    tenant: TenantId,
    file: &File,
) -> Result<FileReference, GenerateError> {
    let kind = match file.kind {
        FileKind::Image => FileType::Image,
        FileKind::Document => FileType::Document,
        FileKind::Audio => FileType::Audio,
        FileKind::Video => FileType::Video,
        FileKind::Custom => FileType::Custom,
    };
    if file.transfer_method != TransferMethod::LocalFile {
        let url = file.remote_url.clone().or_else(|| file.url.clone());
        return Ok(FileReference { kind, method: FileTransferMethod::RemoteUrl, url, upload: None });
    }
    let upload = upload(parts, tenant, file).await?;
    Ok(FileReference { kind, method: FileTransferMethod::LocalFile, url: None, upload: Some(upload) })
}

async fn upload(parts: &EngineParts, tenant: TenantId, file: &File) -> Result<UploadFile, GenerateError> {
    let missing = || GenerateError::InvalidParam("Invalid upload file".to_owned());
    let id: UploadFileId = file.related_id.as_deref().and_then(|id| id.parse().ok()).ok_or_else(missing)?;
    let mut conn = parts.pool.get().await?;
    let found = UploadFile::find_all(&mut conn, tenant, &[id]).await?;
    found.into_iter().next().ok_or_else(missing)
}

impl StoredFiles {
    async fn bytes(&self, file: &File, max: usize) -> Result<Bytes, GenerateError> {
        let parts = &self.parts;
        match file.transfer_method {
            TransferMethod::LocalFile => {
                let upload = upload(parts, self.whom.tenant, file).await?;
                Ok(parts.files.storage.get(&upload.key).await?)
            }
            TransferMethod::ToolFile => {
                let missing = || GenerateError::InvalidParam("Invalid tool file".to_owned());
                let id: Uuid = file.related_id.as_deref().and_then(|id| id.parse().ok()).ok_or_else(missing)?;
                let mut conn = parts.pool.get().await?;
                let found = ToolFile::find(&mut conn, self.whom.tenant, id).await?.ok_or_else(missing)?;
                drop(conn);
                Ok(parts.files.storage.get(&found.file_key).await?)
            }
            TransferMethod::RemoteUrl | TransferMethod::DatasourceFile => {
                let url = file.remote_url.as_deref().or(file.url.as_deref()).unwrap_or_default();
                let max = u64::try_from(max).unwrap_or(u64::MAX);
                let fetched =
                    parts.files.http.fetch_limited(url, max, FETCH_LIMIT).await.map_err(|e| {
                        GenerateError::InvalidParam(format!("The file at {url} cannot be fetched: {e}"))
                    })?;
                Ok(fetched.bytes)
            }
        }
    }
}

#[async_trait]
impl FileStore for StoredFiles {
    async fn read(&self, file: &File, max: usize) -> Result<Bytes, FileError> {
        let bytes = self.bytes(file, max).await.map_err(|error| FileError(error.wire().message))?;
        if bytes.len() > max {
            return Err(FileError(format!("the file has {} bytes, more than {max}", bytes.len())));
        }
        Ok(bytes)
    }

    async fn store(&self, file: NewFile) -> Result<File, FileError> {
        self.keep(file).await.map_err(|error| {
            tracing::error!(error = %error, "a file that a node made could not be kept");
            FileError(error.wire().message)
        })
    }
}

impl StoredFiles {
    async fn keep(&self, file: NewFile) -> Result<File, GenerateError> {
        let id = Uuid::now_v7();
        let tenant = self.whom.tenant;
        let sniffed = storage::sniff::sniff(&file.bytes, &file.name);
        let extension = if sniffed.extension.is_empty() { "bin".to_owned() } else { sniffed.extension };
        let key = format!("tools/{tenant}/{}.{extension}", id.simple());
        let size = file.bytes.len();
        self.parts.files.storage.put(&key, file.bytes).await?;
        let row = NewToolFile {
            id,
            tenant_id: tenant,
            user_id: self.whom.caller.id(),
            conversation_id: self.whom.conversation.map(|(conversation, _)| conversation.0),
            file_key: &key,
            mimetype: &file.mime_type,
            name: &file.name,
            size: i32::try_from(size).unwrap_or(i32::MAX),
        };
        let mut conn = self.parts.pool.get().await?;
        ToolFile::insert(&mut conn, &row).await?;
        drop(conn);
        let kind = match file.mime_type.split('/').next() {
            Some("image") => FileKind::Image,
            Some("audio") => FileKind::Audio,
            Some("video") => FileKind::Video,
            _ => FileKind::Document,
        };
        let files = &self.parts.files;
        Ok(File {
            id: None,
            tenant_id: tenant.to_string(),
            kind,
            transfer_method: TransferMethod::ToolFile,
            remote_url: None,
            related_id: Some(id.to_string()),
            filename: Some(file.name),
            extension: Some(format!(".{extension}")),
            mime_type: Some(file.mime_type),
            size: i64::try_from(size).unwrap_or(-1),
            url: Some(files.links.tool_file_url(&files.base_url, &id.to_string(), &format!(".{extension}"))),
        })
    }
}
