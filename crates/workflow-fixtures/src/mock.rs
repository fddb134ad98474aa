//! Nodes that answer what a case says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use core_workflow::value::{Map, Value};
use core_workflow::{Metadata, Node, NodeError, NodeType, Outcome, Step, Usage, Visit};
use serde_json::json;

use crate::case::{Mock, MockAnswer};

/// Stands in for a node. Counts its attempts, so one is made for every run.
#[derive(Debug)]
pub struct MockNode {
    answers: Vec<MockAnswer>,
    attempts: AtomicUsize,
}

/// Tokens of a mocked model call, as the format fixes them.
const PROMPT_TOKENS: u64 = 10;
const COMPLETION_TOKENS: u64 = 5;

impl MockNode {
    pub fn new(mock: &Mock) -> Self {
        let answers = mock.attempts.clone().unwrap_or_else(|| vec![mock.answer.clone()]);
        Self { answers, attempts: AtomicUsize::new(0) }
    }
}

impl Node for MockNode {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        let answer = self.answers.get(attempt).or_else(|| self.answers.last()).cloned().unwrap_or_default();
        if let Some(message) = answer.error {
            let kind = answer.error_type.unwrap_or_else(|| "WorkflowNodeError".to_owned());
            return Step::Done(Err(NodeError::new(kind, message)));
        }
        let outputs: Map = answer
            .outputs
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value)| (name, Value::from_json(value)))
            .collect();
        if visit.spec.kind != NodeType::Llm {
            return Step::ok(Outcome::with(outputs));
        }
        let signals = visit.signals();
        let chunks = answer.chunks.unwrap_or_else(|| words(&outputs));
        Step::pending(async move {
            for chunk in chunks {
                signals.chunk("text", chunk).await;
            }
            signals.finish("text").await;
            Ok(model_outcome(outputs))
        })
    }
}

/// A text cut at its spaces; every later piece keeps the space before it.
fn words(outputs: &Map) -> Vec<String> {
    let text = outputs.get("text").and_then(Value::as_str).unwrap_or_default();
    let pieces = text.split(' ').enumerate();
    pieces.map(|(at, word)| if at == 0 { word.to_owned() } else { format!(" {word}") }).collect()
}

fn model_outcome(mut outputs: Map) -> Outcome {
    let usage = Usage {
        prompt_tokens: PROMPT_TOKENS,
        completion_tokens: COMPLETION_TOKENS,
        total_tokens: PROMPT_TOKENS + COMPLETION_TOKENS,
        ..Usage::default()
    };
    outputs.entry("usage".to_owned()).or_insert_with(|| Value::from_json(json!({"total_tokens": usage.total_tokens})));
    let mut metadata = Metadata::default();
    metadata.cost(&usage);
    Outcome { outputs, metadata, usage: Some(usage), ..Outcome::default() }
}

/// For a registry.
pub fn node(mock: &Mock) -> Arc<dyn Node> {
    Arc::new(MockNode::new(mock))
}
