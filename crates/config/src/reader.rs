//! Reading one variable at a time, with its source remembered.

use std::collections::HashMap;
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use secrecy::SecretString;

/// What is wrong with the settings; every message names the variable and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{name}=`{value}` is not usable: {reason}. Correct it in the environment or in .env")]
    Invalid { name: &'static str, value: String, reason: String },
    #[error("{name} is set to a value that is not usable: {reason}. Correct it in the environment or in .env")]
    InvalidSecret { name: &'static str, reason: String },
    #[error(
        "{name} still has a well-known default value, which is refused when DEPLOY_ENV=PRODUCTION. Set your own, e.g. `openssl rand -base64 42`"
    )]
    KnownDefault { name: &'static str },
    #[error("cannot read {path}: {reason}")]
    File { path: String, reason: String },
}

/// One variable as `ferrify doctor` shows it. Secrets are masked before they get here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: &'static str,
    pub value: String,
    pub source: Source,
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Environment,
    DotEnv,
    Default,
}

impl Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Environment => "environment",
            Self::DotEnv => ".env",
            Self::Default => "default",
        })
    }
}

/// The variables of the process and of an `.env` file; the process wins.
#[derive(Default)]
pub struct Environment {
    process: HashMap<String, String>,
    file: HashMap<String, String>,
}

impl Environment {
    /// The real environment, and `.env` in `folder` where there is one.
    pub fn of_process(folder: &Path) -> Result<Self, SettingsError> {
        let path = folder.join(".env");
        let mut file = HashMap::new();
        if path.is_file() {
            let unreadable =
                |e: dotenvy::Error| SettingsError::File { path: path.display().to_string(), reason: e.to_string() };
            for item in dotenvy::from_path_iter(&path).map_err(unreadable)? {
                let (name, value) = item.map_err(unreadable)?;
                file.insert(name, value);
            }
        }
        // Variables that are not valid Unicode cannot be ours: every name we know is ASCII with text values.
        let process =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect();
        Ok(Self { process, file })
    }

    /// An environment made of the given pairs only.
    pub fn of_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { process: pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect(), file: HashMap::new() }
    }

    fn lookup(&self, name: &str) -> Option<(&str, Source)> {
        let of = |map: &'_ HashMap<String, String>| {
            map.get(name).map(String::as_str).filter(|v| !v.trim().is_empty()).map(str::to_owned)
        };
        if of(&self.process).is_some() {
            return self.process.get(name).map(|v| (v.trim(), Source::Environment));
        }
        of(&self.file)?;
        self.file.get(name).map(|v| (v.trim(), Source::DotEnv))
    }
}

/// Reads variables and writes down what it read.
pub(crate) struct Reader<'a> {
    environment: &'a Environment,
    entries: Vec<Entry>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(environment: &'a Environment) -> Self {
        Self { environment, entries: Vec::new() }
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Text, or the default. An empty value counts as unset, as in Dify.
    pub(crate) fn text(&mut self, name: &'static str, default: &str) -> String {
        self.optional_text(name).unwrap_or_else(|| {
            if let Some(last) = self.entries.last_mut() {
                last.value = default.to_owned();
            }
            default.to_owned()
        })
    }

    pub(crate) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        let found = self.environment.lookup(name);
        let (value, source) = found.map_or((None, Source::Default), |(v, s)| (Some(v.to_owned()), s));
        self.entries.push(Entry { name, value: value.clone().unwrap_or_default(), source });
        value
    }

    /// A value that is never shown: the report says only whether it is set.
    pub(crate) fn secret(&mut self, name: &'static str) -> Option<SecretString> {
        let found = self.environment.lookup(name);
        let source = found.map_or(Source::Default, |(_, s)| s);
        let shown = if found.is_some() { "********" } else { "" };
        self.entries.push(Entry { name, value: shown.to_owned(), source });
        found.map(|(v, _)| SecretString::from(v.to_owned()))
    }

    /// A value with a parser, or the default.
    pub(crate) fn parsed<T>(&mut self, name: &'static str, default: T) -> Result<T, SettingsError>
    where
        T: FromStr + Display,
        T::Err: Display,
    {
        let shown = default.to_string();
        match self.optional_text(name) {
            None => {
                if let Some(last) = self.entries.last_mut() {
                    last.value = shown;
                }
                Ok(default)
            }
            Some(text) => text.parse().map_err(|e: T::Err| SettingsError::Invalid {
                name,
                value: text.clone(),
                reason: e.to_string(),
            }),
        }
    }

    pub(crate) fn flag(&mut self, name: &'static str, default: bool) -> Result<bool, SettingsError> {
        match self.text(name, if default { "true" } else { "false" }).to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            other => Err(SettingsError::Invalid {
                name,
                value: other.to_owned(),
                reason: "expected true or false".to_owned(),
            }),
        }
    }

    /// A comma-separated list; empty items are dropped.
    pub(crate) fn list(&mut self, name: &'static str, default: &str) -> Vec<String> {
        self.text(name, default).split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
    }

    /// Whole seconds.
    pub(crate) fn seconds(&mut self, name: &'static str, default: u64) -> Result<std::time::Duration, SettingsError> {
        self.parsed(name, default).map(std::time::Duration::from_secs)
    }
}
