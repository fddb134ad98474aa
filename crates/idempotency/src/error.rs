//! What can go wrong with keys.

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("Redis failed: {0}")]
    Redis(#[from] redis::RedisError),
}
