//! Environment and conversation variables as a workflow defines them: JSON objects by name.

use core_workflow::dsl::Tree;
use indexmap::IndexMap;
use models::TenantId;
use uuid::Uuid;

use super::WorkflowError;
use crate::secrets::{HIDDEN, SecretsError, TenantKeys};

/// What is shown of a secret, however long.
const MASK: &str = "********************";
const SECRET: &str = "secret";

/// Which variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Environment,
    Conversation,
}

impl Scope {
    pub(crate) const fn selector(self) -> &'static str {
        match self {
            Self::Environment => "env",
            Self::Conversation => "conversation",
        }
    }
}

/// A variable as people see it; secrets are masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub id: String,
    pub name: String,
    pub description: String,
    pub value_type: String,
    /// JSON text.
    pub value: String,
}

/// A variable that has been checked and is about to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    /// Without a value while that is still to be found.
    entry: Tree,
    value: Value,
}

#[derive(Debug, Clone)]
enum Value {
    As(Tree),
    /// A secret, encrypted.
    Sealed(String),
    /// Whatever is stored under the variable's id; if nothing is, this text, encrypted.
    Kept(String),
}

/// The variables of a stored JSON text, a map by name or a list. Anything that holds no objects has none.
pub(crate) fn entries(text: &str) -> Vec<Tree> {
    let objects = |entry: &Tree| entry.as_map().is_some();
    match Tree::from_json(text) {
        Ok(Tree::Map(map)) => map.into_iter().map(|(_, entry)| entry).filter(objects).collect(),
        Ok(Tree::List(list)) => list.into_iter().filter(objects).collect(),
        Ok(_) => Vec::new(),
        Err(e) => {
            tracing::warn!(error = %e, "ignored variables that are no JSON");
            Vec::new()
        }
    }
}

/// The JSON text of variables; of two with one name the later counts.
pub(crate) fn stored_map(entries: impl IntoIterator<Item = Tree>) -> String {
    let named = entries.into_iter().map(|entry| (entry.str_at("name").unwrap_or_default().to_owned(), entry));
    Tree::Map(named.collect::<IndexMap<_, _>>()).to_json()
}

fn refused(text: impl Into<String>) -> WorkflowError {
    WorkflowError::Variable(text.into())
}

/// Checks a variable and puts its members in order; members that are not known are kept.
fn checked(scope: Scope, entry: &Tree, max_bytes: usize) -> Result<Tree, WorkflowError> {
    let Some(members) = entry.as_map() else { return Err(refused("a variable must be an object")) };
    let text = |key: &str| entry.str_at(key).filter(|text| !text.is_empty());
    let name = text("name").ok_or_else(|| refused("missing name"))?;
    let value_type = text("value_type").ok_or_else(|| refused("missing value type"))?;
    let value = entry.get("value").filter(|value| **value != Tree::Null).ok_or_else(|| refused("missing value"))?;
    fits(scope, value_type, value)?;
    let bytes = value.as_str().map_or_else(|| value.to_json().len(), str::len);
    if bytes > max_bytes {
        return Err(refused(format!("variable size {bytes} exceeds limit {max_bytes}")));
    }
    let id = match entry.get("id") {
        Some(Tree::Text(id)) if !id.is_empty() => id.clone(),
        Some(Tree::Number(id)) => id.clone(),
        _ => Uuid::new_v4().to_string(),
    };
    let mut ordered = Tree::map([
        ("id", Tree::Text(id)),
        ("name", Tree::text(name)),
        ("description", Tree::text(entry.str_at("description").unwrap_or_default())),
        ("selector", Tree::List(vec![Tree::text(scope.selector()), Tree::text(name)])),
        ("value_type", Tree::text(value_type)),
        ("value", value.clone()),
    ]);
    for (key, value) in members {
        if ordered.get(key).is_none() {
            ordered.set(key, value.clone());
        }
    }
    Ok(ordered)
}

