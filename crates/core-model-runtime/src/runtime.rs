//! The front door: calls with limits, retries, a circuit breaker, prices and metrics.

mod attempts;
mod breaker;
mod bulkheads;
mod chat;
mod custom_models;
mod embedding;
mod limits;
mod media;
mod meter;
mod validate;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use bulkheads::Seat;
pub use embedding::{EmbeddingResult, EmbeddingUsage};
pub use limits::Limits;

use crate::chat::ModelRef;
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::id::ProviderId;
use crate::message::PromptMessage;
use crate::model_type::ModelType;
use crate::registry::{RegisteredProvider, Registry};
use crate::runtime::breaker::Breakers;
use crate::runtime::bulkheads::Bulkheads;
use crate::runtime::custom_models::CustomModels;
use crate::schema::AiModel;
use crate::transport::Upstream;
use crate::{parameters, tokens};

/// Calls models. Cheap to clone; one per process.
#[derive(Clone)]
pub struct Runtime {
    registry: Arc<Registry>,
    http: egress::Client,
    limits: Arc<Limits>,
    breakers: Breakers,
    bulkheads: Bulkheads,
    custom_models: CustomModels,
}

impl Runtime {
    pub fn new(registry: Registry, http: egress::Client, limits: Limits) -> Self {
        let breakers = Breakers::new(limits.breaker);
        let bulkheads = Bulkheads::new(limits.calls_per_provider);
        let custom_models = CustomModels::default();
        Self { registry: Arc::new(registry), http, limits: Arc::new(limits), breakers, bulkheads, custom_models }
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Loads what is otherwise loaded on first use, without holding up a runtime thread.
    pub async fn warm_up(&self) {
        tokens::load().await;
    }

    /// The description of a model: from the catalogue, else from its credentials.
    pub fn model_schema(
        &self,
        id: &ProviderId,
        ty: ModelType,
        model: &str,
        credentials: &Credentials,
    ) -> Option<Arc<AiModel>> {
        let provider = self.registry.provider(id)?;
        if let Some(known) = provider.model(ty, model) {
            return Some(Arc::clone(known));
        }
        self.custom_models.get(id, ty, model, credentials, || {
            Some(provider.adapter().custom_model(ty, model, credentials)?.completed())
        })
    }

    /// Keeps the parameters that the model has rules for and checks them.
    pub fn filter_parameters(
        &self,
        schema: &AiModel,
        parameters: &Map<String, Value>,
    ) -> Result<Map<String, Value>, InvokeError> {
        parameters::filter(schema, parameters)
    }

    /// An estimate with the GPT-2 vocabulary. The very first count loads the vocabulary; [`Runtime::warm_up`] does
    /// that beforehand.
    pub fn count_tokens(&self, messages: &[PromptMessage]) -> u32 {
        tokens::count_messages(messages)
    }

    /// The same estimate for bare text.
    pub fn count_text_tokens(&self, text: &str) -> u32 {
        tokens::count_text(text)
    }

    fn upstream(&self, provider: &ProviderId) -> Upstream {
        Upstream::new(self.http.clone(), Arc::clone(&self.limits), provider)
    }

    fn provider(&self, model: &ModelRef) -> Result<&Arc<RegisteredProvider>, InvokeError> {
        self.registry.provider(&model.provider).ok_or_else(|| not_found(model))
    }

    fn schema(&self, model: &ModelRef, ty: ModelType) -> Result<Arc<AiModel>, InvokeError> {
        self.model_schema(&model.provider, ty, &model.model, &model.credentials).ok_or_else(|| not_found(model))
    }
}

fn not_found(model: &ModelRef) -> InvokeError {
    InvokeError::ModelNotFound { provider: model.provider.to_string(), model: model.model.clone() }
}
