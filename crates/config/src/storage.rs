//! Where files live: `STORAGE_TYPE` (`opendal`, `local`, `s3`, `azure-blob`, `google-storage`), `OPENDAL_SCHEME`,
//! `OPENDAL_FS_ROOT`, `STORAGE_LOCAL_PATH`, and the `S3_*`, `AZURE_BLOB_*`, `GOOGLE_STORAGE_*` variables of Dify.

use secrecy::SecretString;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone)]
pub enum StorageKind {
    Folder {
        path: String,
    },
    S3 {
        endpoint: Option<String>,
        region: String,
        bucket: String,
        access_key: Option<SecretString>,
        secret_key: Option<SecretString>,
        path_style: bool,
    },
    Azure {
        account: String,
        key: SecretString,
        container: String,
        endpoint: String,
    },
    Google {
        bucket: String,
        service_account_base64: Option<SecretString>,
    },
}

#[derive(Debug, Clone)]
pub struct StorageSettings {
    pub kind: StorageKind,
    /// Seconds for which a signed link is valid (`FILES_ACCESS_TIMEOUT`).
    pub link_life_seconds: u64,
}

impl StorageSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let link_life_seconds = reader.parsed("FILES_ACCESS_TIMEOUT", 300)?;
        let kind = reader.text("STORAGE_TYPE", "local");
        let scheme = if kind == "opendal" { reader.text("OPENDAL_SCHEME", "fs") } else { kind };
        let kind = match scheme.as_str() {
            "fs" | "local" => {
                let old = reader.optional_text("STORAGE_LOCAL_PATH");
                let path = reader.text("OPENDAL_FS_ROOT", old.as_deref().unwrap_or(".data/storage"));
                StorageKind::Folder { path }
            }
            "s3" => StorageKind::S3 {
                endpoint: reader.optional_text("S3_ENDPOINT"),
                region: reader.text("S3_REGION", "us-east-1"),
                bucket: required(reader, "S3_BUCKET_NAME")?,
                access_key: reader.secret("S3_ACCESS_KEY"),
                secret_key: reader.secret("S3_SECRET_KEY"),
                path_style: reader.text("S3_ADDRESS_STYLE", "auto") == "path",
            },
            "azure-blob" | "azblob" => StorageKind::Azure {
                account: required(reader, "AZURE_BLOB_ACCOUNT_NAME")?,
                key: reader.secret("AZURE_BLOB_ACCOUNT_KEY").ok_or_else(|| missing("AZURE_BLOB_ACCOUNT_KEY"))?,
                container: required(reader, "AZURE_BLOB_CONTAINER_NAME")?,
                endpoint: required(reader, "AZURE_BLOB_ACCOUNT_URL")?,
            },
            "google-storage" | "gcs" => StorageKind::Google {
                bucket: required(reader, "GOOGLE_STORAGE_BUCKET_NAME")?,
                service_account_base64: reader.secret("GOOGLE_STORAGE_SERVICE_ACCOUNT_JSON_BASE64"),
            },
            other => {
                let reason = "expected local, s3, azure-blob or google-storage".to_owned();
                return Err(SettingsError::Invalid { name: "STORAGE_TYPE", value: other.to_owned(), reason });
            }
        };
        Ok(Self { kind, link_life_seconds })
    }
}

fn required(reader: &mut Reader<'_>, name: &'static str) -> Result<String, SettingsError> {
    reader.optional_text(name).ok_or_else(|| missing(name))
}

fn missing(name: &'static str) -> SettingsError {
    SettingsError::Invalid { name, value: String::new(), reason: "this storage needs it".to_owned() }
}
