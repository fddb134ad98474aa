//! Earlier turns of a conversation.

use std::sync::Arc;

use async_trait::async_trait;

use super::ModelCall;
use super::models::ModelError;
use crate::value::File;

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub query: String,
    pub files: Vec<Arc<File>>,
    pub answer: String,
}

#[async_trait]
pub trait History: Send + Sync {
    /// The latest turns, the earliest of them first: at most `window`, and no more than fit into the model's context
    /// beside what the call holds already.
    async fn turns(&self, window: Option<usize>, call: &ModelCall) -> Result<Vec<Turn>, ModelError>;
}
