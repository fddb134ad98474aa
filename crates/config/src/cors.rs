//! Who may call from a browser: `CONSOLE_CORS_ALLOW_ORIGINS` (falls back to `CONSOLE_WEB_URL`, then `*`),
//! `WEB_API_CORS_ALLOW_ORIGINS` (default `*`).

use crate::reader::Reader;

/// The origins that a tier admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    Any,
    Listed(Vec<String>),
}

impl Origins {
    fn of(list: Vec<String>) -> Self {
        if list.is_empty() || list.iter().any(|o| o == "*") {
            return Self::Any;
        }
        Self::Listed(list.into_iter().map(|o| o.trim_end_matches('/').to_owned()).collect())
    }

    pub fn admits(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(list) => list.iter().any(|o| o == origin),
        }
    }
}

#[derive(Debug, Clone)]
pub struct CorsSettings {
    pub console: Origins,
    pub web: Origins,
}

impl CorsSettings {
    pub(crate) fn read(reader: &mut Reader<'_>, console_web_url: &str) -> Self {
        let fallback = if console_web_url.is_empty() { "*" } else { console_web_url };
        Self {
            console: Origins::of(reader.list("CONSOLE_CORS_ALLOW_ORIGINS", fallback)),
            web: Origins::of(reader.list("WEB_API_CORS_ALLOW_ORIGINS", "*")),
        }
    }
}
