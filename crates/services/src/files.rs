//! Uploaded files: taking them in, and giving them out to whoever holds a signed link.

mod answer_links;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::Utc;
use config::UploadSettings;
use models::db::{DbError, Pool, PoolError, QueryError};
use models::tool_file::ToolFile;
use models::upload_file::UploadFile;
use models::{Caller, TenantId, UploadFileId};
use sha3::{Digest, Sha3_256};
use storage::signed_links::{LinkKind, LinkSigner, Signature};
use storage::{Storage, StorageError};
use uuid::Uuid;

/// Characters that no file name may have.
const FORBIDDEN: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];
const LONGEST_NAME: usize = 200;
const MEGABYTE: u64 = 1024 * 1024;

/// Extensions by the limit that holds for them.
pub const IMAGES: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "svg"];
const VIDEOS: [&str; 4] = ["mp4", "mov", "mpeg", "webm"];
const AUDIOS: [&str; 5] = ["mp3", "m4a", "wav", "amr", "mpga"];

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("The filename contains invalid characters")]
    InvalidName,
    #[error("File type not allowed.")]
    UnsupportedType,
    #[error("File extension '{0}' is not allowed for security reasons")]
    ExtensionBlocked(String),
    #[error("File size exceeded. The limit is {limit_mb} MB.")]
    TooLarge { limit_mb: u64 },
    #[error("File not found or signature is invalid")]
    NotFound,
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for FileError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for FileError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// A file that is about to be taken in.
pub struct Incoming {
    pub tenant: TenantId,
    pub owner: Caller,
    pub name: String,
    /// As the client says.
    pub mime_type: Option<String>,
    /// Only kinds of documents that datasets can index.
    pub for_datasets: bool,
}

/// Extensions that datasets can index.
pub const DOCUMENT_EXTENSIONS: [&str; 13] =
    ["txt", "markdown", "md", "mdx", "pdf", "html", "htm", "xlsx", "xls", "docx", "csv", "vtt", "properties"];

/// Cheap to clone.
#[derive(Clone)]
pub struct Files {
    pool: Pool,
    storage: Storage,
    links: LinkSigner,
    limits: Arc<UploadSettings>,
    /// Base of signed links; empty = relative.
    base_url: Arc<str>,
    storage_kind: &'static str,
}

/// A checked upload whose bytes are still to come.
pub struct Accepted {
    incoming: Incoming,
    extension: String,
    limit: u64,
}

impl Accepted {
    /// Most bytes that may come.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The fault of a file with more bytes.
    pub fn too_large(&self) -> FileError {
        FileError::TooLarge { limit_mb: self.limit / MEGABYTE }
    }
}

impl Files {
    pub fn new(
        pool: Pool,
        storage: Storage,
        links: LinkSigner,
        limits: UploadSettings,
        base_url: &str,
        storage_kind: &'static str,
    ) -> Self {
        Self { pool, storage, links, limits: Arc::new(limits), base_url: base_url.into(), storage_kind }
    }

    pub fn limits(&self) -> &UploadSettings {
        &self.limits
    }

    /// A link to a file that opens it for a while.
    pub fn preview_url(&self, id: UploadFileId) -> String {
        self.links.file_preview_url(&self.base_url, &id.to_string())
    }

    /// The same to a file that a tool made.
    pub fn tool_file_url(&self, file: &ToolFile) -> String {
        self.links.tool_file_url(&self.base_url, &file.id.to_string(), &file.extension())
    }

