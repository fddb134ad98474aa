//! Asking datasets.
//!
//! [`Retriever::search`] takes the datasets of one question, each with its own [`RetrievalModel`], and gives what each
//! of them found: similar vectors, texts with the question's terms, or both, ranked as the dataset wants it. Datasets in
//! one store are asked together. What belongs to the rows of segments is the caller's: which of them are enabled, and
//! what an app does with the hits of several datasets.

mod families;
mod hit;
mod model;
mod models;
mod rank;
mod request;
mod search;
mod stage;

pub use families::{Child, Family, Member, group_children};
pub use hit::{Hit, HitKind};
pub use model::{
    KeywordSetting, RerankingMode, RerankingModel, RetrievalModel, SearchMethod, VectorSetting, WeightType, Weights,
};
pub use models::{EmbedError, Embedder, RerankError, Reranker};
pub use rank::{above, best_of, cosine, sort, weighted};
pub use request::InvalidRetrievalModel;
pub use search::{Place, Question, RetrieveError, Retriever, Searched, Technique};
pub use stage::KeywordScore;
