//! What can go wrong with runs.

use crate::run::RunId;

#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    #[error("run {0} is live in this process already")]
    AlreadyLive(RunId),
    #[error("`{0}` is not an event cursor")]
    Cursor(String),
    #[error("the stored run {id} cannot be read: {reason}")]
    Damaged { id: RunId, reason: String },
    #[error("Redis failed: {0}")]
    Redis(#[from] redis::RedisError),
}
