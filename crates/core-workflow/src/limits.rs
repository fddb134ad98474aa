//! What a run may use up.

use std::time::Duration;

/// Bounds of a run. The defaults are Dify's where it has such a bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Nodes of the whole workflow that may run at the same time; at least 1.
    pub workers: usize,
    /// Nodes of one round that may run at the same time; at least 1.
    pub round_workers: usize,
    /// Attempts of nodes outside of rounds.
    pub max_steps: u32,
    /// Attempts of nodes in rounds, all rounds together.
    pub max_round_steps: u64,
    pub max_time: Duration,
    /// Characters that a template may put out.
    pub max_template_length: usize,
    /// Steps of the template engine that one template may take; a step also pays for 64 bytes of memory.
    pub template_fuel: u64,
    pub code: CodeLimits,
    /// Bytes of a text that an HTTP node accepts.
    pub max_http_text: usize,
    /// Bytes of a file that an HTTP node accepts.
    pub max_http_file: usize,
    /// Seconds: connect, read, write.
    pub http_timeouts: (u64, u64, u64),
    /// Bytes of files that one node reads, all of its files together.
    pub max_file_bytes: usize,
    /// Bytes of one answer of a model, a tool or an agent.
    pub max_answer_text: usize,
    /// Rounds of a loop, and items of an iteration.
    pub max_rounds: usize,
}

/// Bounds of what code may return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLimits {
    pub max_string_length: usize,
    pub max_number: i64,
    pub min_number: i64,
    /// Decimals of a float.
    pub max_precision: usize,
    pub max_depth: usize,
    pub max_string_array: usize,
    pub max_object_array: usize,
    pub max_number_array: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            workers: 10,
            round_workers: 5,
            max_steps: 500,
            max_round_steps: 1_000_000,
            max_time: Duration::from_mins(20),
            max_template_length: 400_000,
            template_fuel: 2_000_000,
            code: CodeLimits::default(),
            max_http_text: 1024 * 1024,
            max_http_file: 10 * 1024 * 1024,
            http_timeouts: (10, 600, 600),
            max_file_bytes: 100 * 1024 * 1024,
            max_answer_text: 4 * 1024 * 1024,
            max_rounds: 100_000,
        }
    }
}

impl Default for CodeLimits {
    fn default() -> Self {
        Self {
            max_string_length: 400_000,
            max_number: i64::MAX,
            min_number: -i64::MAX,
            max_precision: 20,
            max_depth: 5,
            max_string_array: 30,
            max_object_array: 30,
            max_number_array: 1000,
        }
    }
}
