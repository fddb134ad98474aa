//! What is remembered between two calls: the ports taken and the programs used.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::BootstrapError;
use crate::layout::Layout;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) postgres_port: Option<u16>,
    /// The folder of `initdb`, `pg_ctl`, `psql`.
    pub(crate) postgres_bin: Option<PathBuf>,
    pub(crate) redis_port: Option<u16>,
    pub(crate) redis_program: Option<PathBuf>,
}

impl State {
    fn path(layout: &Layout) -> PathBuf {
        layout.run().join("servers.json")
    }

    pub(crate) fn load(layout: &Layout) -> Result<Self, BootstrapError> {
        let path = Self::path(layout);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read(&path).map_err(BootstrapError::file("read", &path))?;
        serde_json::from_slice(&text).map_err(|e| BootstrapError::State { path, reason: e.to_string() })
    }

    /// Replaces the file in one step: a reader sees the old or the new one.
    pub(crate) fn save(&self, layout: &Layout) -> Result<(), BootstrapError> {
        let path = Self::path(layout);
        let draft = path.with_extension("json.new");
        let text = serde_json::to_vec_pretty(self)
            .map_err(|e| BootstrapError::State { path: path.clone(), reason: e.to_string() })?;
        fs::write(&draft, text).map_err(BootstrapError::file("write", &draft))?;
        fs::rename(&draft, &path).map_err(BootstrapError::file("write", &path))
    }
}
