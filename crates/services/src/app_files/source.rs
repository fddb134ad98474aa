//! Where the text of a file comes from.

use std::time::Duration;

use core_workflow::dsl::MAX_BYTES;
use egress::EgressError;
use url::Url;

use super::AppFiles;

const PATIENCE: Duration = Duration::from_secs(10);
const TOO_LARGE: &str = "File size exceeds the limit of 10MB";

/// A file, or where it is.
#[derive(Debug, Clone)]
pub enum Source {
    Content(Option<String>),
    Url(Option<String>),
}

/// The address of the file itself where somebody gave that of the page that shows it.
fn raw_address(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
    let shown = url.scheme() == "https"
        && url.host_str() == Some("github.com")
        && (url.path().ends_with(".yml") || url.path().ends_with(".yaml"));
    if !shown || url.set_host(Some("raw.githubusercontent.com")).is_err() {
        return address.to_owned();
    }
    let path = url.path().replacen("/blob/", "/", 1);
    url.set_path(&path);
    url.into()
}

impl AppFiles {
    /// The text of a file; what is wrong with it otherwise.
    pub(super) async fn text_of(&self, source: &Source) -> Result<String, String> {
        match source {
            Source::Content(text) => {
                let text = text.as_deref().filter(|text| !text.is_empty());
                text.map(str::to_owned)
                    .ok_or_else(|| "yaml_content is required when import_mode is yaml-content".to_owned())
            }
            Source::Url(address) => {
                let address = address.as_deref().filter(|address| !address.is_empty());
                let address = address.ok_or("yaml_url is required when import_mode is yaml-url")?;
                self.fetch(address).await
            }
        }
    }

    async fn fetch(&self, address: &str) -> Result<String, String> {
        let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
        let fetched = self.http.fetch_limited(&raw_address(address), limit, PATIENCE).await;
        let fetched = fetched.map_err(|e| {
            if matches!(e, EgressError::TooLarge { .. }) {
                TOO_LARGE.to_owned()
            } else {
                format!("Error fetching YAML from URL: {e}")
            }
        })?;
        if fetched.bytes.is_empty() {
            return Err("Empty content from url".to_owned());
        }
        String::from_utf8(fetched.bytes.to_vec()).map_err(|e| format!("Error fetching YAML from URL: {e}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_files_become_files() {
        for (shown, raw) in [
            (
                "https://github.com/someone/some-repo/blob/main/flows/a%20b.yml",
                "https://raw.githubusercontent.com/someone/some-repo/main/flows/a%20b.yml",
            ),
            (
                "https://github.com/o/r/blob/v1/blob/x.yaml?x=1",
                "https://raw.githubusercontent.com/o/r/v1/blob/x.yaml?x=1",
            ),
            ("http://github.com/o/r/blob/main/a.yml", "http://github.com/o/r/blob/main/a.yml"),
            ("https://github.com/o/r/blob/main/a.txt", "https://github.com/o/r/blob/main/a.txt"),
            (
                "https://github.com.evil.example/o/r/blob/main/a.yml",
                "https://github.com.evil.example/o/r/blob/main/a.yml",
            ),
            ("https://evil.example/github.com/blob/a.yml", "https://evil.example/github.com/blob/a.yml"),
            ("no address", "no address"),
        ] {
            assert_eq!(raw_address(shown), raw);
        }
    }
}
