//! Packages of Debian and its relatives, installed without questions and without starting a system service.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use crate::command;
use crate::error::BootstrapError;
use crate::process;

const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Whether packages can be installed at all: root, and `apt-get` is there.
pub(crate) fn usable() -> bool {
    process::am_root() && command::text("apt-get", ["--version"]).is_some()
}

/// Whether the package sources offer this package.
pub(crate) fn has_candidate(package: &str) -> bool {
    command::text("apt-cache", ["policy", package]).is_some_and(|policy| names_a_candidate(&policy))
}

fn names_a_candidate(policy: &str) -> bool {
    policy.lines().filter_map(|line| line.trim().strip_prefix("Candidate:")).any(|version| version.trim() != "(none)")
}

/// The newest PostgreSQL major, not below `oldest`, that the package sources offer with pgvector.
pub(crate) fn newest_pgvector(oldest: u32) -> Option<u32> {
    let listing = command::text("apt-cache", ["search", "--names-only", "^postgresql-[0-9]+-pgvector$"])?;
    pgvector_majors(&listing)
        .into_iter()
        .filter(|major| *major >= oldest && has_candidate(&format!("postgresql-{major}-pgvector")))
        .max()
}

fn pgvector_majors(listing: &str) -> Vec<u32> {
    listing
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter_map(|name| name.strip_prefix("postgresql-")?.strip_suffix("-pgvector")?.parse().ok())
        .collect()
}

/// Installs one package. The service it brings is not started.
pub(crate) fn install(package: &str) -> Result<(), BootstrapError> {
    let failed = |log: String| BootstrapError::Package { package: package.to_owned(), log };
    let _held = HeldServices::hold().map_err(BootstrapError::file("write", Path::new(POLICY)))?;
    let ran = command::run(
        Command::new("apt-get")
            .args(["install", "--yes", "--quiet", "--no-install-recommends", package])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
    .map_err(failed)?;
    if ran.ok { Ok(()) } else { Err(failed(ran.log)) }
}

/// While this lives, package scripts may not start services: the documented `policy-rc.d` answer 101.
/// A policy that exists already is the administrator's and stays as it is.
struct HeldServices {
    ours: bool,
}

impl HeldServices {
    fn hold() -> io::Result<Self> {
        match fs::File::options().write(true).create_new(true).open(POLICY) {
            Ok(mut file) => {
                file.write_all(b"#!/bin/sh\nexit 101\n")?;
                crate::wheel::make_executable(Path::new(POLICY))?;
                Ok(Self { ours: true })
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(Self { ours: false }),
            Err(e) => Err(e),
        }
    }
}

impl Drop for HeldServices {
    fn drop(&mut self) {
        if self.ours {
            // Nothing can be reported from here, and a left-over policy is visible under its well-known name.
            let _ = fs::remove_file(POLICY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_without_candidate_is_none() {
        assert!(!names_a_candidate("x:\n  Installed: (none)\n  Candidate: (none)\n"));
        assert!(names_a_candidate("x:\n  Installed: (none)\n  Candidate: 0.8.0-1\n"));
        assert!(!names_a_candidate(""));
    }

    #[test]
    fn majors_come_from_package_names() {
        let listing = "postgresql-16-pgvector - search\npostgresql-17-pgvector - search\npostgresql-pgvector-doc - x\n";
        assert_eq!(pgvector_majors(listing), [16, 17]);
    }
}
