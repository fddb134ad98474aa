//! Pictures, sounds and documents among the parts of a question, as file objects of this API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use controllers_common::error::ApiError;
use models::{Caller, TenantId};
use serde_json::{Map, Value, json};
use services::files::{Files, Incoming};

use crate::openai::request::Part;

/// A question's files at most; what apps allow is usually less.
const MOST: usize = 50;

/// Whose files they become.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) tenant: TenantId,
    pub(crate) caller: Caller,
}

/// The file objects of a question; what comes as data is uploaded.
///
/// # Errors
/// `invalid_param` for what cannot be read, and what an upload is refused with.
pub(crate) async fn objects(files: &Files, owner: Owner, parts: &[Part]) -> Result<Vec<Map<String, Value>>, ApiError> {
    let mut objects = Vec::new();
    for part in parts {
        let object = match part {
            Part::Text { .. } | Part::Refusal { .. } => continue,
            Part::ImageUrl { image_url } => match data_of(&image_url.url)? {
                Some(data) => upload(files, owner, data, None).await?,
                None => json!({"type": "image", "transfer_method": "remote_url", "url": image_url.url}),
            },
            Part::InputAudio { input_audio } => {
                let bytes = decoded(&input_audio.data)?;
                let format = input_audio.format.to_ascii_lowercase();
                upload(files, owner, Data { mime_type: format!("audio/{format}"), bytes }, None).await?
            }
            Part::File { file } => match (&file.file_id, &file.file_data) {
                (Some(id), _) => json!({"type": "document", "transfer_method": "local_file", "upload_file_id": id}),
                (None, Some(data)) => {
                    let data = data_of(data)?.ok_or_else(|| unreadable("file_data must be a data: URL"))?;
                    upload(files, owner, data, file.filename.clone()).await?
                }
                (None, None) => return Err(unreadable("a file needs file_id or file_data")),
            },
        };
        if let Value::Object(object) = object {
            objects.push(object);
        }
        if objects.len() > MOST {
            return Err(unreadable(&format!("a question has at most {MOST} files")));
        }
    }
    Ok(objects)
}

struct Data {
    mime_type: String,
    bytes: Bytes,
}

impl Data {
    /// What kind of file it is to an app.
    fn kind(&self) -> &'static str {
        match self.mime_type.split('/').next() {
            Some("image") => "image",
            Some("audio") => "audio",
            Some("video") => "video",
            _ => "document",
        }
    }

    /// A name for what comes without one: its ending decides which limit holds.
    fn name(&self) -> String {
        let subtype = self.mime_type.split('/').nth(1).unwrap_or_default();
        let ending = match subtype {
            "jpeg" => "jpg",
            "svg+xml" => "svg",
            "plain" => "txt",
            "mpeg" if self.kind() == "audio" => "mp3",
            other => other,
        };
        format!("{}.{ending}", self.kind())
    }
}

/// The data of a `data:` URL (RFC 2397); `None` for any other URL.
fn data_of(url: &str) -> Result<Option<Data>, ApiError> {
    let Some(rest) = url.strip_prefix("data:") else { return Ok(None) };
    let wrong = || unreadable("a data: URL must be data:<type>;base64,<data>");
    let (head, data) = rest.split_once(',').ok_or_else(wrong)?;
    let kind = head.strip_suffix(";base64").ok_or_else(wrong)?;
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !kind.contains('/') {
        return Err(wrong());
    }
    Ok(Some(Data { mime_type: kind, bytes: decoded(data)? }))
}

fn decoded(base64: &str) -> Result<Bytes, ApiError> {
    STANDARD.decode(base64.trim()).map(Bytes::from).map_err(|error| unreadable(&format!("no base64: {error}")))
}

async fn upload(files: &Files, owner: Owner, data: Data, name: Option<String>) -> Result<Value, ApiError> {
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| data.name());
    let kind = data.kind();
    let mime_type = Some(data.mime_type);
    let Owner { tenant, caller } = owner;
    let accepted = files.accept(Incoming { tenant, owner: caller, name, mime_type, for_datasets: false })?;
    if u64::try_from(data.bytes.len()).unwrap_or(u64::MAX) > accepted.limit() {
        return Err(accepted.too_large().into());
    }
    let stored = files.store(accepted, data.bytes).await?;
    Ok(json!({"type": kind, "transfer_method": "local_file", "upload_file_id": stored.id}))
}

fn unreadable(message: &str) -> ApiError {
    ApiError::invalid_field("messages", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_urls_are_read() {
        let data = data_of("data:image/PNG;charset=x;base64,aGk=").unwrap().unwrap();
        assert_eq!((data.mime_type.as_str(), data.bytes.as_ref()), ("image/png", b"hi".as_slice()));
        assert_eq!((data.kind(), data.name().as_str()), ("image", "image.png"));
        assert!(data_of("https://example.com/a.png").unwrap().is_none());
        for wrong in ["data:", "data:image/png,hi", "data:;base64,aGk=", "data:image/png;base64,%%%"] {
            assert!(data_of(wrong).is_err(), "{wrong}");
        }
    }
}
