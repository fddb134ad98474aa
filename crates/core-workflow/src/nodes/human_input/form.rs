//! The newer form: the node shows a form and waits for one of its buttons, or for its time to run out.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use regex::{Captures, Regex};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::capabilities::{FileRules, FormAction, FormInput, FormState, NewForm};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, PauseReason, Step, Visit};
use crate::nodes::fields::{self, LooseText, OptionalSelector};
use crate::registry::Body;
use crate::selector::Selector;
use crate::template::Template;
use crate::value::{Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    form_content: LooseText,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    inputs: Vec<InputFields>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    user_actions: Vec<ActionFields>,
    #[serde(default)]
    delivery_methods: Json,
    #[serde(default)]
    timeout: Option<f64>,
    #[serde(default)]
    timeout_unit: Option<String>,
}

#[derive(Debug, Deserialize)]
struct InputFields {
    #[serde(rename = "type")]
    kind: String,
    output_variable_name: String,
    #[serde(default)]
    default: Option<DefaultFields>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    allowed_file_types: Vec<String>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    allowed_file_extensions: Vec<String>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    allowed_file_upload_methods: Vec<String>,
    #[serde(default)]
    number_limits: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct DefaultFields {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    selector: OptionalSelector,
    #[serde(default)]
    value: LooseText,
}

#[derive(Debug, Deserialize)]
struct ActionFields {
    id: String,
    #[serde(default)]
    title: LooseText,
    #[serde(default)]
    button_style: Option<String>,
}

#[derive(Debug)]
struct HumanForm {
    content: Template,
    inputs: Vec<Input>,
    actions: Vec<FormAction>,
    delivery_methods: Json,
    expires_after: Duration,
}

#[derive(Debug)]
struct Input {
    kind: String,
    name: String,
    default: Default,
    files: FileRules,
}

#[derive(Debug)]
enum Default {
    None,
    Constant(String),
    Variable(Selector),
}

/// Kinds of inputs that take files.
const FILE: &str = "file";
const FILE_LIST: &str = "file-list";
const KIND: &str = "HumanInputNodeError";
/// Characters of an action's id and title.
const MAX_NAME: usize = 20;
/// The handle when nobody came in time.
const TIMEOUT_HANDLE: &str = "__timeout";
const HOURS: f64 = 36.0;
/// Nobody waits longer.
const MAX_WAIT: Duration = Duration::from_hours(24 * 365);

/// The place of an input in the content.
static SLOT: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a literal, compiled by every test")]
    Regex::new(r"\{\{#\$output\.([a-zA-Z_][a-zA-Z0-9_]*)#\}\}").expect("the pattern is valid")
});

fn takes_files(kind: &str) -> bool {
    matches!(kind, FILE | FILE_LIST)
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

pub(super) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let mut names = HashSet::new();
    let mut inputs = Vec::with_capacity(fields.inputs.len());
    for input in fields.inputs {
        if !is_identifier(&input.output_variable_name) {
            return Err(format!("input `{}` is no identifier", input.output_variable_name));
        }
        if !matches!(input.kind.as_str(), "text_input" | "paragraph" | FILE | FILE_LIST) {
            return Err(format!("input type `{}` is not supported", input.kind));
        }
        if !names.insert(input.output_variable_name.clone()) {
            return Err(format!("there are two inputs `{}`", input.output_variable_name));
        }
        let files = FileRules {
            types: input.allowed_file_types,
            extensions: input.allowed_file_extensions,
            methods: input.allowed_file_upload_methods,
            number_limit: input.number_limits,
        };
        // Nobody can have uploaded a default.
        let default = if takes_files(&input.kind) { Default::None } else { default(input.default) };
        inputs.push(Input { kind: input.kind, name: input.output_variable_name, default, files });
    }
    let mut ids = HashSet::new();
    let mut actions = Vec::with_capacity(fields.user_actions.len());
    for action in fields.user_actions {
        if !is_identifier(&action.id) || action.id.chars().count() > MAX_NAME {
            return Err(format!("action `{}` is no identifier of at most {MAX_NAME} characters", action.id));
        }
        if action.title.0.chars().count() > MAX_NAME {
            return Err(format!("the title of action `{}` is longer than {MAX_NAME} characters", action.id));
        }
        if !ids.insert(action.id.clone()) {
            return Err(format!("there are two actions `{}`", action.id));
        }
        let button_style = action.button_style.unwrap_or_else(|| "default".to_owned());
        if !matches!(button_style.as_str(), "primary" | "default" | "accent" | "ghost") {
            return Err(format!("button style `{button_style}` is not supported"));
        }
        actions.push(FormAction { id: action.id, title: action.title.0, button_style });
    }
    let hours = match fields.timeout_unit.as_deref() {
        None | Some("hour") => 1.0,
        Some("day") => 24.0,
        Some(other) => return Err(format!("timeout unit `{other}` is not supported")),
    };
    let timeout = fields.timeout.unwrap_or(HOURS);
    if timeout <= 0.0 {
        return Err("timeout has to be greater than 0".to_owned());
    }
    let expires_after = Duration::try_from_secs_f64(timeout * hours * 3600.0).unwrap_or(MAX_WAIT).min(MAX_WAIT);
    let content = Template::parse(&fields.form_content.0);
    let delivery_methods = fields.delivery_methods;
    Ok(Body::Leaf(Arc::new(HumanForm { content, inputs, actions, delivery_methods, expires_after })))
}

