//! The engine's way to a workspace's models.

use async_trait::async_trait;
use core_app::{GenerateError, ModelSource};
use core_model_runtime::{ModelRef, ModelType, ProviderId};
use models::TenantId;

use crate::providers::{Providers, ResolveError};

fn fault(e: ResolveError) -> GenerateError {
    match e {
        ResolveError::ProviderNotInitialized(text) => GenerateError::ProviderNotInitialized(text),
        ResolveError::QuotaExceeded => GenerateError::QuotaExceeded,
        ResolveError::ModelNotSupported(text) => GenerateError::ModelNotSupported(text),
        ResolveError::Db(e) => GenerateError::Internal(e.to_string()),
        ResolveError::Secrets(e) => GenerateError::Internal(e.to_string()),
    }
}

#[async_trait]
impl ModelSource for Providers {
    async fn model(
        &self,
        tenant: TenantId,
        provider: &str,
        name: &str,
        kind: ModelType,
    ) -> Result<ModelRef, GenerateError> {
        let unknown =
            |_unreadable| GenerateError::ProviderNotInitialized(format!("Provider {provider} does not exist."));
        let id: ProviderId = provider.parse().map_err(unknown)?;
        self.resolver().resolve(tenant, &id, name, kind).await.map(|found| found.model).map_err(fault)
    }

    async fn default_model(&self, tenant: TenantId, kind: ModelType) -> Result<ModelRef, GenerateError> {
        let chosen =
            Self::default_model(self, tenant, kind).await.map_err(|e| GenerateError::Internal(e.to_string()))?;
        let chosen = chosen.ok_or_else(|| {
            GenerateError::ProviderNotInitialized(format!("No default model of type {} is set.", kind.as_str()))
        })?;
        self.resolver()
            .resolve(tenant, chosen.provider.id(), &chosen.model, kind)
            .await
            .map(|found| found.model)
            .map_err(fault)
    }
}
