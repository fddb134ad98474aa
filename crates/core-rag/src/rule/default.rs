//! The rules that are built in.

use serde_json::{Value, json};

use super::{Mode, PreProcessing, ProcessRule, REMOVE_EXTRA_SPACES, REMOVE_URLS_EMAILS, Rules, Segmentation};

const AUTOMATIC_SIZE: usize = 500;
const SUGGESTED_SIZE: usize = 1024;
const OVERLAP: usize = 50;

/// What mode `automatic` does.
pub(super) fn automatic_rules() -> Rules {
    rules_of(AUTOMATIC_SIZE)
}

fn rules_of(max_tokens: usize) -> Rules {
    let step = |id: &str, enabled| PreProcessing { id: id.to_owned(), enabled };
    Rules {
        pre_processing_rules: vec![step(REMOVE_EXTRA_SPACES, true), step(REMOVE_URLS_EMAILS, false)],
        segmentation: Segmentation { max_tokens: Some(max_tokens), chunk_overlap: OVERLAP, ..Segmentation::default() },
        parent_mode: None,
        subchunk_segmentation: None,
    }
}

/// Built-in rules go over the wire and into rows with the older key `delimiter`.
pub(super) fn built_in_json(rules: &Rules) -> Value {
    json!({
        "pre_processing_rules": rules.pre_processing_rules,
        "segmentation": {
            "delimiter": rules.segmentation.separator,
            "max_tokens": rules.segmentation.max_tokens,
            "chunk_overlap": rules.segmentation.chunk_overlap,
        },
    })
}

impl ProcessRule {
    pub fn automatic() -> Self {
        Self { mode: Mode::Automatic, rules: None }
    }

    /// What a person starts from who has not set anything yet.
    pub fn suggested() -> Self {
        Self { mode: Mode::Custom, rules: Some(rules_of(SUGGESTED_SIZE)) }
    }

    /// The answer of `GET /datasets/process-rule` without a document. `max_tokens_limit` is the largest size of a piece
    /// that this installation accepts.
    pub fn suggested_json(max_tokens_limit: usize) -> Value {
        json!({
            "mode": Mode::Custom,
            "rules": built_in_json(&rules_of(SUGGESTED_SIZE)),
            "limits": { "indexing_max_segmentation_tokens_length": max_tokens_limit },
        })
    }
}
