//! Keeping bytes that a run or a builder has made, beside the rows that name them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use models::upload_file::UploadFile;
use models::{Caller, TenantId, UploadFileId};
use storage::StorageError;
use tokio::time::Instant;
use uuid::Uuid;

use super::Files;

/// How long a storage that has failed is left alone: an outage must not cost every run its patience.
const REST: Duration = Duration::from_secs(10);
/// More bytes than this may be late without the storage being at fault.
const QUICK: usize = 4 * 1024 * 1024;

/// When the storage may be asked again, after it has failed. One for the process; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct StorageRest(Arc<Mutex<Option<Instant>>>);

impl StorageRest {
    fn begin(&self, now: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now + REST);
    }

    fn is_on(&self, now: Instant) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|end| now < end)
    }
}

/// Why bytes could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    #[error("the storage failed a moment ago")]
    Rests,
    #[error("the storage is too slow")]
    Late,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Bytes with what their row is to say.
pub(crate) struct Kept {
    pub tenant: TenantId,
    pub by: Caller,
    /// With its extension.
    pub name: String,
    pub mime_type: &'static str,
    pub bytes: Bytes,
}

impl Files {
    /// Stores bytes, if that is possible until then. The file's row is still to be written, together with whatever names
    /// it.
    pub(crate) async fn keep_until(&self, deadline: Instant, kept: Kept) -> Result<UploadFile, KeepError> {
        let Kept { tenant, by, name, mime_type, bytes } = kept;
        if self.rest.is_on(Instant::now()) {
            return Err(KeepError::Rests);
        }
        let extension = storage::sniff::extension(&name);
        let key = format!("upload_files/{tenant}/{}.{extension}", Uuid::new_v4());
        let length = bytes.len();
        match tokio::time::timeout_at(deadline, self.storage.put(&key, bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                self.rest.begin(Instant::now());
                return Err(error.into());
            }
            Err(_elapsed) => {
                if length <= QUICK {
                    self.rest.begin(Instant::now());
                }
                return Err(KeepError::Late);
            }
        }
        Ok(UploadFile {
            id: UploadFileId::random(),
            tenant_id: tenant,
            storage_type: self.storage_kind.to_owned(),
            key,
            name,
            size: i32::try_from(length).unwrap_or(i32::MAX),
            extension,
            mime_type: Some(mime_type.to_owned()),
            created_by_role: by.role(),
            created_by: by.id(),
            created_at: Utc::now().naive_utc(),
            used: true,
            hash: None,
            source_url: String::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_ends() {
        let (rest, now) = (StorageRest::default(), Instant::now());
        assert!(!rest.is_on(now));
        rest.begin(now);
        assert!(rest.clone().is_on(now) && !rest.is_on(now + REST));
    }
}
