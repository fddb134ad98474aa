//! Credential forms.

use serde::{Deserialize, Serialize};

use crate::schema::I18n;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormType {
    TextInput,
    SecretInput,
    Select,
    Radio,
    Switch,
}

/// A field, or an option of a field, is only shown when another variable has a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowOn {
    pub variable: String,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormOption {
    pub label: I18n,
    pub value: String,
    #[serde(default)]
    pub show_on: Vec<ShowOn>,
}

/// One field of a credential form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormSchema {
    pub variable: String,
    pub label: I18n,
    #[serde(rename = "type")]
    pub kind: FormType,
    #[serde(default = "yes")]
    pub required: bool,
    #[serde(default)]
    pub default: Option<String>,
    #[serde(default)]
    pub options: Vec<FormOption>,
    #[serde(default)]
    pub placeholder: Option<I18n>,
    /// 0 is unlimited.
    #[serde(default)]
    pub max_length: usize,
    #[serde(default)]
    pub show_on: Vec<ShowOn>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialSchema {
    pub credential_form_schemas: Vec<FormSchema>,
}

/// The name field of a custom model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelField {
    pub label: I18n,
    #[serde(default)]
    pub placeholder: Option<I18n>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCredentialSchema {
    pub model: ModelField,
    pub credential_form_schemas: Vec<FormSchema>,
}
