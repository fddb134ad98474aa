//! A running generation, as its client sees it.

use bytes::Bytes;
use runs::Cursor;
use tokio::sync::mpsc;

use crate::error::GenerateError;
use crate::event::{Envelope, Metadata};

/// What the run's task sends.
#[derive(Debug)]
pub enum Frame {
    /// One event's JSON, and where it is among the run's events.
    Event(Bytes, Cursor),
    /// The last event; nothing follows.
    Last(Bytes, Cursor, End),
}

/// How the generation ended. Boxed: a channel has places for many frames, and few of them are the last.
#[derive(Debug)]
pub enum End {
    Answered(Box<Answer>),
    /// A workflow came to its end, whichever it was, or waits.
    Ran(Box<WorkflowResult>),
    /// A chatflow waits.
    Paused(Box<PausedAnswer>),
    Failed(Box<GenerateError>),
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub text: String,
    pub metadata: Metadata,
}

/// The answer of a chatflow that waits.
#[derive(Debug, Clone)]
pub struct PausedAnswer {
    pub run_id: String,
    /// What it has said so far.
    pub answer: Answer,
    /// What the contract's `data` of a blocking answer tells of the pause.
    pub data: serde_json::Map<String, serde_json::Value>,
}

/// What a conversation's turn came to.
#[derive(Debug, Clone)]
pub enum Reply {
    Answered(Answer),
    Paused(PausedAnswer),
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
    /// Waits for the whole answer, for a caller that cannot wait for people.
    ///
    /// # Errors
    /// The fault with which the run ended, or `InvalidParam` if it waits.
    pub async fn into_answer(self) -> Result<Answer, GenerateError> {
        match self.into_reply().await? {
            Reply::Answered(answer) => Ok(answer),
            Reply::Paused(_) => Err(GenerateError::InvalidParam("The run waits for input of a person.".to_owned())),
        }
    }

    /// Waits for the whole answer, or until the run waits.
    ///
    /// # Errors
    /// The fault with which the run ended.
    pub async fn into_reply(mut self) -> Result<Reply, GenerateError> {
        while let Some(frame) = self.frames.recv().await {
            if let Frame::Last(_, _, end) = frame {
                return match end {
                    End::Answered(answer) => Ok(Reply::Answered(*answer)),
                    End::Paused(paused) => Ok(Reply::Paused(*paused)),
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
            if let Frame::Last(_, _, end) = frame {
                return match end {
                    End::Ran(result) => Ok(*result),
                    End::Failed(error) => Err(*error),
                    End::Answered(_) | End::Paused(_) => {
                        Err(GenerateError::Internal("a message is no run of a workflow".to_owned()))
                    }
                };
            }
        }
        Err(GenerateError::Internal("the run ended without a result".to_owned()))
    }
}
