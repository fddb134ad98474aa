//! Forms that people fill in while a run waits.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::selector::Selector;
use crate::value::{Map, Value};

/// A form, as a node asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewForm {
    /// The execution that waits: it asks again, with the same id, when its run goes on.
    pub execution: Uuid,
    pub node: String,
    pub title: String,
    /// Markdown; `{{#$output.name#}}` marks the place of an input.
    pub content: String,
    pub inputs: Vec<FormInput>,
    pub actions: Vec<FormAction>,
    /// How people get to know of the form, as the node says it.
    pub delivery_methods: Json,
    pub expires_after: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FormInput {
    /// `text_input`, `paragraph`, `file` or `file-list`.
    pub kind: String,
    pub name: String,
    /// `None` where the node gives none, or its variable is not there.
    pub default: Option<Value>,
    /// The variable that the default is taken from.
    pub selector: Option<Selector>,
    /// Of inputs that take files.
    pub files: FileRules,
}

/// What files an input takes; what is empty takes all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileRules {
    /// `image`, `document`, `audio`, `video`, `custom`.
    pub types: Vec<String>,
    /// Of files of type `custom`.
    pub extensions: Vec<String>,
    /// `local_file`, `remote_url`.
    pub methods: Vec<String>,
    /// Files in a list, at most.
    pub number_limit: Option<u32>,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormAction {
    pub id: String,
    pub title: String,
    /// `primary`, `default`, `accent` or `ghost`.
    pub button_style: String,
}

/// What has become of a form.
#[derive(Debug, Clone, PartialEq)]
pub enum FormState {
    Waiting {
        form_id: String,
    },
    Submitted {
        /// The button that was pressed.
        action: String,
        values: Map,
    },
    /// Nobody came in time.
    Expired,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormError(pub String);

#[async_trait]
pub trait HumanForms: Send + Sync {
    /// The form of an execution: made when it asks for the first time, looked at when it asks again.
    async fn open(&self, form: NewForm) -> Result<FormState, FormError>;
}
