//! Forms for people: what a run's `human-input` nodes show, and what has become of it.
//!
//! A form is a row from the moment its node asks for it. Nobody can fill it in before its token is told, which is when
//! the run waits.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{NaiveDateTime, TimeDelta, Utc};
use core_workflow::capabilities::{FormError, FormState, HumanForms, NewForm};
use core_workflow::value::{Map, Value};
use models::human_input_form::{FormStatus, HumanInputForm};
use models::{AppId, InvokeFrom, NodeExecutionId, TenantId, WorkflowRunId};
use parking_lot::Mutex;
use rand::TryRng;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json, json};
use uuid::Uuid;

use crate::engine::EngineParts;

/// Bytes of a token.
const TOKEN_BYTES: usize = 32;

/// What a form shows, in the words of the contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormDefinition {
    pub form_content: String,
    pub inputs: Vec<FormField>,
    pub user_actions: Vec<FormButton>,
    /// Defaults that are values of variables.
    pub resolved_default_values: JsonMap<String, Json>,
}

/// A field that a person fills in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormField {
    #[serde(rename = "type")]
    pub kind: String,
    pub output_variable_name: String,
    pub default: Option<FieldDefault>,
    /// Of fields that take files; what is empty takes all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_file_types: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_file_extensions: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_file_upload_methods: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_limits: Option<u32>,
}

impl FormField {
    /// Whether it takes one file, or several.
    pub fn takes_files(&self) -> bool {
        self.kind == "file" || self.takes_several_files()
    }

    pub fn takes_several_files(&self) -> bool {
        self.kind == "file-list"
    }
}

/// Where a field's first value comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldDefault {
    /// `variable` or `constant`.
    #[serde(rename = "type")]
    pub kind: String,
    pub selector: Vec<String>,
    pub value: String,
}

/// A button that a person presses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormButton {
    pub id: String,
    pub title: String,
    pub button_style: String,
}

impl FormDefinition {
    fn of(form: &NewForm) -> Self {
        let mut resolved_default_values = JsonMap::new();
        let mut inputs = Vec::with_capacity(form.inputs.len());
        for input in &form.inputs {
            let default = match &input.selector {
                Some(selector) => {
                    if let Some(value) = &input.default {
                        resolved_default_values.insert(input.name.clone(), value.to_json());
                    }
                    let selector = selector.parts().map(str::to_owned).collect();
                    Some(FieldDefault { kind: "variable".to_owned(), selector, value: String::new() })
                }
                None => input.default.as_ref().map(|value| FieldDefault {
                    kind: "constant".to_owned(),
                    selector: Vec::new(),
                    value: value.text(),
                }),
            };
            inputs.push(FormField {
                kind: input.kind.clone(),
                output_variable_name: input.name.clone(),
                default,
                allowed_file_types: input.files.types.clone(),
                allowed_file_extensions: input.files.extensions.clone(),
                allowed_file_upload_methods: input.files.methods.clone(),
                number_limits: input.files.number_limit,
            });
        }
        let button = |action: &core_workflow::capabilities::FormAction| FormButton {
            id: action.id.clone(),
            title: action.title.clone(),
            button_style: action.button_style.clone(),
        };
        let user_actions = form.actions.iter().map(button).collect();
        Self { form_content: form.content.clone(), inputs, user_actions, resolved_default_values }
    }
}

/// What clients are told of a form that waits, from its row; `None`, which is logged, if the row cannot be read.
pub fn told_form(row: HumanInputForm) -> Option<JsonMap<String, Json>> {
    let unreadable = |error: &serde_json::Error| {
        tracing::error!(form.id = %row.id, run.id = %row.workflow_run_id, error = %error, "the form `{}` cannot be read", row.id);
    };
    let definition = serde_json::from_str(&row.definition).inspect_err(unreadable).ok()?;
    Some(OpenForm { row, definition }.json())
}

/// A form that a node of this run has asked for.
#[derive(Debug, Clone)]
pub(super) struct OpenForm {
    pub row: HumanInputForm,
    pub definition: FormDefinition,
}

impl OpenForm {
    /// What clients are told of a form that waits.
    pub(super) fn json(&self) -> JsonMap<String, Json> {
        let told = self.row.is_public || self.row.invoke_from == InvokeFrom::Debugger;
        let definition = &self.definition;
        [
            ("form_id".to_owned(), json!(self.row.id)),
            ("node_id".to_owned(), json!(self.row.node_id)),
            ("node_title".to_owned(), json!(self.row.node_title)),
            ("form_content".to_owned(), json!(definition.form_content)),
            ("inputs".to_owned(), json!(definition.inputs)),
            ("actions".to_owned(), json!(definition.user_actions)),
            ("display_in_ui".to_owned(), json!(told)),
            ("form_token".to_owned(), json!(told.then_some(&self.row.token))),
            ("resolved_default_values".to_owned(), json!(definition.resolved_default_values)),
            ("expiration_time".to_owned(), json!(self.expiration_time())),
        ]
        .into_iter()
        .collect()
    }

    /// Unix seconds.
    pub(super) const fn expiration_time(&self) -> i64 {
        self.row.expires_at.and_utc().timestamp()
    }
}

/// The forms of one run.
pub(super) struct RunForms {
    pub parts: Arc<EngineParts>,
    pub tenant: TenantId,
    pub app: AppId,
    pub run: WorkflowRunId,
    pub invoke_from: InvokeFrom,
    /// By execution.
    open: Mutex<HashMap<Uuid, OpenForm>>,
}

