//! The node's fields, read once when a workflow is made ready.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use crate::nodes::fields::{self, LooseText, OptionalSelector};
use crate::selector::Selector;
use crate::template::Template;

#[derive(Debug, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    pub method: LooseText,
    #[serde(default)]
    pub url: LooseText,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    pub authorization: AuthorizationFields,
    #[serde(default)]
    pub headers: LooseText,
    #[serde(default)]
    pub params: LooseText,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    pub body: BodyFields,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    pub timeout: Timeouts,
    #[serde(default)]
    pub ssl_verify: Option<bool>,
    #[serde(default)]
    pub retry_config: Option<Json>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct AuthorizationFields {
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    #[serde(default)]
    pub config: Option<CredentialFields>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CredentialFields {
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    #[serde(default)]
    pub api_key: LooseText,
    #[serde(default)]
    pub header: LooseText,
}

/// Seconds; nothing and zero stand for the default.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Timeouts {
    #[serde(default)]
    pub connect: Option<f64>,
    #[serde(default)]
    pub read: Option<f64>,
    #[serde(default)]
    pub write: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct BodyFields {
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    #[serde(default)]
    pub data: BodyData,
}

/// Old files have a text here, newer ones a list.
#[derive(Debug)]
pub(super) enum BodyData {
    Items(Vec<ItemFields>),
    Text(String),
}

impl<'de> Deserialize<'de> for BodyData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Null => Ok(Self::default()),
            Json::String(text) => Ok(Self::Text(text)),
            list @ (Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) => {
                serde_json::from_value(list).map(Self::Items).map_err(D::Error::custom)
            }
        }
    }
}

impl Default for BodyData {
    fn default() -> Self {
        Self::Items(Vec::new())
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ItemFields {
    #[serde(default)]
    pub key: LooseText,
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    #[serde(default)]
    pub value: LooseText,
    #[serde(default)]
    pub file: OptionalSelector,
}

/// Who the request says it is from.
#[derive(Debug)]
pub(super) struct Credential {
    pub scheme: Scheme,
    pub key: Template,
    pub header: Template,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Basic,
    Bearer,
    Custom,
}

/// One line of the headers.
#[derive(Debug)]
pub(super) enum HeaderLine {
    Pair(Template, Template),
    /// The whole line is a reference: its text may hold any number of lines.
    Whole(Template),
}

/// What a request carries.
#[derive(Debug)]
pub(super) enum BodySpec {
    None,
    RawText(Option<Template>),
    Json(Option<Template>),
    /// Old files may have another number of items than the one that is sent.
    Binary(Result<Option<Selector>, usize>),
    UrlEncoded(Vec<(Template, Template)>),
    FormData(Vec<FormItem>),
}

#[derive(Debug)]
pub(super) struct FormItem {
    pub key: Template,
    pub value: FormValue,
}

#[derive(Debug)]
pub(super) enum FormValue {
    Text(Template),
    File(Option<Selector>),
}

impl AuthorizationFields {
    /// `Ok(None)`: none is asked for.
    pub(super) fn credential(self) -> Result<Option<Credential>, String> {
        match self.kind.as_deref() {
            None | Some("" | "no-auth") => return Ok(None),
            Some("api-key") => {}
            Some(other) => return Err(format!("authorization type `{other}` is not supported")),
        }
        let config = self.config.ok_or("authorization config is required")?;
        let scheme = match config.kind.as_deref() {
            Some("basic") => Scheme::Basic,
            None | Some("" | "bearer") => Scheme::Bearer,
            Some("custom") => Scheme::Custom,
            Some(other) => return Err(format!("authorization config type `{other}` is not supported")),
        };
        let (key, header) = (Template::parse(&config.api_key.0), Template::parse(config.header.0.trim()));
        Ok(Some(Credential { scheme, key, header }))
    }
}

/// `key:value` of a line; the signs of a reference hold no colon.
fn pair(line: &str) -> (&str, &str) {
    let (key, value) = line.split_once(':').unwrap_or((line, ""));
    (key.trim(), value.trim())
}

/// The lines of the field `headers`.
pub(super) fn headers(text: &str) -> Vec<HeaderLine> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| match pair(line) {
            (key, "") if !line.contains(':') => HeaderLine::Whole(Template::parse(key)),
            (key, value) => HeaderLine::Pair(Template::parse(key), Template::parse(value)),
        })
        .collect()
}

/// Pairs of a text of `key:value` lines, in their order, as often as they occur.
pub(super) fn pairs(text: &str) -> Vec<(Template, Template)> {
    let pairs = text.lines().map(pair).filter(|(key, _)| !key.is_empty());
    pairs.map(|(key, value)| (Template::parse(key), Template::parse(value))).collect()
}

impl BodyFields {
    pub(super) fn body(self) -> Result<BodySpec, String> {
        let kind = self.kind.unwrap_or_default();
        Ok(match kind.as_str() {
            "" | "none" => BodySpec::None,
            "raw-text" => BodySpec::RawText(self.data.single()),
            "json" => BodySpec::Json(self.data.single()),
            "binary" => BodySpec::Binary(match self.data {
                BodyData::Items(mut items) if items.len() == 1 => Ok(items.pop().and_then(|item| item.file.0)),
                BodyData::Items(items) => Err(items.len()),
                BodyData::Text(_) => Err(1),
            }),
            "x-www-form-urlencoded" => BodySpec::UrlEncoded(match self.data {
                BodyData::Items(items) => items.iter().map(ItemFields::text).collect(),
                BodyData::Text(text) => pairs(&text),
            }),
            "form-data" => BodySpec::FormData(match self.data {
                BodyData::Items(items) => items.into_iter().map(ItemFields::form_item).collect(),
                BodyData::Text(text) => pairs(&text)
                    .into_iter()
                    .map(|(key, value)| FormItem { key, value: FormValue::Text(value) })
                    .collect(),
            }),
            other => return Err(format!("body type `{other}` is not supported")),
        })
    }
}

impl BodyData {
    /// The text of the one item; `None` when there is another number of them.
    fn single(self) -> Option<Template> {
        match self {
            Self::Text(text) => Some(Template::parse(&text)),
            Self::Items(items) => match items.as_slice() {
                [item] => Some(Template::parse(&item.value.0)),
                _ => None,
            },
        }
    }
}

impl ItemFields {
    fn text(&self) -> (Template, Template) {
        (Template::parse(&self.key.0), Template::parse(&self.value.0))
    }

    fn form_item(self) -> FormItem {
        let value = match self.kind.as_deref() {
            Some("file") => FormValue::File(self.file.0),
            _ => FormValue::Text(Template::parse(&self.value.0)),
        };
        FormItem { key: Template::parse(&self.key.0), value }
    }
}
