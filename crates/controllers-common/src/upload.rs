//! One file in a multipart body.
//!
//! The extractor only takes hold of the body, so that who calls is decided before a byte of it is read. Reading then
//! checks the file's name as soon as it is known and its size while it arrives: a body that is too large is never
//! held in memory. Form fields may come before or after the file.

mod recording;

use actix_multipart::{Field, Multipart};
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, dev};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use models::upload_file::UploadFile;
use models::{AccountId, Caller, TenantId};
use services::files::{FileError, Files, Incoming};
use uuid::Uuid;

use crate::error::ApiError;

/// The part that holds the file.
const FILE: &str = "file";
/// Value of `source` for files that a dataset is to index.
const DATASETS: &str = "datasets";
/// Longest form field.
const FIELD_LIMIT: usize = 64 * 1024;
/// Most bytes of parts that nobody asked for.
const IGNORED_LIMIT: usize = 16 * 1024 * 1024;

/// A body that is still to be read.
pub struct Upload {
    multipart: Multipart,
    declared: bool,
    /// Of a file that comes without one.
    default_type: Option<&'static str>,
    guard: Option<Guard>,
}

/// Looks at the fields before the file, and may refuse it unread.
type Guard = Box<dyn Fn(&Form) -> Result<(), ApiError>>;

impl FromRequest for Upload {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let declared = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let declared = declared.trim_start().to_ascii_lowercase().starts_with("multipart/form-data");
        std::future::ready(Ok(Self {
            multipart: Multipart::new(request.headers(), payload.take()),
            declared,
            default_type: None,
            guard: None,
        }))
    }
}

/// A file as it came in, and the form fields beside it.
#[derive(Debug)]
pub struct Received {
    pub name: String,
    /// As the client says.
    pub mime_type: Option<String>,
    pub bytes: Bytes,
    pub form: Form,
}

/// Fields of the form; empty ones count as missing.
#[derive(Debug, Default)]
pub struct Form {
    pub user: Option<String>,
    pub source: Option<String>,
    /// JSON text.
    pub data: Option<String>,
    /// Where the file is, in place of the file.
    pub url: Option<String>,
    pub upload_token: Option<String>,
}

impl Form {
    /// Whether a dataset is to index the file.
    pub fn for_datasets(&self) -> bool {
        self.source.as_deref() == Some(DATASETS)
    }

    fn set(&mut self, name: &str, value: &[u8]) {
        let text = || Some(String::from_utf8_lossy(value).replace('\0', "")).filter(|t| !t.is_empty());
        match name {
            "user" => self.user = text(),
            "source" => self.source = text(),
            "data" => self.data = text(),
            "url" => self.url = text(),
            "upload_token" => self.upload_token = text(),
            _ => {}
        }
    }
}

impl Received {
    /// Puts the file away for its owner.
    ///
    /// # Errors
    /// What [`Files::accept`] or [`Files::store`] refuses.
    pub async fn store(self, files: &Files, tenant: TenantId, owner: Caller) -> Result<UploadFile, ApiError> {
        let for_datasets = self.form.for_datasets();
        let incoming = Incoming { tenant, owner, name: self.name, mime_type: self.mime_type, for_datasets };
        Ok(files.store(files.accept(incoming)?, self.bytes).await?)
    }
}

/// What has been seen of the files in a body.
#[derive(Default)]
enum Seen {
    #[default]
    Nothing,
    File(Box<FilePart>),
    /// Reported only when the whole body is known to hold no second file.
    Refused(ApiError),
}

struct FilePart {
    name: String,
    mime_type: Option<String>,
    bytes: Bytes,
}

impl Upload {
    /// Takes a file that comes without a type for bytes of any kind: where its name says what it is. Some clients send
    /// no type.
    #[must_use]
    pub fn of_any_type(self) -> Self {
        Self { default_type: Some("application/octet-stream"), ..self }
    }

    /// Has the fields that come before the file looked at, so that a file may be refused before a byte of it is read.
    #[must_use]
    pub fn guarded(self, guard: impl Fn(&Form) -> Result<(), ApiError> + 'static) -> Self {
        Self { guard: Some(Box::new(guard)), ..self }
    }

    /// Reads the body to its end.
    ///
    /// # Errors
    /// `no_file_uploaded`, `too_many_files`, `filename_not_exists_error`, `file_too_large`, and what
    /// [`Files::accept`] refuses.
    pub async fn read(self, files: &Files) -> Result<Received, ApiError> {
        if !self.declared {
            return Err(no_file());
        }
        let (received, form) = self.read_optional(files).await?;
        received.map(|received| Received { form, ..received }).ok_or_else(no_file)
    }