impl RunForms {
    pub(super) fn new(
        parts: &Arc<EngineParts>,
        (tenant, app, run): (TenantId, AppId, WorkflowRunId),
        invoke_from: InvokeFrom,
    ) -> Arc<Self> {
        Arc::new(Self { parts: Arc::clone(parts), tenant, app, run, invoke_from, open: Mutex::default() })
    }

    /// Whether any node of the run has asked for a form in this process.
    pub(super) fn are_used(&self) -> bool {
        !self.open.lock().is_empty()
    }

    /// The form of an execution.
    pub(super) fn of(&self, execution: Uuid) -> Option<OpenForm> {
        self.open.lock().get(&execution).cloned()
    }

    fn row(&self, form: &NewForm, definition: &FormDefinition) -> Result<HumanInputForm, FormError> {
        let now = Utc::now().naive_utc();
        Ok(HumanInputForm {
            id: Uuid::now_v7(),
            tenant_id: self.tenant,
            app_id: self.app,
            workflow_run_id: self.run,
            node_execution_id: NodeExecutionId(form.execution),
            node_id: form.node.clone(),
            node_title: form.title.replace('\0', ""),
            invoke_from: self.invoke_from,
            token: token()?,
            is_public: shown_by_pages(&form.delivery_methods),
            definition: json!(definition).to_string(),
            status: FormStatus::Waiting,
            created_at: now,
            expires_at: TimeDelta::from_std(form.expires_after)
                .ok()
                .and_then(|wait| now.checked_add_signed(wait))
                .unwrap_or(NaiveDateTime::MAX),
            submitted_at: None,
            submitted_by_role: None,
            submitted_by: None,
            action_id: None,
            submission: None,
        })
    }

    /// What has become of a form. One whose time is over is closed here, so that nobody fills it in afterwards.
    async fn look(
        &self,
        conn: &mut models::db::AsyncPgConnection,
        row: HumanInputForm,
    ) -> Result<FormState, FormError> {
        let row = if row.status == FormStatus::Waiting {
            if !HumanInputForm::expire(conn, self.tenant, row.id, Utc::now().naive_utc()).await.map_err(fault)? {
                return Ok(FormState::Waiting { form_id: row.id.to_string() });
            }
            HumanInputForm { status: FormStatus::Expired, ..row }
        } else {
            row
        };
        match (row.status, row.action_id, row.submission) {
            (FormStatus::Submitted, Some(action), Some(values)) => {
                let values: JsonMap<String, Json> = serde_json::from_str(&values)
                    .map_err(|e| FormError(format!("what was entered into the form cannot be read: {e}")))?;
                let values: Map = values.into_iter().map(|(name, value)| (name, Value::from_json(value))).collect();
                Ok(FormState::Submitted { action, values })
            }
            _ => Ok(FormState::Expired),
        }
    }
}

#[async_trait]
impl HumanForms for RunForms {
    async fn open(&self, form: NewForm) -> Result<FormState, FormError> {
        let definition = FormDefinition::of(&form);
        let execution = NodeExecutionId(form.execution);
        let mut conn = self.parts.pool.get().await.map_err(fault)?;
        let known = HumanInputForm::of_execution(&mut conn, self.tenant, execution).await.map_err(fault)?;
        let row = match known {
            Some(row) => row,
            None => {
                let row = self.row(&form, &definition)?;
                if HumanInputForm::insert_missing(&mut conn, &row).await.map_err(fault)? {
                    row
                } else {
                    // Another process has the run too, and was faster.
                    let theirs =
                        HumanInputForm::of_execution(&mut conn, self.tenant, execution).await.map_err(fault)?;
                    theirs.unwrap_or(row)
                }
            }
        };
        // What was shown first counts: variables may have changed since.
        let definition = serde_json::from_str(&row.definition).unwrap_or(definition);
        self.open.lock().insert(form.execution, OpenForm { row: row.clone(), definition });
        self.look(&mut conn, row).await
    }
}

/// Where the form's node is told to show it.
fn shown_by_pages(delivery: &Json) -> bool {
    let is_page = |method: &Json| {
        method.get("type").and_then(Json::as_str) == Some("webapp")
            && method.get("enabled").and_then(Json::as_bool) != Some(false)
    };
    delivery.as_array().is_some_and(|methods| methods.iter().any(is_page))
}

/// From the operating system: whoever guessed it could answer for somebody else.
fn token() -> Result<String, FormError> {
    let mut bytes = [0; TOKEN_BYTES];
    SysRng.try_fill_bytes(&mut bytes).map_err(fault)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn fault(error: impl std::error::Error) -> FormError {
    tracing::error!(error = %error, "a form could not be opened");
    FormError("the form could not be opened".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_are_switched_on_show_a_form() {
        for (delivery, shown) in [
            (json!([{"type": "webapp"}]), true),
            (json!([{"type": "email", "enabled": true}, {"type": "webapp", "enabled": true}]), true),
            (json!([{"type": "webapp", "enabled": false}]), false),
            (json!([{"type": "email"}]), false),
            (json!(null), false),
        ] {
            assert_eq!(shown_by_pages(&delivery), shown, "{delivery}");
        }
    }

    #[test]
    fn tokens_differ_and_fit_into_an_address() {
        let (one, other) = (token().unwrap(), token().unwrap());
        assert_ne!(one, other);
        assert!(one.len() == 43 && one.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{one}");
    }
}
