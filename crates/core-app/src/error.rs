//! Why a generation could not begin, or how it failed.

use core_model_runtime::InvokeError;
use core_rag::retrieve::RetrieveError;
use core_rag::store::StoreError;
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
    /// The store of vectors.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Datasets could not be searched; the text says why.
    #[error("{0}")]
    Retrieval(String),
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

impl From<RetrieveError> for GenerateError {
    fn from(e: RetrieveError) -> Self {
        match e {
            RetrieveError::Store(e) => Self::Store(e),
            RetrieveError::Db(e) => Self::Database(e),
            e @ (RetrieveError::Deadline | RetrieveError::Embed(_)) => Self::Retrieval(e.to_string()),
            RetrieveError::Several(several) => Self::of_several(several.into_iter().map(Self::from).collect()),
        }
    }
}

impl GenerateError {
    /// Whether another model might answer where this one did not.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Invoke(error) if error.is_outage())
    }

    /// A fault of ours hides the others; what is told of the others is told once.
    fn of_several(mut errors: Vec<Self>) -> Self {
        if let Some(ours) = errors.iter().position(|error| error.wire().status >= 500) {
            return errors.swap_remove(ours);
        }
        let mut told: Vec<String> = Vec::new();
        for message in errors.iter().map(|error| error.wire().message) {
            if !told.contains(&message) {
                told.push(message);
            }
        }
        match errors.pop() {
            Some(one) if told.len() == 1 => one,
            _ => Self::Retrieval(told.join(";\n")),
        }
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
            Self::Invoke(_) | Self::Retrieval(_) => ("completion_request_error", 400),
            Self::Store(e) => of_store(e),
            Self::Overloaded => ("too_many_requests", 429),
            Self::ShuttingDown | Self::Database(_) | Self::Storage(_) | Self::Internal(_) => {
                ("internal_server_error", 500)
            }
        };
        let message = match self {
            Self::Store(e) if status < 500 => e.told(),
            Self::Store(_) | Self::Database(_) | Self::Storage(_) | Self::Internal(_) => {
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
            | Self::Retrieval(_)
            | Self::ShuttingDown
            | Self::Overloaded => self.to_string(),
        };
        WireError { code, status, message }
    }
}

/// A store that does not do its part is like a model that does not; one that is not what the dataset needs is for the
/// owner of the dataset.
const fn of_store(error: &StoreError) -> (&'static str, u16) {
    match error {
        StoreError::Unreachable(_) | StoreError::Refused { .. } | StoreError::Answer(_) => {
            ("completion_request_error", 400)
        }
        StoreError::Dimensions { .. } | StoreError::UnknownKind(_) | StoreError::Unsupported(_) => {
            ("invalid_param", 400)
        }
        StoreError::NotFinite(_)
        | StoreError::QueryNotFinite
        | StoreError::NoCollection(_)
        | StoreError::Name(_)
        | StoreError::NoExtension
        | StoreError::NotConfigured(..)
        | StoreError::Db(_) => ("internal_server_error", 500),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_faults_are_told_once_each() {
        let away = || RetrieveError::Store(StoreError::Unreachable("10.0.0.7:6333".to_owned()));
        let told = |errors| GenerateError::from(RetrieveError::Several(errors)).wire();
        let one = told(vec![away(), away()]);
        assert_eq!((one.code, one.status), ("completion_request_error", 400));
        assert_eq!(one.message, "The vector store is not reachable. Please try again later.");
        let two = told(vec![away(), RetrieveError::Deadline]);
        assert_eq!((two.code, two.message.lines().count()), ("completion_request_error", 2), "{}", two.message);
        let ours = told(vec![away(), RetrieveError::Store(StoreError::NoExtension), RetrieveError::Deadline]);
        assert_eq!((ours.code, ours.status), ("internal_server_error", 500));
    }
}
