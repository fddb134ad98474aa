//! Switches of the installation, and whether there is a newer release of it.

use std::sync::Arc;
use std::time::Duration;

use config::FeatureSettings;
use serde::Deserialize;

const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST_ANSWER: usize = 64 * 1024;

/// A release of the program.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Release {
    pub version: String,
    #[serde(rename = "releaseDate")]
    pub release_date: String,
    #[serde(rename = "releaseNotes")]
    pub release_notes: String,
    #[serde(rename = "canAutoUpdate")]
    pub can_auto_update: bool,
}

impl Release {
    fn named(version: &str) -> Self {
        Self { version: version.to_owned(), ..Self::default() }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Features {
    switches: Arc<FeatureSettings>,
    /// Asked for newer releases; empty = never.
    check_update: Arc<str>,
    http: egress::Client,
}

impl Features {
    pub fn new(switches: FeatureSettings, check_update: &str, http: egress::Client) -> Self {
        Self { switches: Arc::new(switches), check_update: check_update.into(), http }
    }

    pub fn switches(&self) -> &FeatureSettings {
        &self.switches
    }

    /// The newest release: this one where nobody is asked, the caller's where the answer does not come.
    pub async fn newest_release(&self, current: &str) -> Release {
        if self.check_update.is_empty() {
            return Release::named(crate::VERSION);
        }
        match self.ask(current).await {
            Ok(release) => release,
            Err(e) => {
                tracing::warn!(error = %e, "the newest release could not be asked for");
                Release::named(current)
            }
        }
    }

    async fn ask(&self, current: &str) -> Result<Release, Box<dyn std::error::Error + Send + Sync>> {
        let request = self.http.get(&self.check_update)?.query(&[("current_version", current)]).timeout(PATIENCE);
        let response = request.send().await?.error_for_status()?;
        let body = response.bytes().await?;
        if body.len() > LARGEST_ANSWER {
            return Err("the answer is too large".into());
        }
        Ok(serde_json::from_slice(&body)?)
    }
}
