//! Where vectors and terms of segments live, and how they are found.
//!
//! A [`VectorStore`] holds collections of [`Entry`]s, one for each dataset. A search asks several collections at once,
//! because apps search many datasets and a round trip for each would add up. A collection that does not exist has
//! nothing to find and nothing to delete; only writing into it is an error. Retries are the caller's.

mod collection;
mod entry;
mod error;
mod pgvector;
mod qdrant;
mod stores;
mod terms;
mod vector_store;

pub use collection::Collection;
pub use entry::{Entry, EntryMetadata};
pub use error::StoreError;
pub use pgvector::PgVector;
pub use qdrant::Qdrant;
pub use stores::{IndexStruct, StoreClass, Stores};
pub use vector_store::{Found, MetadataKey, Target, VectorStore};
