//! Texts in several languages.

use serde::{Deserialize, Serialize};

/// A text per language; `zh_Hans` falls back to English, the others are absent when unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Source")]
pub struct I18n {
    #[serde(rename = "zh_Hans")]
    pub zh_hans: String,
    #[serde(rename = "en_US")]
    pub en_us: String,
    #[serde(rename = "pt_BR", skip_serializing_if = "Option::is_none")]
    pub pt_br: Option<String>,
    #[serde(rename = "ja_JP", skip_serializing_if = "Option::is_none")]
    pub ja_jp: Option<String>,
}

impl I18n {
    /// One text for all languages.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { zh_hans: text.clone(), en_us: text, pt_br: None, ja_jp: None }
    }

    /// The text for a language code such as `zh_Hans`, English when there is none.
    pub fn get(&self, language: &str) -> &str {
        match language {
            "zh_Hans" => &self.zh_hans,
            "pt_BR" => self.pt_br.as_deref().unwrap_or(&self.en_us),
            "ja_JP" => self.ja_jp.as_deref().unwrap_or(&self.en_us),
            _ => &self.en_us,
        }
    }
}

/// A plain string stands for the same text in all languages.
#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Plain(String),
    Full {
        #[serde(rename = "en_US")]
        en_us: String,
        #[serde(rename = "zh_Hans", default)]
        zh_hans: Option<String>,
        #[serde(rename = "pt_BR", default)]
        pt_br: Option<String>,
        #[serde(rename = "ja_JP", default)]
        ja_jp: Option<String>,
    },
}

impl From<Source> for I18n {
    fn from(source: Source) -> Self {
        match source {
            Source::Plain(text) => Self::new(text),
            Source::Full { en_us, zh_hans, pt_br, ja_jp } => {
                let zh_hans = zh_hans.filter(|text| !text.is_empty()).unwrap_or_else(|| en_us.clone());
                Self { zh_hans, en_us, pt_br, ja_jp }
            }
        }
    }
}
