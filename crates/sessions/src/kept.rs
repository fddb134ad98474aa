//! What waits a while for somebody to come back for it, such as an import that is to be confirmed.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::Sessions;
use crate::error::SessionsError;

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/take.lua")));

/// What is kept, such as `app_import_info`: the first part of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeptKind(pub &'static str);

impl KeptKind {
    fn key(self, id: Uuid) -> String {
        format!("{}:{id}", self.0)
    }
}

impl Sessions {
    /// Keeps `payload` under an id, in place of what is there, until `ttl` is over.
    ///
    /// # Errors
    /// When Redis fails, or the payload cannot be written as JSON.
    pub async fn keep<T: Serialize + Sync>(
        &self,
        kind: KeptKind,
        id: Uuid,
        payload: &T,
        ttl: Duration,
    ) -> Result<(), SessionsError> {
        let mut set = redis::cmd("SET");
        set.arg(kind.key(id)).arg(serde_json::to_vec(payload)?).arg("EX").arg(ttl.as_secs().max(1));
        Ok(set.exec_async(&mut self.link.conn()).await?)
    }

    /// What is kept under an id; it stays.
    ///
    /// # Errors
    /// When Redis fails or the payload is of another type.
    pub async fn kept<T: DeserializeOwned>(&self, kind: KeptKind, id: Uuid) -> Result<Option<T>, SessionsError> {
        let payload: Option<Vec<u8>> = redis::cmd("GET").arg(kind.key(id)).query_async(&mut self.link.conn()).await?;
        Ok(payload.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
    }

    /// What was kept under an id; it is gone from now on. Of two racing callers one gets it.
    ///
    /// # Errors
    /// When Redis fails or the payload is of another type.
    pub async fn take_kept<T: DeserializeOwned>(&self, kind: KeptKind, id: Uuid) -> Result<Option<T>, SessionsError> {
        let payload: Option<Vec<u8>> = TAKE.key(kind.key(id)).invoke_async(&mut self.link.conn()).await?;
        Ok(payload.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
    }
}
