//! Code of unknown people: `FERRIFY_SANDBOX` (`local`, `http`; `http` when an endpoint is set), Dify's
//! `CODE_EXECUTION_ENDPOINT`, `CODE_EXECUTION_API_KEY`, `CODE_EXECUTION_CONNECT_TIMEOUT`, `CODE_EXECUTION_READ_TIMEOUT`,
//! `CODE_EXECUTION_WRITE_TIMEOUT` (seconds, with fractions); for code that runs here `FERRIFY_PYTHON` (an interpreter, or
//! its name on `PATH`), `FERRIFY_SANDBOX_SECONDS`, `FERRIFY_SANDBOX_WAIT_SECONDS`, `FERRIFY_SANDBOX_RUNS` (at once and per
//! language; 0 = one per processor), `FERRIFY_SANDBOX_PYTHON_MB`, `FERRIFY_SANDBOX_JAVASCRIPT_MB`,
//! `FERRIFY_SANDBOX_STRICT`, `FERRIFY_SANDBOX_FIRST_UID`.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::reader::{Reader, SettingsError};

/// With less, the interpreter itself does not fit.
const LEAST_PYTHON_MB: u64 = 128;
const LEAST_JAVASCRIPT_MB: u64 = 4;

/// What dify-sandbox is shipped with.
const DIFYS_KEY: &str = "dify-sandbox";

#[derive(Debug, Clone)]
pub struct SandboxSettings {
    pub mode: SandboxMode,
    /// Wall-clock time of a run.
    pub time: Duration,
    /// How long a run may wait for its turn.
    pub wait: Duration,
    /// Runs at once, per language. `None`: one per processor.
    pub runs: Option<usize>,
    /// Bytes of address space.
    pub python_memory: u64,
    /// Bytes of heap.
    pub javascript_memory: u64,
    /// An interpreter, or its name. `None`: `python3`.
    pub python: Option<PathBuf>,
    /// Where interpreters are looked for: the folders of `PATH`.
    pub search: Vec<PathBuf>,
    /// Refuses to run code when the kernel lacks a guard that the jail could do without.
    pub strict: bool,
    /// As root, code runs as the users from this number on.
    pub first_uid: u32,
}

/// Where code runs.
#[derive(Debug, Clone)]
pub enum SandboxMode {
    /// In this installation.
    Local,
    /// In a service that speaks the protocol of dify-sandbox.
    Http {
        endpoint: Url,
        api_key: SecretString,
        connect_timeout: Duration,
        read_timeout: Duration,
        write_timeout: Duration,
    },
}

impl SandboxSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        Ok(Self {
            mode: SandboxMode::read(reader)?,
            time: positive_seconds(reader, "FERRIFY_SANDBOX_SECONDS", 15.0)?,
            wait: positive_seconds(reader, "FERRIFY_SANDBOX_WAIT_SECONDS", 30.0)?,
            runs: Some(reader.parsed("FERRIFY_SANDBOX_RUNS", 0_usize)?).filter(|runs| *runs > 0),
            python_memory: megabytes(reader, "FERRIFY_SANDBOX_PYTHON_MB", 512, LEAST_PYTHON_MB)?,
            javascript_memory: megabytes(reader, "FERRIFY_SANDBOX_JAVASCRIPT_MB", 64, LEAST_JAVASCRIPT_MB)?,
            python: reader.optional_text("FERRIFY_PYTHON").map(PathBuf::from),
            search: std::env::split_paths(&reader.text("PATH", "/usr/local/bin:/usr/bin:/bin")).collect(),
            strict: reader.flag("FERRIFY_SANDBOX_STRICT", false)?,
            first_uid: first_uid(reader)?,
        })
    }
}

impl SandboxMode {
    fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        // Everything is read whatever the mode is, so that the report shows all of it.
        let mode = reader.optional_text("FERRIFY_SANDBOX").map(|mode| mode.to_ascii_lowercase());
        let endpoint = reader.optional_text("CODE_EXECUTION_ENDPOINT");
        let api_key = reader.secret("CODE_EXECUTION_API_KEY").unwrap_or_else(|| DIFYS_KEY.into());
        let connect_timeout = positive_seconds(reader, "CODE_EXECUTION_CONNECT_TIMEOUT", 10.0)?;
        let read_timeout = positive_seconds(reader, "CODE_EXECUTION_READ_TIMEOUT", 60.0)?;
        let write_timeout = positive_seconds(reader, "CODE_EXECUTION_WRITE_TIMEOUT", 10.0)?;
        let http = |endpoint: String| {
            let endpoint = service_address(&endpoint)?;
            Ok(Self::Http { endpoint, api_key, connect_timeout, read_timeout, write_timeout })
        };
        match (mode.as_deref(), endpoint) {
            (Some("local"), _) | (None, None) => Ok(Self::Local),
            (Some("http") | None, Some(endpoint)) => http(endpoint),
            (Some("http"), None) => Err(invalid("CODE_EXECUTION_ENDPOINT", "", "FERRIFY_SANDBOX=http needs it")),
            (Some(other), _) => Err(invalid("FERRIFY_SANDBOX", other, "expected local or http")),
        }
    }
}

