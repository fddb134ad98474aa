//! The jail around an interpreter: user, limits, files, system calls.
//!
//! Everything is prepared before the fork; between fork and exec there are system calls only.

use std::fmt::Write as _;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use seccompiler::BpfProgram;
use serde::Serialize;
use tokio::process::Command;

use super::interpreter::{Interpreter, preloaded};
use super::syscalls;
use crate::settings::{Limits, PythonSettings};

const SERVER: &str = include_str!("server.py");

/// Also what `server.py` closes up to.
const OPEN_FILES: u64 = 64;

/// Processes and threads of a user that has nothing but its interpreter: the server, a run and its threads.
const PROCESSES: u64 = 64;

/// Shared libraries and time zones that no interpreter mentions.
const READABLE_FILES: &[&str] = &["/etc/ld.so.cache", "/dev/urandom"];
const READABLE_FOLDERS: &[&str] = &["/usr/share/zoneinfo"];

/// What all servers of one interpreter have in common.
#[derive(Debug)]
pub(super) struct Jail {
    interpreter: Interpreter,
    /// Whether the kernel can limit which files are reached.
    landlock: bool,
    filters: Vec<BpfProgram>,
    /// The argument of `server.py`.
    server: String,
    memory: u64,
    /// Only as root: the user that server 0 runs as.
    first_uid: Option<u32>,
}

/// `SETTINGS` of `server.py`.
#[derive(Serialize)]
struct ServerSettings<'a> {
    preload: Vec<&'a str>,
    /// Programs of system call filters, hexadecimal.
    filters: Vec<String>,
    /// Seconds of processor time.
    cpu: u64,
    /// What is cut off from paths in tracebacks.
    folders: Vec<&'a Path>,
}

impl Jail {
    /// The error is for an operator to read.
    pub(super) fn around(interpreter: Interpreter, settings: &PythonSettings, limits: &Limits) -> Result<Self, String> {
        Self::with_landlock(has_landlock(), interpreter, settings, limits)
    }

    fn with_landlock(
        landlock: bool,
        interpreter: Interpreter,
        settings: &PythonSettings,
        limits: &Limits,
    ) -> Result<Self, String> {
        if !landlock && !interpreter.ctypes {
            return Err("neither Landlock nor the module ctypes is there: scripts could read files".to_owned());
        }
        if !landlock {
            missing("Landlock: scripts can open no files at all, and import only what is loaded beforehand", settings)?;
        }
        if !interpreter.ctypes {
            missing("the module ctypes: system calls of scripts are filtered less strictly", settings)?;
        }
        let filters = |programs: Result<Vec<BpfProgram>, syscalls::FilterError>| {
            programs.map_err(|e| format!("system calls cannot be filtered on this machine: {e}"))
        };
        let script = if interpreter.ctypes { filters(syscalls::of_script(landlock))? } else { Vec::new() };
        let mut folders: Vec<&Path> = interpreter.paths.iter().map(AsRef::as_ref).collect();
        folders.sort_by_key(|folder| std::cmp::Reverse(folder.as_os_str().len()));
        let server = ServerSettings {
            preload: preloaded(landlock),
            filters: script.iter().map(hexadecimal).collect(),
            // A script with one thread meets the wall-clock limit first.
            cpu: limits.time.as_secs().saturating_add(2),
            folders,
        };
        let server = serde_json::to_string(&server).map_err(|e| e.to_string())?;
        let first_uid = rustix::process::getuid().is_root().then_some(settings.first_uid);
        let filters = filters(syscalls::of_server())?;
        Ok(Self { interpreter, landlock, filters, server, memory: limits.python_memory, first_uid })
    }

    /// The command that starts server number `slot` with `control` as its standard input.
    pub(super) fn command(&self, slot: u32, control: OwnedFd) -> Result<Command, String> {
        let mut command = Command::new(&self.interpreter.launch);
        command
            .args(["-I", "-B", "-X", "utf8", "-c", "exec(compile(__import__('sys').argv.pop(), '<sandbox>', 'exec'))"])
            .args([&self.server, SERVER])
            .env_clear()
            .envs([("LANG", "C.UTF-8"), ("TZ", "UTC"), ("HOME", "/"), ("PATH", "/usr/bin:/bin")])
            // Libraries for numbers would start a thread per processor.
            .envs([("OMP_NUM_THREADS", "1"), ("OPENBLAS_NUM_THREADS", "1")])
            .current_dir("/")
            .stdin(Stdio::from(control))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let files = if self.landlock { Some(self.files().map_err(|e| format!("Landlock: {e}"))?) } else { None };
        let uid = self.first_uid.map(|first| first.saturating_add(slot));
        lock_up(&mut command, Cell { uid, memory: self.memory, files, filters: self.filters.clone() });
        Ok(command)
    }

