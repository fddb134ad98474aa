//! The folders of a data directory and the lock over it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::BootstrapError;

/// The data directory, absolute.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout below `root`, made where it is missing.
    pub(crate) fn create(root: &Path) -> Result<Self, BootstrapError> {
        fs::create_dir_all(root).map_err(BootstrapError::file("create", root))?;
        let root = root.canonicalize().map_err(BootstrapError::file("open", root))?;
        let layout = Self { root };
        for folder in [layout.redis(), layout.cache(), layout.run()] {
            fs::create_dir_all(&folder).map_err(BootstrapError::file("create", &folder))?;
        }
        Ok(layout)
    }

    /// The layout of a directory that exists, without making anything.
    pub(crate) fn existing(root: &Path) -> Option<Self> {
        root.canonicalize().ok().map(|root| Self { root })
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.root.join("pg")
    }

    pub(crate) fn postgres_log(&self) -> PathBuf {
        // Inside the cluster: when the server runs under another user it may write nowhere else.
        self.postgres().join("server.log")
    }

    pub(crate) fn redis(&self) -> PathBuf {
        self.root.join("redis")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// Waits until no other process works on this data directory. Ends when the file is dropped.
    pub(crate) fn lock(&self, progress: &mut dyn FnMut(&str)) -> Result<File, BootstrapError> {
        let path = self.run().join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(BootstrapError::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => progress("waiting for another process that prepares the same servers"),
            Err(TryLockError::Error(source)) => return Err(BootstrapError::File { action: "lock", path, source }),
        }
        file.lock().map_err(BootstrapError::file("lock", &path))?;
        Ok(file)
    }
}