fn default(fields: Option<DefaultFields>) -> Default {
    match fields {
        Some(DefaultFields { kind, selector: OptionalSelector(Some(selector)), .. })
            if kind.as_deref() == Some("variable") =>
        {
            Default::Variable(selector)
        }
        Some(fields) => Default::Constant(fields.value.0),
        None => Default::None,
    }
}

impl Node for HumanForm {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let variables = &visit.variables;
        let inputs = self.inputs.iter().map(|input| FormInput {
            kind: input.kind.clone(),
            name: input.name.clone(),
            default: match &input.default {
                Default::None => None,
                Default::Constant(text) => Some(Value::from(text.as_str())),
                Default::Variable(selector) => variables.get(selector).map(|value| Value::from(value.text())),
            },
            selector: match &input.default {
                Default::Variable(selector) => Some(selector.clone()),
                Default::None | Default::Constant(_) => None,
            },
            files: input.files.clone(),
        });
        let form = NewForm {
            execution: visit.execution,
            node: visit.spec.id.to_string(),
            title: visit.spec.title.to_string(),
            content: self.content.render(variables),
            inputs: inputs.collect(),
            actions: self.actions.clone(),
            delivery_methods: self.delivery_methods.clone(),
            expires_after: self.expires_after,
        };
        let Some(forms) = visit.run.capabilities.forms.clone() else {
            return Step::Done(Err(NodeError::new(KIND, "human input is not available here")));
        };
        Step::pending(async move {
            let inputs = Map::from_iter([("form_content".to_owned(), Value::from(form.content.as_str()))]);
            let state = forms.open(form.clone()).await;
            match state.map_err(|e| NodeError::new(KIND, e.to_string())).and_then(|state| answered(&form, state)) {
                Ok(outcome) => Ok(Outcome { inputs, ..outcome }),
                Err(error) => Err(error.with_inputs(inputs)),
            }
        })
    }
}

fn answered(form: &NewForm, state: FormState) -> Result<Outcome, NodeError> {
    match state {
        FormState::Waiting { form_id } => {
            let reason = PauseReason::HumanInputRequired { form_id, node_id: form.node.clone() };
            Ok(Outcome { pause: Some(reason), ..Outcome::default() })
        }
        FormState::Submitted { action, values } => {
            if !form.actions.iter().any(|known| known.id == action) {
                return Err(NodeError::new(KIND, format!("the form has no action `{action}`")));
            }
            let mut outputs = Map::new();
            for input in &form.inputs {
                let value = values.get(&input.name).or(input.default.as_ref()).cloned();
                let value =
                    value.unwrap_or_else(|| if takes_files(&input.kind) { Value::None } else { Value::from("") });
                outputs.insert(input.name.clone(), value);
            }
            Ok(outcome(form, &action, action.as_str().into(), outputs))
        }
        FormState::Expired => Ok(outcome(form, "", TIMEOUT_HANDLE.into(), Map::new())),
    }
}

fn outcome(form: &NewForm, action: &str, handle: Arc<str>, mut outputs: Map) -> Outcome {
    let filled = |slot: &Captures<'_>| {
        let name = slot.get(1).map(|name| name.as_str()).unwrap_or_default();
        outputs.get(name).map(Value::text).unwrap_or_default()
    };
    let content = SLOT.replace_all(&form.content, filled).into_owned();
    outputs.insert("__action_id".to_owned(), Value::from(action));
    outputs.insert("__rendered_content".to_owned(), Value::from(content));
    Outcome { outputs, handle: Some(handle), ..Outcome::default() }
}
