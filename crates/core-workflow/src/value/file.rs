//! Files as values: what is known of a file, not its bytes.

use serde::{Deserialize, Serialize};

use super::Value;

/// What a file is used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    Image,
    Document,
    Audio,
    Video,
    Custom,
}

/// Where a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferMethod {
    RemoteUrl,
    LocalFile,
    ToolFile,
    DatasourceFile,
}

impl FileKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Document => "document",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Custom => "custom",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Image, Self::Document, Self::Audio, Self::Video, Self::Custom]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

impl TransferMethod {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RemoteUrl => "remote_url",
            Self::LocalFile => "local_file",
            Self::ToolFile => "tool_file",
            Self::DatasourceFile => "datasource_file",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::RemoteUrl, Self::LocalFile, Self::ToolFile, Self::DatasourceFile]
            .into_iter()
            .find(|method| method.as_str() == text)
    }
}

/// A file that a run was given or that a node made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Identity of this mention; may be absent for files of the outside world.
    pub id: Option<String>,
    pub tenant_id: String,
    #[serde(rename = "type")]
    pub kind: FileKind,
    pub transfer_method: TransferMethod,
    /// Address of a file of the outside world.
    pub remote_url: Option<String>,
    /// The row that describes the stored file.
    pub related_id: Option<String>,
    pub filename: Option<String>,
    /// With its dot.
    pub extension: Option<String>,
    pub mime_type: Option<String>,
    /// Bytes; -1 when unknown.
    pub size: i64,
    /// Where a client can fetch it: signed for stored files.
    pub url: Option<String>,
}

/// Marks an object as a file, in JSON.
pub(crate) const IDENTITY: &str = "__dify__file__";

impl File {
    /// What a selector's third part reads. `None` if a file has no such attribute.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        let optional = |text: &Option<String>| text.as_deref().map_or(Value::None, Value::from);
        Some(match name {
            "type" => Value::from(self.kind.as_str()),
            "size" => Value::Integer(self.size),
            "name" => optional(&self.filename),
            "mime_type" => optional(&self.mime_type),
            "transfer_method" => Value::from(self.transfer_method.as_str()),
            "url" => optional(&self.url),
            "extension" => optional(&self.extension),
            "related_id" => optional(&self.related_id),
            _ => return None,
        })
    }

    /// The address that a client may be shown.
    pub fn address(&self) -> &str {
        self.url.as_deref().or(self.remote_url.as_deref()).unwrap_or_default()
    }

    /// An image shown, anything else linked.
    pub fn markdown(&self) -> String {
        let address = self.address();
        let name = self.filename.as_deref().unwrap_or_default();
        if self.kind == FileKind::Image {
            return format!("![{name}]({address})");
        }
        format!("[{}]({address})", if name.is_empty() { address } else { name })
    }

    /// The object that clients and code nodes are shown.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "dify_model_identity": IDENTITY,
            "id": self.id,
            "tenant_id": self.tenant_id,
            "type": self.kind.as_str(),
            "transfer_method": self.transfer_method.as_str(),
            "remote_url": self.remote_url,
            "related_id": self.related_id,
            "filename": self.filename,
            "extension": self.extension,
            "mime_type": self.mime_type,
            "size": self.size,
            "url": self.url,
        })
    }

    /// The file of such an object; `None` if it is none.
    pub fn from_json(object: &serde_json::Map<String, serde_json::Value>) -> Option<Self> {
        let text = |key: &str| object.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        if object.get("dify_model_identity").and_then(serde_json::Value::as_str) != Some(IDENTITY) {
            return None;
        }
        Some(Self {
            id: text("id"),
            tenant_id: text("tenant_id").unwrap_or_default(),
            kind: text("type").and_then(|kind| FileKind::parse(&kind)).unwrap_or(FileKind::Custom),
            transfer_method: TransferMethod::parse(&text("transfer_method")?)?,
            remote_url: text("remote_url"),
            related_id: text("related_id"),
            filename: text("filename"),
            extension: text("extension"),
            mime_type: text("mime_type"),
            size: object.get("size").and_then(serde_json::Value::as_i64).unwrap_or(-1),
            url: text("url"),
        })
    }
}
