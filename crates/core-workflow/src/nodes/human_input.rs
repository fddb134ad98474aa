//! `human-input`: the run waits for a person, whose answer chooses the handle.

mod form;
mod variables;

use crate::graph::NodeSpec;
use crate::registry::Body;

/// Files of the older form name variables that have to be there; those of the newer one draw a form.
pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let draws_form = ["form_content", "user_actions", "inputs"].iter().any(|field| spec.data.contains_key(*field));
    if draws_form { form::build(spec) } else { variables::build(spec) }
}
