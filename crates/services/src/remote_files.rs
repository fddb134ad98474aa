//! Files at a URL that somebody names: what they are, and taking them in. All requests go through the guarded client.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use egress::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use egress::{Client, EgressError, Method, Response, next_chunk};
use models::upload_file::UploadFile;
use models::{Caller, TenantId};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::files::{FileError, Files, Incoming};

/// Longest wait for the headers of a file.
const PATIENCE: Duration = Duration::from_secs(3);
/// Longest wait for a whole file.
const TRANSFER: Duration = Duration::from_secs(60);
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);
const UNKNOWN_TYPE: &str = storage::sniff::UNKNOWN;

/// Extensions for files whose URL has none.
const EXTENSIONS: [(&str, &str); 14] = [
    ("application/json", "json"),
    ("application/pdf", "pdf"),
    ("audio/mp4", "m4a"),
    ("audio/mpeg", "mp3"),
    ("audio/wav", "wav"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("image/webp", "webp"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("text/plain", "txt"),
    ("video/mp4", "mp4"),
];

#[derive(Debug, thiserror::Error)]
pub enum RemoteFileError {
    /// Nothing useful came from there.
    #[error("Failed to reach the file: {0}")]
    Unreachable(#[from] EgressError),
    #[error(transparent)]
    File(#[from] FileError),
}

/// What the server at the URL says of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    pub mime_type: String,
    /// `None` if it does not say.
    pub length: Option<u64>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct RemoteFiles {
    http: Client,
    files: Files,
}

impl RemoteFiles {
    pub fn new(http: Client, files: Files) -> Self {
        Self { http, files }
    }

    /// Asks what is at a URL, without reading it.
    ///
    /// # Errors
    /// `Unreachable`, after several attempts.
    pub async fn look(&self, url: &str) -> Result<RemoteFile, RemoteFileError> {
        let response = self.reach(url, PATIENCE).await?;
        let mime_type = text(&response, &CONTENT_TYPE).unwrap_or_else(|| UNKNOWN_TYPE.to_owned());
        let length = text(&response, &CONTENT_LENGTH).and_then(|length| length.parse().ok());
        Ok(RemoteFile { mime_type, length })
    }

    /// Fetches the file at a URL and stores it.
    ///
    /// # Errors
    /// `Unreachable`, or what is refused of the file.
    pub async fn take(&self, tenant: TenantId, owner: Caller, url: &str) -> Result<UploadFile, RemoteFileError> {
        let response = succeeded(self.http.get(url)?.timeout(TRANSFER).send().await?)?;
        let mime_type =
            text(&response, &CONTENT_TYPE).map(|t| essence(&t)).filter(|t| !t.is_empty() && t != UNKNOWN_TYPE);
        let name = name(&response, mime_type.as_deref());
        let mime_type = mime_type.unwrap_or_else(|| storage::sniff::sniff(&[], &name).mime_type);
        let incoming = Incoming { tenant, owner, name, mime_type: Some(mime_type), for_datasets: false };
        let accepted = self.files.accept(incoming)?;
        let bytes = read(response, accepted.limit()).await?.ok_or_else(|| accepted.too_large())?;
        Ok(self.files.store(accepted, bytes).await?)
    }

    /// The headers of the file; many servers refuse `HEAD`, so that `GET` decides.
    async fn reach(&self, url: &str, patience: Duration) -> Result<Response, EgressError> {
        let mut attempt = 1;
        loop {
            let head = self.http.request(Method::HEAD, url)?.timeout(patience).send().await;
            if let Ok(response) = head
                && response.status().is_success()
            {
                return Ok(response);
            }
            match self.http.get(url)?.timeout(patience).send().await {
                Ok(response) => return succeeded(response),
                Err(e) if attempt >= ATTEMPTS || !may_pass(&e) => return Err(e),
                Err(e) => tracing::debug!(error = %e, attempt, "a remote file was not reached; trying again"),
            }
            tokio::time::sleep(PAUSE * attempt).await;
            attempt += 1;
        }
    }
}

/// Whether another attempt may fare better.
fn may_pass(e: &EgressError) -> bool {
    matches!(e, EgressError::Connect { .. } | EgressError::Timeout | EgressError::Transfer { .. })
}

fn succeeded(response: Response) -> Result<Response, EgressError> {
    let status = response.status();
    if status.is_success() { Ok(response) } else { Err(EgressError::Status { status: status.as_u16() }) }
}

/// The body; `None` if it is larger than `limit`.
async fn read(mut response: Response, limit: u64) -> Result<Option<Bytes>, EgressError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut bytes = BytesMut::new();
    while let Some(piece) = next_chunk(&mut response).await? {
        if bytes.len().saturating_add(piece.len()) > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes.freeze()))
}

fn text(response: &Response, name: &HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

fn essence(mime_type: &str) -> String {
    mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn name(response: &Response, mime_type: Option<&str>) -> String {
    let disposition = text(response, &CONTENT_DISPOSITION);
    let path = response.url().path().to_owned();
    choose_name(disposition.as_deref(), &path, mime_type)
}

/// What the server calls the file, else what its URL does, else a name of ours.
fn choose_name(disposition: Option<&str>, path: &str, mime_type: Option<&str>) -> String {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let given = disposition.and_then(|text| {
        text.split(';')
            .find_map(|part| part.trim().strip_prefix("filename=").map(|name| decoded(name.trim_matches('"'))))
    });
    let in_path = decoded(path.rsplit('/').next().unwrap_or_default());
    // A name may hold no path; the rest is checked like any upload's.
    let last = |name: String| name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let name = given.map(last).filter(|name| !name.is_empty()).unwrap_or_else(|| last(in_path));
    let name = if name.is_empty() { Uuid::new_v4().simple().to_string() } else { name };
    if !storage::sniff::extension(&name).is_empty() {
        return name;
    }
    let known = EXTENSIONS.iter().find(|(known, _)| Some(*known) == mime_type);
    known.map_or_else(|| name.clone(), |(_, extension)| format!("{name}.{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_header_then_url() {
        let name = |disposition, path, mime_type| choose_name(disposition, path, mime_type);
        assert_eq!(name(Some("attachment; filename=\"a b.pdf\""), "/x.bin", None), "a b.pdf");
        assert_eq!(name(Some("inline; filename=../../etc/passwd.txt"), "/x.bin", None), "passwd.txt");
        assert_eq!(name(Some("inline"), "/files/r%C3%A9sum%C3%A9.pdf", None), "résumé.pdf");
        assert_eq!(name(None, "/download", Some("image/png")), "download.png");
        let made = name(None, "/", Some("image/png"));
        assert_eq!((made.len(), made.ends_with(".png")), (36, true));
    }
}
