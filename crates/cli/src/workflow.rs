//! Workflow files without a server: running one, and saying what is wrong with one.

mod check;
mod inputs;
mod outside;
mod progress;
mod run;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use core_workflow::WorkflowFile;

pub(crate) use self::check::check;
pub(crate) use self::inputs::Given;
pub(crate) use self::run::run;
use crate::error::CliError;

/// Bytes of a file.
const LARGEST: usize = 10 * 1024 * 1024;

/// A file that holds a workflow.
struct Opened {
    text: String,
    file: WorkflowFile,
}

fn open(path: &Path) -> Result<Opened, CliError> {
    let shown = path.display();
    let fault = |reason: &dyn std::fmt::Display| CliError::Usage(format!("{shown}: {reason}"));
    let unread = |e: std::io::Error| fault(&format_args!("the file cannot be read: {e}"));
    let mut bytes = Vec::new();
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(unread)?.take(limit).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() > LARGEST {
        return Err(fault(&format_args!("the file is larger than {LARGEST} bytes, which no server imports")));
    }
    let text = String::from_utf8(bytes).map_err(|_not_text| fault(&"the file is not UTF-8 text"))?;
    let file = WorkflowFile::parse(&text).map_err(|e| fault(&e))?;
    Ok(Opened { text, file })
}
