//! What is run, and what comes back.

use serde_json::{Map, Value};

/// Languages of scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    Python3,
    JavaScript,
}

/// A call of a script's function `main`.
#[derive(Debug, Clone)]
pub struct Call {
    pub language: Language,
    pub code: String,
    /// Python: keyword arguments. JavaScript: the one argument, an object.
    pub arguments: Map<String, Value>,
}

/// What `main` returned.
#[derive(Debug, Clone, PartialEq)]
pub struct Returned {
    /// Whole numbers beyond 64 bits arrive as floats.
    pub value: Value,
    /// What the script printed, up to [`crate::Limits::kept_stdout`] bytes; empty when a remote sandbox ran it.
    pub stdout: String,
}

/// A whole script, run for its output.
#[derive(Debug, Clone)]
pub struct Script {
    pub language: Language,
    pub code: String,
}

/// What a script printed. A script that fails is no error here: what it said is in `error`, as in Dify's sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    pub stdout: String,
    /// Standard error: warnings, and the traceback of a script that failed.
    pub error: String,
}
