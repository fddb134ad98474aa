//! What is known about documents beside their text: the fields of a dataset, and the values of its documents.
//!
//! Whoever changes fields or values of a dataset is alone at it until the change is committed.

mod built_in;
mod fields;
mod values;

pub(super) use built_in::note_built_in;
pub use built_in::{BUILT_IN, built_in_values};
pub use fields::MetadataFields;
pub use values::{MetadataChange, MetadataValue};

use models::DatasetId;
use models::db::AsyncPgConnection;

use super::KnowledgeError;

/// Keeps others from the metadata of a dataset until the transaction ends.
async fn alone(conn: &mut AsyncPgConnection, dataset: DatasetId) -> Result<(), KnowledgeError> {
    Ok(models::db::alone_at(conn, &format!("dataset-metadata:{dataset}")).await?)
}
