//! What is wrong with a workflow file, or what is in it.

use std::collections::BTreeMap;
use std::path::Path;

use core_workflow::dsl::{AppFile, CURRENT_VERSION};
use core_workflow::nodes::start::Form;
use core_workflow::{Definition, Workflow, WorkflowFile, problems};

use super::inputs::described;
use super::{Opened, open, outside};
use crate::error::CliError;
use crate::output::{columns, line};

pub(crate) fn check(path: &Path) -> Result<(), CliError> {
    let Opened { text, file } = open(path)?;
    let found = problems(&file, &outside::registry());
    for problem in &found {
        let word = if problem.prevents_runs() { "wrong" } else { "doubtful" };
        line(format!("{word}: {problem}"));
    }
    let wrong = found.iter().filter(|problem| problem.prevents_runs()).count();
    if wrong > 0 {
        let (shown, noun) = (path.display(), if wrong == 1 { "fault" } else { "faults" });
        return Err(CliError::Usage(format!("{shown} cannot be run: correct the {wrong} {noun} above")));
    }
    let rows = summary(&text, &file).map_err(|e| CliError::Usage(format!("{}: {e}", path.display())))?;
    for row in columns(&rows) {
        line(row);
    }
    Ok(())
}

fn summary(text: &str, file: &WorkflowFile) -> Result<Vec<Vec<String>>, String> {
    let workflow = Workflow::compile(&file.graph, &outside::registry()).map_err(|e| e.to_string())?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut needs_server = Vec::new();
    for node in workflow.nodes() {
        *counts.entry(node.kind.as_str()).or_default() += 1;
        if outside::needs_server(node.kind) {
            needs_server.push(node.id.to_string());
        }
    }
    let by_type = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect::<Vec<_>>().join(", ");
    let mut rows = vec![
        vec!["file".to_owned(), origin(text, file)],
        vec!["nodes".to_owned(), format!("{}: {by_type}", workflow.nodes().count())],
    ];
    for (name, definitions) in [("environment", &file.environment), ("conversation", &file.conversation)] {
        rows.push(vec![name.to_owned(), variables(definitions)]);
    }
    let form = workflow.root().map(Form::of).transpose()?.unwrap_or_default();
    let inputs: Vec<String> = form.fields.iter().map(described).collect();
    rows.push(vec!["inputs".to_owned(), none_if_empty(inputs.join(", "))]);
    if !needs_server.is_empty() {
        rows.push(vec!["server".to_owned(), format!("needed by {}", needs_server.join(", "))]);
    }
    Ok(rows)
}

/// What the file is, and what importing it comes to.
fn origin(text: &str, file: &WorkflowFile) -> String {
    match AppFile::read(text, CURRENT_VERSION) {
        Ok(app) => {
            let status = serde_json::to_value(app.status).ok();
            let status = status.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
            let mode = file.mode.as_deref().unwrap_or("app");
            format!("{mode} `{}`, version {} (importing it: {status})", app.head().name, app.version)
        }
        Err(refusal) => format!("a graph that cannot be imported as an app: {refusal}"),
    }
}

fn variables(definitions: &[Definition]) -> String {
    let named = definitions.iter().map(|definition| format!("{} ({})", definition.name, definition.value_type));
    none_if_empty(named.collect::<Vec<_>>().join(", "))
}

fn none_if_empty(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}
