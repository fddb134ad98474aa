//! Names of variables: a node (or namespace), a name, and a way into the value.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::value::python;

/// `[node, name, ...path]`, at least two parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector {
    node: Arc<str>,
    name: Arc<str>,
    path: Arc<[Arc<str>]>,
}

impl Selector {
    /// `None` for fewer than two parts.
    pub fn new<P: Into<Arc<str>>>(parts: impl IntoIterator<Item = P>) -> Option<Self> {
        let mut parts = parts.into_iter().map(Into::into);
        Some(Self { node: parts.next()?, name: parts.next()?, path: parts.collect() })
    }

    /// A variable of a node.
    pub fn of(node: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { node: node.into(), name: name.into(), path: Arc::from([]) }
    }

    /// The node or namespace.
    pub const fn node(&self) -> &Arc<str> {
        &self.node
    }

    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What follows the name.
    pub fn path(&self) -> &[Arc<str>] {
        &self.path
    }

    pub fn parts(&self) -> impl Iterator<Item = &str> {
        [&self.node, &self.name].into_iter().chain(self.path.iter()).map(AsRef::as_ref)
    }

    /// `node.name.path`
    pub fn dotted(&self) -> String {
        self.parts().collect::<Vec<_>>().join(".")
    }

    /// The same variable, whatever the path into it.
    pub fn same_variable(&self, other: &Self) -> bool {
        self.node == other.node && self.name == other.name
    }
}

impl fmt::Display for Selector {
    /// As messages show it: a Python list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&python::repr_texts(self.parts()))
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.parts())
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Vec::<String>::deserialize(deserializer)?;
        Self::new(parts).ok_or_else(|| serde::de::Error::custom("a selector has at least two parts"))
    }
}
