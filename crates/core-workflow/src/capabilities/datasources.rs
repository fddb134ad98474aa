//! Where the documents of pipelines come from.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::{Map as JsonMap, Value as Json};

use super::tools::ToolMessage;
use crate::value::{File, Map};

/// What a run was told to fetch, and from where.
#[derive(Debug, Clone)]
pub struct DatasourceCall {
    pub plugin_id: String,
    pub provider: String,
    pub datasource: String,
    /// The run's `sys.datasource_info`.
    pub info: Json,
    pub parameters: Map,
    /// All fields of the node.
    pub settings: Arc<JsonMap<String, Json>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Failed to invoke datasource: {0}")]
pub struct DatasourceError(pub String);

pub type DatasourceStream = BoxStream<'static, Result<ToolMessage, DatasourceError>>;

#[async_trait]
pub trait Datasources: Send + Sync {
    /// A file that was uploaded: the one whose row is `related_id` of the call's info.
    async fn uploaded(&self, call: DatasourceCall) -> Result<File, DatasourceError>;

    /// A file of a drive, fetched and kept.
    async fn drive_file(&self, call: DatasourceCall) -> Result<File, DatasourceError>;

    /// A page of a service, as variables.
    async fn document(&self, call: DatasourceCall) -> Result<DatasourceStream, DatasourceError>;
}
