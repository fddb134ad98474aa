//! Versions of workflows, ready to be run: rows, with their secrets decrypted and their graphs compiled.

use std::sync::Arc;

use core_app::workflow::{StoredWorkflow, WorkflowError, WorkflowVersion};
use core_workflow::Definition;
use models::AppMode;
use models::workflow::Workflow;
use serde_json::Value;

use crate::secrets::{SecretsError, TenantKeys};

/// Why a version cannot be run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum VersionError {
    #[error(transparent)]
    Workflow(#[from] WorkflowError),
    /// A fault of ours; the text is for the log.
    #[error("{0}")]
    Secrets(Arc<str>),
}

impl From<SecretsError> for VersionError {
    fn from(e: SecretsError) -> Self {
        Self::Secrets(e.to_string().into())
    }
}

/// Reads a row. Holds no connection while secrets are decrypted and the graph is compiled.
pub(crate) async fn read(
    keys: &TenantKeys,
    row: Workflow,
    mode: AppMode,
) -> Result<Arc<WorkflowVersion>, VersionError> {
    let environment = environment(keys, &row).await?;
    let stored = StoredWorkflow {
        id: row.id,
        version: row.version,
        kind: row.kind,
        graph: row.graph,
        features: row.features,
        conversation_variables: row.conversation_variables,
        environment,
    };
    // A graph of some megabytes takes its time.
    let reading = tokio::task::spawn_blocking(move || WorkflowVersion::read(stored, mode));
    match reading.await {
        Ok(version) => Ok(Arc::new(version?)),
        Err(error) => Err(VersionError::Secrets(error.to_string().into())),
    }
}

async fn environment(keys: &TenantKeys, row: &Workflow) -> Result<Vec<Definition>, VersionError> {
    let fault = |e: serde_json::Error| VersionError::Workflow(WorkflowError::Variables(e.to_string()));
    let variables = match serde_json::from_str(&row.environment_variables).map_err(fault)? {
        Value::Object(map) => map.into_iter().map(|(_, variable)| variable).collect(),
        Value::Array(list) => list,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let mut definitions = Vec::with_capacity(variables.len());
    for variable in variables {
        let mut definition: Definition = serde_json::from_value(variable).map_err(fault)?;
        if definition.value_type == "secret"
            && let Value::String(hidden) = &definition.value
            && !hidden.is_empty()
        {
            definition.value = Value::String(keys.decrypt(row.tenant_id, hidden.clone()).await?);
        }
        definitions.push(definition);
    }
    Ok(definitions)
}