    /// What to think of when a process cannot be locked up.
    pub(super) fn hint(&self) -> &'static str {
        match self.first_uid {
            Some(_) => " (this process is root and must be allowed to change its user; better run it as another user)",
            None => "",
        }
    }

    /// What may be read: the interpreter's own library, and nothing else.
    fn files(&self) -> Result<RulesetCreated, RulesetError> {
        let read: BitFlags<AccessFs> = AccessFs::ReadFile.into();
        let list = read | AccessFs::ReadDir;
        let interpreter = &self.interpreter;
        let mut rules = Ruleset::default()
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V4))?
            .scope(Scope::from_all(ABI::V6))?
            .create()?;
        let paths = |paths: &[&str]| paths.iter().map(|path| Path::new(path).to_owned()).collect::<Vec<_>>();
        for (paths, rights) in [
            (interpreter.programs.clone(), read | AccessFs::Execute),
            (interpreter.paths.clone(), list),
            (interpreter.files.clone(), read),
            (interpreter.libraries.clone(), read),
            (paths(READABLE_FILES), read),
            (paths(READABLE_FOLDERS), list),
            (paths(&["/dev/null"]), read | AccessFs::WriteFile),
        ] {
            for path in paths {
                let rights = if path.is_dir() { rights } else { rights & !BitFlags::from(AccessFs::ReadDir) };
                // What is not there needs no permission.
                if let Ok(place) = PathFd::new(&path) {
                    rules = rules.add_rule(PathBeneath::new(place, rights))?;
                }
            }
        }
        Ok(rules)
    }
}

/// A guard that the jail can do without, but not in strict mode.
fn missing(what: &str, settings: &PythonSettings) -> Result<(), String> {
    if settings.strict {
        return Err(format!("missing {what}; strict mode is on"));
    }
    tracing::warn!("Python's jail lacks {what}");
    Ok(())
}

fn has_landlock() -> bool {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .and_then(Ruleset::create)
        .is_ok()
}

fn hexadecimal(program: &BpfProgram) -> String {
    program.iter().fold(String::new(), |mut text, instruction| {
        let code = instruction.code.to_ne_bytes();
        let [k0, k1, k2, k3] = instruction.k.to_ne_bytes();
        for byte in [code[0], code[1], instruction.jt, instruction.jf, k0, k1, k2, k3] {
            // Writing to a string cannot fail.
            let _infallible = write!(text, "{byte:02x}");
        }
        text
    })
}

/// What one process is locked up with.
struct Cell {
    uid: Option<u32>,
    memory: u64,
    files: Option<RulesetCreated>,
    filters: Vec<BpfProgram>,
}

#[expect(unsafe_code, reason = "limits can be set between fork and exec only")]
fn lock_up(command: &mut Command, mut cell: Cell) {
    // SAFETY: the closure makes system calls on values that were prepared before the fork. It allocates and locks
    // nothing, except for what its errors hold, after which the process ends.
    unsafe {
        command.pre_exec(move || cell.enter());
    }
}

impl Cell {
    /// Only the number of an error finds its way to the parent.
    fn enter(&mut self) -> io::Result<()> {
        keep_nothing_open();
        if let Some(uid) = self.uid {
            let (user, group) = (rustix::fs::Uid::from_raw(uid), rustix::fs::Gid::from_raw(uid));
            set_thread_groups(&[])?;
            set_thread_res_gid(group, group, group)?;
            set_thread_res_uid(user, user, user)?;
            limit(Resource::Nproc, PROCESSES)?;
        }
        limit(Resource::As, self.memory)?;
        limit(Resource::Core, 0)?;
        limit(Resource::Fsize, 0)?;
        limit(Resource::Nofile, OPEN_FILES)?;
        limit(Resource::Memlock, 0)?;
        if let Some(files) = self.files.take() {
            files.restrict_self().map_err(|_refused| io::Error::from_raw_os_error(libc::EPERM))?;
        }
        for filter in &self.filters {
            seccompiler::apply_filter(filter).map_err(|_refused| io::Error::from_raw_os_error(libc::ENOSYS))?;
        }
        Ok(())
    }
}

fn limit(resource: Resource, value: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })?)
}

/// Files that some library of this process opened without saying that they are its own.
#[expect(unsafe_code, reason = "no safe function marks all files at once")]
fn keep_nothing_open() {
    // SAFETY: only flags of files change, and these belong to a process that is about to become another program.
    // Kernels before 5.11 refuse; then what Rust opened is still closed.
    unsafe {
        libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
    }
}

#[cfg(test)]
mod tests;
