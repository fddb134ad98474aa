//! Where code runs and how much it may use.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// Everything that can be set. The default runs code in this installation.
#[derive(Debug, Clone, Default)]
pub struct SandboxSettings {
    pub mode: Mode,
    pub limits: Limits,
    pub javascript: JavaScriptSettings,
    pub python: PythonSettings,
}

/// Where code runs.
#[derive(Debug, Clone, Default)]
pub enum Mode {
    /// Here.
    #[default]
    Local,
    /// In a service that speaks the protocol of dify-sandbox.
    Http(RemoteSettings),
}

/// A sandbox service. Its address comes from the operator, so it may be a private one.
#[derive(Debug, Clone)]
pub struct RemoteSettings {
    pub endpoint: Url,
    pub api_key: SecretString,
    pub connect_timeout: Duration,
    pub read_timeout: Duration,
    pub write_timeout: Duration,
}

impl RemoteSettings {
    /// With Dify's time limits: 10 seconds to connect, 60 for the answer, 10 for the question.
    pub fn new(endpoint: Url, api_key: SecretString) -> Self {
        Self {
            endpoint,
            api_key,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(10),
        }
    }
}

/// What one run may use. Sizes are in bytes.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Wall-clock time of a run; Python's processor time has the same limit.
    pub time: Duration,
    /// How long a run may wait for its turn.
    pub wait: Duration,
    /// Address space of a Python process, its libraries included.
    pub python_memory: u64,
    /// Heap of a JavaScript run.
    pub javascript_memory: usize,
    /// What `main` returns, as JSON; and what a script prints.
    pub output: usize,
    /// How much of what is printed beside a call of `main` is kept.
    pub kept_stdout: usize,
    /// Code and arguments together.
    pub input: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(15),
            wait: Duration::from_secs(30),
            python_memory: 512 << 20,
            javascript_memory: 64 << 20,
            output: 4 << 20,
            kept_stdout: 64 << 10,
            input: 8 << 20,
        }
    }
}

#[derive(Debug, Clone)]
pub struct JavaScriptSettings {
    /// Runs at once.
    pub concurrency: usize,
}

impl Default for JavaScriptSettings {
    fn default() -> Self {
        Self { concurrency: processors().max(2) }
    }
}

#[derive(Debug, Clone)]
pub struct PythonSettings {
    /// The interpreter to use. `None`: the first usable `python3` in `search`.
    pub interpreter: Option<PathBuf>,
    /// Folders in which `python3` is looked for: those of `PATH`.
    pub search: Vec<PathBuf>,
    /// Warm interpreters, and so runs at once.
    pub servers: usize,
    /// An interpreter is replaced after so many runs.
    pub runs_per_server: u32,
    /// Refuses to run code when the kernel lacks a guard that the jail can do without.
    pub strict: bool,
    /// As root, interpreter number n runs as the user with this number plus n. Nobody else should have these numbers.
    pub first_uid: u32,
}

impl Default for PythonSettings {
    fn default() -> Self {
        Self {
            interpreter: None,
            search: ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from).to_vec(),
            servers: processors().max(2),
            runs_per_server: 1000,
            strict: false,
            first_uid: 60_600,
        }
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get)
}
