//! Provider ids: `organization/plugin/provider`, and the short names that came before them.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The organization whose providers may be named without organization and plugin.
const HOME: &str = "langgenius";

/// The canonical id of a model provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId {
    pub organization: String,
    pub plugin: String,
    pub provider: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderIdError {
    #[error("the provider id is empty")]
    Empty,
    #[error("invalid plugin id {0}")]
    Invalid(String),
}

impl ProviderId {
    /// A provider of the home organization.
    pub fn home(plugin: &str, provider: &str) -> Self {
        let plugin = if provider == "google" { "gemini" } else { plugin };
        Self { organization: HOME.to_owned(), plugin: plugin.to_owned(), provider: provider.to_owned() }
    }

    /// The bare provider name, under which rows from before plugin ids may be stored.
    pub fn short(&self) -> Option<&str> {
        (self.organization == HOME).then_some(self.provider.as_str())
    }

    /// `organization/plugin`.
    pub fn plugin_id(&self) -> String {
        format!("{}/{}", self.organization, self.plugin)
    }
}

fn is_part(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

impl FromStr for ProviderId {
    type Err = ProviderIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(ProviderIdError::Empty);
        }
        let mut parts = text.split('/');
        let shape = (parts.next(), parts.next(), parts.next(), parts.next());
        match shape {
            (Some(provider), None, ..) if is_part(provider) => Ok(Self::home(provider, provider)),
            (Some(organization), Some(plugin), Some(provider), None)
                if is_part(organization) && is_part(plugin) && is_part(provider) =>
            {
                if organization == HOME {
                    return Ok(Self::home(plugin, provider));
                }
                Ok(Self {
                    organization: organization.to_owned(),
                    plugin: plugin.to_owned(),
                    provider: provider.to_owned(),
                })
            }
            _ => Err(ProviderIdError::Invalid(text.to_owned())),
        }
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.organization, self.plugin, self.provider)
    }
}

impl Serialize for ProviderId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProviderId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, canonical: &str) {
        assert_eq!(input.parse::<ProviderId>().unwrap().to_string(), canonical);
    }

    #[test]
    fn ids_become_canonical() {
        check("openai", "langgenius/openai/openai");
        check("google", "langgenius/gemini/google");
        check("langgenius/google/google", "langgenius/gemini/google");
        check("acme/x/y", "acme/x/y");
        check("acme/google/google", "acme/google/google");
    }

    #[test]
    fn other_shapes_are_refused() {
        assert_eq!("".parse::<ProviderId>(), Err(ProviderIdError::Empty));
        for bad in ["a/b", "a/b/c/d", "A/b/c", "a//c", "/", "open ai", "a/b/c/"] {
            assert_eq!(bad.parse::<ProviderId>(), Err(ProviderIdError::Invalid(bad.to_owned())), "{bad}");
        }
    }

    #[test]
    fn only_home_providers_have_short_names() {
        assert_eq!("openai".parse::<ProviderId>().unwrap().short(), Some("openai"));
        assert_eq!("acme/x/y".parse::<ProviderId>().unwrap().short(), None);
    }
}
