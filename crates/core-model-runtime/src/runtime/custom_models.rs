//! Descriptions of models that follow from credentials. Making one costs more than all else that precedes a call, and
//! every call wants it, so the latest are kept and shared.

use std::sync::Arc;

use moka::sync::Cache;

use crate::credentials::{Credentials, Fingerprint};
use crate::id::ProviderId;
use crate::model_type::ModelType;
use crate::schema::AiModel;

/// Descriptions that are kept, the least recently used go first. One is about 4 KB.
const MOST: u64 = 1000;

/// Which model under which credentials.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    provider: ProviderId,
    ty: ModelType,
    model: Box<str>,
    credentials: Fingerprint,
}

#[derive(Clone)]
pub(super) struct CustomModels(Cache<Key, Arc<AiModel>>);

impl Default for CustomModels {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl CustomModels {
    /// The description that is known, or the one that `make` finds.
    pub(super) fn get(
        &self,
        provider: &ProviderId,
        ty: ModelType,
        model: &str,
        credentials: &Credentials,
        make: impl FnOnce() -> Option<AiModel>,
    ) -> Option<Arc<AiModel>> {
        let key =
            Key { provider: provider.clone(), ty, model: Box::from(model), credentials: credentials.fingerprint() };
        if let Some(known) = self.0.get(&key) {
            return Some(known);
        }
        let made = Arc::new(make()?);
        self.0.insert(key, Arc::clone(&made));
        Some(made)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn credentials(value: serde_json::Value) -> Credentials {
        Credentials::from_json_map(value.as_object().unwrap().clone())
    }

    #[test]
    fn a_description_is_made_once_for_the_same_credentials() {
        let models = CustomModels::default();
        let provider: ProviderId = "openai_api_compatible".parse().unwrap();
        let registry = crate::Registry::builtin(crate::BuiltinOptions::default()).unwrap();
        let adapter = registry.provider(&provider).unwrap().adapter();
        let ask = |context: &str| {
            let credentials = credentials(json!({"mode": "chat", "context_size": context}));
            models.get(&provider, ModelType::Llm, "m", &credentials, || {
                adapter.custom_model(ModelType::Llm, "m", &credentials)
            })
        };
        let (first, again, other) = (ask("4096").unwrap(), ask("4096").unwrap(), ask("8192").unwrap());
        assert!(Arc::ptr_eq(&first, &again));
        assert!(!Arc::ptr_eq(&first, &other));
    }

    #[test]
    fn neighbouring_texts_are_kept_apart() {
        let fingerprint = |value| credentials(value).fingerprint();
        assert_ne!(fingerprint(json!({"a": "bc"})), fingerprint(json!({"ab": "c"})));
        assert_eq!(fingerprint(json!({"a": "b"})), fingerprint(json!({"a": "b"})));
    }
}
