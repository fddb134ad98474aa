//! Files that come with a question: checked against the app's rules, recorded, and handed to the model.

mod keep;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDateTime;
use core_model_runtime::{AiModel, ContentPart, Feature, ImageDetail, Media, MediaSource};
use models::db::Pool;
use models::message_file::{MessageFile, OF_USER};
use models::upload_file::UploadFile;
use models::{Caller, FileTransferMethod, FileType, MessageFileId, MessageId, TenantId, UploadFileId};
use serde_json::{Map, Value};
use storage::{LinkSigner, Storage};
use uuid::Uuid;

pub(crate) use self::keep::Kept;
pub use self::keep::StorageRest;
use crate::app_config::FileUpload;
use crate::error::GenerateError;

/// Longest wait for a file at a URL, and its largest size.
const FETCH_LIMIT: Duration = Duration::from_secs(60);
const FETCH_BYTES: u64 = 50 * 1024 * 1024;

/// A file as the request, or a past message, names it.
#[derive(Debug, Clone)]
pub struct FileReference {
    pub kind: FileType,
    pub method: FileTransferMethod,
    pub url: Option<String>,
    pub upload: Option<UploadFile>,
}

/// Where files are found.
#[derive(Clone)]
pub struct Files {
    pub pool: Pool,
    pub storage: Storage,
    /// What the rows of files call the storage.
    pub storage_kind: &'static str,
    /// Whether what may be lost is offered to the storage.
    pub rest: StorageRest,
    pub http: egress::Client,
    pub links: LinkSigner,
    /// Base of signed links; empty = relative.
    pub base_url: String,
    /// Hand pictures to the model as links instead of as data.
    pub as_url: bool,
}

