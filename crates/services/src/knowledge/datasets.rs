//! Datasets themselves.

mod change;
mod create;
mod delete;
mod list;
mod queries;
mod related;
mod view;

pub use change::DatasetPatch;
pub use create::{ExternalLink, NewDataset};
pub(in crate::knowledge) use create::{bind, row, stored, wanted_reranker};
pub use list::DatasetSearch;
pub use queries::{AskedPart, AskedQuery, DatasetQueryPage};
pub use view::DatasetView;
