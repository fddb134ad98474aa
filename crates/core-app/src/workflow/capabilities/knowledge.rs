//! The workspace's datasets, for nodes that search them.

use std::sync::Arc;

use async_trait::async_trait;
use core_workflow::Usage;
use core_workflow::capabilities::{Knowledge, KnowledgeError, Retrieval, Retrieved};

use super::Beneficiary;
use super::models::usage;
use crate::engine::EngineParts;
use crate::error::GenerateError;
use crate::inputs::Inputs;
use crate::knowledge::{Asking, Passage, SearchPlan};

pub(super) struct SearchDatasets {
    pub(super) parts: Arc<EngineParts>,
    pub(super) whom: Beneficiary,
}

#[async_trait]
impl Knowledge for SearchDatasets {
    async fn retrieve(&self, retrieval: Retrieval) -> Result<Retrieved, KnowledgeError> {
        let Some(query) = retrieval.query.filter(|query| !query.trim().is_empty()) else {
            let message = "Knowledge bases cannot be searched by files; a text is needed.".to_owned();
            return Err(KnowledgeError { message, kind: "KnowledgeRetrievalNodeError" });
        };
        let plan = SearchPlan::of_node(&retrieval.settings);
        // References in conditions are filled in already.
        let inputs = Inputs::default();
        let asking = Asking {
            tenant: self.whom.tenant,
            app: self.whom.app,
            by: self.whom.caller,
            user: &self.whom.session,
            query: &query,
            inputs: &inputs,
        };
        let found = self.parts.knowledge.search(&plan, asking).await.map_err(|e| fault(&e.into()))?;
        let found = found.unwrap_or_default();
        let mut cost = Usage::default();
        found.usages.into_iter().for_each(|used| cost.add(&usage(used)));
        Ok(Retrieved { pieces: found.passages.iter().map(Passage::of_node).collect(), usage: cost })
    }
}

/// What the owner of the workflow can do something about is told; our own faults, and all of the store's, are logged.
fn fault(error: &GenerateError) -> KnowledgeError {
    let wire = error.wire();
    if wire.status >= 500 {
        tracing::error!(error = %error, "a knowledge retrieval failed");
    } else if matches!(error, GenerateError::Store(_)) {
        tracing::warn!(error = %error, "a knowledge retrieval failed for want of the vector store");
    }
    KnowledgeError { message: wire.message, kind: "KnowledgeRetrievalNodeError" }
}
