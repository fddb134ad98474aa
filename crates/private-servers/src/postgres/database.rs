//! What is asked of a running server, through `psql`.

use std::path::Path;
use std::process::Command;

use crate::command;
use crate::error::BootstrapError;

use super::NAME;

/// Makes the database and the extension where they are missing.
pub(super) fn prepare(bin: &Path, port: u16) -> Result<(), BootstrapError> {
    let exists = query(bin, port, "postgres", &format!("SELECT 1 FROM pg_database WHERE datname = '{NAME}'"))?;
    if exists.is_empty() {
        query(bin, port, "postgres", &format!("CREATE DATABASE {NAME}"))?;
    }
    query(bin, port, NAME, "SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS vector").map(|_| ())
}

/// Whether the server at this port works on this cluster, and not a stranger's server on a port that was ours.
pub(super) fn answers_for(bin: &Path, port: u16, data: &Path) -> bool {
    query(bin, port, "postgres", "SHOW data_directory").is_ok_and(|folder| Path::new(&folder) == data)
}

fn query(bin: &Path, port: u16, database: &str, sql: &str) -> Result<String, BootstrapError> {
    let failed = |log| BootstrapError::Command { what: format!("`{sql}` on the private PostgreSQL server"), log };
    let mut psql = Command::new(bin.join("psql"));
    forget_settings(&mut psql);
    psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--no-password"]);
    psql.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--username", NAME, "--dbname", database]);
    psql.env("PGCONNECT_TIMEOUT", "5").args(["--command", sql]);
    let ran = command::run(&mut psql).map_err(failed)?;
    if ran.ok { Ok(ran.stdout) } else { Err(failed(ran.log)) }
}

/// Settings in the environment are meant for the user's own servers, not for this one.
pub(super) fn forget_settings(command: &mut Command) {
    for name in
        ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGDATA", "PGSERVICE", "PGOPTIONS", "PGSSLMODE", "PGPASSWORD"]
    {
        command.env_remove(name);
    }
}
