//! Python where there is no jail for it: only Linux has one.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::call::Output;
use crate::error::SandboxError;
use crate::settings::{Limits, PythonSettings};

#[derive(Debug)]
pub(crate) struct Python;

impl Python {
    pub(crate) fn new(_settings: PythonSettings, _limits: Arc<Limits>) -> Self {
        Self
    }

    pub(crate) async fn warm_up(&self) -> Result<(), SandboxError> {
        std::future::ready(refused()).await
    }

    pub(crate) async fn call_main(&self, _code: &str, _arguments: &RawValue) -> Result<(String, String), SandboxError> {
        std::future::ready(refused()).await
    }

    pub(crate) async fn run_script(&self, _code: &str) -> Result<Output, SandboxError> {
        std::future::ready(refused()).await
    }
}

fn refused<T>() -> Result<T, SandboxError> {
    Err(SandboxError::unavailable("Python is jailed on Linux only; set CODE_EXECUTION_ENDPOINT"))
}
