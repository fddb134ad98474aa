//! What workflows get from outside: code, models, files, documents.

mod code;

use std::sync::Arc;

use core_sandbox::Sandbox;
use core_workflow::Capabilities;

pub(super) use self::code::Code;
use crate::engine::EngineParts;

/// Parts of the outside world that only workflows need.
#[derive(Clone)]
pub struct Outside {
    /// `None` where code cannot be run.
    pub sandbox: Option<Sandbox>,
    /// Bounds of a run.
    pub limits: core_workflow::Limits,
    /// Files of one run, at most.
    pub file_limit: usize,
}

/// What a run may use.
pub(super) fn capabilities(parts: &EngineParts) -> Capabilities {
    let code = parts.outside.sandbox.clone().map(|sandbox| Arc::new(Code(sandbox)) as Arc<_>);
    Capabilities { code, http: Some(parts.files.http.clone()), ..Capabilities::default() }
}
