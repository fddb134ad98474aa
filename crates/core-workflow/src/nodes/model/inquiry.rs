//! A question that a node puts to a model to learn something itself, rather than to write for people.

use std::sync::Arc;

use super::{Answer, MemoryFields, ModelSettings, Refusal, VisionFields, ask, only_readable, remembered, with_files};
use crate::capabilities::{Message, ModelCall, ModelTraits, Models, ToolSpec};
use crate::node::{NodeError, Visit};
use crate::run::RunContext;
use crate::value::{File, Map};

/// What a node writes to its model, as the one that is asked can read it.
pub(crate) trait Brief: Sync {
    /// `history`: the conversation so far, as much as has room; empty where there is none.
    fn messages(&self, model: &ModelSettings, traits: &ModelTraits, history: &str) -> Vec<Message>;

    /// Functions that the model may call instead of writing.
    fn tools(&self, _model: &ModelSettings, _traits: &ModelTraits) -> Vec<ToolSpec> {
        Vec::new()
    }

    /// Adds to what builders see of the question.
    fn show(&self, _tools: &[ToolSpec], _process_data: &mut Map) {}
}

/// Whom a node asks, and what stands beside its question.
pub(crate) struct Inquiry {
    model: ModelSettings,
    memory: Option<MemoryFields>,
    files: Vec<Arc<File>>,
    detail: Option<String>,
    run: Arc<RunContext>,
}

impl Inquiry {
    pub(crate) fn new(
        visit: &Visit<'_>,
        model: &ModelSettings,
        memory: Option<&MemoryFields>,
        vision: &VisionFields,
    ) -> Self {
        Self {
            model: model.clone(),
            memory: memory.cloned(),
            files: vision.files(&visit.variables),
            detail: vision.detail(),
            run: Arc::clone(visit.run),
        }
    }

    /// Pictures and documents that go with the question.
    pub(crate) fn files(&self) -> &[Arc<File>] {
        &self.files
    }

    /// Asks the node's model, and its spares in turn while one is away. `process_data` holds what was asked last, also
    /// when nobody answered; `kind` names the node's faults.
    ///
    /// # Errors
    /// Where no models are to be had, or none answers.
    pub(crate) async fn put(
        mut self,
        kind: &'static str,
        brief: &impl Brief,
        process_data: &mut Map,
    ) -> Result<Answer, NodeError> {
        let models = self.run.capabilities.models.clone();
        let models = models.ok_or_else(|| NodeError::new(kind, "models are not available here"))?;
        let mut traits = models.traits(&self.model.provider, &self.model.name).await?;
        loop {
            match self.attempt(models.as_ref(), &traits, brief, process_data).await {
                Ok(answer) => return Ok(answer),
                Err(Refusal::Final(error)) => return Err(error),
                Err(Refusal::Away(error)) => traits = self.model.fall_back(models.as_ref()).await.ok_or(error)?,
            }
        }
    }

    /// Asks the model whose turn it is.
    async fn attempt(
        &self,
        models: &dyn Models,
        traits: &ModelTraits,
        brief: &impl Brief,
        process_data: &mut Map,
    ) -> Result<Answer, Refusal> {
        let draft = self.model.call(brief.messages(&self.model, traits, ""));
        let history = remembered(self.memory.as_ref(), &self.run, &draft).await?;
        let mut messages = brief.messages(&self.model, traits, &history);
        with_files(&mut messages, self.files.clone(), self.detail.as_ref());
        let messages = only_readable(messages, traits);
        *process_data = self.model.process_data(&messages);
        let tools = brief.tools(&self.model, traits);
        brief.show(&tools, process_data);
        let call = ModelCall { tools, ..self.model.call(messages) };
        ask(models, call, self.run.limits.max_answer_text, None).await
    }
}
