//! Why a generation could not begin, or how it failed.

use core_model_runtime::InvokeError;
use models::db::{DbError, PoolError, QueryError};

#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// An argument or a business rule; the text says which.
    #[error("{0}")]
    InvalidParam(String),
    #[error("Conversation Not Exists.")]
    ConversationNotFound,
    #[error("Conversation Completed.")]
    ConversationCompleted,
    /// The app has no usable configuration.
    #[error("App unavailable, please check your app configurations.")]
    AppUnavailable,
    #[error("{0}")]
    ProviderNotInitialized(String),
    #[error(
        "Your quota for the hosted model provider has been exhausted. Please configure your own model provider credentials."
    )]
    QuotaExceeded,
    #[error("{0}")]
    ModelNotSupported(String),
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// The run was ended by the server's shutdown.
    #[error("The server is shutting down; please send the request again.")]
    ShuttingDown,
    #[error("The server is busy; please try again.")]
    Overloaded,
    #[error(transparent)]
    Database(#[from] DbError),
    #[error("storage: {0}")]
    Storage(#[from] storage::StorageError),
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
}

impl From<QueryError> for GenerateError {
    fn from(e: QueryError) -> Self {
        Self::Database(e.into())
    }
}

impl From<PoolError> for GenerateError {
    fn from(e: PoolError) -> Self {
        Self::Database(e.into())
    }
}

/// What a client is told: the code of the contract, the HTTP status and a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    pub code: &'static str,
    pub status: u16,
    pub message: String,
}

impl GenerateError {
    /// The wire form; the same before the first frame (HTTP) and after it (an `error` event).
    pub fn wire(&self) -> WireError {
        let (code, status) = match self {
            Self::InvalidParam(_) => ("invalid_param", 400),
            Self::ConversationNotFound => ("not_found", 404),
            Self::ConversationCompleted => ("conversation_completed", 400),
            Self::AppUnavailable => ("app_unavailable", 400),
            Self::ProviderNotInitialized(_) => ("provider_not_initialize", 400),
            Self::QuotaExceeded => ("provider_quota_exceeded", 400),
            Self::ModelNotSupported(_) => ("model_currently_not_support", 400),
            Self::Invoke(InvokeError::InvalidParameter { .. }) => ("invalid_param", 400),
            Self::Invoke(InvokeError::ModelNotFound { .. }) => ("provider_not_initialize", 400),
            Self::Invoke(_) => ("completion_request_error", 400),
            Self::Overloaded => ("too_many_requests", 429),
            Self::ShuttingDown | Self::Database(_) | Self::Storage(_) | Self::Internal(_) => {
                ("internal_server_error", 500)
            }
        };
        let message = match self {
            Self::Database(_) | Self::Storage(_) | Self::Internal(_) => {
                "The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.".to_owned()
            }
            Self::Invoke(InvokeError::Unauthorized { .. }) => "Incorrect API key provided".to_owned(),
            Self::InvalidParam(_)
            | Self::ConversationNotFound
            | Self::ConversationCompleted
            | Self::AppUnavailable
            | Self::ProviderNotInitialized(_)
            | Self::QuotaExceeded
            | Self::ModelNotSupported(_)
            | Self::Invoke(_)
            | Self::ShuttingDown
            | Self::Overloaded => self.to_string(),
        };
        WireError { code, status, message }
    }
}