fn invalid(name: &'static str, value: &str, reason: &str) -> SettingsError {
    SettingsError::Invalid { name, value: value.to_owned(), reason: reason.to_owned() }
}

fn service_address(text: &str) -> Result<Url, SettingsError> {
    const NAME: &str = "CODE_EXECUTION_ENDPOINT";
    let url: Url = text.parse().map_err(|e: url::ParseError| invalid(NAME, text, &e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(invalid(NAME, text, "expected an address that begins with http:// or https://"));
    }
    Ok(url)
}

fn positive_seconds(reader: &mut Reader<'_>, name: &'static str, default: f64) -> Result<Duration, SettingsError> {
    let seconds = reader.parsed(name, default)?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero() && *time <= Duration::from_secs(24 * 3600))
        .ok_or_else(|| invalid(name, &seconds.to_string(), "expected seconds, more than none and at most a day"))
}

fn megabytes(reader: &mut Reader<'_>, name: &'static str, default: u64, least: u64) -> Result<u64, SettingsError> {
    let megabytes = reader.parsed(name, default)?;
    let bytes = megabytes.checked_mul(1 << 20).filter(|_| megabytes >= least);
    bytes.ok_or_else(|| invalid(name, &megabytes.to_string(), &format!("expected {least} megabytes or more")))
}

fn first_uid(reader: &mut Reader<'_>) -> Result<u32, SettingsError> {
    let uid = reader.parsed("FERRIFY_SANDBOX_FIRST_UID", 60_600)?;
    // Root is no jail, and people's accounts begin at 1000.
    if uid < 1000 {
        return Err(invalid(
            "FERRIFY_SANDBOX_FIRST_UID",
            &uid.to_string(),
            "expected a number that is no system user's",
        ));
    }
    Ok(uid)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::Environment;

    fn read(pairs: &[(&str, &str)]) -> Result<SandboxSettings, SettingsError> {
        let environment = Environment::of_pairs(pairs.iter().copied());
        SandboxSettings::read(&mut Reader::new(&environment))
    }

    #[test]
    fn code_runs_here_unless_an_endpoint_is_set() {
        let settings = read(&[("PATH", "/opt/bin:/usr/bin")]).unwrap();
        assert!(matches!(settings.mode, SandboxMode::Local));
        assert_eq!(settings.search, [PathBuf::from("/opt/bin"), PathBuf::from("/usr/bin")]);
        assert_eq!((settings.runs, settings.python_memory), (None, 512 << 20));
        let endpoint = ("CODE_EXECUTION_ENDPOINT", "http://sandbox:8194");
        let settings = read(&[endpoint, ("CODE_EXECUTION_READ_TIMEOUT", "2.5")]).unwrap();
        let SandboxMode::Http { endpoint: url, api_key, connect_timeout, read_timeout, write_timeout } = settings.mode
        else {
            panic!("expected a service");
        };
        assert_eq!((url.as_str(), api_key.expose_secret()), ("http://sandbox:8194/", "dify-sandbox"));
        let times = [connect_timeout, read_timeout, write_timeout];
        assert_eq!(times, [10.0, 2.5, 10.0].map(Duration::from_secs_f64));
        assert!(matches!(read(&[endpoint, ("FERRIFY_SANDBOX", "local")]).unwrap().mode, SandboxMode::Local));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (name, value) in [
            ("FERRIFY_SANDBOX", "cloud"),
            ("CODE_EXECUTION_ENDPOINT", "sandbox:8194"),
            ("CODE_EXECUTION_ENDPOINT", "nothing at all"),
            ("CODE_EXECUTION_CONNECT_TIMEOUT", "-1"),
            ("CODE_EXECUTION_READ_TIMEOUT", "NaN"),
            ("CODE_EXECUTION_WRITE_TIMEOUT", "0"),
            ("FERRIFY_SANDBOX_SECONDS", "1e9"),
            ("FERRIFY_SANDBOX_WAIT_SECONDS", "soon"),
            ("FERRIFY_SANDBOX_RUNS", "-1"),
            ("FERRIFY_SANDBOX_PYTHON_MB", "16"),
            ("FERRIFY_SANDBOX_JAVASCRIPT_MB", "99999999999999999"),
            ("FERRIFY_SANDBOX_STRICT", "perhaps"),
            ("FERRIFY_SANDBOX_FIRST_UID", "0"),
        ] {
            assert!(read(&[(name, value)]).unwrap_err().to_string().contains(name), "{name}");
        }
        let missing = read(&[("FERRIFY_SANDBOX", "http")]).unwrap_err().to_string();
        assert!(missing.contains("CODE_EXECUTION_ENDPOINT"), "{missing}");
    }
}
