//! Knowledge for answers: embedding and ranking with a workspace's models, and finding what an app's datasets say.
//!
//! [`Finder`] searches datasets; [`AppKnowledge`] does what an app or a node is configured to do with them: it picks or
//! merges ([`SearchPlan`]), holds the search to documents that fit conditions, and asks external APIs beside it. What
//! comes out is a list of [`Passage`]s.

mod app_search;
mod automatic;
mod choose;
mod conditions;
mod embedder;
mod external;
mod finder;
mod merge;
mod models;
mod notes;
mod passage;
mod plan;
mod reranker;

pub use app_search::{AppKnowledge, Asking, Findings, KnowledgeParts, SearchError};
pub use conditions::{Conditions, Written};
pub use embedder::{EmbeddedTexts, Embedder};
pub use external::{ExternalError, ExternalKnowledge, ExternalRecord};
pub use finder::{Asked, FindError, Finder, FoundChild, FoundSegment};
pub use models::Models;
pub use notes::QueryNotes;
pub use passage::{Passage, Source};
pub use plan::{Filtering, How, Merging, SearchPlan};
pub use reranker::Reranker;