    /// An answer to be shown: the signed links in it open their files again.
    pub fn answer<'a>(&self, stored: &'a str) -> Cow<'a, str> {
        answer_links::signed_anew(&self.links, &self.base_url, stored)
    }

    /// Checks name and kind, before any byte is read.
    ///
    /// # Errors
    /// `InvalidName`, `UnsupportedType` or `ExtensionBlocked`.
    pub fn accept(&self, mut incoming: Incoming) -> Result<Accepted, FileError> {
        if incoming.name.contains(FORBIDDEN) || incoming.name.chars().any(char::is_control) {
            return Err(FileError::InvalidName);
        }
        if incoming.mime_type.as_deref().is_none_or(str::is_empty) {
            return Err(FileError::UnsupportedType);
        }
        let extension = storage::sniff::extension(&incoming.name);
        if incoming.name.chars().count() > LONGEST_NAME {
            let stem: String = incoming.name.chars().take(LONGEST_NAME).collect();
            incoming.name = format!("{stem}.{extension}");
        }
        if self.limits.extension_blacklist.contains(&extension) {
            return Err(FileError::ExtensionBlocked(extension));
        }
        if incoming.for_datasets && !DOCUMENT_EXTENSIONS.contains(&extension.as_str()) {
            return Err(FileError::UnsupportedType);
        }
        let megabytes = match extension.as_str() {
            e if IMAGES.contains(&e) => self.limits.image_mb,
            e if VIDEOS.contains(&e) => self.limits.video_mb,
            e if AUDIOS.contains(&e) => self.limits.audio_mb,
            _ => self.limits.file_mb,
        };
        Ok(Accepted { incoming, extension, limit: megabytes * MEGABYTE })
    }

    /// Stores the bytes and then the row: a row never names bytes that are not there.
    ///
    /// # Errors
    /// `TooLarge`, or a fault of storage or database.
    pub async fn store(&self, accepted: Accepted, bytes: bytes::Bytes) -> Result<UploadFile, FileError> {
        if bytes.len() as u64 > accepted.limit {
            return Err(accepted.too_large());
        }
        let Accepted { incoming, extension, .. } = accepted;
        let key = format!("upload_files/{}/{}.{extension}", incoming.tenant, Uuid::new_v4());
        let hash = hex::encode(Sha3_256::digest(&bytes));
        let size = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.storage.put(&key, bytes).await?;
        let id = UploadFileId::random();
        let file = UploadFile {
            id,
            tenant_id: incoming.tenant,
            storage_type: self.storage_kind.to_owned(),
            key,
            name: incoming.name,
            size,
            extension,
            mime_type: incoming.mime_type,
            created_by_role: incoming.owner.role(),
            created_by: incoming.owner.id(),
            created_at: Utc::now().naive_utc(),
            used: false,
            hash: Some(hash),
            source_url: String::new(),
        };
        UploadFile::insert(&mut *self.pool.get().await?, &file).await?;
        Ok(file)
    }

    /// The file behind a signed link, and its bytes.
    ///
    /// # Errors
    /// `NotFound` for a wrong or old signature as for an unknown file.
    pub async fn open_signed(
        &self,
        kind: LinkKind,
        id: UploadFileId,
        signature: &Signature,
    ) -> Result<(UploadFile, bytes::Bytes), FileError> {
        if !self.links.verify(kind, &id.to_string(), signature) {
            return Err(FileError::NotFound);
        }
        let row = {
            let mut conn = self.pool.get().await?;
            UploadFile::find_signed(&mut conn, id).await?.ok_or(FileError::NotFound)?
        };
        self.read(row).await
    }

    /// A tool's file behind a signed link, and its bytes.
    ///
    /// # Errors
    /// `NotFound` for a wrong or old signature as for an unknown file.
    pub async fn open_signed_tool_file(
        &self,
        id: Uuid,
        signature: &Signature,
    ) -> Result<(ToolFile, bytes::Bytes), FileError> {
        if !self.links.verify(LinkKind::FilePreview, &id.to_string(), signature) {
            return Err(FileError::NotFound);
        }
        let row = {
            let mut conn = self.pool.get().await?;
            ToolFile::find_signed(&mut conn, id).await?.ok_or(FileError::NotFound)?
        };
        match self.storage.get(&row.file_key).await {
            Ok(bytes) => Ok((row, bytes)),
            Err(StorageError::NotFound(_)) => Err(FileError::NotFound),
            Err(other) => Err(other.into()),
        }
    }

    /// A file of the workspace, and its bytes: for callers whose right to it has been shown.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn open(&self, tenant: TenantId, id: UploadFileId) -> Result<(UploadFile, bytes::Bytes), FileError> {
        let found = UploadFile::find_all(&mut *self.pool.get().await?, tenant, &[id]).await?.pop();
        self.read(found.ok_or(FileError::NotFound)?).await
    }

    async fn read(&self, row: UploadFile) -> Result<(UploadFile, bytes::Bytes), FileError> {
        match self.storage.get(&row.key).await {
            Ok(bytes) => Ok((row, bytes)),
            Err(StorageError::NotFound(_)) => Err(FileError::NotFound),
            Err(other) => Err(other.into()),
        }
    }
}
