//! Checking credentials: the form first, then a real call.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::chat::ModelRef;
use crate::credentials::{Credentials, CredentialsError, FormContext, check_form};
use crate::id::ProviderId;
use crate::model_type::ModelType;
use crate::registry::RegisteredProvider;
use crate::runtime::Runtime;

impl Runtime {
    /// Checks provider-wide credentials and returns what is to be stored.
    pub async fn validate_provider_credentials(
        &self,
        id: &ProviderId,
        raw: &Map<String, Value>,
    ) -> Result<Credentials, CredentialsError> {
        let provider = self.known(id)?;
        let Some(form) = &provider.entity().provider_credential_schema else {
            return Err(CredentialsError::Unsupported(format!("Provider {id} has no provider credentials.")));
        };
        let credentials = check_form(&form.credential_form_schemas, FormContext::default(), raw)?;
        let model = provisional(id, "", &credentials);
        provider.adapter().check_provider(&self.upstream(id), model).await.map_err(CredentialsError::Rejected)?;
        Ok(credentials)
    }

    /// Checks the credentials of one custom model and returns what is to be stored.
    pub async fn validate_model_credentials(
        &self,
        id: &ProviderId,
        ty: ModelType,
        model: &str,
        raw: &Map<String, Value>,
    ) -> Result<Credentials, CredentialsError> {
        let provider = self.known(id)?;
        let Some(form) = &provider.entity().model_credential_schema else {
            return Err(CredentialsError::Unsupported(format!("Provider {id} has no custom models.")));
        };
        if !provider.entity().supported_model_types.contains(&ty) {
            return Err(CredentialsError::Unsupported(format!("Provider {id} has no models of type {ty}.")));
        }
        let context = FormContext { model_type: Some(ty), model: Some(model) };
        let credentials = check_form(&form.credential_form_schemas, context, raw)?;
        let model = provisional(id, model, &credentials);
        provider.adapter().check_model(&self.upstream(id), ty, model).await.map_err(CredentialsError::Rejected)?;
        Ok(credentials)
    }

    fn known(&self, id: &ProviderId) -> Result<&Arc<RegisteredProvider>, CredentialsError> {
        self.registry().provider(id).ok_or_else(|| CredentialsError::UnknownProvider(id.to_string()))
    }
}

/// Credentials that are only being checked belong to no workspace yet.
fn provisional(id: &ProviderId, model: &str, credentials: &Credentials) -> ModelRef {
    ModelRef {
        tenant: Uuid::nil(),
        provider: id.clone(),
        model: model.to_owned(),
        credentials: Arc::new(credentials.clone()),
    }
}
