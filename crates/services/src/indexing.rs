//! Putting documents into the index and taking them out: jobs, and what workers do about them.
//!
//! A document goes from `waiting` through `parsing` and `splitting` (its text is read, cleaned and cut; segments are
//! written in batches) and `indexing` (batches of segments are embedded and put into the index) to `completed`. Every
//! step moves the row only from where it expects it, so a job that runs twice, late, or beside another does nothing a
//! second time: after a death in `splitting` the segments are made again, after one in `indexing` only those that were
//! not put yet are.
//!
//! Whoever takes a document up marks it with the time ([`models::document_progress`]); who was overtaken finds that its
//! mark is gone and ends in silence. No connection is held while a file is read or a model works.

mod clean;
mod dataset_index;
mod fault;
mod index_document;
mod jobs;
mod load;
mod moving;
mod pictures;
mod questions;
mod reindex;
mod stranded;
mod summaries;
mod summariser;
mod sync;
mod texts;
mod write;

use std::sync::Arc;

use ::jobs::Handlers;
use core_app::knowledge::Models;
use core_rag::extract::Extractor;
use core_rag::store::Stores;
use models::db::Pool;
use storage::Storage;

use crate::files::Files;

pub(crate) use dataset_index::DatasetIndex;
pub use fault::IndexError;
pub use jobs::{
    LONG as LONG_QUEUE, Rebuild, SUMMARIES as SUMMARY_QUEUE, clean, clean_documents, index, rebuild, summarise,
    sync_documents, sync_segments, take_nodes,
};
pub(crate) use jobs::{document_key, segment_key};
pub use moving::{MoveError, MoveProgress, Moved, Mover};
pub(crate) use questions::Asking;
pub use stranded::schedule as stranded_schedule;
pub(crate) use summaries::indexed as indexed_summaries;
pub(crate) use summariser::{Summariser, SummarySetting, has_summaries};
pub(crate) use texts::{PICTURES, picture_link};
pub(crate) use write::{characters, rag_form};

/// What indexing needs.
#[derive(Clone)]
pub struct IndexingParts {
    pub pool: Pool,
    pub storage: Storage,
    /// Where pictures of documents go.
    pub files: Files,
    pub extractor: Extractor,
    pub models: Models,
    pub stores: Stores,
    pub max_segment_length: usize,
}

/// Everything this release's workers can do about indexing.
pub fn handlers(handlers: Handlers, parts: IndexingParts) -> Handlers {
    let parts = Arc::new(parts);
    handlers
        .with(index_document::Indexer(Arc::clone(&parts)))
        .with(sync::DocumentSync(Arc::clone(&parts)))
        .with(sync::SegmentSync(Arc::clone(&parts)))
        .with(clean::NodeTaker(Arc::clone(&parts)))
        .with(clean::DocumentCleaner(Arc::clone(&parts)))
        .with(clean::DatasetCleaner(Arc::clone(&parts)))
        .with(reindex::Rebuilder(Arc::clone(&parts)))
        .with(stranded::Searcher(Arc::clone(&parts)))
        .with(summaries::SummaryMaker(Arc::clone(&parts)))
        .with(reindex::Reindexer(parts))
}
