//! Uploaded files: taking them in, and giving them out to whoever holds a signed link.

mod answer_links;
pub mod archive;
mod names;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::Utc;
use config::UploadSettings;
use core_rag::extract::ExtractError;
use models::db::{DbError, Pool, PoolError, QueryError};
use models::message_file::MessageFile;
use models::tool_file::ToolFile;
use models::upload_file::UploadFile;
use models::{AppId, Caller, TenantId, UploadFileId};
use sha3::{Digest, Sha3_256};
use storage::scan::{ScanError, Scanner, Verdict};
use storage::signed_links::{LinkKind, LinkSigner, Signature};
use storage::{Storage, StorageError};
use uuid::Uuid;

use crate::files::names::Name;
pub(crate) use crate::files::names::seen;

/// Bytes of a declared type.
const LONGEST_TYPE: usize = 255;
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
    /// It came with no message.
    #[error("The requested file was not found.")]
    NotAttached,
    /// It came with a message of another app.
    #[error("Access to the requested file is denied.")]
    AccessDenied,
    /// With the scanner's name for what it found.
    #[error("The file was refused: the virus scanner found {0}.")]
    Infected(String),
    /// The scanner gave no verdict.
    #[error("The file could not be checked for viruses. Please try again later.")]
    NotScanned(#[source] ScanError),
    /// A document whose text cannot be read; says why.
    #[error("{0}")]
    Unreadable(String),
    /// The same, but perhaps only now.
    #[error("{0}")]
    Busy(String),
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

impl From<ExtractError> for FileError {
    fn from(e: ExtractError) -> Self {
        match e {
            ExtractError::Busy | ExtractError::TimedOut(_) => Self::Busy(e.to_string()),
            ExtractError::UnsupportedExtension(_)
            | ExtractError::UnsupportedMimeType(_)
            | ExtractError::UnknownType
            | ExtractError::Broken { .. }
            | ExtractError::Encrypted { .. }
            | ExtractError::TooLarge(_)
            | ExtractError::Panicked { .. } => Self::Unreadable(e.to_string()),
        }
    }
}

impl FileError {
    /// Whether the file is refused, rather than something being out of order.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Storage(_) | Self::Db(_) | Self::NotScanned(_) | Self::Busy(_) => false,
            Self::InvalidName
            | Self::UnsupportedType
            | Self::ExtensionBlocked(_)
            | Self::TooLarge { .. }
            | Self::NotFound
            | Self::NotAttached
            | Self::AccessDenied
            | Self::Infected(_)
            | Self::Unreadable(_) => true,
        }
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
    /// `None`: uploads are not scanned.
    scanner: Option<Scanner>,
}

/// A checked upload whose bytes are still to come.
pub struct Accepted {
    incoming: Incoming,
    name: Name,
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

/// What is hashed at once; a fraction of a millisecond.
const HASHED_AT_ONCE: usize = 64 * 1024;

/// The hash of a file, piece by piece: whoever else is served on this thread does not wait for a large one.
async fn hash_of(bytes: &[u8]) -> String {
    let mut hasher = Sha3_256::new();
    for piece in bytes.chunks(HASHED_AT_ONCE) {
        hasher.update(piece);
        tokio::task::yield_now().await;
    }
    hex::encode(hasher.finalize())
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
        let scanner = limits.scan.clone().map(Scanner::new);
        Self { pool, storage, links, limits: Arc::new(limits), base_url: base_url.into(), storage_kind, scanner }
    }

    pub fn limits(&self) -> &UploadSettings {
        &self.limits
    }

    /// Whether datasets take files with this extension (lower case, without the dot).
    pub fn is_document(&self, extension: &str) -> bool {
        self.limits.document_extensions.contains(&extension)
    }

    /// A link to a file that opens it for a while.
    pub fn preview_url(&self, id: UploadFileId) -> String {
        self.links.file_preview_url(&self.base_url, &id.to_string())
    }

    /// The same, but the browser saves the file.
    pub fn attachment_url(&self, id: UploadFileId) -> String {
        format!("{}&as_attachment=true", self.preview_url(id))
    }

    /// The same to a file that a tool made.
    pub fn tool_file_url(&self, file: &ToolFile) -> String {
        self.links.tool_file_url(&self.base_url, &file.id.to_string(), &file.extension())
    }

