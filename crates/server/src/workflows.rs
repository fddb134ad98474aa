//! What workflows need, built from the settings.

use config::{SandboxMode, Settings, WorkflowSettings};
use core_app::workflow::Outside;
use core_rag::extract::isolated::Program;
use core_rag::extract::{ExtractLimits, Extractor};
use core_sandbox::{Mode, RemoteSettings, Sandbox, SandboxSettings};
use core_workflow::{CodeLimits, Limits};

/// Without a sandbox a server still starts: code nodes then say why they cannot run.
pub(crate) fn outside(settings: &Settings, extractor: Extractor) -> Outside {
    let sandbox = match Sandbox::new(sandbox_settings(settings)) {
        Ok(sandbox) => Some(sandbox),
        Err(error) => {
            tracing::warn!(error = %error, "code nodes of workflows cannot run");
            None
        }
    };
    let file_limit = usize::try_from(settings.uploads.workflow_file_limit).unwrap_or(usize::MAX);
    Outside { sandbox, extractor, limits: limits(&settings.workflows), file_limit }
}

/// As many documents at once as there are processors: reading them is nothing but work. `reader`: the program in whose
/// processes they are read.
pub(crate) fn extractor(settings: &Settings, reader: Option<Program>) -> Extractor {
    let at_once = std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN);
    let mut limits = ExtractLimits::default();
    // Whatever may be uploaded may be read.
    let uploads = usize::try_from(settings.uploads.file_mb.saturating_mul(1024 * 1024)).unwrap_or(usize::MAX);
    limits.max_input = limits.max_input.max(uploads);
    let extractor = Extractor::new(limits, at_once);
    match reader {
        Some(program) => extractor.in_processes_of(program),
        None => extractor,
    }
}

fn sandbox_settings(settings: &Settings) -> SandboxSettings {
    let given = &settings.sandbox;
    let mut sandbox = SandboxSettings::default();
    sandbox.limits.time = given.time;
    sandbox.limits.wait = given.wait;
    sandbox.limits.python_memory = given.python_memory;
    sandbox.limits.javascript_memory = usize::try_from(given.javascript_memory).unwrap_or(usize::MAX);
    sandbox.mode = match &given.mode {
        SandboxMode::Local => Mode::Local,
        SandboxMode::Http { endpoint, api_key, connect_timeout, read_timeout, write_timeout } => {
            Mode::Http(RemoteSettings {
                endpoint: endpoint.clone(),
                api_key: api_key.clone(),
                connect_timeout: *connect_timeout,
                read_timeout: *read_timeout,
                write_timeout: *write_timeout,
            })
        }
    };
    if let Some(runs) = given.runs {
        sandbox.javascript.concurrency = runs;
        sandbox.python.servers = runs;
    }
    sandbox.python.interpreter.clone_from(&given.python);
    sandbox.python.search.clone_from(&given.search);
    sandbox.python.strict = given.strict;
    sandbox.python.first_uid = given.first_uid;
    sandbox
}

fn limits(given: &WorkflowSettings) -> Limits {
    Limits {
        workers: given.max_workers,
        max_steps: given.max_steps,
        max_time: given.max_time,
        max_template_length: given.max_template_length,
        code: CodeLimits {
            max_string_length: given.code_max_string_length,
            max_number: given.code_max_number,
            min_number: given.code_min_number,
            max_precision: given.code_max_precision,
            max_depth: given.code_max_depth,
            max_string_array: given.code_max_string_array,
            max_object_array: given.code_max_object_array,
            max_number_array: given.code_max_number_array,
        },
        max_http_text: given.http_max_text,
        max_http_file: given.http_max_file,
        http_timeouts: (given.http_connect, given.http_read, given.http_write),
        ..Limits::default()
    }
}
