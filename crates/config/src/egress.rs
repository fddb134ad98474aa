//! Requests to URLs that users supply: `FERRIFY_EGRESS_ALLOW_PRIVATE` (on in development, off in production),
//! `FERRIFY_EGRESS_ALLOW` (address ranges admitted all the same), `SSRF_PROXY_HTTP_URL`.

use ipnet::IpNet;
use url::Url;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone)]
pub struct EgressSettings {
    pub allow_private: bool,
    pub allow: Vec<IpNet>,
    pub proxy: Option<Url>,
}

impl EgressSettings {
    pub(crate) fn read(reader: &mut Reader<'_>, production: bool) -> Result<Self, SettingsError> {
        let invalid =
            |name, value: &str, reason: String| SettingsError::Invalid { name, value: value.to_owned(), reason };
        let mut allow = Vec::new();
        for text in reader.list("FERRIFY_EGRESS_ALLOW", "") {
            allow.push(text.parse::<IpNet>().map_err(|e| invalid("FERRIFY_EGRESS_ALLOW", &text, e.to_string()))?);
        }
        let proxy = match reader.optional_text("SSRF_PROXY_HTTP_URL") {
            None => None,
            Some(text) => {
                Some(text.parse().map_err(|e: url::ParseError| invalid("SSRF_PROXY_HTTP_URL", &text, e.to_string()))?)
            }
        };
        Ok(Self { allow_private: reader.flag("FERRIFY_EGRESS_ALLOW_PRIVATE", !production)?, allow, proxy })
    }
}
