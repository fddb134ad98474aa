//! A JSON-like value whose numbers keep the form in which they were written.

use indexmap::IndexMap;

use super::{MAX_TEXT, MAX_VALUES, json, yaml_read, yaml_write};

/// A value of a workflow file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    Null,
    Bool(bool),
    /// The text of a JSON number.
    Number(String),
    Text(String),
    List(Vec<Self>),
    Map(IndexMap<String, Self>),
}

/// Why a text is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("{0}")]
    Syntax(String),
    #[error("it is nested too deeply")]
    TooDeep,
    #[error("it has too many values")]
    TooMany,
    #[error("it is too large")]
    TooLarge,
}

impl Tree {
    /// Reads JSON. NUL characters, which cannot be stored, are left out of texts.
    ///
    /// # Errors
    /// When the text is no JSON, or too large in one of the ways of this module.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        json::read(text)
    }

    /// Reads YAML by the rules of YAML 1.1, as the writers of these files do. An empty document is null.
    ///
    /// # Errors
    /// When the text is no YAML, or too large in one of the ways of this module.
    pub fn from_yaml(text: &str) -> Result<Self, ReadError> {
        yaml_read::read(text)
    }

    /// Compact JSON.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        json::write(self, &mut out);
        out
    }

    /// YAML with sorted keys.
    pub fn to_yaml(&self) -> String {
        yaml_write::write(self)
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A member of an object; `None` for other values and missing members, `Some(Null)` for null ones.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Map(map) => map.get_mut(key),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    pub const fn as_map(&self) -> Option<&IndexMap<String, Self>> {
        match self {
            Self::Map(map) => Some(map),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            Self::Null | Self::Number(_) | Self::Text(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Map(_) => &[],
        }
    }

    pub fn items_mut(&mut self) -> &mut [Self] {
        match self {
            Self::List(items) => items,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Map(_) => &mut [],
        }
    }

    /// A text member of an object.
    pub fn str_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Sets a member; nothing happens to a value that is no object.
    pub fn set(&mut self, key: &str, value: Self) {
        if let Self::Map(map) = self {
            map.insert(key.to_owned(), value);
        }
    }

    /// Takes a member out, the others keep their order.
    pub fn take(&mut self, key: &str) -> Option<Self> {
        match self {
            Self::Map(map) => map.shift_remove(key),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// What counts as nothing in the original: null, false, zero, and what is empty.
    pub fn is_falsy(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(flag) => !flag,
            Self::Number(number) => number.parse::<f64>().is_ok_and(|n| n == 0.0),
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(map) => map.is_empty(),
        }
    }
}

/// What is left of the allowances while a text is read.
#[derive(Debug)]
pub(super) struct Budget {
    values: usize,
    text: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { values: MAX_VALUES, text: MAX_TEXT }
    }
}

impl Budget {
    pub(super) fn value(&mut self) -> Result<(), ReadError> {
        self.values = self.values.checked_sub(1).ok_or(ReadError::TooMany)?;
        Ok(())
    }

    pub(super) fn text(&mut self, bytes: usize) -> Result<(), ReadError> {
        self.text = self.text.checked_sub(bytes).ok_or(ReadError::TooLarge)?;
        Ok(())
    }

    /// A value that is there once more.
    pub(super) fn again(&mut self, tree: &Tree) -> Result<(), ReadError> {
        self.value()?;
        match tree {
            Tree::Null | Tree::Bool(_) => Ok(()),
            Tree::Number(text) | Tree::Text(text) => self.text(text.len()),
            Tree::List(items) => items.iter().try_for_each(|item| self.again(item)),
            Tree::Map(map) => map.iter().try_for_each(|(key, value)| {
                self.text(key.len())?;
                self.again(value)
            }),
        }
    }
}

/// Text without the character that cannot be stored.
pub(super) fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}
