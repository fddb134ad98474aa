//! `assigner`: writes conversation variables and variables of loops.

pub(crate) mod first;
mod operation;
pub(crate) mod second;

use serde_json::json;

use crate::node::{Outcome, Write};
use crate::value::{Map, Value};

/// What both versions give back: the new values by name, and a list of what was changed.
fn outcome(inputs: Map, writes: Vec<Write>) -> Outcome {
    let mut process_data = Map::new();
    let mut updated = Vec::new();
    for write in &writes {
        process_data.insert(write.selector.name().to_string(), write.value.clone());
        updated.push(json!({
            "name": write.selector.name(),
            "selector": write.selector,
            "value_type": write.value.value_type().as_str(),
            "new_value": write.value.to_json(),
        }));
    }
    process_data.insert("__updated_variables".to_owned(), Value::plain(json!(updated)));
    Outcome { inputs, process_data, writes, ..Outcome::default() }
}
