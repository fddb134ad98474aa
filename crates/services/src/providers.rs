//! Model providers as a workspace configured them.
//!
//! [`ModelResolver`] is the way from "this app uses gpt-4o of openai" to a model that can be called; it reads the
//! workspace's rows ([`configured`]) and decrypted credentials from caches of this process, so that a generation costs
//! no query. [`Providers`] is everything that the settings page does; each change forgets what was cached, in every
//! process.
//!
//! A provider that needs no credentials (the demonstration) is always active, and only chosen by itself when nothing
//! else can answer.

mod catalogue;
mod configured;
mod credential_name;
mod credentials;
mod custom_models;
mod error;
mod model_credentials;
mod preferences;
mod resolve;
mod stored;

use core_model_runtime::{ProviderId, RegisteredProvider, Runtime};
use models::TenantId;
use models::db::Pool;
use std::sync::Arc;

pub use catalogue::{CustomConfiguration, CustomModel, ModelStatus, ModelView, NamedCredential, ProviderView};
pub use configured::ModelKey;
pub use credentials::EditedCredential;
pub use custom_models::{CredentialSource, ModelCredentialView};
pub use error::{ProviderError, ResolveError};
pub use preferences::{ChosenModel, DefaultChoice};
pub use resolve::{ModelResolver, ResolvedModel};

/// The providers of the installation and what workspaces made of them; cheap to clone.
#[derive(Clone)]
pub struct Providers {
    pool: Pool,
    runtime: Runtime,
    resolver: ModelResolver,
}

impl Providers {
    pub fn new(pool: Pool, runtime: Runtime, resolver: ModelResolver) -> Self {
        Self { pool, runtime, resolver }
    }

    pub fn resolver(&self) -> &ModelResolver {
        &self.resolver
    }

    /// The provider that an id from outside, long or short, names.
    pub fn named(&self, id: &str) -> Result<&Arc<RegisteredProvider>, ProviderError> {
        let id: ProviderId = id.parse()?;
        self.known(&id)
    }

    /// Whether the installation has the plugin `organisation/name`.
    pub fn has_plugin(&self, plugin: &str) -> bool {
        let mut providers = self.runtime.registry().providers();
        providers.any(|p| plugin.split_once('/') == Some((p.id().organization.as_str(), p.id().plugin.as_str())))
    }

    fn known(&self, id: &ProviderId) -> Result<&Arc<RegisteredProvider>, ProviderError> {
        self.runtime.registry().provider(id).ok_or_else(|| ProviderError::Unknown(id.to_string()))
    }

    async fn changed(&self, tenant: TenantId) {
        self.resolver.forget(tenant).await;
    }
}

/// The names that a provider may have in old rows: its canonical id and, at home, its bare name.
fn names(id: &ProviderId) -> Vec<String> {
    let mut names = vec![id.to_string()];
    names.extend(id.short().map(str::to_owned));
    names
}

/// Whether a name in a row is this provider's.
fn is_named(name: &str, id: &ProviderId) -> bool {
    name.parse::<ProviderId>().is_ok_and(|named| named == *id)
}