    /// The same for a body whose file may be missing; then there are only the fields.
    ///
    /// # Errors
    /// As [`Self::read`], but for `no_file_uploaded`.
    pub async fn read_optional(mut self, files: &Files) -> Result<(Option<Received>, Form), ApiError> {
        if !self.declared {
            return Ok((None, Form::default()));
        }
        let (mut seen, mut form, mut ignored) = (Seen::Nothing, Form::default(), IGNORED_LIMIT);
        while let Some(part) = self.multipart.next().await {
            let mut part = part.map_err(|e| broken(&e))?;
            let name = part.name().unwrap_or_default().to_owned();
            match file_name(&part) {
                None => form.set(&name, &collect(&mut part, FIELD_LIMIT).await?.ok_or_else(field_too_large)?),
                Some(_) if name != FILE => return Err(too_many()),
                Some(file) if matches!(seen, Seen::Nothing) => {
                    if let Some(guard) = &self.guard {
                        guard(&form)?;
                    }
                    seen = take(files, file, self.default_type, &mut part, &mut ignored).await?;
                }
                Some(_) => skip(&mut part, &mut ignored).await?,
            }
        }
        match seen {
            Seen::Nothing => Ok((None, form)),
            Seen::Refused(error) => Err(error),
            Seen::File(part) => {
                let FilePart { name, mime_type, bytes } = *part;
                Ok((Some(Received { name, mime_type, bytes, form: Form::default() }), form))
            }
        }
    }
}

/// Reads the file, unless its name is reason enough to refuse it.
async fn take(
    files: &Files,
    name: String,
    default_type: Option<&str>,
    part: &mut Field,
    ignored: &mut usize,
) -> Result<Seen, ApiError> {
    let mime_type = part.content_type().map(|mime| mime.essence_str()).or(default_type).map(str::to_owned);
    let refused = if name.is_empty() {
        unnamed()
    } else {
        // Who owns the file may be in a later part; name and kind do not depend on it.
        let owner = Caller::Account(AccountId(Uuid::nil()));
        let incoming = Incoming {
            tenant: TenantId(Uuid::nil()),
            owner,
            name: name.clone(),
            mime_type: mime_type.clone(),
            for_datasets: false,
        };
        match files.accept(incoming) {
            Ok(accepted) => {
                let limit = usize::try_from(accepted.limit()).unwrap_or(usize::MAX);
                let bytes = collect(part, limit).await?.ok_or_else(|| accepted.too_large())?;
                return Ok(Seen::File(Box::new(FilePart { name, mime_type, bytes })));
            }
            Err(fault) => fault.into(),
        }
    };
    skip(part, ignored).await?;
    Ok(Seen::Refused(refused))
}

/// All bytes of a part; `None` if there are more than `limit`.
async fn collect(part: &mut Field, limit: usize) -> Result<Option<Bytes>, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = part.next().await {
        let piece = piece.map_err(|e| broken(&e))?;
        if bytes.len().saturating_add(piece.len()) > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes.freeze()))
}

async fn skip(part: &mut Field, left: &mut usize) -> Result<(), ApiError> {
    while let Some(piece) = part.next().await {
        let piece = piece.map_err(|e| broken(&e))?;
        *left = left.checked_sub(piece.len()).ok_or_else(|| ApiError::from(FileError::TooLarge { limit_mb: 16 }))?;
    }
    Ok(())
}

/// The name of a part that is a file; other parts are fields.
fn file_name(part: &Field) -> Option<String> {
    let disposition = part.content_disposition()?;
    let extended = || disposition.get_filename_ext().map(|e| String::from_utf8_lossy(&e.value).into_owned());
    disposition.get_filename().map(str::to_owned).or_else(extended)
}

fn shape(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, message)
}

/// The fault of a body without a file.
pub fn no_file() -> ApiError {
    shape("no_file_uploaded", "Please upload your file.")
}

fn too_many() -> ApiError {
    shape("too_many_files", "Only one file is allowed.")
}

fn unnamed() -> ApiError {
    shape("filename_not_exists_error", "The specified filename does not exist.")
}

fn field_too_large() -> ApiError {
    let message = format!("A form field is larger than {FIELD_LIMIT} bytes.");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_entity_too_large", message)
}

fn broken(error: &actix_multipart::MultipartError) -> ApiError {
    ApiError::bad_request(format!("The multipart body could not be read: {error}"))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
