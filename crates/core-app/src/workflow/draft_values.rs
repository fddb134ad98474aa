//! Values of draft variables that are too large for their rows: the row keeps the beginning, a file the whole.
//!
//! Texts are files of plain text, everything else is JSON. Where a file cannot be stored the row keeps the whole: a
//! node that is tried alone must find what the last try left.

use std::collections::HashMap;

use bytes::Bytes;
use chrono::Utc;
use models::db::{AsyncPgConnection, QueryResult};
use models::draft_variable::{DraftVariable, DraftVariableFile};
use models::upload_file::UploadFile;
use models::{AccountId, AppId, Caller, TenantId, UploadFileId};
use serde_json::{Value as Json, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::offload::{LARGEST, PATIENCE};
use super::truncation::{ALWAYS_FITS, truncate_value};
use crate::error::GenerateError;
use crate::files::{Files, Kept};

/// The type whose files are plain text.
const STRING: &str = "string";
/// Bytes of whole values that one try may read.
const MOST_READ: i64 = 4 * 64 * 1024 * 1024;

/// Whose value it is.
#[derive(Debug, Clone, Copy)]
pub struct ValueOwner {
    pub tenant: TenantId,
    pub app: AppId,
    /// Who has tried, or changed it.
    pub by: Caller,
}

/// A value as the row of a variable keeps it.
#[derive(Debug)]
pub struct StoredValue {
    /// JSON text.
    pub value: String,
    /// Where the whole of it is, if the row has only the beginning. These rows are still to be written.
    pub file: Option<(UploadFile, DraftVariableFile)>,
}

impl StoredValue {
    const fn whole(value: String) -> Self {
        Self { value, file: None }
    }

    pub fn file_id(&self) -> Option<Uuid> {
        self.file.as_ref().map(|(_, file)| file.id)
    }

    /// Writes the rows of its file; within the transaction that writes the variable.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write_file(&self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        let Some((upload, file)) = &self.file else { return Ok(()) };
        UploadFile::insert(conn, upload).await?;
        DraftVariableFile::insert_all(conn, std::slice::from_ref(file)).await
    }
}

impl Files {
    /// The value (JSON text) of a variable as its row keeps it. What is too large is stored first: no connection may be
    /// held meanwhile.
    pub async fn draft_value(&self, owner: ValueOwner, name: &str, value_type: &str, value: String) -> StoredValue {
        self.draft_value_until(Instant::now() + PATIENCE, owner, name, value_type, value).await
    }

    pub(super) async fn draft_value_until(
        &self,
        deadline: Instant,
        owner: ValueOwner,
        name: &str,
        value_type: &str,
        value: String,
    ) -> StoredValue {
        if value.len() <= ALWAYS_FITS {
            return StoredValue::whole(value);
        }
        let Ok(parsed) = serde_json::from_str::<Json>(&value) else { return StoredValue::whole(value) };
        let length = match &parsed {
            Json::Array(items) => i32::try_from(items.len()).ok(),
            Json::Object(map) => i32::try_from(map.len()).ok(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => None,
        };
        let text = parsed.as_str().filter(|_| value_type == STRING);
        let plain = text.map(|text| Bytes::copy_from_slice(text.as_bytes()));
        let (beginning, true) = truncate_value(parsed) else { return StoredValue::whole(value) };
        let beginning = beginning.to_string();
        if value.len() > LARGEST {
            tracing::warn!(app.id = %owner.app, bytes = value.len(), "a variable of a draft is too large to be kept whole");
            return StoredValue::whole(beginning);
        }
        let (extension, mime_type) = if plain.is_some() { ("txt", "text/plain") } else { ("json", "application/json") };
        let bytes = plain.unwrap_or_else(|| Bytes::copy_from_slice(value.as_bytes()));
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let kept = Kept { tenant: owner.tenant, by: owner.by, name: file_name(name, extension), mime_type, bytes };
        let upload = match self.keep_until(deadline, kept).await {
            Ok(upload) => upload,
            Err(error) => {
                tracing::warn!(
                    app.id = %owner.app, error = %error,
                    "a large variable of a draft could not be stored; its row keeps the whole"
                );
                return StoredValue::whole(value);
            }
        };
        let file = DraftVariableFile {
            id: Uuid::now_v7(),
            created_at: Utc::now().naive_utc(),
            tenant_id: owner.tenant,
            app_id: owner.app,
            user_id: AccountId(owner.by.id()),
            upload_file_id: upload.id,
            size,
            length,
            value_type: value_type.to_owned(),
        };
        StoredValue { value: beginning, file: Some((upload, file)) }
    }

    /// The whole values of those of the variables that have a file, by its id. The connection is given back before the
    /// files are read.
    pub(super) async fn whole_draft_values(
        &self,
        tenant: TenantId,
        rows: impl Iterator<Item = &DraftVariable>,
    ) -> Result<HashMap<Uuid, Json>, GenerateError> {
        let ids: Vec<Uuid> = rows.filter_map(|row| row.file_id).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut conn = self.pool.get().await?;
        let files = DraftVariableFile::find_all(&mut conn, tenant, &ids).await?;
        let uploads: Vec<UploadFileId> = files.iter().map(|file| file.upload_file_id).collect();
        let uploads = UploadFile::find_all(&mut conn, tenant, &uploads).await?;
        drop(conn);
        if files.iter().map(|file| file.size).sum::<i64>() > MOST_READ {
            return Err(GenerateError::InvalidParam("the variables that the node reads are too large".to_owned()));
        }
        let mut values = HashMap::new();
        for file in files {
            let upload = uploads.iter().find(|upload| upload.id == file.upload_file_id);
            let upload = upload.ok_or_else(|| unreadable(&"its file is gone"))?;
            let bytes = self.storage.get(&upload.key).await?;
            let value = if file.value_type == STRING {
                json!(String::from_utf8_lossy(&bytes))
            } else {
                serde_json::from_slice(&bytes).map_err(|e| unreadable(&e))?
            };
            values.insert(file.id, value);
        }
        Ok(values)
    }
}

fn unreadable(why: &dyn std::fmt::Display) -> GenerateError {
    GenerateError::Internal(format!("the whole of a large variable cannot be read: {why}"))
}

/// Named after the variable, as far as names of files may be.
fn file_name(name: &str, extension: &str) -> String {
    let stem: String = name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).take(100).collect();
    if stem.is_empty() { format!("value.{extension}") } else { format!("{stem}.{extension}") }
}
