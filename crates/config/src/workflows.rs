//! Bounds of workflows, by Dify's names: `WORKFLOW_MAX_EXECUTION_STEPS`, `WORKFLOW_MAX_EXECUTION_TIME` (seconds),
//! `GRAPH_ENGINE_MAX_WORKERS`, `TEMPLATE_TRANSFORM_MAX_LENGTH`, `CODE_MAX_STRING_LENGTH`, `CODE_MAX_NUMBER`,
//! `CODE_MIN_NUMBER`, `CODE_MAX_PRECISION`, `CODE_MAX_DEPTH`, `CODE_MAX_STRING_ARRAY_LENGTH`,
//! `CODE_MAX_OBJECT_ARRAY_LENGTH`, `CODE_MAX_NUMBER_ARRAY_LENGTH`, `HTTP_REQUEST_NODE_MAX_TEXT_SIZE`,
//! `HTTP_REQUEST_NODE_MAX_BINARY_SIZE` (bytes), `HTTP_REQUEST_MAX_CONNECT_TIMEOUT`, `HTTP_REQUEST_MAX_READ_TIMEOUT`,
//! `HTTP_REQUEST_MAX_WRITE_TIMEOUT` (seconds).

use std::time::Duration;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone)]
pub struct WorkflowSettings {
    /// Attempts of nodes outside of iterations and loops.
    pub max_steps: u32,
    pub max_time: Duration,
    /// Nodes of one run at the same time.
    pub max_workers: usize,
    /// Characters.
    pub max_template_length: usize,
    pub code_max_string_length: usize,
    pub code_max_number: i64,
    pub code_min_number: i64,
    pub code_max_precision: usize,
    pub code_max_depth: usize,
    pub code_max_string_array: usize,
    pub code_max_object_array: usize,
    pub code_max_number_array: usize,
    /// Bytes.
    pub http_max_text: usize,
    /// Bytes.
    pub http_max_file: usize,
    /// Seconds.
    pub http_connect: u64,
    pub http_read: u64,
    pub http_write: u64,
}

impl WorkflowSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        Ok(Self {
            max_steps: reader.parsed("WORKFLOW_MAX_EXECUTION_STEPS", 500)?,
            max_time: reader.seconds("WORKFLOW_MAX_EXECUTION_TIME", 1200)?,
            max_workers: reader.parsed("GRAPH_ENGINE_MAX_WORKERS", 10)?,
            max_template_length: reader.parsed("TEMPLATE_TRANSFORM_MAX_LENGTH", 400_000)?,
            code_max_string_length: reader.parsed("CODE_MAX_STRING_LENGTH", 400_000)?,
            code_max_number: reader.parsed("CODE_MAX_NUMBER", i64::MAX)?,
            code_min_number: reader.parsed("CODE_MIN_NUMBER", -i64::MAX)?,
            code_max_precision: reader.parsed("CODE_MAX_PRECISION", 20)?,
            code_max_depth: reader.parsed("CODE_MAX_DEPTH", 5)?,
            code_max_string_array: reader.parsed("CODE_MAX_STRING_ARRAY_LENGTH", 30)?,
            code_max_object_array: reader.parsed("CODE_MAX_OBJECT_ARRAY_LENGTH", 30)?,
            code_max_number_array: reader.parsed("CODE_MAX_NUMBER_ARRAY_LENGTH", 1000)?,
            http_max_text: reader.parsed("HTTP_REQUEST_NODE_MAX_TEXT_SIZE", 1024 * 1024)?,
            http_max_file: reader.parsed("HTTP_REQUEST_NODE_MAX_BINARY_SIZE", 10 * 1024 * 1024)?,
            http_connect: reader.parsed("HTTP_REQUEST_MAX_CONNECT_TIMEOUT", 10)?,
            http_read: reader.parsed("HTTP_REQUEST_MAX_READ_TIMEOUT", 600)?,
            http_write: reader.parsed("HTTP_REQUEST_MAX_WRITE_TIMEOUT", 600)?,
        })
    }
}
