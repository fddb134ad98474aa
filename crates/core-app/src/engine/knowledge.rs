//! What an app's datasets say to the question of a turn.

use models::AppMode;
use serde_json::Value;

use crate::engine::EngineParts;
use crate::engine::turn::Turn;
use crate::error::GenerateError;
use crate::knowledge::{Asking, SearchPlan};

/// What is known before the model is asked.
#[derive(Default)]
pub(super) struct Known {
    /// For the prompt; `None` where the app has no datasets, or none with anything in it.
    pub(super) context: Option<String>,
    /// `retriever_resources`; none where the app does not show them.
    pub(super) citations: Vec<Value>,
}

impl Turn {
    /// Searches the app's datasets.
    pub(super) async fn known(&self, parts: &EngineParts) -> Result<Known, GenerateError> {
        let config = &self.request.app.config;
        let Some(plan) = SearchPlan::of_app(config) else { return Ok(Known::default()) };
        let query = self.searched_for();
        let asking = Asking {
            tenant: self.request.app.tenant,
            app: self.request.app.id,
            by: self.request.caller,
            user: &self.request.session,
            query: &query,
            inputs: &self.inputs,
        };
        let Some(found) = parts.knowledge.search(&plan, asking).await? else { return Ok(Known::default()) };
        let from = self.request.invoke_from;
        let citations = if config.features.retriever_resource.0 {
            found.passages.iter().enumerate().map(|(place, passage)| passage.citation(place + 1, from)).collect()
        } else {
            Vec::new()
        };
        // Postgres takes no NUL, and the prompt is stored.
        Ok(Known { context: Some(found.context().replace('\0', "")), citations })
    }

    /// Completion apps name the variable that is looked up.
    fn searched_for(&self) -> String {
        let variable = self.request.app.config.document.text("dataset_query_variable").filter(|name| !name.is_empty());
        match variable.filter(|_| self.request.app.mode == AppMode::Completion) {
            Some(name) => self.inputs.text(name).unwrap_or_default(),
            None => self.request.query.clone(),
        }
    }
}