/// Whether a definition's value is of its type.
fn fits(scope: Scope, kind: &str, value: &Tree) -> Result<(), WorkflowError> {
    let is_text = |value: &Tree| matches!(value, Tree::Text(_));
    let is_number = |value: &Tree| matches!(value, Tree::Number(_));
    let is_object = |value: &Tree| matches!(value, Tree::Map(_));
    let is_flag = |value: &Tree| matches!(value, Tree::Bool(_));
    let list = |of: &dyn Fn(&Tree) -> bool| matches!(value, Tree::List(items) if items.iter().all(of));
    let right = match (scope, kind) {
        (_, "string" | "secret") => is_text(value),
        (_, "number") | (Scope::Conversation, "integer" | "float") => is_number(value),
        (Scope::Conversation, "boolean") => is_flag(value),
        (Scope::Conversation, "object") => is_object(value),
        (Scope::Conversation, "array[string]") => list(&is_text),
        (Scope::Conversation, "array[number]") => list(&is_number),
        (Scope::Conversation, "array[object]") => list(&is_object),
        (Scope::Conversation, "array[boolean]") => list(&is_flag),
        _ => return Err(refused(format!("not supported value type {kind}"))),
    };
    if right { Ok(()) } else { Err(refused(format!("invalid {kind} value {}", shortened(&value.to_json())))) }
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Checks environment variables and encrypts their secrets. No lock or connection may be held.
pub(crate) async fn prepare_environment(
    keys: &TenantKeys,
    tenant: TenantId,
    given: &[Tree],
    max_bytes: usize,
) -> Result<Vec<Incoming>, WorkflowError> {
    let mut prepared = Vec::with_capacity(given.len());
    for entry in given {
        let mut entry = checked(Scope::Environment, entry, max_bytes)?;
        let value = entry.get("value").cloned().unwrap_or(Tree::Null);
        let value = match (entry.str_at("value_type"), value) {
            (Some(SECRET), Tree::Text(text)) if text.is_empty() => Value::As(Tree::Text(text)),
            (Some(SECRET), Tree::Text(text)) => {
                let kept = text == HIDDEN || text == MASK;
                let sealed = keys.encrypt(tenant, text).await?;
                if kept { Value::Kept(sealed) } else { Value::Sealed(sealed) }
            }
            (_, value) => Value::As(value),
        };
        entry.set("value", Tree::Null);
        prepared.push(Incoming { entry, value });
    }
    Ok(prepared)
}

impl Incoming {
    /// The JSON text of variables that take the place of `old` ones.
    pub(crate) fn store(incoming: Vec<Self>, old: &str) -> String {
        let old = entries(old);
        let stored = |id: Option<&str>| {
            let known = old.iter().find(|entry| entry.str_at("id") == id && entry.str_at("value_type") == Some(SECRET));
            known.and_then(|entry| entry.get("value")).cloned()
        };
        stored_map(incoming.into_iter().map(|Self { mut entry, value }| {
            let value = match value {
                Value::As(value) => value,
                Value::Sealed(text) => Tree::Text(text),
                Value::Kept(otherwise) => stored(entry.str_at("id")).unwrap_or(Tree::Text(otherwise)),
            };
            entry.set("value", value);
            entry
        }))
    }
}

/// Checks conversation variables; their JSON text.
pub(crate) fn store_conversation(given: &[Tree], max_bytes: usize) -> Result<String, WorkflowError> {
    let checked: Result<Vec<Tree>, WorkflowError> =
        given.iter().map(|entry| checked(Scope::Conversation, entry, max_bytes)).collect();
    Ok(stored_map(checked?))
}

impl Definition {
    fn of(entry: &Tree) -> Self {
        let text = |key: &str| entry.str_at(key).unwrap_or_default().to_owned();
        let value_type = text("value_type");
        let value = match value_type.as_str() {
            SECRET => Tree::text(MASK).to_json(),
            _ => entry.get("value").map_or_else(|| "null".to_owned(), Tree::to_json),
        };
        Self { id: text("id"), name: text("name"), description: text("description"), value_type, value }
    }

    /// The variables of a stored JSON text.
    pub fn all(text: &str) -> Vec<Self> {
        entries(text).iter().map(Self::of).collect()
    }
}

/// The variables of a stored text with readable secrets. Holds no connection while it decrypts.
pub(crate) async fn readable_entries(
    keys: &TenantKeys,
    tenant: TenantId,
    text: &str,
) -> Result<Vec<Tree>, SecretsError> {
    let mut entries = entries(text);
    for entry in &mut entries {
        if entry.str_at("value_type") != Some(SECRET) {
            continue;
        }
        if let Some(sealed) = entry.str_at("value").filter(|sealed| !sealed.is_empty()) {
            let clear = keys.decrypt(tenant, sealed.to_owned()).await?;
            entry.set("value", Tree::Text(clear));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 100;

    #[track_caller]
    fn check(scope: Scope, json: &str, expected: Result<&str, &str>) {
        let outcome = checked(scope, &Tree::from_json(json).unwrap(), LIMIT);
        let outcome = outcome.map(|entry| entry.to_json()).map_err(|e| e.to_string());
        assert_eq!(outcome.as_deref().map_err(String::as_str), expected, "{json}");
    }

    #[test]
    fn variables_are_checked() {
        use Scope::{Conversation, Environment};
        check(
            Environment,
            r#"{"value":1.50,"name":"A","x":1,"id":"i","value_type":"number"}"#,
            Ok(
                r#"{"id":"i","name":"A","description":"","selector":["env","A"],"value_type":"number","value":1.50,"x":1}"#,
            ),
        );
        check(
            Conversation,
            r#"{"id":"free text","name":"l","value_type":"array[string]","value":[],"selector":["other"]}"#,
            Ok(
                r#"{"id":"free text","name":"l","description":"","selector":["conversation","l"],"value_type":"array[string]","value":[]}"#,
            ),
        );
        for (json, message) in [
            (r#"{"value_type":"string","value":""}"#, "missing name"),
            (r#"{"name":"a","value":""}"#, "missing value type"),
            (r#"{"name":"a","value_type":"string","value":null}"#, "missing value"),
            (r#"{"name":"a","value_type":"number","value":"1"}"#, "invalid number value \"1\""),
            (r#"{"name":"a","value_type":"array[number]","value":[1,"2"]}"#, "invalid array[number] value [1,\"2\"]"),
            (r#"{"name":"a","value_type":"hologram","value":1}"#, "not supported value type hologram"),
            (r#"5"#, "a variable must be an object"),
        ] {
            check(Conversation, json, Err(message));
        }
        check(Environment, r#"{"name":"a","value_type":"object","value":{}}"#, Err("not supported value type object"));
        let long = format!(r#"{{"name":"a","value_type":"string","value":"{}"}}"#, "x".repeat(101));
        check(Environment, &long, Err("variable size 101 exceeds limit 100"));
    }

    #[test]
    fn hidden_secrets_stay() {
        let entry = |id: &str| {
            let json = format!(r#"{{"id":"{id}","name":"S{id}","value_type":"secret","value":null}}"#);
            Tree::from_json(&json).unwrap()
        };
        let old = r#"{"S1":{"id":"1","name":"S1","value_type":"secret","value":"sealed-1"},"P":{"id":"2","value_type":"string","value":"plain"}}"#;
        let kept = |id: &str| Incoming { entry: entry(id), value: Value::Kept("other".to_owned()) };
        let stored = Incoming::store(vec![kept("1"), kept("2"), kept("3")], old);
        let values: Vec<_> = entries(&stored).iter().map(|e| e.str_at("value").unwrap().to_owned()).collect();
        // What was no secret is not kept as one.
        assert_eq!(values, ["sealed-1", "other", "other"]);
        assert_eq!(Definition::all(&stored)[0].value, format!("\"{MASK}\""));
    }

    #[test]
    fn odd_rows_have_no_variables() {
        for text in ["", "null", "[]", "{broken", r#"{"a":1}"#] {
            assert!(entries(text).is_empty(), "{text}");
        }
    }
}
