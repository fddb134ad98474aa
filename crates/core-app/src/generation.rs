//! A running generation, as its client sees it.

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::error::GenerateError;
use crate::event::{Envelope, Metadata};

/// What the run's task sends.
#[derive(Debug)]
pub enum Frame {
    /// One event's JSON.
    Event(Bytes),
    /// The last event; nothing follows.
    Last(Bytes, End),
}

/// How the generation ended. Boxed: a channel has places for many frames, and few of them are the last.
#[derive(Debug)]
pub enum End {
    Answered(Box<Answer>),
    /// A workflow came to its end, whichever it was.
    Ran(Box<WorkflowResult>),
    Failed(Box<GenerateError>),
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub text: String,
    pub metadata: Metadata,
}

/// How a run of a workflow ended.
#[derive(Debug, Clone)]
pub struct WorkflowResult {
    pub run_id: String,
    /// The contract's `data` of a blocking answer.
    pub data: serde_json::Value,
}

/// The receiving side. Dropping it does not end the run.
#[derive(Debug)]
pub struct Generation {
    pub envelope: Envelope,
    pub frames: mpsc::Receiver<Frame>,
}

impl Generation {
    /// Waits for the whole answer.
    ///
    /// # Errors
    /// The fault with which the run ended.
    pub async fn into_answer(mut self) -> Result<Answer, GenerateError> {
        while let Some(frame) = self.frames.recv().await {
            if let Frame::Last(_, end) = frame {
                return match end {
                    End::Answered(answer) => Ok(*answer),
                    End::Ran(_) => Err(GenerateError::Internal("a run of a workflow is no message".to_owned())),
                    End::Failed(error) => Err(*error),
                };
            }
        }
        Err(GenerateError::Internal("the run ended without a result".to_owned()))
    }

    /// Waits for the end of a workflow.
    ///
    /// # Errors
    /// Faults outside of the graph; a run that failed is a result.
    pub async fn into_result(mut self) -> Result<WorkflowResult, GenerateError> {
        while let Some(frame) = self.frames.recv().await {
            if let Frame::Last(_, end) = frame {
                return match end {
                    End::Ran(result) => Ok(*result),
                    End::Failed(error) => Err(*error),
                    End::Answered(_) => Err(GenerateError::Internal("a message is no run of a workflow".to_owned())),
                };
            }
        }
        Err(GenerateError::Internal("the run ended without a result".to_owned()))
    }
}
