//! `trigger-webhook`: takes apart the request that a run was started by.
//!
//! The run's input `webhook_data` holds it: `{method, headers, query_params, body, files}`. Bodies that are no objects
//! stand under `body.raw`.

use std::sync::Arc;

use serde::Deserialize;

use super::add_system;
use crate::graph::NodeSpec;
use crate::node::{Node, Outcome, Step, Visit};
use crate::nodes::fields::{self, LooseText};
use crate::registry::Body;
use crate::value::{Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    headers: Vec<NameFields>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    params: Vec<NameFields>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    body: Vec<NameFields>,
}

#[derive(Debug, Deserialize)]
struct NameFields {
    #[serde(default)]
    name: LooseText,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

#[derive(Debug)]
struct Webhook {
    headers: Vec<String>,
    params: Vec<String>,
    /// Name, and whether it is a file.
    body: Vec<(String, bool)>,
    /// The whole body is one value.
    raw: Raw,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Raw {
    No,
    Text,
    Bytes,
}

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let names =
        |list: Vec<NameFields>| list.into_iter().map(|field| field.name.0).filter(|name| !name.is_empty()).collect();
    let raw = match fields.content_type.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("text/plain") => Raw::Text,
        Some("application/octet-stream") => Raw::Bytes,
        _ => Raw::No,
    };
    let body = fields.body.into_iter().map(|field| (field.name.0, field.kind.as_deref() == Some("file"))).collect();
    Ok(Body::Leaf(Arc::new(Webhook { headers: names(fields.headers), params: names(fields.params), body, raw })))
}

/// A header whatever its case, written with `-` or with `_`.
fn header(headers: Option<&Map>, name: &str) -> Option<Value> {
    let same = |one: &str| {
        one.len() == name.len() && {
            let letters = |text: &str| text.replace('_', "-").to_ascii_lowercase();
            letters(one) == letters(name)
        }
    };
    let headers = headers?;
    headers.get(name).or_else(|| headers.iter().find(|(key, _)| same(key)).map(|(_, value)| value)).cloned()
}

impl Node for Webhook {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let inputs = visit.run.inputs.clone();
        let request = inputs.get("webhook_data").and_then(Value::as_object);
        let part = |name: &str| request.and_then(|request| request.get(name)).and_then(Value::as_object);
        let of = |map: Option<&Map>, name: &str| map.and_then(|map| map.get(name)).cloned();
        let mut outputs = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            outputs.insert(name.to_owned(), value.unwrap_or_default());
        };
        for name in &self.headers {
            put(&name.replace('-', "_"), header(part("headers"), name));
        }
        for name in &self.params {
            put(name, of(part("query_params"), name));
        }
        for (name, is_file) in &self.body {
            let value = match self.raw {
                Raw::Text => Some(Value::from(of(part("body"), "raw").map(|raw| raw.text()).unwrap_or_default())),
                Raw::Bytes => of(part("body"), "raw"),
                Raw::No if *is_file => of(part("files"), name),
                Raw::No => of(part("body"), name),
            };
            put(name, value);
        }
        let whole = inputs.get("webhook_data").cloned();
        put("_webhook_raw", Some(whole.unwrap_or_else(|| Value::object(Map::new()))));
        add_system(&mut outputs, visit.run);
        Step::ok(Outcome { inputs, outputs, ..Outcome::default() })
    }
}
