//! A model that says what a test tells it.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use core_workflow::capabilities::{
    FinishReason, History, ModelCall, ModelDelta, ModelError, ModelStream, ModelTraits, Models, ToolCall, Turn,
};
use core_workflow::{Capabilities, Usage};
use futures::StreamExt;
use futures::channel::mpsc;
use parking_lot::Mutex;

type Delta = Result<ModelDelta, ModelError>;

/// Answers follow one another, one for each call; each is a list, or comes through a channel.
#[derive(Default)]
pub(crate) struct StubModel {
    pub traits: ModelTraits,
    answers: Mutex<VecDeque<ModelStream>>,
    pub calls: Mutex<Vec<ModelCall>>,
}

pub(crate) fn usage() -> Usage {
    let price = |text: &str| text.parse().unwrap();
    Usage {
        prompt_tokens: 10,
        prompt_price: price("0.001"),
        completion_tokens: 5,
        completion_price: price("0.002"),
        total_tokens: 15,
        total_price: price("0.003"),
        ..Usage::default()
    }
}

pub(crate) fn end() -> Delta {
    Ok(ModelDelta::End { usage: Box::new(usage()), finish_reason: FinishReason(Some("stop".to_owned())) })
}

pub(crate) fn text(text: &str) -> Delta {
    Ok(ModelDelta::Text(text.to_owned()))
}

pub(crate) fn model_error(message: &str) -> ModelError {
    ModelError { message: message.to_owned(), kind: "InvokeRateLimitError", is_away: true }
}

impl StubModel {
    pub(crate) fn new(traits: ModelTraits) -> Self {
        Self { traits, ..Self::default() }
    }

    /// Answers with texts, piece by piece.
    pub(crate) fn saying(pieces: &[&str]) -> Self {
        Self::default().then(pieces.iter().map(|piece| text(piece)).chain([end()]).collect())
    }

    pub(crate) fn calling(arguments: &str) -> Self {
        let call = ToolCall { name: "extract_parameters".to_owned(), arguments: arguments.to_owned() };
        let traits = ModelTraits { tool_calls: true, ..ModelTraits::default() };
        Self::new(traits).then(vec![Ok(ModelDelta::ToolCalls(vec![call])), end()])
    }

    /// Another answer.
    pub(crate) fn then(self, deltas: Vec<Delta>) -> Self {
        self.answers.lock().push_back(futures::stream::iter(deltas).boxed());
        self
    }

    /// An answer that is made while it is heard.
    pub(crate) fn then_live(self) -> (Self, mpsc::UnboundedSender<Delta>) {
        let (sender, receiver) = mpsc::unbounded();
        self.answers.lock().push_back(receiver.boxed());
        (self, sender)
    }

    pub(crate) fn only_call(&self) -> ModelCall {
        let calls = self.calls.lock();
        assert_eq!(calls.len(), 1);
        calls[0].clone()
    }

    /// Role and text of each message of the only call.
    pub(crate) fn prompts(&self) -> Vec<(&'static str, String)> {
        self.only_call().messages.iter().map(|message| (message.role.as_str(), message.plain_text())).collect()
    }
}

#[async_trait]
impl Models for StubModel {
    async fn traits(&self, _provider: &str, model: &str) -> Result<ModelTraits, ModelError> {
        if model == "missing" {
            return Err(ModelError {
                message: "Model missing not exist.".to_owned(),
                kind: "ModelNotExistError",
                is_away: true,
            });
        }
        Ok(self.traits.clone())
    }

    async fn stream(&self, call: ModelCall) -> Result<ModelStream, ModelError> {
        self.calls.lock().push(call);
        self.answers.lock().pop_front().ok_or_else(|| model_error("too many calls"))
    }
}

pub(crate) fn capabilities(model: &Arc<StubModel>) -> Capabilities {
    Capabilities { models: Some(Arc::clone(model) as _), ..Capabilities::default() }
}

/// Earlier turns, and what was asked of them.
#[derive(Default)]
pub(crate) struct StubHistory {
    pub turns: Vec<Turn>,
    pub asked: Mutex<Vec<(Option<usize>, ModelCall)>>,
}

#[async_trait]
impl History for StubHistory {
    async fn turns(&self, window: Option<usize>, call: &ModelCall) -> Result<Vec<Turn>, ModelError> {
        self.asked.lock().push((window, call.clone()));
        let first = self.turns.len().saturating_sub(window.unwrap_or(usize::MAX));
        Ok(self.turns[first..].to_vec())
    }
}
