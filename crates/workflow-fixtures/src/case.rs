//! `cases.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A folder of cases.
#[derive(Debug)]
pub struct Folder {
    pub path: PathBuf,
    pub cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct CasesFile {
    cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    pub id: String,
    pub kind: CaseKind,
    pub file: String,
    #[serde(default)]
    pub inputs: Map<String, Value>,
    /// `sys.query`
    #[serde(default)]
    pub query: String,
    #[serde(default)]
    pub mocks: BTreeMap<String, Mock>,
    pub expect: Value,
    /// The version that imports.
    #[serde(default)]
    pub current_dsl: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseKind {
    Run,
    Import,
}

/// What stands in for a node: the same every time, or one answer after the other.
#[derive(Debug, Clone, Deserialize)]
pub struct Mock {
    #[serde(default)]
    pub attempts: Option<Vec<MockAnswer>>,
    #[serde(flatten)]
    pub answer: MockAnswer,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct MockAnswer {
    #[serde(default)]
    pub outputs: Option<Map<String, Value>>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default)]
    pub error_type: Option<String>,
    /// Pieces of a model's text.
    #[serde(default)]
    pub chunks: Option<Vec<String>>,
}

/// What a run has to come to.
#[derive(Debug, Clone, Deserialize)]
pub struct RunExpectation {
    pub status: String,
    #[serde(default)]
    pub status_any_of: Option<Vec<String>>,
    #[serde(default)]
    pub outputs: Option<Value>,
    #[serde(default)]
    pub outputs_any_of: Option<Vec<Value>>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default)]
    pub error_contains: Option<String>,
    #[serde(default)]
    pub streamed: Option<String>,
    #[serde(default)]
    pub total_tokens: Option<u64>,
    #[serde(default)]
    pub steps: Option<u32>,
    #[serde(default)]
    pub exceptions_count: Option<u32>,
    #[serde(default)]
    pub events: Option<ExpectedEvents>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ExpectedEvents {
    pub order: EventOrder,
    pub list: Vec<Value>,
}

/// How far the order of events is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventOrder {
    /// However many nodes may run at once.
    Exact,
    /// When nodes run one after the other.
    SingleWorker,
    /// Only which events there are counts.
    Any,
}

impl Folder {
    /// Reads a folder's `cases.json`.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = path.join("cases.json");
        let text = std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let cases: CasesFile =
            serde_json::from_str(&text).with_context(|| format!("{} is not in the format", file.display()))?;
        Ok(Self { path: path.to_owned(), cases: cases.cases })
    }

    /// The text of a case's workflow file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn text(&self, case: &Case) -> anyhow::Result<String> {
        let file = self.path.join(&case.file);
        std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))
    }
}
