//! Where vectors of documents live: `VECTOR_STORE` (`pgvector`, `qdrant`), `VECTOR_INDEX_NAME_PREFIX`, `QDRANT_URL`,
//! `QDRANT_API_KEY`, `QDRANT_CLIENT_TIMEOUT` (seconds).

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone)]
pub struct VectorSettings {
    /// The kind for new datasets, as it was written.
    pub store: String,
    /// Begins the names of collections.
    pub index_name_prefix: String,
    pub qdrant: QdrantSettings,
}

#[derive(Debug, Clone)]
pub struct QdrantSettings {
    /// `None`: there is no Qdrant server.
    pub url: Option<Url>,
    pub api_key: Option<SecretString>,
    /// For each request.
    pub timeout: Duration,
}

impl VectorSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let store = reader.text("VECTOR_STORE", "pgvector");
        let index_name_prefix = reader.text("VECTOR_INDEX_NAME_PREFIX", "Vector_index");
        let is_plain = index_name_prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_plain || index_name_prefix.len() > 16 {
            return Err(SettingsError::Invalid {
                name: "VECTOR_INDEX_NAME_PREFIX",
                value: index_name_prefix,
                reason: "expected at most 16 letters, digits and underscores".to_owned(),
            });
        }
        Ok(Self { store, index_name_prefix, qdrant: QdrantSettings::read(reader)? })
    }
}

impl QdrantSettings {
    fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let url = match reader.optional_text("QDRANT_URL") {
            None => None,
            Some(text) => Some(text.parse().map_err(|e: url::ParseError| SettingsError::Invalid {
                name: "QDRANT_URL",
                value: text,
                reason: e.to_string(),
            })?),
        };
        Ok(Self {
            url,
            api_key: reader.secret("QDRANT_API_KEY"),
            timeout: reader.seconds("QDRANT_CLIENT_TIMEOUT", 20)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment;

    fn read(pairs: &[(&str, &str)]) -> Result<VectorSettings, SettingsError> {
        VectorSettings::read(&mut Reader::new(&Environment::of_pairs(pairs.iter().copied())))
    }

    #[test]
    fn vectors_are_in_the_database_unless_told_otherwise() {
        let settings = read(&[]).unwrap();
        assert_eq!((settings.store.as_str(), settings.index_name_prefix.as_str()), ("pgvector", "Vector_index"));
        assert!(settings.qdrant.url.is_none());
        assert_eq!(read(&[("QDRANT_CLIENT_TIMEOUT", "5")]).unwrap().qdrant.timeout, Duration::from_secs(5));
    }

    #[test]
    fn what_is_not_usable_is_named() {
        for (name, value) in [
            ("VECTOR_INDEX_NAME_PREFIX", "a;b"),
            ("VECTOR_INDEX_NAME_PREFIX", "a_prefix_too_long"),
            ("QDRANT_URL", "no url"),
        ] {
            assert!(read(&[(name, value)]).unwrap_err().to_string().contains(name), "{name}={value}");
        }
    }
}
