//! Where the variables of a run are.
//!
//! A run has one pool; each round of an iteration lays one of its own over it, so that rounds do not see each other and
//! nothing leaks out. Readers see the layers through [`Variables`].

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::selector::Selector;
use crate::value::Value;

/// Variables set by the platform.
pub const SYSTEM: &str = "sys";
/// Read-only settings of the workflow.
pub const ENVIRONMENT: &str = "env";
/// What a conversation remembers.
pub const CONVERSATION: &str = "conversation";

/// Variables by node and name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    nodes: HashMap<Arc<str>, IndexMap<Arc<str>, Value>>,
}

impl Pool {
    /// Sets a variable; a value that was there is replaced, whatever its type.
    pub fn set(&mut self, node: impl Into<Arc<str>>, name: impl Into<Arc<str>>, value: Value) {
        self.nodes.entry(node.into()).or_default().insert(name.into(), value);
    }

    pub fn variable(&self, node: &str, name: &str) -> Option<&Value> {
        self.nodes.get(node)?.get(name)
    }

    /// Everything a node has set.
    pub fn node(&self, node: &str) -> Option<&IndexMap<Arc<str>, Value>> {
        self.nodes.get(node)
    }

    /// Forgets what a node has set.
    pub fn remove_node(&mut self, node: &str) {
        self.nodes.remove(node);
    }
}

/// What a node sees: the pool of its round over those around it.
#[derive(Debug, Clone)]
pub struct Variables<'a> {
    /// The innermost first.
    layers: Vec<&'a Pool>,
}

impl<'a> Variables<'a> {
    pub fn of(pool: &'a Pool) -> Self {
        Self { layers: vec![pool] }
    }

    /// Layers, the innermost first.
    pub(crate) const fn layered(layers: Vec<&'a Pool>) -> Self {
        Self { layers }
    }

    /// A whole variable.
    pub fn variable(&self, node: &str, name: &str) -> Option<&'a Value> {
        self.layers.iter().find_map(|pool| pool.variable(node, name))
    }

    /// What a selector leads to: an attribute of a file, a member of an object (of its member, ...). There is no way
    /// into lists. A member that is null is found; one that is missing is not.
    pub fn get(&self, selector: &Selector) -> Option<Cow<'a, Value>> {
        let mut value = Cow::Borrowed(self.variable(selector.node(), selector.name())?);
        for part in selector.path() {
            value = match value {
                Cow::Borrowed(Value::Object(map)) => Cow::Borrowed(map.get(part.as_ref())?),
                Cow::Owned(Value::Object(map)) => Cow::Owned(map.get(part.as_ref())?.clone()),
                Cow::Borrowed(Value::File(file)) => Cow::Owned(file.attribute(part)?),
                Cow::Owned(Value::File(file)) => Cow::Owned(file.attribute(part)?),
                Cow::Borrowed(_) | Cow::Owned(_) => return None,
            };
        }
        Some(value)
    }

    /// Names and values of a node or namespace; an inner layer's values hide outer ones.
    pub fn names(&self, node: &str) -> IndexMap<Arc<str>, Value> {
        let mut names = IndexMap::new();
        for pool in self.layers.iter().rev() {
            if let Some(variables) = pool.node(node) {
                names.extend(variables.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_leads_into_objects_but_not_into_lists() {
        let mut pool = Pool::default();
        pool.set("n", "o", Value::from_json(json!({"a": {"b": 1, "none": null}, "list": [1]})));
        let variables = Variables::of(&pool);
        let get = |path: &[&str]| {
            Selector::new(path.iter().copied()).and_then(|selector| variables.get(&selector).map(Cow::into_owned))
        };
        assert_eq!(get(&["n", "o", "a", "b"]), Some(Value::Integer(1)));
        assert_eq!(get(&["n", "o", "a", "none"]), Some(Value::None));
        assert_eq!(get(&["n", "o", "a", "missing"]), None);
        assert_eq!(get(&["n", "o", "list", "0"]), None);
        assert_eq!(get(&["n"]), None);
        assert_eq!(get(&["m", "o"]), None);
    }

    #[test]
    fn an_inner_layer_hides_an_outer_one() {
        let (mut outer, mut inner) = (Pool::default(), Pool::default());
        outer.set("n", "x", Value::Integer(1));
        outer.set("n", "y", Value::Integer(2));
        inner.set("n", "x", Value::None);
        let variables = Variables::layered(vec![&inner, &outer]);
        assert_eq!(variables.variable("n", "x"), Some(&Value::None));
        assert_eq!(variables.variable("n", "y"), Some(&Value::Integer(2)));
        assert_eq!(variables.names("n").len(), 2);
    }
}
