//! The prompt of a turn, within its model's limits.

use core_model_runtime::{ChatRequest, Runtime};
use serde_json::Value;

use crate::engine::turn::Turn;
use crate::memory::{self, Budget};
use crate::prompt::{self, Question};

const MOST_STOP_WORDS: usize = 4;

/// What the model is asked.
pub(super) struct Call {
    pub(super) request: ChatRequest,
    /// The prompt as the message row keeps it.
    pub(super) saved_prompt: Value,
}

impl Turn {
    /// Assembles the prompt around as much history as fits. `context`: what the app's datasets say.
    pub(super) fn call(&mut self, runtime: &Runtime, context: Option<&str>) -> Call {
        // Another model may have to be asked the same.
        let history = if self.spare.is_empty() { std::mem::take(&mut self.history) } else { self.history.clone() };
        let question = |history| Question {
            inputs: self.inputs.clone(),
            query: &self.request.query,
            files: self.files.clone(),
            context,
            history,
        };
        let mut parameters = self.choice.parameters();
        let budget = Budget::of(&self.schema, &parameters);
        let config = &self.request.app.config;
        let history = if history.is_empty() {
            history
        } else {
            let alone = prompt::assemble(config, self.mode(), &question(Vec::new()));
            memory::cut(runtime, budget, &alone.messages, history)
        };
        let prompt = prompt::assemble(config, self.mode(), &question(history));
        memory::fit_answer(runtime, &self.schema, budget, &prompt.messages, &mut parameters);
        // What the prompt needs comes first: providers take no more than so many.
        let mut stop = prompt.stop;
        stop.extend(self.choice.stop());
        stop.truncate(MOST_STOP_WORDS);
        let saved_prompt = prompt::saved_prompt(self.mode(), &prompt.messages);
        let request = ChatRequest {
            messages: prompt.messages,
            parameters,
            tools: Vec::new(),
            stop,
            user: Some(self.request.session.clone()),
        };
        Call { request, saved_prompt }
    }
}
