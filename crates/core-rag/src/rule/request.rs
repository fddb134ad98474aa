//! Reading a process rule that somebody sent.

use serde_json::{Map, Value};

use super::{
    Mode, ParentMode, PreProcessing, ProcessRule, REMOVE_EXTRA_SPACES, REMOVE_STOPWORDS, REMOVE_URLS_EMAILS, RuleError,
    Rules, Segmentation,
};

const KNOWN_STEPS: [&str; 3] = [REMOVE_STOPWORDS, REMOVE_EXTRA_SPACES, REMOVE_URLS_EMAILS];

impl ProcessRule {
    /// The `process_rule` of a request that creates or updates a document.
    ///
    /// Sizes are checked when something is split by them (`Chunker::new`), because only the installation knows how large
    /// a piece may be.
    pub fn from_request(value: &Value) -> Result<Self, RuleError> {
        let rule = value.as_object().ok_or(RuleError::Invalid("process_rule"))?;
        let mode = match rule.get("mode") {
            None | Some(Value::Null) => return Err(RuleError::Missing("mode")),
            Some(Value::String(mode)) if mode.is_empty() => return Err(RuleError::Missing("mode")),
            Some(Value::String(mode)) => Mode::from_wire(mode).ok_or_else(|| RuleError::UnknownMode(mode.clone()))?,
            Some(_) => return Err(RuleError::Invalid("mode")),
        };
        if mode == Mode::Automatic {
            return Ok(Self::automatic());
        }
        let rules = object(rule, "rules", "rules")?;
        let parent_mode = parent_mode(rules)?;
        let size_is_optional = mode == Mode::Hierarchical && parent_mode == Some(ParentMode::FullDoc);
        let segmentation = object(rules, "segmentation", "segmentation")?;
        let segmentation = segmentation_of(segmentation, &PARENT, size_is_optional)?;
        let subchunk_segmentation = match rules.get("subchunk_segmentation") {
            None | Some(Value::Null) => None,
            Some(Value::Object(children)) => Some(segmentation_of(children, &CHILD, false)?),
            Some(_) => return Err(RuleError::Invalid("subchunk_segmentation")),
        };
        let pre_processing_rules = pre_processing(rules)?;
        Ok(Self { mode, rules: Some(Rules { pre_processing_rules, segmentation, parent_mode, subchunk_segmentation }) })
    }

    /// The `process_rule` of a request for an estimate, which also refuses steps of cleaning that do not exist.
    pub fn for_estimate(value: &Value) -> Result<Self, RuleError> {
        let rule = Self::from_request(value)?;
        let steps = rule.rules.iter().flat_map(|rules| &rules.pre_processing_rules);
        match steps.map(|step| &step.id).find(|id| !KNOWN_STEPS.contains(&id.as_str())) {
            Some(unknown) => Err(RuleError::UnknownPreProcessing(unknown.clone())),
            None => Ok(rule),
        }
    }
}

fn object<'v>(of: &'v Map<String, Value>, key: &str, path: &'static str) -> Result<&'v Map<String, Value>, RuleError> {
    match of.get(key) {
        None | Some(Value::Null) => Err(RuleError::Missing(path)),
        Some(Value::Object(object)) if object.is_empty() => Err(RuleError::Missing(path)),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(RuleError::Invalid(path)),
    }
}

fn parent_mode(rules: &Map<String, Value>) -> Result<Option<ParentMode>, RuleError> {
    match rules.get("parent_mode").map(Value::as_str) {
        None => Ok(None),
        Some(Some("full-doc")) => Ok(Some(ParentMode::FullDoc)),
        Some(Some("paragraph")) => Ok(Some(ParentMode::Paragraph)),
        Some(_) if rules.get("parent_mode").is_some_and(Value::is_null) => Ok(None),
        Some(_) => Err(RuleError::Invalid("parent_mode")),
    }
}

/// Each id once, in the place where it first stood, with what was said of it last.
fn pre_processing(rules: &Map<String, Value>) -> Result<Vec<PreProcessing>, RuleError> {
    let given = match rules.get("pre_processing_rules") {
        None | Some(Value::Null) => return Err(RuleError::Missing("pre_processing_rules")),
        Some(Value::Array(given)) => given,
        Some(_) => return Err(RuleError::Invalid("pre_processing_rules")),
    };
    let mut steps = indexmap::IndexMap::new();
    for step in given {
        let id = match step.get("id") {
            None | Some(Value::Null) => return Err(RuleError::Missing("pre_processing_rules id")),
            Some(Value::String(id)) if id.is_empty() => return Err(RuleError::Missing("pre_processing_rules id")),
            Some(Value::String(id)) => id.clone(),
            Some(_) => return Err(RuleError::Invalid("pre_processing_rules id")),
        };
        let enabled = match step.get("enabled") {
            None | Some(Value::Null) => return Err(RuleError::Missing("pre_processing_rules enabled")),
            Some(Value::Bool(enabled)) => *enabled,
            Some(_) => return Err(RuleError::Invalid("pre_processing_rules enabled")),
        };
        steps.insert(id, enabled);
    }
    Ok(steps.into_iter().map(|(id, enabled)| PreProcessing { id, enabled }).collect())
}

/// What the parts of a segmentation are called in messages.
struct Names {
    separator: &'static str,
    max_tokens: &'static str,
    chunk_overlap: &'static str,
}

const PARENT: Names = Names {
    separator: "segmentation separator",
    max_tokens: "segmentation max_tokens",
    chunk_overlap: "segmentation chunk_overlap",
};

const CHILD: Names = Names {
    separator: "subchunk_segmentation separator",
    max_tokens: "subchunk_segmentation max_tokens",
    chunk_overlap: "subchunk_segmentation chunk_overlap",
};

fn segmentation_of(
    given: &Map<String, Value>,
    names: &Names,
    size_is_optional: bool,
) -> Result<Segmentation, RuleError> {
    let separator = match given.get("separator") {
        None | Some(Value::Null) => return Err(RuleError::Missing(names.separator)),
        Some(Value::String(separator)) if separator.is_empty() => return Err(RuleError::Missing(names.separator)),
        Some(Value::String(separator)) => separator.clone(),
        Some(_) => return Err(RuleError::Invalid(names.separator)),
    };
    let max_tokens = match given.get("max_tokens") {
        None | Some(Value::Null) if size_is_optional => None,
        None | Some(Value::Null) => return Err(RuleError::Missing(names.max_tokens)),
        Some(size) => Some(count(size).ok_or(RuleError::Invalid(names.max_tokens))?),
    };
    let chunk_overlap = match given.get("chunk_overlap") {
        None | Some(Value::Null) => 0,
        Some(overlap) => count(overlap).ok_or(RuleError::Invalid(names.chunk_overlap))?,
    };
    Ok(Segmentation { separator, max_tokens, chunk_overlap })
}

fn count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok())
}
