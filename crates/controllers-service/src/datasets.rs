//! Datasets, for programs with a dataset key: the owner of the workspace acts.

pub(crate) mod by_file;
pub(crate) mod by_text;
pub(crate) mod children;
pub(crate) mod documents;
pub(crate) mod downloads;
pub(crate) mod hits;
pub(crate) mod list;
pub(crate) mod metadata;
pub(crate) mod models;
pub(crate) mod pipeline_files;
pub(crate) mod segments;
pub(crate) mod tags;
pub(crate) mod write;