impl Files {
    /// Reads the file objects of a request. Items without a transfer method, and remote ones without a URL, are skipped.
    pub(crate) async fn resolve(
        &self,
        tenant: TenantId,
        caller: Caller,
        rules: Option<&FileUpload>,
        items: &[Map<String, Value>],
    ) -> Result<Vec<FileReference>, GenerateError> {
        let Some(rules) = rules else { return Ok(Vec::new()) };
        let mut files = Vec::with_capacity(items.len());
        let mut wanted: Vec<(usize, UploadFileId)> = Vec::new();
        for item in items {
            let text = |key: &str| match item.get(key) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|t| !t.is_empty())),
                Some(_) => Err(invalid(format!("{key} of a file must be a string"))),
            };
            let Some(method) = text("transfer_method")? else { continue };
            let method = FileTransferMethod::parse(method)
                .ok_or_else(|| invalid(format!("Invalid file transfer method: {method}")))?;
            let kind = text("type")?.unwrap_or("custom");
            let kind = FileType::parse(kind).ok_or_else(|| invalid(format!("Invalid file type: {kind}")))?;
            match method {
                FileTransferMethod::RemoteUrl => {
                    let Some(url) = text("url")?.or(text("remote_url")?) else { continue };
                    files.push(FileReference { kind, method, url: Some(url.to_owned()), upload: None });
                }
                FileTransferMethod::LocalFile => {
                    let id = text("upload_file_id")?
                        .and_then(|id| id.parse().ok())
                        .ok_or_else(|| invalid("Invalid upload file id".to_owned()))?;
                    wanted.push((files.len(), id));
                    files.push(FileReference { kind, method, url: None, upload: None });
                }
                FileTransferMethod::ToolFile | FileTransferMethod::DatasourceFile | FileTransferMethod::Unknown => {
                    return Err(invalid(format!("File transfer method {method} is not allowed here")));
                }
            }
        }
        if files.len() > rules.number_limit {
            return Err(invalid(format!("Number of files exceeds the maximum limit {}", rules.number_limit)));
        }
        self.load(tenant, caller, &mut files, &wanted).await?;
        for file in &files {
            check(file, rules)?;
        }
        Ok(files)
    }

    async fn load(
        &self,
        tenant: TenantId,
        caller: Caller,
        files: &mut [FileReference],
        wanted: &[(usize, UploadFileId)],
    ) -> Result<(), GenerateError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let ids: Vec<UploadFileId> = wanted.iter().map(|(_, id)| *id).collect();
        let found = UploadFile::find_all(&mut *self.pool.get().await?, tenant, &ids).await?;
        for (index, id) in wanted {
            // An end user may bring along only what that end user uploaded; members share the workspace's files.
            let own =
                found.iter().find(|f| f.id == *id && (caller.end_user().is_none() || f.created_by == caller.id()));
            let upload = own.ok_or_else(|| invalid("Invalid upload file".to_owned()))?;
            if let Some(file) = files.get_mut(*index) {
                file.upload = Some(upload.clone());
            }
        }
        Ok(())
    }

    /// The files of past messages, by message.
    pub(crate) async fn of_messages(
        &self,
        tenant: TenantId,
        ids: &[MessageId],
    ) -> Result<Vec<(MessageId, FileReference)>, GenerateError> {
        let mut conn = self.pool.get().await?;
        let rows = MessageFile::of_messages(&mut conn, ids).await?;
        let uploads: Vec<UploadFileId> = rows.iter().filter_map(|r| r.upload_file_id.map(UploadFileId)).collect();
        let uploads = UploadFile::find_all(&mut conn, tenant, &uploads).await?;
        let of_user = rows.into_iter().filter(|r| r.belongs_to.as_deref() != Some(models::message_file::OF_ASSISTANT));
        Ok(of_user
            .map(|row| {
                let upload = row.upload_file_id.and_then(|id| uploads.iter().find(|u| u.id.0 == id).cloned());
                (row.message_id, FileReference { kind: row.kind, method: row.transfer_method, url: row.url, upload })
            })
            .collect())
    }

    /// The files as the model gets them. A kind that the model cannot read is left out.
    pub(crate) async fn parts(
        &self,
        schema: &AiModel,
        detail: ImageDetail,
        files: &[FileReference],
    ) -> Result<Vec<ContentPart>, GenerateError> {
        let mut parts = Vec::with_capacity(files.len());
        for file in files {
            let needed = match file.kind {
                FileType::Image => Feature::Vision,
                FileType::Audio => Feature::Audio,
                FileType::Video => Feature::Video,
                FileType::Document | FileType::Custom | FileType::Unknown => Feature::Document,
            };
            if !schema.features.contains(&needed) {
                continue;
            }
            let media = self.media(file).await?;
            parts.push(match file.kind {
                FileType::Image => ContentPart::Image { media, detail },
                FileType::Audio => ContentPart::Audio(media),
                FileType::Video => ContentPart::Video(media),
                FileType::Document | FileType::Custom | FileType::Unknown => ContentPart::Document(media),
            });
        }
        Ok(parts)
    }

    async fn media(&self, file: &FileReference) -> Result<Media, GenerateError> {
        if let Some(upload) = &file.upload {
            let mime_type = upload.mime_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
            let source = if self.as_url {
                MediaSource::Url(self.links.file_preview_url(&self.base_url, &upload.id.to_string()))
            } else {
                MediaSource::Base64(STANDARD.encode(self.storage.get(&upload.key).await?))
            };
            return Ok(Media { format: upload.extension.clone(), source, mime_type, filename: upload.name.clone() });
        }
        let url = file.url.as_deref().ok_or_else(|| invalid("A file has neither a URL nor an upload".to_owned()))?;
        let filename = url.split(['?', '#']).next().and_then(|u| u.rsplit('/').next()).unwrap_or_default().to_owned();
        if self.as_url {
            let sniffed = storage::sniff::sniff(&[], &filename);
            return Ok(Media {
                format: sniffed.extension,
                source: MediaSource::Url(url.to_owned()),
                mime_type: sniffed.mime_type,
                filename,
            });
        }
        let fetched = self
            .http
            .fetch_limited(url, FETCH_BYTES, FETCH_LIMIT)
            .await
            .map_err(|e| invalid(format!("The file at {url} cannot be fetched: {e}")))?;
        let sniffed = storage::sniff::sniff(&fetched.bytes, &filename);
        Ok(Media {
            format: sniffed.extension,
            source: MediaSource::Base64(STANDARD.encode(&fetched.bytes)),
            mime_type: sniffed.mime_type,
            filename,
        })
    }
}

/// The rows that record the files of a message.
pub(crate) fn rows(
    files: &[FileReference],
    message: MessageId,
    caller: Caller,
    now: NaiveDateTime,
) -> Vec<MessageFile> {
    files
        .iter()
        .map(|file| MessageFile {
            id: MessageFileId::random(),
            message_id: message,
            kind: file.kind,
            transfer_method: file.method,
            created_by_role: caller.role(),
            created_by: caller.id(),
            belongs_to: Some(OF_USER.to_owned()),
            url: file.url.clone(),
            upload_file_id: file.upload.as_ref().map(|u| -> Uuid { u.id.0 }),
            created_at: now,
        })
        .collect()
}

fn invalid(message: String) -> GenerateError {
    GenerateError::InvalidParam(message)
}

fn check(file: &FileReference, rules: &FileUpload) -> Result<(), GenerateError> {
    if !rules.methods.contains(&file.method) {
        return Err(invalid(format!("File transfer method {} is not allowed", file.method)));
    }
    if rules.types.contains(&file.kind) && file.kind != FileType::Custom {
        return Ok(());
    }
    let name = file
        .upload
        .as_ref()
        .map(|u| u.extension.clone())
        .or_else(|| file.url.as_deref().map(storage::sniff::extension))
        .unwrap_or_default();
    if rules.types.contains(&FileType::Custom)
        && (rules.extensions.is_empty() || rules.extensions.contains(&name.to_ascii_lowercase()))
    {
        return Ok(());
    }
    Err(invalid(format!("File type {} is not allowed", file.kind)))
}