    /// An answer to be shown: the signed links in it open their files again.
    pub fn answer<'a>(&self, stored: &'a str) -> Cow<'a, str> {
        answer_links::signed_anew(&self.links, &self.base_url, stored)
    }

    /// A text in which links to these files open them; links to others stay as they are, because anybody can write one.
    pub fn with_open_links(&self, text: &str, files: &[UploadFileId]) -> String {
        files.iter().fold(text.to_owned(), |text, id| {
            let signed = self.preview_url(*id);
            ["image-preview", "file-preview"]
                .iter()
                .fold(text, |text, kind| text.replace(&format!("(/files/{id}/{kind})"), &format!("({signed})")))
        })
    }

    /// Checks name and kind, before any byte is read.
    ///
    /// # Errors
    /// `InvalidName`, `UnsupportedType` or `ExtensionBlocked`.
    pub fn accept(&self, incoming: Incoming) -> Result<Accepted, FileError> {
        let name = Name::read(&incoming.name).ok_or(FileError::InvalidName)?;
        if incoming.mime_type.as_deref().is_none_or(|kind| kind.is_empty() || kind.len() > LONGEST_TYPE) {
            return Err(FileError::UnsupportedType);
        }
        let extension = name.effective_extension();
        if self.limits.extension_blacklist.contains(&extension) {
            return Err(FileError::ExtensionBlocked(extension));
        }
        if incoming.for_datasets && !self.is_document(&name.extension) {
            return Err(FileError::UnsupportedType);
        }
        let megabytes = match name.extension.as_str() {
            e if IMAGES.contains(&e) => self.limits.image_mb,
            e if VIDEOS.contains(&e) => self.limits.video_mb,
            e if AUDIOS.contains(&e) => self.limits.audio_mb,
            _ => self.limits.file_mb,
        };
        Ok(Accepted { incoming, name, limit: megabytes * MEGABYTE })
    }

    /// Has the bytes scanned where a scanner is set, then stores them and then the row: a row never names bytes that
    /// are not there.
    ///
    /// # Errors
    /// `TooLarge`, `Infected`, `NotScanned`, or a fault of storage or database.
    pub async fn store(&self, accepted: Accepted, bytes: bytes::Bytes) -> Result<UploadFile, FileError> {
        if bytes.len() as u64 > accepted.limit {
            return Err(accepted.too_large());
        }
        let Accepted { incoming, name, .. } = accepted;
        self.scan(&incoming, &bytes).await?;
        let key = format!("upload_files/{}/{}.{}", incoming.tenant, Uuid::new_v4(), name.path_extension());
        let hash = hash_of(&bytes).await;
        let size = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.storage.put(&key, bytes).await?;
        let id = UploadFileId::random();
        let file = UploadFile {
            id,
            tenant_id: incoming.tenant,
            storage_type: self.storage_kind.to_owned(),
            key,
            name: name.shown,
            size,
            extension: name.extension,
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

    /// Keeps a text as a file of its own, whose name need not be one of a file.
    ///
    /// # Errors
    /// `TooLarge`, or a fault of storage or database.
    pub async fn store_text(
        &self,
        tenant: TenantId,
        owner: Caller,
        name: &str,
        text: String,
    ) -> Result<UploadFile, FileError> {
        let name = Name::of_text(name);
        let mime_type = Some("text/plain".to_owned());
        let incoming = Incoming { tenant, owner, name: name.shown.clone(), mime_type, for_datasets: true };
        self.store(Accepted { incoming, name, limit: self.limits.file_mb * MEGABYTE }, text.into()).await
    }

    /// Keeps a picture that was in a document.
    ///
    /// # Errors
    /// `TooLarge`, what the scanner refuses, or a fault of storage or database.
    pub async fn store_picture(
        &self,
        tenant: TenantId,
        owner: Caller,
        name: String,
        mime_type: String,
        bytes: bytes::Bytes,
    ) -> Result<UploadFile, FileError> {
        let name = Name::read(&name).ok_or(FileError::InvalidName)?;
        let incoming =
            Incoming { tenant, owner, name: name.shown.clone(), mime_type: Some(mime_type), for_datasets: false };
        self.store(Accepted { incoming, name, limit: self.limits.image_mb * MEGABYTE }, bytes).await
    }

    async fn scan(&self, incoming: &Incoming, bytes: &[u8]) -> Result<(), FileError> {
        let Some(scanner) = &self.scanner else { return Ok(()) };
        match scanner.scan(bytes).await.map_err(FileError::NotScanned)? {
            Verdict::Clean | Verdict::Unknown => Ok(()),
            Verdict::Infected(found) => {
                let owner = incoming.owner.id();
                tracing::warn!(tenant.id = %incoming.tenant, owner.id = %owner, found, "an infected file was refused");
                Err(FileError::Infected(found))
            }
        }
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

    /// A file that came with a message of the app, and its bytes.
    ///
    /// # Errors
    /// `NotAttached`, `AccessDenied`; `NotFound` if its bytes are gone.
    pub async fn open_of_app(
        &self,
        tenant: TenantId,
        app: AppId,
        id: UploadFileId,
    ) -> Result<(UploadFile, bytes::Bytes), FileError> {
        let row = {
            let mut conn = self.pool.get().await?;
            match MessageFile::came_to(&mut conn, app, id).await? {
                None => return Err(FileError::NotAttached),
                Some(false) => return Err(FileError::AccessDenied),
                Some(true) => UploadFile::find_all(&mut conn, tenant, &[id]).await?.pop(),
            }
        };
        self.read(row.ok_or(FileError::AccessDenied)?).await
    }

    async fn read(&self, row: UploadFile) -> Result<(UploadFile, bytes::Bytes), FileError> {
        match self.storage.get(&row.key).await {
            Ok(bytes) => Ok((row, bytes)),
            Err(StorageError::NotFound(_)) => Err(FileError::NotFound),
            Err(other) => Err(other.into()),
        }
    }
}
