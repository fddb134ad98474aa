//! Looking for malware in uploads: `FERRIFY_CLAMAV_ADDRESS` (`host:port`, or the path of a Unix socket; empty: off),
//! `FERRIFY_CLAMAV_ON_ERROR` (`refuse`, `accept`), `FERRIFY_CLAMAV_TIMEOUT_SECONDS`.

use std::time::Duration;

use crate::reader::{Reader, SettingsError};

/// What becomes of an upload that the scanner gave no verdict on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unscanned {
    Refuse,
    Accept,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanSettings {
    /// `host:port`, or a path that begins with `/`.
    pub address: String,
    pub unscanned: Unscanned,
    /// For one file, from the connection to the verdict.
    pub timeout: Duration,
}

impl ScanSettings {
    /// `None`: nothing is scanned.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, SettingsError> {
        let address = reader.optional_text("FERRIFY_CLAMAV_ADDRESS");
        let unscanned = match reader.text("FERRIFY_CLAMAV_ON_ERROR", "refuse").as_str() {
            "refuse" => Unscanned::Refuse,
            "accept" => Unscanned::Accept,
            other => {
                let reason = "expected refuse or accept".to_owned();
                return Err(SettingsError::Invalid {
                    name: "FERRIFY_CLAMAV_ON_ERROR",
                    value: other.to_owned(),
                    reason,
                });
            }
        };
        let timeout = reader.seconds("FERRIFY_CLAMAV_TIMEOUT_SECONDS", 30)?;
        let Some(address) = address.map(|address| address.trim().to_owned()).filter(|address| !address.is_empty())
        else {
            return Ok(None);
        };
        let has_port =
            || address.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !address.starts_with('/') && !has_port() {
            let reason = "expected host:port or the path of a socket".to_owned();
            return Err(SettingsError::Invalid { name: "FERRIFY_CLAMAV_ADDRESS", value: address, reason });
        }
        Ok(Some(Self { address, unscanned, timeout }))
    }
}
