//! Finding a Python interpreter, and learning from it what it is made of.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use crate::settings::PythonSettings;

const PROBE: &str = include_str!("probe.py");

/// An interpreter is asked once, and answers at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// The oldest usable release.
const OLDEST: (u32, u32) = (3, 9);

/// Loaded by every server.
const USUAL: &str = "\
    ast base64 binascii bisect calendar collections collections.abc contextlib copy csv dataclasses datetime decimal \
    difflib encodings.ascii encodings.idna encodings.latin_1 encodings.utf_16 enum fractions functools hashlib heapq \
    hmac html html.parser io itertools json locale math numbers operator random re secrets statistics string struct \
    textwrap threading time typing unicodedata urllib.parse uuid zlib zoneinfo";

/// Further ones, where a run cannot open files and so cannot import anything else.
const FURTHER: &str = "\
    abc array asyncio cmath colorsys concurrent.futures configparser email email.message fnmatch getpass gzip \
    graphlib inspect ipaddress keyword logging mimetypes optparse pathlib pickle posixpath pprint queue quopri sched \
    shlex stringprep tempfile types warnings weakref xml.etree.ElementTree xml.dom.minidom xml.sax.saxutils";

/// Names of the modules that a server loads before its first run.
pub(super) fn preloaded(may_import: bool) -> Vec<&'static str> {
    let further = if may_import { "" } else { FURTHER };
    USUAL.split_whitespace().chain(further.split_whitespace()).collect()
}

/// What an interpreter said about itself.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Interpreter {
    pub(super) version: (u32, u32),
    /// How to start it; inside a virtual environment this is not the program itself.
    pub(super) launch: PathBuf,
    /// Files that are executed: the interpreter, and what loads its libraries.
    pub(super) programs: Vec<PathBuf>,
    /// Folders and archives that modules are imported from.
    pub(super) paths: Vec<PathBuf>,
    /// Further files that it reads when it starts.
    pub(super) files: Vec<PathBuf>,
    /// Folders of shared libraries.
    pub(super) libraries: Vec<PathBuf>,
    /// Whether system call filters can be applied from inside.
    pub(super) ctypes: bool,
}

/// Where interpreters may be, in order of preference.
pub(super) fn candidates(settings: &PythonSettings) -> Vec<PathBuf> {
    match &settings.interpreter {
        // A bare name is looked for, like the default.
        Some(named) if named.components().count() == 1 => in_folders(&settings.search, named),
        Some(path) => vec![path.clone()],
        None => in_folders(&settings.search, Path::new("python3")),
    }
}

fn in_folders(folders: &[PathBuf], name: &Path) -> Vec<PathBuf> {
    let found: Vec<_> = folders.iter().map(|folder| folder.join(name)).filter(|path| path.is_file()).collect();
    let mut unique = Vec::new();
    for path in found {
        let real = path.canonicalize().unwrap_or_else(|_gone| path.clone());
        if !unique.iter().any(|(_, known)| *known == real) {
            unique.push((path, real));
        }
    }
    unique.into_iter().map(|(path, _)| path).collect()
}

impl Interpreter {
    /// Asks the interpreter at `path`; the error is for an operator to read.
    pub(super) async fn ask(path: &Path) -> Result<Self, String> {
        let mut command = Command::new(path);
        command.args(["-I", "-c", PROBE]).args(preloaded(true)).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output())
            .await
            .map_err(|_elapsed| "it does not answer".to_owned())?
            .map_err(|e| e.to_string())?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(text.lines().last().unwrap_or("it fails without a message").to_owned());
        }
        let known: Self = serde_json::from_slice(&output.stdout).map_err(|e| format!("its answer is unusable: {e}"))?;
        if known.version < OLDEST {
            let ((major, minor), (oldest, least)) = (known.version, OLDEST);
            return Err(format!("it is Python {major}.{minor}; {oldest}.{least} or newer is needed"));
        }
        Ok(known)
    }
}
