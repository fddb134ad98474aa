//! Which providers there are.

use std::collections::HashMap;
use std::sync::Arc;

use crate::capability::ModelProvider;
use crate::id::ProviderId;
use crate::model_type::ModelType;
use crate::providers;
use crate::schema::{AiModel, FormSchema, FormType, ProviderEntity};

/// Which optional built-in providers to offer.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltinOptions {
    /// The demonstration provider, which needs no credentials and calls nobody.
    pub demo: bool,
}

/// A catalogue file does not describe what it should.
#[derive(Debug, thiserror::Error)]
#[error("the catalogue of {provider} is invalid: {reason}")]
pub struct CatalogueError {
    pub provider: &'static str,
    pub reason: String,
}

/// All providers by id and in display order.
pub struct Registry {
    providers: Vec<Arc<RegisteredProvider>>,
    by_id: HashMap<ProviderId, usize>,
}

/// A provider with its description, its catalogue and its adapter.
pub struct RegisteredProvider {
    entity: ProviderEntity,
    by_name: HashMap<(ModelType, String), Arc<AiModel>>,
    icon: &'static str,
    adapter: Arc<dyn ModelProvider>,
}

/// What a provider's folder hands in: its description, its models, its icon and its code.
pub(crate) struct Builtin {
    pub name: &'static str,
    pub entity: &'static str,
    /// One YAML text per model, in display order within a type.
    pub models: &'static [&'static str],
    pub icon: &'static str,
    pub adapter: Arc<dyn ModelProvider>,
}

impl Registry {
    /// The providers that ship with the program.
    pub fn builtin(options: BuiltinOptions) -> Result<Self, CatalogueError> {
        let mut registry = Self { providers: Vec::new(), by_id: HashMap::new() };
        for builtin in providers::all(options) {
            registry.add(RegisteredProvider::load(builtin)?);
        }
        Ok(registry)
    }

    fn add(&mut self, provider: RegisteredProvider) {
        self.by_id.insert(provider.id().clone(), self.providers.len());
        self.providers.push(Arc::new(provider));
    }

    pub fn provider(&self, id: &ProviderId) -> Option<&Arc<RegisteredProvider>> {
        self.providers.get(*self.by_id.get(id)?)
    }

    /// In display order.
    pub fn providers(&self) -> impl Iterator<Item = &Arc<RegisteredProvider>> {
        self.providers.iter()
    }
}

impl RegisteredProvider {
    fn load(builtin: Builtin) -> Result<Self, CatalogueError> {
        let invalid =
            |reason: serde_yaml_ng::Error| CatalogueError { provider: builtin.name, reason: reason.to_string() };
        let mut entity: ProviderEntity = serde_yaml_ng::from_str(builtin.entity).map_err(invalid)?;
        let mut by_name = HashMap::new();
        for text in builtin.models {
            let model: AiModel = serde_yaml_ng::from_str(text).map_err(invalid)?;
            let model = Arc::new(model.completed());
            entity.position.entry(model.model_type).or_default().push(model.model.clone());
            by_name.insert((model.model_type, model.model.clone()), Arc::clone(&model));
            entity.models.push(model);
        }
        entity.models.sort_by_key(|model| model.model_type);
        Ok(Self { entity, by_name, icon: builtin.icon, adapter: builtin.adapter })
    }

    pub fn id(&self) -> &ProviderId {
        &self.entity.provider
    }

    pub fn entity(&self) -> &ProviderEntity {
        &self.entity
    }

    /// The catalogue, by type and then in display order.
    pub fn models(&self) -> &[Arc<AiModel>] {
        &self.entity.models
    }

    /// A catalogue model.
    pub fn model(&self, ty: ModelType, name: &str) -> Option<&Arc<AiModel>> {
        self.by_name.get(&(ty, name.to_owned()))
    }

    /// The icon as an SVG document.
    pub fn icon(&self) -> &'static str {
        self.icon
    }

    /// Variables of the provider form whose values are secret.
    pub fn secret_variables(&self) -> Vec<&str> {
        let form = self.entity.provider_credential_schema.as_ref();
        secrets(form.map_or(&[], |form| &form.credential_form_schemas))
    }

    /// Variables of the custom model form whose values are secret.
    pub fn model_secret_variables(&self) -> Vec<&str> {
        let form = self.entity.model_credential_schema.as_ref();
        secrets(form.map_or(&[], |form| &form.credential_form_schemas))
    }

    /// Whether the provider works without any credentials.
    pub fn needs_credentials(&self) -> bool {
        self.entity.provider_credential_schema.is_some() || self.entity.model_credential_schema.is_some()
    }

    pub(crate) fn adapter(&self) -> &dyn ModelProvider {
        &*self.adapter
    }
}

fn secrets(form: &[FormSchema]) -> Vec<&str> {
    form.iter().filter(|field| field.kind == FormType::SecretInput).map(|field| field.variable.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_valid() {
        let registry = Registry::builtin(BuiltinOptions { demo: true }).unwrap();
        for provider in registry.providers() {
            assert!(provider.icon().starts_with("<svg"), "{}", provider.id());
            let mut names = std::collections::HashSet::new();
            for model in provider.models() {
                assert!(names.insert((model.model_type, &model.model)), "{} twice", model.model);
                assert!(provider.entity().supported_model_types.contains(&model.model_type), "{}", model.model);
                if model.model_type == ModelType::Llm {
                    assert!(model.model_properties.mode().is_some(), "{} has no mode", model.model);
                    assert!(model.model_properties.context_size().is_some(), "{} has no context", model.model);
                }
                for rule in &model.parameter_rules {
                    if let Some(default) = &rule.default {
                        let given = serde_json::Map::from_iter([(rule.name.clone(), default.clone())]);
                        crate::parameters::filter(model, &given).unwrap();
                    }
                }
            }
        }
        assert!(Registry::builtin(BuiltinOptions::default()).unwrap().provider(&"demo".parse().unwrap()).is_none());
    }

    #[test]
    fn secrets_are_known() {
        let registry = Registry::builtin(BuiltinOptions::default()).unwrap();
        let openai = registry.provider(&"openai".parse().unwrap()).unwrap();
        assert_eq!(openai.secret_variables(), ["openai_api_key"]);
        let gpt = openai.model(ModelType::Llm, "gpt-4o").unwrap();
        assert!(gpt.has(crate::Feature::StructuredOutput));
        assert_eq!(serde_json::to_value(gpt.pricing.as_ref().unwrap()).unwrap()["input"], "2.50");
    }
}
