//! Forms that people fill in while a run of a workflow waits.

use core_app::workflow::FormDefinition;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::human_forms::{Entered, WaitingForm};
use utoipa::ToSchema;
use validator::Validate;

/// A form, as the person sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct HumanFormDto {
    /// Markdown; `{{#$output.name#}}` marks the place of an input.
    form_content: String,
    /// `{type, output_variable_name, default}` each.
    #[schema(value_type = Vec<Object>)]
    inputs: Value,
    /// Name to text: defaults that are values of variables.
    #[schema(value_type = Object)]
    resolved_default_values: Map<String, Value>,
    /// Buttons: `{id, title, button_style}` each.
    #[schema(value_type = Vec<Object>)]
    user_actions: Value,
    /// Unix seconds.
    expiration_time: i64,
}

impl From<WaitingForm> for HumanFormDto {
    fn from(form: WaitingForm) -> Self {
        let FormDefinition { form_content, inputs, user_actions, resolved_default_values } = form.definition;
        Self {
            form_content,
            inputs: serde_json::json!(inputs),
            resolved_default_values,
            user_actions: serde_json::json!(user_actions),
            expiration_time: form.row.expires_at.and_utc().timestamp(),
        }
    }
}

/// What somebody has entered.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct FormAnswer {
    /// Values by the names of the inputs.
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    /// The id of the button.
    pub action: String,
}

impl FormAnswer {
    /// By somebody who is known, or not.
    pub fn by(self, caller: Option<models::Caller>) -> Entered {
        Entered { action: self.action, inputs: self.inputs, by: caller }
    }
}

/// `{}`: the form is filled in.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct FormTaken {}
