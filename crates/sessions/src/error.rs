//! What can go wrong with sessions.

#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    #[error("Redis failed: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[from] rand::rngs::SysError),
    #[error("the data of a one-time token cannot be written or read: {0}")]
    Payload(#[from] serde_json::Error),
    #[error("the stored owner of a refresh token is no account id")]
    Account,
}
