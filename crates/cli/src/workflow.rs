//! Workflow files without a server: running one, and saying what is wrong with one.

mod check;
mod inputs;
mod outside;
mod progress;
mod run;

use std::path::Path;

use core_workflow::WorkflowFile;

pub(crate) use self::check::check;
pub(crate) use self::inputs::Given;
pub(crate) use self::run::run;
use crate::error::CliError;

/// A file that holds a workflow.
struct Opened {
    text: String,
    file: WorkflowFile,
}

fn open(path: &Path) -> Result<Opened, CliError> {
    let shown = path.display();
    let fault = |reason: &dyn std::fmt::Display| CliError::Usage(format!("{shown}: {reason}"));
    let bytes = std::fs::read(path).map_err(|e| fault(&format_args!("the file cannot be read: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_not_text| fault(&"the file is not UTF-8 text"))?;
    let file = WorkflowFile::parse(&text).map_err(|e| fault(&e))?;
    Ok(Opened { text, file })
}
