//! What the engine asks of the layer above.

use async_trait::async_trait;
use core_model_runtime::{ModelRef, ModelType};
use models::TenantId;

use crate::error::GenerateError;

/// Finds a workspace's models with their credentials.
#[async_trait]
pub trait ModelSource: Send + Sync {
    /// The named model. `provider` may be in any spelling of the contract.
    ///
    /// # Errors
    /// `ProviderNotInitialized`, `QuotaExceeded` or `ModelNotSupported` where the model cannot be used.
    async fn model(
        &self,
        tenant: TenantId,
        provider: &str,
        name: &str,
        kind: ModelType,
    ) -> Result<ModelRef, GenerateError>;

    /// The workspace's default model of a kind.
    ///
    /// # Errors
    /// `ProviderNotInitialized` where there is none.
    async fn default_model(&self, tenant: TenantId, kind: ModelType) -> Result<ModelRef, GenerateError>;
}
