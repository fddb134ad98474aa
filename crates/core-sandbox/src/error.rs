//! Why there is no result.

use std::time::Duration;

/// A run that gave no result. [`SandboxError::is_scripts_fault`] says whose fault it is.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Nothing here can run this language: the reason says what to install or to set.
    #[error("code cannot be executed here: {reason}")]
    Unavailable { reason: String },
    /// All places stayed taken for as long as a run may wait.
    #[error("too much code is being executed at the moment, try again later")]
    Busy,
    /// The sandbox itself failed, or the sandbox service answered something that is not its protocol.
    #[error("the sandbox failed: {message}")]
    Internal { message: String },
    #[error("the code ran for longer than {} seconds", limit.as_secs_f64())]
    TimedOut { limit: Duration },
    #[error("the code needs more memory than it may use")]
    OutOfMemory,
    /// Printed text or a return value above the limit, in bytes.
    #[error("the code's output is larger than {limit} bytes")]
    OutputTooLarge { limit: usize },
    /// Code and arguments together are above the limit, in bytes.
    #[error("code and arguments are larger than {limit} bytes")]
    InputTooLarge { limit: usize },
    /// The script does not compile, or raised an error: the traceback as its author should see it.
    #[error("{message}")]
    ScriptFailed { message: String },
    /// `main` returned something that has no form in JSON.
    #[error("the result cannot be written as JSON: {message}")]
    ResultNotJson { message: String },
}

impl SandboxError {
    /// Whether the author of the script must change something; otherwise the operator must, or trying again helps.
    pub fn is_scripts_fault(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Busy | Self::Internal { .. } => false,
            Self::TimedOut { .. }
            | Self::OutOfMemory
            | Self::OutputTooLarge { .. }
            | Self::InputTooLarge { .. }
            | Self::ScriptFailed { .. }
            | Self::ResultNotJson { .. } => true,
        }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::Internal { message: message.into() }
    }

    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable { reason: reason.into() }
    }
}
