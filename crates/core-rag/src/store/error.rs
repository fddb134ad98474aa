//! What can go wrong with a store.

use egress::EgressError;
use models::db::{DbError, PoolError, QueryError};

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Usually the embedding model, or its size, was changed after the first document was indexed.
    #[error(
        "the vectors of this collection have {expected} dimensions, not {got}; was the embedding model changed? Index the dataset again with the new one"
    )]
    Dimensions { expected: usize, got: usize },
    #[error("vectors of {0} dimensions are not supported by this store")]
    Unsupported(usize),
    /// A vector with NaN or an infinite number in it.
    #[error("the vector of entry {0} has a component that is not a finite number")]
    NotFinite(uuid::Uuid),
    #[error("the vector of the query has a component that is not a finite number")]
    QueryNotFinite,
    /// Written before [`super::VectorStore::ensure`] made it, or while it was dropped.
    #[error("the collection `{0}` does not exist")]
    NoCollection(String),
    #[error("`{0}` cannot be the name of a collection of this store")]
    Name(String),
    #[error("the database has no `vector` extension; install pgvector (0.8 or newer), or choose another VECTOR_STORE")]
    NoExtension,
    #[error(
        "the vector store `{0}` is not supported; set VECTOR_STORE to pgvector or qdrant and move the dataset there"
    )]
    UnknownKind(String),
    #[error("the vector store `{0}` is not configured: {1}")]
    NotConfigured(&'static str, &'static str),
    #[error("the vector store cannot be reached: {0}")]
    Unreachable(String),
    #[error("the vector store refused the request with status {status}: {message}")]
    Refused { status: u16, message: String },
    #[error("the vector store's answer is not understood: {0}")]
    Answer(String),
    #[error(transparent)]
    Db(DbError),
}

impl StoreError {
    /// Whether the same request may succeed a little later.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            Self::Db(error) => error.is_outage(),
            Self::Dimensions { .. }
            | Self::Unsupported(_)
            | Self::NotFinite(_)
            | Self::QueryNotFinite
            | Self::NoCollection(_)
            | Self::Name(_)
            | Self::NoExtension
            | Self::UnknownKind(_)
            | Self::NotConfigured(..)
            | Self::Answer(_) => false,
        }
    }
}

impl StoreError {
    /// What somebody is told who only wanted something found or kept: nothing of where the store is, or of what it says
    /// of itself. The whole is for the log.
    pub fn told(&self) -> String {
        match self {
            Self::Unreachable(_) => "The vector store is not reachable. Please try again later.".to_owned(),
            Self::Refused { .. } if self.is_outage() => {
                "The vector store cannot answer at the moment. Please try again later.".to_owned()
            }
            Self::Refused { .. } => "The vector store refused the request.".to_owned(),
            Self::Answer(_) => "The vector store gave an answer that is not understood.".to_owned(),
            Self::Dimensions { .. }
            | Self::Unsupported(_)
            | Self::NotFinite(_)
            | Self::QueryNotFinite
            | Self::NoCollection(_)
            | Self::Name(_)
            | Self::NoExtension
            | Self::UnknownKind(_)
            | Self::NotConfigured(..)
            | Self::Db(_) => self.to_string(),
        }
    }
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        Self::Db(error.into())
    }
}

/// What the search functions of the database say when a query does not fit a table.
const DIMENSIONS: &str = "ferrify:dimensions:";

impl From<QueryError> for StoreError {
    fn from(error: QueryError) -> Self {
        let QueryError::DatabaseError(_, information) = &error else { return Self::Db(error.into()) };
        let told = information.message().strip_prefix(DIMENSIONS).and_then(|rest| rest.split_once(':'));
        match told.and_then(|(expected, got)| expected.parse().ok().zip(got.parse().ok())) {
            Some((expected, got)) => Self::Dimensions { expected, got },
            None => Self::Db(error.into()),
        }
    }
}

impl From<EgressError> for StoreError {
    fn from(error: EgressError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_where_the_store_is() {
        let refused =
            |status| StoreError::Refused { status, message: "peer qdrant-1.internal:6335 is away".to_owned() };
        for (error, outage) in [
            (StoreError::Unreachable("cannot connect: 10.0.0.7:6333".to_owned()), true),
            (refused(500), true),
            (refused(429), true),
            (refused(401), false),
            (StoreError::Answer("<html>10.0.0.7</html>".to_owned()), false),
        ] {
            let told = error.told();
            assert!(told.starts_with("The vector store") && !told.contains("10.0") && !told.contains("6335"), "{told}");
            assert_eq!(error.is_outage(), outage, "{error}");
        }
    }
}
