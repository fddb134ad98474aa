//! `cases.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A folder of cases.
#[derive(Debug)]
pub struct Folder {
    pub path: PathBuf,
    pub cases: Vec<Entry>,
}

/// A place in the list of cases. One that is not in the format does not hide the others.
#[derive(Debug)]
pub struct Entry {
    /// Of the case, or its place in the list.
    pub id: String,
    pub case: Result<Case, String>,
}

#[derive(Debug, Deserialize)]
struct CasesFile {
    cases: Vec<Value>,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    pub id: String,
    #[serde(default)]
    pub kind: CaseKind,
    pub file: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub inputs: Map<String, Value>,
    /// `sys.query`
    #[serde(default, deserialize_with = "null_as_default")]
    pub query: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub mocks: BTreeMap<String, Mock>,
    pub expect: Value,
    /// The version that imports.
    #[serde(default)]
    pub current_dsl: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseKind {
    #[default]
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

/// What a run has to come to. What is not named may be anything.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct RunExpectation {
    #[serde(default)]
    pub status: Option<String>,
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

impl RunExpectation {
    /// # Errors
    /// If it is not in the format, or names no status: a case that expects nothing proves nothing.
    pub fn read(expect: &Value) -> Result<Self, String> {
        let expectation = Self::deserialize(expect).map_err(|e| format!("the expectation cannot be read: {e}"))?;
        if expectation.status.is_none() && expectation.status_any_of.is_none() {
            return Err("the expectation names no status".to_owned());
        }
        Ok(expectation)
    }
}

impl Folder {
    /// Reads a folder's `cases.json`.
    ///
    /// # Errors
    /// If there is none, or it holds no list of cases.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = path.join("cases.json");
        let text = std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let cases: CasesFile =
            serde_json::from_str(&text).with_context(|| format!("{} is not in the format", file.display()))?;
        let cases = cases.cases.into_iter().enumerate().map(|(at, value)| Entry::read(at, &value)).collect();
        Ok(Self { path: path.to_owned(), cases })
    }

    /// The text of a case's workflow file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn text(&self, case: &Case) -> anyhow::Result<String> {
        let file = self.path.join(&case.file);
        let bytes = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        String::from_utf8(bytes).with_context(|| format!("{} is no text", file.display()))
    }
}

impl Entry {
    fn read(at: usize, value: &Value) -> Self {
        let id = value.get("id").and_then(Value::as_str).map_or_else(|| format!("case {at}"), str::to_owned);
        Self { id, case: Case::deserialize(value).map_err(|e| format!("the case is not in the format: {e}")) }
    }
}

fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
