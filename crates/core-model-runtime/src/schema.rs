//! How providers and models describe themselves, in the shapes that go over the wire.
//!
//! The same types read the YAML catalogue, so a catalogue file looks like the JSON a client sees.

mod form;
mod i18n;
mod model;
mod parameter;
mod provider;

pub use form::{CredentialSchema, FormOption, FormSchema, FormType, ModelCredentialSchema, ModelField, ShowOn};
pub use i18n::I18n;
pub use model::{AiModel, Feature, FetchFrom, ModelMode, ModelProperties, PriceConfig, Voice};
pub use parameter::{ParameterRule, ParameterType, Template};
pub use provider::{Help, ProviderEntity};
