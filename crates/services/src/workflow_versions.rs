//! Versions of workflows, ready to be run: rows, with their secrets decrypted and their graphs compiled.

use std::sync::Arc;

use core_app::workflow::{StoredWorkflow, WorkflowError, WorkflowVersion};
use core_workflow::Definition;
use models::AppMode;
use models::workflow::Workflow;

use crate::secrets::{SecretsError, TenantKeys};
use crate::workflows::readable_entries;

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
    let entries = readable_entries(keys, row.tenant_id, &row.environment_variables).await?;
    entries.iter().map(|entry| serde_json::from_str(&entry.to_json()).map_err(fault)).collect()
}
