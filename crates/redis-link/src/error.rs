//! Why there is no link. Failures of single commands are `redis::RedisError`.

/// Why a link could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    #[error("the Redis URL cannot be used; it should look like redis://:password@host:6379/0")]
    Url(#[source] redis::RedisError),
    #[error("Redis at {address} does not answer")]
    Unreachable { address: String, source: redis::RedisError },
}
